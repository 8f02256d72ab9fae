"""A chat and a mailbox become one person's: asked for on one side, confirmed on the other (B23).

A code from the page of one's choices is confirmed by a press here; an address typed here is
confirmed by a press in its mailbox.  What is said never tells whose an address is (B9).
"""

from digest import chatting, personal, signup
from digest.bot import data, screens
from digest.bot.talk import Talk
from subscribers import errors

NO = "no"


async def ask(talk: Talk, code: str) -> None:
    """Ask whether this chat shall be linked to the person whose code it is."""
    try:
        person = await talk.rt.db.read(personal.read_chat_code, talk.rt, code)
    except errors.InvalidToken:
        await talk.show(screens.simple("link_over"))
        return
    if talk.reader is not None and talk.reader.person.id == person.id:
        await talk.show(screens.simple("linked", again=True))
        return
    addresses = [
        signup.masked(one.kind, one.address)
        for one in personal.reached(person)
        if one.kind == "email"
    ]
    token = code.removeprefix(personal.CODE_PREFIX)
    view = talk.view
    row = (view.button("Yes, link this chat", "link", token), view.button("No", "link", NO))
    await talk.show(screens.Screen("link", {"addresses": addresses}, (row,)))


async def press(talk: Talk, pressed: data.Press) -> None:
    """Link, or leave it; the code is looked at again (C11)."""
    code = pressed.argument(0)
    if code in {"", NO}:
        await talk.show(screens.simple("link_refused"))
        return
    try:
        await talk.rt.db.run(personal.link_chat, talk.rt, code, talk.chat_id)
    except errors.InvalidToken:
        await talk.show(screens.simple("link_over"))
    except errors.DuplicateAddress:
        await talk.show(screens.simple("link_taken"))
    else:
        talk.rt.outbox_grew.set()
        await talk.refresh()
        await talk.show(screens.simple("linked", again=False))


async def email(talk: Talk, words: str) -> None:
    """Ask the owner of an address, by mail, whether the digest shall come there too."""
    if (reader := await talk.known()) is None:
        return
    typed = words.strip()
    try:
        if not typed:
            raise errors.InvalidAddress("none was given")
        await talk.rt.db.run(
            personal.ask_address, talk.rt, reader.person.id, typed, how=chatting.HOW
        )
    except errors.InvalidAddress:
        await talk.show(screens.simple("email"))
    except personal.AskedTooOftenError:
        await talk.show(screens.simple("email_enough"))
    else:
        talk.rt.outbox_grew.set()
        await talk.show(screens.simple("email_asked", email=typed))
