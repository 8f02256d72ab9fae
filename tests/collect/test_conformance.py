"""What other parsers expect of their cases, and what it takes for one of ours to fail."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests import figures, real_data
from tests.collect.conformance import (
    comments,
    expected,
    groups,
    jsonfeeds,
    outcomes,
    reading,
    siblings,
)

# The cases we answer otherwise, and why.
KNOWN = {
    "entry_summary_crazy.xml": "expects the code of a script as text; browsers show none of it",
    "item_description_crazy.xml": "expects the code of a script as text; browsers show none of it",
    "item_fullitem_crazy.xml": "expects the code of a script as text; browsers show none of it",
    "item_content_encoded_script_nested_cdata.xml": "marks of CDATA inside HTML are no words",
}


@pytest.mark.real_data
def test_other_parsers_cases_are_read_as_they_expect(figure: figures.Figure) -> None:
    """At least 99 % of the wellformed and 95 % of the illformed cases that have a counterpart."""
    found = groups.all_outcomes()
    for rate in outcomes.families(found):
        figure(f"conformance, {rate.group}", f"{rate.words}, {rate.n_inapplicable} without one")
    for wellformed in (True, False):
        rate = outcomes.total(found, wellformed=wellformed)
        figure(f"conformance, {rate.group}", rate.words)
    well = outcomes.total(found, wellformed=True)
    ill = outcomes.total(found, wellformed=False)
    report = outcomes.table(found)
    assert well.n_applicable >= 500, report
    assert ill.n_applicable >= 100, report
    assert well.share >= 0.99, report
    assert ill.share >= 0.95, report
    assert {each.name for each in found if each.state == "failed"} == set(KNOWN), report


@pytest.mark.real_data
def test_every_folder_of_feeds_is_judged_or_said_to_hold_no_cases() -> None:
    folders = {path.name for path in real_data.folder("feeds").iterdir() if path.is_dir()}
    assert folders == {*groups.FOLDERS, *groups.NO_CASES}
    named = {outcome.group.split()[0] for outcome in groups.all_outcomes()}
    assert named == set(groups.FOLDERS.values())


CASE = """<!--
Description: an entry's text
Expect:      not bozo and entries[0]['{path}'] == {want!r}
-->
<rss version="2.0"><channel><title>T</title><item><title>One</title>
<link>https://a.example/1</link><author>desk@a.example (Ada Berg)</author>
<pubDate>Tue, 17 Feb 2026 10:30:00 GMT</pubDate>
<description>&lt;p&gt;Two &lt;b&gt;words&lt;/b&gt;&lt;/p&gt;</description></item></channel></rss>"""


@pytest.mark.parametrize(
    ("path", "want", "state"),
    [
        ("title", "One", "passed"),
        ("title", "Two", "failed"),
        ("summary", "<p>Two <b>words</b></p>", "passed"),
        ("summary", "<p>Two</p>", "failed"),
        ("summary", "", "failed"),
        ("link", "https://a.example/1", "passed"),
        ("link", "https://a.example/2", "failed"),
        ("author", "desk@a.example (Ada Berg)", "passed"),
        ("author", "Al Noir", "failed"),
        ("published_parsed", (2026, 2, 17, 10, 30, 0, 1, 48, 0), "passed"),
        ("published_parsed", (2026, 2, 17, 10, 31, 0, 1, 48, 0), "failed"),
        ("rights", "all", "not applicable"),
    ],
)
def test_a_commented_case_passes_only_with_the_value_it_expects(
    tmp_path: Path, path: str, want: object, state: str
) -> None:
    (tmp_path / "wellformed").mkdir()
    case = tmp_path / "wellformed" / "case.xml"
    case.write_text(CASE.format(path=path, want=want))
    (outcome,) = comments.cases(tmp_path)
    assert outcome.state == state, outcome
    assert outcome.wellformed


def test_text_expected_to_be_without_words_is_given_some(tmp_path: Path) -> None:
    """A parser that loses the text must not pass for one that removes the markup."""
    case = tmp_path / "case.xml"
    case.write_text(
        "<!--\nExpect: not bozo and entries[0]['summary'] == '<img>'\n-->\n"
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><summary type="html">'
        "&lt;img onerror=''&gt;</summary></entry></feed>"
    )
    (outcome,) = comments.cases(tmp_path)
    assert outcome.state == "passed", outcome
    lost = case.read_text().replace("summary", "rights").replace("['rights']", "['summary']")
    case.write_text(lost)
    (outcome,) = comments.cases(tmp_path)
    assert outcome.state == "failed", outcome


def test_an_entry_missing_from_ours_is_a_difference() -> None:
    data = b"<rss><channel><title>T</title><item><title>One</title></item></channel></rss>"
    wanted = expected.ExpectedFeed([expected.ExpectedEntry(title=t) for t in ("One", "Two")])
    outcome = expected.judge("g", "n", data, wanted, url="https://a.example/")
    assert (outcome.state, outcome.detail) == ("failed", "1 entries, expected 2")


def test_a_valid_document_is_read_element_by_element(tmp_path: Path) -> None:
    case = tmp_path / "case.xml"
    document = (
        "<!-- Expect: !Error --><rss version='2.0'><channel><title>T</title><item>"
        "<title>One</title><link>https://a.example/1</link></item></channel></rss>"
    )
    case.write_text(document)
    (valid,) = reading.cases(tmp_path, "w3c")
    assert (valid.group, valid.state, valid.wellformed) == ("w3c valid", "passed", True)
    case.write_text(document.replace("!Error", "InvalidLink{parent:channel}"))
    (faulty,) = reading.cases(tmp_path, "w3c")
    assert (faulty.group, faulty.state, faulty.wellformed) == ("w3c faulty", "passed", False)


def test_a_json_feed_is_read_key_by_key(tmp_path: Path) -> None:
    case = tmp_path / "case.json"
    case.write_text(
        '{"version": "https://jsonfeed.org/version/1.1", "title": "T", "authors": [{"name": "A"}],'
        ' "items": [{"id": "1", "title": "One &amp; two", "content_text": "1 < 2",'
        ' "date_published": "2026-02-17T10:30:00Z"}]}'
    )
    (outcome,) = jsonfeeds.cases(tmp_path, "g")
    assert (outcome.state, outcome.wellformed) == ("passed", True), outcome
    value = jsonfeeds.read_plainly(json.loads(case.read_text()))
    (entry,) = value.entries
    wrong = (
        replace(entry, title="Two"),
        replace(entry, texts=["2 &lt; 1"]),
        replace(entry, authors=["B"]),
        replace(entry, times=[entry.times[0] + timedelta(minutes=1)]),
    )
    for each in wrong:
        other = replace(value, entries=[each])
        again = expected.judge("g", "n", case.read_bytes(), other, url=jsonfeeds.URL)
        assert again.state == "failed", each


def test_a_sibling_file_with_other_words_fails(tmp_path: Path) -> None:
    (tmp_path / "input").mkdir()
    (tmp_path / "output").mkdir()
    (tmp_path / "input" / "a.rss").write_bytes(
        b"<rss><channel><title>T</title><item><title>One</title></item></channel></rss>"
    )
    states = []
    for title in ("One", "Two"):
        said = f'{{"feed": {{"title": "T", "items": [{{"title": "{title}"}}]}}}}'
        (tmp_path / "output" / "a.json").write_text(said)
        states += [outcome.state for outcome in siblings.rss_parser_cases(tmp_path)]
    assert states == ["passed", "failed"]


def test_rates_count_only_what_applies() -> None:
    found = [
        outcomes.Outcome("g", "a", "passed"),
        outcomes.Outcome("g", "b", "failed", "title"),
        outcomes.Outcome("g", "c", "not applicable", "rights", wellformed=False),
    ]
    (rate,) = outcomes.rates(found)
    assert (rate.n_applicable, rate.share, rate.n_inapplicable) == (2, 0.5, 1)
    assert outcomes.total(found, wellformed=False).n_applicable == 0
    assert "g/b: title" in outcomes.table(found)
    shown = [(family.group, family.words) for family in outcomes.families(found)]
    assert shown == [("g wellformed", "1 of 2 (50.0 %)"), ("g illformed", "0 of 0 (100.0 %)")]
