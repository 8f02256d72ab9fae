"""The markup parser agrees with TDLib's, which is Telegram's own."""

import pytest
import telegram
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.demo import botapi_entities, botapi_markup
from tests.demo import bots, tdlib

Spot = tuple[int, str, str, str, str, int | None]

PAIRS = (
    ("<b>", "</b>"),
    ("<STRONG>", "</Strong >"),
    ("<i>", "</i>"),
    ("<em >", "</>"),
    ("<u>", "</u>"),
    ("<ins>", "</ins>"),
    ("<s>", "</s>"),
    ("<del>", "</del>"),
    ("<a href='https://example.org/a?b=1&amp;c'>", "</a>"),
    ('<a href="example.org">', "</a>"),
    ('<a href="tg://user?id=123">', "</a>"),
    ("<code>", "</code>"),
    ("<pre>", "</pre>"),
    ('<code class="language-python">', "</code>"),
    ("<blockquote>", "</blockquote>"),
    ("<blockquote expandable>", "</blockquote>"),
    ("<tg-spoiler>", "</tg-spoiler>"),
    ('<span class="tg-spoiler">', "</span>"),
    ("<tg-emoji emoji-id='5368324170671202286'>", "</tg-emoji>"),
)
LOOSE = (
    *(one for pair in PAIRS for one in pair),
    "<",
    ">",
    "&",
    "<p>",
    "<br/>",
    "<!-- -->",
    "</",
    "<b",
    "<b class=x>",
    "<b class=x/y>",
    "<i =",
    "<span>",
    "<a href='javascript:alert(1)'>",
    "<a href='/there'>",
    "<a>",
    "&lt;",
    "&#65",
    "&#x1F600;",
    "&#xD800;",
    "&#0;",
    "&#99999999;",
    "&nbsp;",
    "&quot",
    '"',
    "'",
    "=",
)
WORDS = st.sampled_from(["x", "é", "😀", "yz", " ", "\n", "Łódź", "&amp;", "&lt;b&gt;", "&copy;"])


def theirs(html: str) -> str | tuple[str, set[Spot]]:
    """Give TDLib's error, or the text and every formatted unit of it."""
    answer = tdlib.ask(html)
    if answer["@type"] == "error":
        return str(answer["message"])
    spots: set[Spot] = set()
    for entity in answer["entities"]:
        kind = entity["type"]
        what = (
            tdlib.KINDS[kind["@type"].removeprefix("textEntityType")],
            kind.get("url", ""),
            kind.get("language", ""),
            kind.get("custom_emoji_id", ""),
            kind.get("user_id"),
        )
        units = range(entity["offset"], entity["offset"] + entity["length"])
        spots |= {(unit, *what) for unit in units}
    return answer["text"], spots


def ours(html: str) -> str | tuple[str, set[Spot]]:
    try:
        formatted = botapi_markup.parse_html(html)
    except botapi_markup.MarkupError as error:
        return f"Can't parse entities: {error}"
    spots = {
        (unit, e.kind, e.url, e.language, e.custom_emoji_id, e.person_id)
        for e in formatted.entities
        for unit in range(e.offset, e.end)
    }
    return formatted.text, spots


@st.composite
def nested(draw: st.DrawFn, depth: int = 3) -> str:
    parts = []
    for _ in range(draw(st.integers(1, 3))):
        if depth and draw(st.booleans()):
            start, end = draw(st.sampled_from(PAIRS))
            parts.append(start + draw(nested(depth - 1)) + end)
        else:
            parts.append(draw(WORDS))
    return "".join(parts)


@pytest.mark.parametrize("html", [*LOOSE, *(f"é{one}x" for one in LOOSE), "", "plain"])
def test_each_mark_alone_is_read_as_tdlib_reads_it(html: str) -> None:
    """C10."""
    assert ours(html) == theirs(html)


@settings(max_examples=200, deadline=None)
@given(nested())
def test_well_formed_markup_is_read_as_tdlib_reads_it(html: str) -> None:
    """C10."""
    assert ours(html) == theirs(html)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(LOOSE), WORDS), max_size=8).map("".join))
def test_loose_marks_are_read_as_tdlib_reads_them(html: str) -> None:
    """C10."""
    assert ours(html) == theirs(html)


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("<>/&;#\"'= abixé😀"), max_size=20))
def test_broken_markup_is_refused_in_tdlibs_words(html: str) -> None:
    """C10."""
    assert ours(html) == theirs(html)


@settings(max_examples=200, deadline=None)
@given(nested())
def test_written_markup_says_what_was_read(html: str) -> None:
    settled = botapi_entities.settle(botapi_markup.parse_html(html))
    again = botapi_markup.parse_html(botapi_entities.to_html(settled))
    assert again.text == settled.text
    kept = {e for e in settled.entities if e.kind not in {"pre", "code"}}
    assert kept <= {*again.entities}


def test_settling_trims_text_and_moves_its_format() -> None:
    """C9."""
    parsed = botapi_markup.parse_html(" \n<b> 😀x </b>\n<i> </i>")
    settled = botapi_entities.settle(parsed)
    assert settled.text == "😀x"
    assert settled.entities == (botapi_entities.Entity("bold", 0, 3),)


def test_nothing_is_formatted_inside_code() -> None:
    parsed = botapi_markup.parse_html("<b><code>a<i>b</i></code></b><i>c</i>")
    kinds = [e.kind for e in botapi_entities.settle(parsed).entities]
    assert kinds == ["bold", "code", "italic"]


def test_entities_are_written_as_the_bot_api_does() -> None:
    parsed = botapi_markup.parse_html(
        '<a href="tg://user?id=5">a</a><pre><code class="language-py">b</code></pre>'
        "<tg-emoji emoji-id='9'>👍</tg-emoji>"
    )
    assert [e.as_json() for e in parsed.entities] == [
        {
            "type": "text_mention",
            "offset": 0,
            "length": 1,
            "user": {"id": 5, "is_bot": False, "first_name": "Reader"},
        },
        {"type": "pre", "offset": 1, "length": 1, "language": "py"},
        {"type": "custom_emoji", "offset": 2, "length": 2, "custom_emoji_id": "9"},
    ]


async def test_the_fake_can_be_given_tdlibs_own_parser() -> None:
    """C10."""
    async with bots.opened(parse=tdlib.parse) as (api, bot, _):
        await bot.send_message(7, "<b>Łódź 😀</b> <i>x</i>", parse_mode="HTML")
        with pytest.raises(telegram.error.BadRequest, match="unsupported start tag"):
            await bot.send_message(7, "<p>x</p>", parse_mode="HTML")
        (message,) = api.messages(7)
    assert message.html == "<b>Łódź 😀</b> <i>x</i>"
