"""Which language a headline is in, told by its small words."""

import pytest

from digest.classify import language
from digest.classify.text import folded

TOLD = [
    ("The ministers of the two countries met in Oslo", "en"),
    ("Gold hits record as shutdown drags on", "en"),
    ("El Gobierno aprueba la reforma de las pensiones", "es"),
    ("Die Inflation ist im Mai gestiegen", "de"),
    ("Le gouvernement survit à une motion de censure", "fr"),
    ("Governo diz que não há acordo com os sindicatos", "pt"),
    ("Il governo approva la manovra dopo il vertice", "it"),
    ("De minister wil niet dat het plan wordt aangepast", "nl"),
]


@pytest.mark.parametrize(("headline", "code"), TOLD)
def test_small_words_tell_the_language_whatever_the_source_claims(headline: str, code: str) -> None:
    for claimed in ("", "en", "fr"):
        assert language.language_of(folded(headline), claimed) == code


def test_without_small_words_the_source_is_believed() -> None:
    assert language.language_of("inflation steigt weiter", "de-AT") == "de"
    assert language.language_of("starmer faces revolt", "en") == "en"
    assert language.language_of("starmer faces revolt") == ""


def test_a_text_without_an_english_word_is_not_english() -> None:
    plain = folded("Alluvione in Emilia: migliaia di sfollati")
    assert language.language_of(plain, "en") in (language.FOREIGN, "it")


def test_words_of_two_languages_leave_it_open() -> None:
    assert language.language_of("the of und nicht", "it") == "it"
