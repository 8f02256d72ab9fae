"""The desk: who comes in, what each role may do, and everything in one look."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from digest import editors, intake, model, runtime
from digest.storage import editions, entries, sources, stories, switches
from digest.web import entry
from subscribers import accounts
from tests.web import making

PASSWORD = "correct horse battery"


def _account(role: accounts.Role) -> str:
    return role.replace(" ", "-")


async def _log_in(
    browser: httpx.AsyncClient, rt: runtime.Runtime, name: str, password: str = PASSWORD
) -> httpx.Response:
    form = {"name": name, "password": password}
    return await browser.post("/admin/login", data=form, headers=making.own(rt))


@pytest.fixture
async def inside(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int, role: accounts.Role
) -> httpx.AsyncClient:
    """A browser logged in with an account of the test's `role`."""
    name = _account(role)
    await rt.db.run(accounts.add, name=name, password=PASSWORD, role=role, now=making.NOW)
    assert (await _log_in(browser, rt, name)).status_code == 303
    return browser


@pytest.fixture
def role() -> accounts.Role:
    return "owner"


@pytest.fixture
async def demo(rt: runtime.Runtime, edition: int) -> AsyncIterator[httpx.AsyncClient]:
    async with making.asking(rt, open_desk=True) as asked:
        yield asked


async def test_without_accounts_the_page_says_how_to_make_one(browser: httpx.AsyncClient) -> None:
    """E8: no default account."""
    page = (await browser.get("/admin/")).text
    assert "digest accounts add NAME --role owner" in page
    assert "<form" not in page


@pytest.mark.parametrize(
    ("name", "password"),
    [("owner", "wrong password"), ("nobody", PASSWORD), ("", ""), ("x" * 9999, "y" * 9999)],
)
async def test_a_wrong_name_or_password_lets_nobody_in(
    browser: httpx.AsyncClient, rt: runtime.Runtime, name: str, password: str
) -> None:
    """B9, E8: the same answer for both."""
    await rt.db.run(accounts.add, name="owner", password=PASSWORD, role="owner", now=making.NOW)
    answer = await _log_in(browser, rt, name, password)
    assert answer.status_code == 401
    assert "do not fit together" in answer.text
    assert "set-cookie" not in answer.headers
    assert "What went out" not in (await browser.get("/admin/")).text


