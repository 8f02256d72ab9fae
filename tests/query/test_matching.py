"""Holding queries against stories: one by one, and all that are saved at once."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import model, query

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WORDS = ("rates", "ecb", "fed", "oil", "tariff", "tariffs", "中", "国")


def in_title(typed: str, said: str, **more: str) -> query.Match | None:
    fields = [("title", said), *more.items()]
    return query.parse(typed).match(query.Text(fields, ("asia", "world")))


@pytest.mark.parametrize(
    ("typed", "said", "found"),
    [
        ("interest rates", "Rates of interest rise", True),
        ("interest rates", "Interest in a new museum grows while rents fall and tax rates", False),
        ("interest rates", "Interest a b c d e f g h rates", True),
        ("interest rates", "Interest a b c d e f g h i rates", False),
        ("interest rates", "Interest i i i i i i i i i rates interest", True),
        ('"interest rates"', "Rates of interest rise", False),
        ('"interest rates"', "Interest-rates rise", True),
        ("ECB AND rates", "ECB " + "x " * 30 + "rates", True),
        ("ECB rates", "ECB " + "x " * 30 + "rates", False),
        ("ECB OR Fed", "Fed waits", True),
        ("ECB -crypto", "ECB on crypto", False),
        ("ECB -crypto", "ECB on rates", True),
        ("ECB -(crypto rates)", "ECB on crypto", True),
        ("ECB AND (rates OR NOT crypto)", "ECB on crypto", False),
        ("rates in:asia", "Rates rise", True),
        ("rates in:europe", "Rates rise", False),
        ("rates -in:asia", "Rates rise", False),
        ("Bora Bora", "Bora wind", True),
        ('"Bora Bora"', "Bora wind", False),
        ("AT&T rates", "Rates that AT&T asks", True),
        ("AT&T rates", "Rates at that T", False),
    ],
)
def test_a_story_matches_as_the_query_says(typed: str, said: str, found: bool) -> None:
    assert (in_title(typed, said) is not None) is found


def test_words_of_a_list_do_not_stand_in_two_fields() -> None:
    assert not in_title("interest rates", "Interest", summary="rates")
    assert not in_title('"interest rates"', "Interest", summary="rates")
    assert in_title("interest AND rates", "Interest", summary="rates")


def test_title_is_only_the_headline() -> None:
    assert in_title("title:ECB", "ECB waits", summary="Rates")
    assert not in_title("title:ECB", "A bank waits", summary="The ECB")
    assert not query.parse("title:ECB").match(query.Text([("summary", "The ECB")]))


def test_a_match_says_which_words_hit_and_where() -> None:
    found = in_title(
        '"interest rates" AND (ECB OR Fed) -crypto', "ECB speaks", body="Of Interest rates"
    )
    assert found is not None
    assert found.hits == (query.Hit("interest rates", "body"), query.Hit("ECB", "title"))
    assert found.why == 'keyword: "ECB" in the title'


def story() -> model.Story:
    lead = model.Entry("1", "A bank waits", summary="Rates stay", body="x " * 5000 + "crypto")
    other = model.Entry("2", "ECB holds", source="AP")
    doubtful = model.Entry("3", "Fed holds", source="AFP", sure=False)
    topics = (model.TopicMatch("banking", 0.9, ("title: bank",)),)
    return model.Story(7, (lead, other, doubtful), topics, NOW, NOW, headline="Bank sits still")


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("sits", 'keyword: "sits" in the title'),
        ("rates", 'keyword: "rates" in the summary'),
        ("ecb", 'keyword: "ecb" in the title of another source'),
        ("bank in:banking", 'keyword: "bank" in the title'),
        ("crypto", None),
        ("fed", None),
        ("bank -in:banking", None),
    ],
)
def test_a_story_is_its_headline_text_topics_and_what_surely_belongs_to_it(
    typed: str, why: str | None
) -> None:
    found = query.parse(typed).match(query.text_of(story()))
    assert (found.why if found else None) == why


def test_an_empty_story_matches_nothing() -> None:
    text = query.Text([("title", ""), ("body", " & ")])
    assert query.Matcher([query.parse("x"), query.parse("a*b OR tariff*")]).matching(text) == []


def terms() -> st.SearchStrategy[str]:
    word = st.sampled_from(WORDS)
    return st.one_of(
        word,
        st.sampled_from(("tar*", "tarif*", "tariff*", "rat*", "title:ecb", "in:asia", "中国")),
        st.lists(word, min_size=2, max_size=3).map(" ".join),
        st.lists(word, min_size=1, max_size=3).map(lambda said: f'"{" ".join(said)}"'),
        word.map(lambda said: f'"{said} tarif*"'),
    )


def queries() -> st.SearchStrategy[str]:
    return st.recursive(
        terms(),
        lambda inner: st.one_of(
            st.tuples(inner, st.sampled_from([" AND ", " OR "]), inner).map(
                lambda three: f"({''.join(three)})"
            ),
            inner.map(lambda one: f"-({one})"),
        ),
        max_leaves=5,
    )


def readable(typed: str) -> bool:
    try:
        query.parse(typed)
    except query.QueryError:
        return False
    return True


@given(
    st.lists(queries().filter(readable), max_size=12),
    st.lists(st.sampled_from((*WORDS, "x")), max_size=12).map(" ".join),
    st.lists(st.sampled_from((*WORDS, "x")), max_size=12).map(" ".join),
    st.booleans(),
)
def test_all_at_once_finds_what_each_by_itself_finds(
    typed: list[str], title: str, body: str, in_asia: bool
) -> None:
    read = [query.parse(each) for each in typed]
    text = query.Text([("title", title), ("body", body)], ("asia",) if in_asia else ())
    expected = [number for number, each in enumerate(read) if each.match(text)]
    assert sorted(query.Matcher(read).matching(text)) == expected


@given(queries().filter(readable), st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join))
def test_what_is_told_back_matches_the_same(typed: str, said: str) -> None:
    read, text = query.parse(typed), query.Text([("title", said)])
    assert read.match(text) == query.parse(str(read)).match(text)
