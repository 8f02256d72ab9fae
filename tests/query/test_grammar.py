"""Reading queries: what they mean, how they are told back, where they are wrong (G6)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import query
from subscribers import choices

PIECES = st.sampled_from([
    "rates", "Zinsen", "AND", "OR", "NOT", "(", ")", "-", "-x", '"', "“", "”", "*", "tariff*",
    "title:", "title:ECB", "in:", "in:asia", "within", "only", "asia", "U.S.", "AT&T", "中国",
    ",", "ё", "\u0301", "\n", ":", "—", "x:y", "and", "’s", "#gaza", "title", "™", "ـ", "\u200d",
])  # fmt: skip
TYPED = st.lists(PIECES, max_size=14).flatmap(
    lambda parts: st.sampled_from([" ".join(parts), "".join(parts)])
)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("interest rates", "interest rates"),
        ('  "interest   rates" ', '"interest rates"'),
        ('"interest rates" AND (ECB OR Fed) -crypto', '"interest rates" AND (ECB OR Fed) -crypto'),
        ('"interest rates" ECB', '"interest rates" AND ECB'),
        ("“interest rates” «ставка»", '"interest rates" AND "ставка"'),
        ("ECB OR Fed -crypto", "ECB OR (Fed -crypto)"),
        ("ECB AND rates OR fees", "(ECB AND rates) OR fees"),
        ("ECB NOT interest rates", "ECB -(interest rates)"),
        ("ECB -interest rates", "ECB -interest AND rates"),
        ("ECB —crypto", "ECB -crypto"),
        ("Trump - China", "Trump China"),
        ("ECB --crypto", "ECB AND crypto"),
        ("NOT (NOT ECB)", "ECB"),
        ("((((ECB))))", "ECB"),
        ("a (b (c OR d) e)", "a AND b AND (c OR d) AND e"),
        ("a OR (b OR c)", "a OR b OR c"),
        ("rates within Asia only", "rates AND in:asia"),
        ("(rates OR fees) within Middle East only", "(rates OR fees) AND in:middle-east"),
        ('rates in:"middle east"', "rates AND in:middle-east"),
        ("Title:ECB", "title:ECB"),
        ('title:"rate cut" ECB', 'title:"rate cut" AND ECB'),
        ("tariff* steel", "tariff* steel"),
        ("Paris, Texas!", "Paris Texas"),
        ("research and development", "research and development"),
        ('"AND"', '"AND"'),
        ("#gaza AT&T covid-19", "gaza AT&T covid-19"),
    ],
)
def test_a_query_is_told_back_in_one_way_of_writing(typed: str, read: str) -> None:
    assert str(query.parse(typed)) == read


@pytest.mark.parametrize(
    ("typed", "at", "reason"),
    [
        ("", 0, "no word to look for"),
        ("&, -", 4, "no word to look for"),
        ("rates AND (ECB OR Fed", 10, "parenthesis is not closed"),
        ("rates) ECB", 5, "closes none"),
        ("rates AND", 9, "missing here"),
        ("rates AND OR ECB", 10, "before OR"),
        ("AND rates", 0, "before AND"),
        ("rates ()", 7, "before this parenthesis"),
        ('ECB "interest rates', 4, "not closed"),
        ('ECB ""', 4, "no word between"),
        ("ECB title:", 4, "after title:"),
        ("ECB in: asia", 4, "name of a topic"),
        ("ECB; Fed", 3, "semicolon"),
        ('"ECB; Fed"', 4, "semicolon"),
        ("ECB ta*", 4, "3 letters"),
        ("-crypto", 0, "what to leave out"),
        ("ECB OR -crypto", 7, "what to leave out"),
        ("in:asia -crypto", 0, "what to leave out"),
        ("in:asia", 0, "follow the topic itself"),
        ("ECB OR in:asia", 7, "follow the topic itself"),
    ],
)
def test_an_error_points_at_its_place_and_says_what_is_wrong(
    typed: str, at: int, reason: str
) -> None:
    with pytest.raises(query.QueryError, match=reason) as caught:
        query.parse(typed)
    assert caught.value.at == at


def test_an_error_has_a_form_with_a_caret_also_under_wide_characters() -> None:
    with pytest.raises(query.QueryError) as caught:
        query.parse("中国 AND (経済")
    assert caught.value.caret == "中国 AND (経済\n" + " " * 9 + "^"
    assert caught.value.sentence == (
        "this parenthesis is not closed by another (at character 8: “(経済”)"
    )


def test_an_error_at_the_end_says_so() -> None:
    with pytest.raises(query.QueryError) as caught:
        query.parse("ECB OR")
    assert caught.value.sentence == "something to look for is missing here (at the end)"


def test_a_topic_is_looked_up_where_topics_are_known() -> None:
    known = {"Asia": ("asia",), "asia": ("asia",), "Europe & Russia": ("europe", "russia")}

    def resolve(name: str) -> tuple[str, ...]:
        return known.get(name, ())

    assert str(query.parse("rates in:Asia", resolve)) == "rates AND in:asia"
    both = query.parse('rates in:"Europe & Russia"', resolve)
    assert str(both) == "rates AND (in:europe OR in:russia)"
    with pytest.raises(query.QueryError, match="no topic is called Atlantis") as caught:
        query.parse("rates within Atlantis only", resolve)
    assert caught.value.at == len("rates within ")


def read_or_refused(text: str) -> query.Query | query.QueryError:
    try:
        return query.parse(text)
    except query.QueryError as error:
        return error


@given(TYPED)
def test_what_is_told_back_is_read_the_same_again(typed: str) -> None:
    read = read_or_refused(typed)
    if isinstance(read, query.Query):
        again = query.parse(str(read))
        assert str(again) == str(read)
        assert again.root == read.root


@given(st.text(max_size=250))
def test_any_text_is_a_query_or_an_error_with_a_place_inside_it(text: str) -> None:
    read = read_or_refused(text)
    if isinstance(read, query.QueryError):
        assert 0 <= read.at <= len(text)
        assert read.caret.endswith("^")
        assert read.sentence
    else:
        assert choices.keyword(str(read)) == " ".join(str(read).split())


@pytest.mark.parametrize(
    "hostile",
    [
        "(" * 100_000,
        "(" * 90 + "x" + ")" * 90,
        "-" * 180 + "x",
        "NOT " * 45 + "x",
        "x" * 1_000_000,
        '"' * 199,
        "-(" * 90 + "x",
        "within " * 28,
    ],
)
def test_hostile_text_is_refused_without_getting_lost_in_it(hostile: str) -> None:
    with pytest.raises(query.QueryError):
        query.parse(hostile)


def test_limits_are_those_said() -> None:
    query.parse("(" * query.DEEPEST + "x" + ")" * query.DEEPEST)
    with pytest.raises(query.QueryError, match="levels deep"):
        query.parse("(" * (query.DEEPEST + 1) + "x" + ")" * (query.DEEPEST + 1))
    query.parse(" ".join("abcdefghijklmnopqrst"[: query.MOST_TERMS]))
    with pytest.raises(query.QueryError, match=f"at most {query.MOST_TERMS} words"):
        query.parse(" ".join("abcdefghijklmnopqrstu"))
    with pytest.raises(query.QueryError, match="phrases have at most 40 words"):
        query.parse('"' + "a " * 41 + '"')
    assert len(query.parse("x" * query.MOST_CHARS).root.text) == query.MOST_CHARS  # type: ignore[union-attr] # it is one word
    with pytest.raises(query.QueryError, match="characters"):
        query.parse("x" * (query.MOST_CHARS + 1))


def test_what_would_be_told_back_too_long_or_too_deep_is_refused() -> None:
    with pytest.raises(query.QueryError, match="written out"):
        query.parse('"' + "a" * 60 + '"' + '"' + "b" * 60 + '"' + '"' + "c" * 72 + '"')
    half = query.DEEPEST // 2
    query.parse("x " + "NOT (a OR " * (half - 1) + "NOT (a b" + ")" * half)
    with pytest.raises(query.QueryError, match="levels deep"):
        query.parse("x " + "-(a " * half + "NOT a b" + ")" * half)


def test_a_query_fits_where_keywords_are_kept() -> None:
    assert query.MOST_CHARS == choices.KEYWORD_CHARS


def test_a_keyword_kept_before_it_could_be_checked_is_a_list_of_words() -> None:
    kept = query.saved("interest rates (ECB")
    assert kept is not None
    assert kept.match(query.Text([("title", "ECB raises interest rates")]))
    assert not kept.match(query.Text([("title", "interest rates rise")]))
    assert str(query.saved('"interest rates" -ECB')) == '"interest rates" -ECB'
    assert query.saved("&&&") is None
    assert query.saved("( " + " ".join(str(n) for n in range(30))) is None