async def test_guessing_is_slowed_down(
    browser: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    """E8, E16."""
    await rt.db.run(accounts.add, name="owner", password=PASSWORD, role="owner", now=making.NOW)
    codes = [
        (await _log_in(browser, rt, "owner", f"guess {number}")).status_code
        for number in range(entry.TRIES + 1)
    ]
    assert codes == [401] * entry.TRIES + [429]
    assert (await _log_in(browser, rt, "owner")).status_code == 429
    clock.forward(minutes=16)
    assert (await _log_in(browser, rt, "owner")).status_code == 303


async def test_the_cookie_is_kept_from_scripts_and_other_pages(inside: httpx.AsyncClient) -> None:
    """E8."""
    [cookie] = inside.cookies.jar
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "lax"
    assert len(cookie.value or "") >= 43  # 256 bits


async def test_under_https_the_cookie_is_bound_to_the_host(
    rt: runtime.Runtime, clock: making.Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """E8, E11."""
    folder = tmp_path_factory.mktemp("https")
    with making.opened(folder, clock, base_url="https://courier.example") as secure:
        await secure.db.run(
            accounts.add, name="owner", password=PASSWORD, role="owner", now=making.NOW
        )
        async with making.asking(secure) as asked:
            answer = await _log_in(asked, secure, "owner")
    cookie = answer.headers["set-cookie"]
    assert re.match(r"__Host-desk=[\w-]{43}; HttpOnly; Path=/; SameSite=lax; Secure$", cookie)
    assert answer.headers["strict-transport-security"] == "max-age=31536000"


async def test_an_idle_session_ends_and_so_does_a_long_one(
    inside: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock
) -> None:
    """E8: idle and absolute."""

    async def is_in() -> bool:
        return "What went out" in (await inside.get("/admin/")).text

    for _ in range(int(entry.LONGEST / timedelta(minutes=40))):
        assert await is_in()
        clock.forward(minutes=40)
    assert await is_in()
    clock.forward(minutes=1)
    assert not await is_in()
    await _log_in(inside, rt, "owner")
    clock.forward(minutes=46)
    assert not await is_in()


async def test_who_logs_out_or_is_removed_is_out(
    inside: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """E8: revocable, on the server."""
    copy = {"Cookie": f"desk={inside.cookies['desk']}"}
    await inside.post("/admin/logout", headers=making.own(rt))
    assert "desk" not in inside.cookies
    assert "Password" in (await inside.get("/admin/", headers=copy)).text
    await rt.db.run(accounts.add, name="second", password=PASSWORD, role="owner", now=making.NOW)
    await _log_in(inside, rt, "second")
    assert "What went out" in (await inside.get("/admin/")).text
    await rt.db.run(accounts.remove, "second")
    assert "Password" in (await inside.get("/admin/")).text


ACTS = (
    ("/admin/stories/2", {"action": "pin"}, "edit"),
    ("/admin/stories/2", {"action": "drop"}, "edit"),
    ("/admin/stories/2", {"action": "words", "headline": "New", "note": "Read on."}, "edit"),
    ("/admin/stories/2", {"action": "put_under", "topic": "china"}, "edit"),
    ("/admin/stories/2", {"action": "take_out", "topic": "tech"}, "edit"),
    ("/admin/stories/2", {"action": "undo_topic", "topic": "tech"}, "edit"),
    ("/admin/sources/1", {"action": "read"}, "edit"),
    ("/admin/sending", {"action": "pause"}, "release"),
    ("/admin/sending", {"action": "resume"}, "release"),
    ("/admin/editions/1", {"action": "pause"}, "release"),
    ("/admin/publish", {"after": "1"}, "release"),
)


@pytest.mark.parametrize("role", accounts.ROLES)
async def test_every_role_can_do_what_it_may_and_nothing_else(
    inside: httpx.AsyncClient, rt: runtime.Runtime, role: accounts.Role
) -> None:
    """E10: every button × role."""
    page = (await inside.get("/admin/")).text
    assert "What went out" in page
    rights = editors.RIGHTS[role]
    assert ("Drop" in page) is ("edit" in rights)
    assert ("Take out" in (await inside.get("/admin/stories/1")).text) is ("edit" in rights)
    assert ("Publish now" in page) is ("release" in rights)
    for path in ("/admin/sources", "/admin/sources/1", "/admin/stories/1"):
        assert (await inside.get(path)).status_code == 200
    seen = (await inside.get("/admin/sources/1")).text
    assert ('value="read"' in seen) is ("edit" in rights and "next round, usually" not in seen)
    assert (await inside.get("/admin/publish")).status_code == (200 if "release" in rights else 403)
    for path, form, right in ACTS:
        answer = await inside.post(path, data=form, headers=making.own(rt))
        assert answer.status_code == (303 if right in rights else 403), (path, form)


async def test_no_role_is_shown_an_address(inside: httpx.AsyncClient) -> None:
    """E10."""
    for path in ("/admin/", "/admin/stories/1", "/admin/publish", "/admin/sources/1"):
        assert "example.org" not in (await inside.get(path)).text


@pytest.mark.parametrize("path", [path for path, _, _ in ACTS])
async def test_buttons_without_a_login_do_nothing(
    browser: httpx.AsyncClient, rt: runtime.Runtime, edition: int, path: str
) -> None:
    answer = await browser.post(path, data={"action": "drop", "after": "1"}, headers=making.own(rt))
    assert answer.status_code == 401
    assert len(await rt.db.read(editions.listing)) == 1


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "null"}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}],
)
async def test_forms_of_other_pages_are_refused(
    inside: httpx.AsyncClient, rt: runtime.Runtime, headers: dict[str, str]
) -> None:
    """E9: also when the browser does not say where the form was."""
    for path, form, _ in ACTS:
        assert (await inside.post(path, data=form, headers=headers)).status_code == 403
    login = await inside.post("/admin/login", data={"name": "owner"}, headers=headers)
    assert login.status_code == 403
    [story] = await rt.db.read(stories.load, ids=[2])
    assert (story.pinned, story.dropped) == (False, False)
    assert story.topic_slugs == {"asia", "tech"}


