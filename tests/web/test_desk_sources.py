"""The desk's pages on sources: how each fares, in full, and "read now"."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import sqlalchemy as sa

from digest import editors, model, runtime
from digest.storage import entries, health, sources, stories
from digest.web import desk_sources
from subscribers import accounts
from tests.web import making

NAMES = ("Alpha Wire", "Broken Times", "Closed Courier")


def _stage(session: sa.Connection) -> None:
    """Three more sources: one well, one failing, one gone."""
    for number, name in enumerate(NAMES):
        source, _ = sources.add(
            session, url=f"https://{number}.example/feed", kind=model.SourceKind.FEED,
            title=name, category="", own=False, now=making.NOW,
        )  # fmt: skip
        made = [
            model.Entry(
                id=f"{number}-{day}", title=f"{name} day {day}",
                url=f"https://{number}.example/{day}",
                published_at=making.NOW - timedelta(days=day),
            )
            for day in range(5)
        ]  # fmt: skip
        if name == "Alpha Wire":
            entries.keep(session, source, made, now=making.NOW)
        state, reason = (
            (model.SourceState.HEALTHY, ""),
            (model.SourceState.FAILING, "HTTP 503 Service <Unavailable>"),
            (model.SourceState.GONE, "HTTP 410 Gone"),
        )[number]
        poll = sources.Poll(source.id, making.NOW, n_new=5 if not number else 0, reason=reason)
        kept = model.replace(source, state=state, failures=3 if reason else 0)
        at = making.NOW + timedelta(minutes=40 if reason else 5)
        sources.record_poll(session, kept, poll, next_poll_at=at)


@pytest.fixture
async def desk(rt: runtime.Runtime, edition: int) -> AsyncIterator[httpx.AsyncClient]:
    await rt.db.run(_stage)
    async with making.asking(rt, open_desk=True) as asked:
        yield asked


async def _id_of(rt: runtime.Runtime, name: str) -> int:
    [found] = [s.id for s in await rt.db.read(sources.listing) if s.title == name]
    return found


def _plain(page: str) -> str:
    return re.sub(r"\s+", " ", page)


async def test_sources_that_do_not_answer_come_first_with_their_cause(
    desk: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """F8, G11."""
    page = _plain((await desk.get("/admin/sources")).text)
    titles = re.findall(r'<h3><a href="/admin/sources/\d+">([^<]+)</a>', page)
    assert titles == ["Closed Courier", "Broken Times", "The Courier", "Alpha Wire"]
    for said in (
        "2 do not answer", "gone for good", "failing, 3 times in a row",
        "HTTP 503 Service &lt;Unavailable&gt;", "since Tue 3 Nov, 08:00", "next in 40 min",
        "0.4 a day", "Entries of the last 14 days, oldest first: 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1",
    ):  # fmt: skip
        assert said in page, said


async def test_a_source_is_shown_with_readings_entries_topics_and_rhythm(
    desk: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    alpha = _plain((await desk.get(f"/admin/sources/{await _id_of(rt, 'Alpha Wire')}")).text)
    for said in ("5 new, 0 updated, 0 unchanged", "at the usual pace", "Alpha Wire day 3",
                 'href="https://0.example/feed"'):  # fmt: skip
        assert said in alpha, said
    own = _plain((await desk.get(f"/admin/sources/{await _id_of(rt, 'The Courier')}")).text)
    for said in ("Lunar rover", "Space", "our own newsroom", '<a href="/admin/stories/4">'):
        assert said in own, said
    broken = _plain((await desk.get(f"/admin/sources/{await _id_of(rt, 'Broken Times')}")).text)
    assert "failed: HTTP 503 Service &lt;Unavailable&gt;" in broken
    assert "it failed 3 times in a row" in broken
    assert (await desk.get("/admin/sources/999")).status_code == 404


@pytest.mark.parametrize("name", NAMES)
async def test_read_now_makes_a_source_due_and_says_so(
    desk: httpx.AsyncClient, rt: runtime.Runtime, name: str
) -> None:
    """Also one that is gone: that is how it comes back."""
    source_id = await _id_of(rt, name)
    path = f"/admin/sources/{source_id}"
    assert "It is read at the next round" not in (await desk.get(path)).text
    done = await desk.post(path, data={"action": "read"}, headers=making.own(rt))
    assert (done.status_code, done.headers["location"]) == (303, path)
    assert "It is read at the next round" in (await desk.get(path)).text
    due = {source.id for source in await rt.db.read(sources.due, making.NOW)}
    assert source_id in due


async def test_who_may_not_edit_has_nothing_read(
    desk: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """E10: asked on the account, whoever calls."""
    source_id = await _id_of(rt, "Alpha Wire")
    account = accounts.Account(id=1, name="eve", role="viewer", created_at=making.NOW)
    with pytest.raises(editors.NotAllowedError):
        await rt.db.run(editors.read_now, account, source_id, making.NOW)
    assert source_id not in {source.id for source in await rt.db.read(sources.due, making.NOW)}


async def test_the_first_page_names_some_that_fail_and_leads_to_all(
    desk: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    def spoil(session: sa.Connection) -> None:
        for number in range(20):
            source, _ = sources.add(
                session, url=f"https://f{number}.example/", kind=model.SourceKind.FEED,
                title=f"Failing {number}", category="", own=False, now=making.NOW,
            )  # fmt: skip
            failed = model.replace(source, state=model.SourceState.FAILING, failures=1)
            poll = sources.Poll(source.id, making.NOW, reason="timed out")
            sources.record_poll(session, failed, poll, next_poll_at=making.NOW)

    await rt.db.run(spoil)
    page = _plain((await desk.get("/admin/")).text)
    assert "<strong>2/24</strong>" in page
    assert '<a href="/admin/sources">and 14 more</a>' in page


async def test_the_pages_ask_little_of_the_database_however_many_sources_there_are(
    desk: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    asked = []
    for _ in range(2):
        with rt.db.reading() as session:
            statements: list[str] = []
            heard = lambda *given, to=statements: to.append(given[2])  # noqa: E731
            sa.event.listen(session, "before_cursor_execute", heard)
            health.of_sources(session, making.NOW)
            asked.append(len(statements))
        for number in range(40):
            await rt.db.run(
                sources.add, url=f"https://more-{number}.example/", kind=model.SourceKind.FEED,
                title="", category="", own=False, now=making.NOW,
            )  # fmt: skip
    assert asked == [3, 3]


async def test_a_withdrawn_story_is_not_offered_as_if_it_stood(
    desk: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """What its sources took back is in no list, and has no buttons."""

    def withdraw(session: sa.Connection) -> None:
        session.execute(sa.text("UPDATE entry SET withdrawn = 1 WHERE story_id = 1"))
        stories.refresh(session, [1], now=making.NOW)

    assert 'value="pin"' in (await desk.get("/admin/stories/1")).text
    await rt.db.run(withdraw)
    page = (await desk.get("/admin/stories/1")).text
    assert "Its sources took it back" in page
    assert "<del>Ceasefire talks" in page
    for button in ("pin", "drop", "words"):
        assert f'value="{button}"' not in page
    assert "Ceasefire talks" not in (await desk.get("/admin/")).text


def test_the_columns_fit_their_picture_and_a_day_without_entries_is_a_line() -> None:
    drawn = desk_sources.bars((0, 1, 50, 100))
    assert [bar["height"] for bar in drawn] == [1, 3, 14, 28]
    assert [bar["empty"] for bar in drawn] == [True, False, False, False]
    assert all(int(bar["y"]) + int(bar["height"]) == desk_sources.TALLEST for bar in drawn)
    assert [bar["height"] for bar in desk_sources.bars((0, 0))] == [1, 1]
