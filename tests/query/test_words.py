"""How words are compared: case, accents, scripts with and without spaces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import query
from digest.query import words


def is_in(typed: str, said: str) -> bool:
    return query.parse(typed).match(query.Text([("title", said)])) is not None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("ecb", "The ECB waits"),
        ("ECB", "the ecb waits"),
        ("cafe", "A Café closes"),
        ("Café", "a cafe closes"),
        ("Malmö", "Malmo\u0308 votes"),
        ("елка", "Ёлка в Кремле"),
        ("ёлка", "Елка в Кремле"),
        ("ЗЕЛЕНСЬКИЙ", "Зеленський у Києві"),
        ("مصر", "قمة في مِصْرَ اليوم"),
        ("الأمم المتحدة", "الامم المتحدة تدعو"),
        ("العراق", "العــراق"),
        ("straße", "STRASSE gesperrt"),
        ("İstanbul", "Protest in istanbul"),
        ("中国", "今日中国经济"),
        ("経済", "日本経済新聞"),
        ("북한", "북한은 미사일을"),
        ("เศรษฐกิจ", "ภาวะเศรษฐกิจไทย"),
        ("हिन्दी", "आज हिन्दी दिवस"),
        ("US", "U.S. and U.K. agree"),
        ("U.S.", "US troops"),
        ("ukraine", "Ukraine's army, Ukraine’s people"),
        ("AT&T", "AT&T buys"),
        ("covid-19", "Covid 19 wave"),
        ("O'Brien", "O’Brien wins"),
        ("G7", "G7: leaders meet"),
        ("windows", "Windows™ fails"),
        ("naive", "ｎａｉｖｅ"),
        ("cooperate", "co\u00adoperate"),
        ("tariff*", "New tariffs on steel"),
        ("україн*", "Українська армія"),
        ('"rate cut*"', "Rate cuts near"),
    ],
)
def test_the_same_word_is_found_however_it_is_written(typed: str, said: str) -> None:
    assert is_in(typed, said)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("rat", "Rate cuts"),
        ("рос", "Россия и мир"),
        ("мир", "Владимир и мирный договор"),
        ("مص", "قمة في مصر"),
        ("мой", "мои дни"),
        ("がく", "かく語りき"),
        ("中国", "国中"),
        ("हिन्दी", "हिन्द महासागर"),
        ("1.5", "15 dead"),
        ("covid-19", "19 Covid cases"),
        ("tariff*", "A tar, if"),
        ('"rate cut*"', "Rate, then a cut"),
    ],
)
def test_another_word_is_not(typed: str, said: str) -> None:
    assert not is_in(typed, said)


@given(st.text(max_size=80))
def test_folding_twice_is_folding_once(text: str) -> None:
    once = words.words_of(text)
    assert words.words_of(" ".join(once)) == once


@given(st.text(max_size=80), st.text(alphabet=" \n,.!?", min_size=1, max_size=3))
def test_words_do_not_depend_on_what_stands_around_them(text: str, gap: str) -> None:
    plain = [word for word in words.words_of(f"x{gap} a {gap}y") if word not in "xy"]
    assert plain == ["a"]
    assert words.words_of(f"{text} \n") == words.words_of(text)