async def test_the_open_desk_is_for_this_machine_only(
    demo: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """E8: `digest demo` asks for no login, and lets nobody in from elsewhere, by no name."""
    assert "What went out" in (await demo.get("/admin/")).text
    rebound = await demo.get("/admin/", headers={"Host": "evil.example"})
    assert rebound.status_code == 403
    async with making.asking(rt, open_desk=True, client="192.0.2.7") as elsewhere:
        assert (await elsewhere.get("/admin/")).status_code == 403


async def test_an_editors_word_is_shown_and_kept(
    inside: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """G14."""
    for action in ("pin", "drop"):
        await inside.post("/admin/stories/1", data={"action": action}, headers=making.own(rt))
    words = {"action": "words", "headline": " A better\nheadline ", "note": "Why <it> matters"}
    await inside.post("/admin/stories/1", data=words, headers=making.own(rt))
    [story] = await rt.db.read(stories.load, ids=[1])
    assert (story.pinned, story.dropped) == (True, True)
    assert (story.headline, story.note) == ("A better headline", "Why <it> matters")
    page = (await inside.get("/admin/stories/1")).text
    assert 'value="A better headline"' in page
    assert "Why &lt;it&gt; matters" in page
    assert "title: europe" in page  # why it has its topic
    await inside.post("/admin/stories/1", data={"action": "undrop"}, headers=making.own(rt))
    [story] = await rt.db.read(stories.load, ids=[1])
    assert not story.dropped


@pytest.mark.parametrize(
    ("path", "form", "code"),
    [
        ("/admin/stories/999", {"action": "pin"}, 404),
        ("/admin/stories/1", {"action": "burn"}, 400),
        ("/admin/stories/999", {"action": "put_under", "topic": "asia"}, 404),
        ("/admin/stories/1", {"action": "put_under", "topic": "nonsense"}, 400),
        ("/admin/stories/1", {"action": "take_out", "topic": " "}, 400),
        ("/admin/sources/999", {"action": "read"}, 404),
        ("/admin/sources/1", {"action": "forget"}, 400),
        ("/admin/sending", {"action": "pause", "scope": "paused.x"}, 400),
        ("/admin/editions/999", {"action": "pause"}, 404),
        ("/admin/editions/1", {"action": "stop"}, 400),
        ("/admin/publish", {"after": "-1"}, 400),
    ],
)
async def test_what_makes_no_sense_is_refused(
    inside: httpx.AsyncClient, rt: runtime.Runtime, path: str, form: dict[str, str], code: int
) -> None:
    answer = await inside.post(path, data=form, headers=making.own(rt))
    assert answer.status_code == code
    assert (await inside.get("/admin/stories/999")).status_code == 404


async def test_publishing_is_confirmed_and_pressing_twice_publishes_once(
    inside: httpx.AsyncClient, rt: runtime.Runtime, edition: int, clock: making.Clock
) -> None:
    """F9: the page says to how many and what; the button is good for what it said."""
    page = (await inside.get("/admin/publish")).text
    assert "up to 1 reader" in page
    assert "Ceasefire talks on Ukraine" in page
    clock.forward(minutes=1)
    form = {"after": str(edition)}
    codes = [
        (await inside.post("/admin/publish", data=form, headers=making.own(rt))).status_code
        for _ in range(2)
    ]
    assert codes == [303, 409]
    assert len(await rt.db.read(editions.listing)) == 2


async def test_sending_is_stopped_and_goes_on(
    inside: httpx.AsyncClient, rt: runtime.Runtime, edition: int
) -> None:
    """F1."""
    await inside.post("/admin/sending", data={"action": "pause"}, headers=making.own(rt))
    assert await rt.db.read(switches.may_send) == ()
    page = (await inside.get("/admin/")).text
    assert "All sending is paused" in page
    assert "at the desk, by owner" in page
    await inside.post("/admin/sending", data={"action": "resume"}, headers=making.own(rt))
    assert len(await rt.db.read(switches.may_send)) == 2
    for action, state in (("pause", "paused"), ("resume", "dispatching")):
        form = {"action": action}
        await inside.post(f"/admin/editions/{edition}", data=form, headers=making.own(rt))
        progress = await rt.db.read(editions.get, edition)
        assert progress is not None
        assert progress.edition.state == state


async def test_the_desk_answers_in_one_look(
    inside: httpx.AsyncClient, rt: runtime.Runtime, edition: int, clock: making.Clock
) -> None:
    """G11: what went out, what goes next, is anything wrong, how many readers, the stories."""

    def spoil() -> None:
        with rt.db.begin() as session:
            source, _ = sources.add(
                session, url="https://b.example/feed", kind=model.SourceKind.FEED,
                title="Broken Times", category="", own=False, now=making.NOW,
            )  # fmt: skip
            failed = model.replace(source, state=model.SourceState.FAILING, failures=3)
            poll = sources.Poll(source.id, making.NOW, reason="answered 503")
            sources.record_poll(session, failed, poll, next_poll_at=making.NOW)

    spoil()
    clock.forward(minutes=12)
    page = re.sub(r"\s+", " ", (await inside.get("/admin/")).text)
    for said in (
        "Tuesday 3 November 2026", "1 issue, 0 handed over, 1 waiting",
        "oldest due 12 minutes ago", "Wed 4 Nov, 08:00</strong> <span class=\"soft\">1 reader",
        "Broken Times: answered 503", "3 times in a row",
        '<strong>1/2</strong> <a href="/admin/sources">sources well</a>',
        "1 by mail, 0 by Telegram", "The scheduler has not ticked",
    ):  # fmt: skip
        assert said in page
    titles = re.findall(r'<h3><a href="/admin/stories/\d+">([^<]+)</a>', page)
    assert sorted(titles) == sorted(title for title, *_ in making.HEADLINES)


async def test_stories_can_be_narrowed_to_a_topic(inside: httpx.AsyncClient) -> None:
    page = (await inside.get("/admin/?topic=space")).text
    assert "Lunar rover" in page
    assert "Seoul and Tokyo" not in page
    nothing = (await inside.get("/admin/?topic=<x>")).text
    assert "<x>" not in nothing
    assert "Seoul and Tokyo" not in nothing


async def test_a_story_dropped_at_the_desk_is_not_published(
    inside: httpx.AsyncClient, rt: runtime.Runtime, clock: making.Clock, edition: int
) -> None:
    await inside.post("/admin/stories/2", data={"action": "drop"}, headers=making.own(rt))
    clock.forward(minutes=1)
    await inside.post("/admin/publish", data={"after": str(edition)}, headers=making.own(rt))
    [newest, _] = await rt.db.read(editions.listing)
    shown = await rt.db.read(editions.stories_of, newest.edition.id)
    assert {story.id for story in shown} == {1, 3, 4, 5}


async def test_what_a_category_picked_an_editor_can_unpin(
    inside: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """What was pinned at the desk is unpinned there; a pick of the newsroom's pages is not."""

    def picked() -> int:
        with rt.db.begin() as session:
            [source] = sources.listing(session)
            pick = model.Entry(
                id="pick", title="Our reading for the weekend", categories=("Editor's Pick",),
                published_at=making.NOW,
            )  # fmt: skip
            entries.keep(session, source, [pick], now=making.NOW)
            [story_id] = intake.place_entries(session, now=making.NOW).story_ids
            return story_id

    path = f"/admin/stories/{picked()}"
    page = (await inside.get(path)).text
    assert "picked by its category" in page
    assert 'value="unpin"' in page
    assert 'value="drop"' in page
    await inside.post(path, data={"action": "unpin"}, headers=making.own(rt))
    page = (await inside.get(path)).text
    assert "picked by its category" not in page
    assert 'value="pin"' in page
