"""How many are claimed at once: what the permitted rate lets begin before it is given back."""

from pathlib import Path

import pytest

from digest import claiming, lane, model
from digest.deliver import chat
from digest.demo import botapi
from tests import publishing
from tests.publishing import SEOUL


@pytest.mark.parametrize(("per_second", "most"), [(1.0, 60), (25.0, 75), (1000.0, 3000)])
def test_chats_are_claimed_for_as_long_as_a_claim_is_held(per_second: float, most: int) -> None:
    """C3, C4."""
    sender = chat.ChatSender(chat.ChatOptions(botapi.TOKEN, "http://127.0.0.1:9", per_second))
    assert lane.most_at_once(model.ChannelKind.CHAT, sender) == most


async def test_at_the_paid_rate_a_claim_grows_until_it_lasts(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C4: four hundred chats are not fetched sixty at a time."""
    asked: list[int] = []
    claim = claiming.claim

    def noted(session: object, wish: claiming.Wish, now: object) -> claiming.Claimed:
        claimed: claiming.Claimed = claim(session, wish, now)  # type: ignore[arg-type]  # as it came
        if wish.kind is model.ChannelKind.CHAT and claimed.deliveries:
            asked.append(wish.limit)
        return claimed

    monkeypatch.setattr(claiming, "claim", noted)
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        for chat_id in range(1_000, 1_400):
            press.add_reader(chat_id=chat_id)
        await press.publish()
        await press.send()
        assert press.states() == {"submitted": 400}
    assert asked[:3] == [60, 120, 240]
