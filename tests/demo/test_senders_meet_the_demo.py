"""The product's own senders, over real sockets, against the servers of the demo."""

import asyncio

import pytest

from digest import errors, model
from digest.deliver import chat, mail
from digest.demo import botapi, mailbox


def nothing() -> None:
    """Stand in for the note that the irrevocable step begins."""


def letter(recipient: str) -> model.MailMessage:
    data = f"From: d@example.org\r\nTo: {recipient}\r\nSubject: x\r\n\r\n.Grüße\r\n".encode()
    return model.MailMessage("bounces@example.org", recipient, "<1@example.org>", data)


def digest_for(chat_id: int, *html: str) -> model.ChatMessage:
    parts = tuple(model.ChatPart(one) for one in html)
    return model.ChatMessage(str(chat_id), parts)


async def test_mail_is_submitted_byte_for_byte() -> None:
    async with mailbox.Mailbox() as server:
        async with mail.MailSender(mail.SmtpOptions.from_url(server.url)) as sender:
            letters = [letter(f"reader{number}@example.org") for number in range(40)]
            await asyncio.gather(*(sender.send(one, before_commit=nothing) for one in letters))
        got = {r.recipient: r.data for r in server.received}
    assert got == {one.recipient: one.data for one in letters}


@pytest.mark.parametrize(
    ("recipient", "outcome"),
    [
        ("bounce-5.1.1@example.org", errors.Rejected),
        ("bounce-4.2.2@example.org", errors.Deferred),
        ("grey@example.org", errors.Deferred),
        ("lost@example.org", errors.Uncertain),
    ],
)
async def test_a_failing_address_gets_the_decision_it_stands_for(
    recipient: str, outcome: type[errors.DeliveryError]
) -> None:
    """One address fails; its neighbours in the same session do not."""
    async with mailbox.Mailbox() as server:
        options = mail.SmtpOptions.from_url(server.url, connections=1)
        async with mail.MailSender(options) as sender:
            with pytest.raises(outcome):
                await sender.send(letter(recipient), before_commit=nothing)
            await sender.send(letter("ann@example.org"), before_commit=nothing)
        assert server.to("ann@example.org")


async def test_a_chat_digest_arrives_in_its_parts_or_is_rejected_for_good() -> None:
    async with botapi.BotApi() as api:
        api.start_chat(7)
        api.start_chat(8)
        api.block(8)
        options = chat.ChatOptions(api.token, api.url)
        async with chat.ChatSender(options) as sender:
            receipt = await sender.send(
                digest_for(7, "<b>one</b> &amp;", "two"), before_commit=nothing
            )
            with pytest.raises(errors.Rejected) as refusal:
                await sender.send(digest_for(8, "x"), before_commit=nothing)
        sent = api.messages(7)
    assert [m.text for m in sent] == ["one &", "two"]
    assert receipt.ids == tuple(m.message_id for m in sent)
    assert refusal.value.suppress == "blocked"


async def test_a_lost_reply_leaves_a_chat_message_uncertain() -> None:
    """C5."""
    async with botapi.BotApi() as api:
        api.start_chat(7)
        api.fail_next(1, botapi.Fault.LOST_REPLY)
        async with chat.ChatSender(chat.ChatOptions(api.token, api.url)) as sender:
            with pytest.raises(errors.Uncertain):
                await sender.send(digest_for(7, "x"), before_commit=nothing)
        assert len(api.messages(7)) == 1
