"""Entries as JSON Lines, in and out."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import errors, model
from digest.collect import jsonl

ENTRY = model.Entry(
    id="g1",
    title="Größe zählt",
    url="https://a.example/1",
    summary="Kurz.",
    body="Lang.\n\nLänger.",
    categories=("World", "Asia"),
    authors=("Ada Berg",),
    published_at=datetime(2026, 2, 17, 8, 30, tzinfo=UTC),
    updated_at=None,
    source="Harbour Post",
    language="de",
    image="https://a.example/1.jpg",
)
KEYS = {
    "id", "url", "title", "summary", "body", "categories", "authors", "published_at", "updated_at",
    "source", "language", "image",
}  # fmt: skip


def test_an_entry_is_written_with_every_key_of_the_format() -> None:
    line = jsonl.write_line(ENTRY)
    value = json.loads(line)
    assert set(value) == KEYS
    assert value["published_at"] == "2026-02-17T08:30:00Z"
    assert value["updated_at"] is None
    assert "Größe" in line
    assert "\n" not in line


def test_what_is_written_reads_back_the_same() -> None:
    assert list(jsonl.read_lines([jsonl.write_line(ENTRY), "", "\n"])) == [ENTRY]


@given(st.text(min_size=1).filter(str.strip), st.text(), st.lists(st.text(), max_size=3))
def test_any_text_survives_the_way_there_and_back(
    title: str, body: str, categories: list[str]
) -> None:
    entry = model.Entry("1", title.strip(), body=body, categories=tuple(categories))
    (again,) = jsonl.read_lines([jsonl.write_line(entry)])
    assert again == entry


def test_unknown_keys_and_nulls_are_ignored_and_numbers_are_ids() -> None:
    line = '{"id": 7, "title": "T", "body": null, "categories": null, "published_at": null, "x": 1}'
    assert list(jsonl.read_lines([line])) == [model.Entry("7", "T")]


def test_times_of_any_zone_become_utc() -> None:
    line = '{"id": "1", "title": "T", "published_at": "2026-02-17T10:30:00+02:00"}'
    (entry,) = jsonl.read_lines([line])
    assert entry.published_at == datetime(2026, 2, 17, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"title": "T"}', 'line 2: "id" is missing or empty.'),
        ('{"id": "1", "title": " "}', 'line 2: "title" is missing or empty.'),
        ('{"id": "1", "title": "T", "body": 5}', 'line 2: "body" must be text.'),
        (
            '{"id": "1", "title": "T", "categories": "World"}',
            'line 2: "categories" must be a list of text.',
        ),
        (
            '{"id": "1", "title": "T", "published_at": "2026-02-17T10:30:00"}',
            'line 2: "published_at" must be a time with a zone (RFC 3339), like 2026-01-31T08',
        ),
        ('{"id": "1", "title": "T", "updated_at": 5}', 'line 2: "updated_at" must be a time'),
        ("[1]", "line 2: expected a JSON object."),
        ('{"id": ', "line 2: not valid JSON."),
        ("[" * 100_000, "line 2: not valid JSON."),
    ],
)
def test_a_bad_line_is_named(line: str, problem: str) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        list(jsonl.read_lines([jsonl.write_line(ENTRY), line]))
    assert str(caught.value).startswith(problem)


def test_all_problems_of_a_line_are_said_at_once() -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        jsonl.entry_from_json({"url": 1})
    assert caught.value.problems == (
        '"id" is missing or empty.',
        '"title" is missing or empty.',
        '"url" must be text.',
    )
