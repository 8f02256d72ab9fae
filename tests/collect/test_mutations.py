"""Documents damaged at random: entries or one clear refusal, never anything else."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from digest import errors
from digest.collect import parsers, read
from tests.collect import documents, press

SEEDS = (
    *(
        document.encode()
        for document in (
            documents.RSS,
            documents.ATOM,
            documents.ATOM_XHTML_TITLE,
            documents.RDF,
            documents.RSS_091,
            documents.SITEMAP,
            documents.WRAPPED,
            documents.JSON_FEED,
        )
    ),
    json.dumps([press.post(1, "2026-02-17T10:00:00")]).encode(),
)
PIECES = (
    b"<", b">", b"&", b'"', b"<![CDATA[", b"]]>", b"<!--", b"</item>", b"<entry>", b"&#x110000;",
    b"&#xD800;", b"\\ud800", b"null", b"[", b"}", b"1e999", b"http://[", b'xml:base="http://["',
    b"0001-01-01T00:00:00+14:00", b"\x00", b"\xff\xfe", b"\xe2\x80",
)  # fmt: skip
changes = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(PIECES) | st.binary(max_size=4)),
    min_size=1,
    max_size=6,
)


@settings(deadline=None)  # the first use of a parser imports it
@given(st.sampled_from(SEEDS), changes)
def test_a_damaged_document_gives_whole_entries_or_one_refusal(
    data: bytes, damage: list[tuple[float, int, bytes]]
) -> None:
    """E17: whatever the bytes, no other exception and no half entry comes out."""
    for where, length, piece in damage:
        at = int(where * len(data))
        data = data[:at] + piece + data[at + length :]
    try:
        found = read.parse_document(data, "https://a.example/feed")
    except errors.NotAFeed as error:
        reason = error.reason
    else:
        reason = ""
        for entry in found.entries:
            assert entry.id
            assert entry.title
            words = (entry.id, entry.title, entry.summary, entry.body, entry.url, entry.image)
            assert "\x00" not in "".join(words)
            "".join((*words, *entry.authors, *entry.categories)).encode()
    assert "\n" not in reason


@settings(deadline=None)
@given(st.sampled_from(SEEDS[:5]), changes)
def test_the_thorough_parser_gives_drafts_or_nothing(
    data: bytes, damage: list[tuple[float, int, bytes]]
) -> None:
    """feedparser raises on some of what it is given, and hands back lists where it met clashes."""
    for where, length, piece in damage:
        at = int(where * len(data))
        data = data[:at] + piece + data[at + length :]
    found = parsers.read_thoroughly(data)
    for draft in found.entries if found else ():
        texts = (draft.id, draft.title, draft.url, draft.summary, draft.text, *draft.authors)
        assert all(isinstance(text, str) for text in texts)
