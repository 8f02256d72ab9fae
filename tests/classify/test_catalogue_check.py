"""What `check` says of a topics file edited by hand, and on which line."""

import pytest

from digest import topics

CASES = [
    ("a syntax error", '[topics.a\nstrong = ["x"]\n', 1, "not TOML"),
    ("a list never closed", '[topics.a]\nstrong = ["x"\n', 2, "not TOML"),
    ("no topics", 'masks = ["west bank"]\n', 1, "no topics"),
    ("an unknown key", '[topics.a]\nstrong = ["x"]\nstrnog = ["y"]\n', 3, "unknown key 'strnog'"),
    ("an unknown head", 'mask = ["x"]\n[topics.a]\nstrong = ["x"]\n', 1, "unknown key 'mask'"),
    ("a text for a list", '[topics.a]\nstrong = "x"\n', 2, "list of texts"),
    ("a head that is no list", 'masks = "x"\n[topics.a]\nstrong = ["x"]\n', 1, "list of texts"),
    ("a slug with capitals", '[topics.Asia]\nstrong = ["x"]\n', 1, "a slug has"),
    ("a topic that is no table", "[topics]\na = 1\n", 1, "must be a table"),
    ("an empty name", '[topics.a]\nname = " "\nstrong = ["x"]\n', 2, "name must be"),
    ("names without languages", '[topics.a]\nnames = ["A"]\nstrong = ["x"]\n', 2, "names must be"),
    ("a rule of one list", '[topics.a]\ntogether = [[["x"]]]\n', 2, "two or more lists"),
    ("an unknown parent", '[topics.a]\nstrong = ["x"]\nparents = ["b"]\n', 3, "parent 'b'"),
    ("an unknown place", '[topics.a]\nplaces = [\n  "asia",\n  "-XX",\n]\n', 4, "'-XX'"),
    ("an unknown rule place", '[topics.a]\ntogether = [[["@XX"], ["war"]]]\n', 2, "'@XX'"),
    ("an unknown rule topic", '[topics.a]\ntogether = [[["#b"], ["war"]]]\n', 2, "'#b'"),
    ("its own parent", '[topics.a]\nparents = ["a"]\nstrong = ["x"]\n', 2, "its own parents"),
    ("a phrase twice", '[topics.a]\nstrong = ["x"]\nweak = ["y",\n "x"]\n', 4, "already among"),
    ("an unmatchable phrase", '[topics.a]\nstrong = ["x", "two  spaces"]\n', 2, "never match"),
    ("punctuation only", '[topics.a]\nstrong = ["x", "–"]\n', 2, "never match"),
    (
        "a phrase behind a mask",
        'masks = ["west bank"]\n[topics.a]\nstrong = ["x", "West Bank"]\n',
        3,
        "a mask of the same words",
    ),
    (
        "a phrase whose plural a mask hides",
        'masks = ["west bank"]\n[topics.a]\nstrong = ["x", "west banks"]\n',
        3,
        "a mask ('west bank') hides it",
    ),
    (
        "a plural beside its singular",
        '[topics.a]\nstrong = ["vaccine"]\nnormal = ["x",\n "vaccines"]\n',
        4,
        "'vaccine' matches its plural too",
    ),
    (
        "a name beside the same in small letters",
        '[topics.a]\nstrong = ["macron",\n "Macron"]\n',
        3,
        "'macron' matches wherever it does",
    ),
    (
        "a name with accents beside it without",
        '[topics.a]\nstrong = ["orban"]\nnormal = ["Orbán"]\n',
        3,
        "'orban' matches wherever it does",
    ),
    (
        "a language table that is none",
        '[topics.a]\nstrong = ["x"]\nes = ["y"]\n',
        3,
        "es must be a table",
    ),
    (
        "an unknown list of a language",
        '[topics.a]\nstrong = ["x"]\n[topics.a.es]\nstrnog = ["y"]\n',
        3,
        "es must be a table",
    ),
    (
        "a phrase of a language that every language has",
        '[topics.a]\nstrong = ["gol"]\n\n[topics.a.es]\nstrong = ["y",\n "gol"]\n',
        6,
        "already looked for in every language",
    ),
    (
        "a phrase twice in one language",
        '[topics.a]\nstrong = ["x"]\n[topics.a.es]\nstrong = ["gol"]\nweak = ["gol"]\n',
        5,
        "already among",
    ),
    ("a mask twice", 'masks = [\n"x y",\n"X Y",\n]\n[topics.a]\nstrong = ["x"]\n', 3, "twice"),
    ("an empty topic", '[topics.a]\nstrong = ["x"]\n\n[topics.b]\nname = "B"\n', 4, "empty"),
    (
        "an alias of two topics",
        '[topics.a]\naliases = ["Town"]\n[topics.b]\naliases = ["City", "town"]\n',
        4,
        "already names 'a'",
    ),
    (
        "an alias that is another's name",
        '[topics.a]\nname = "Town"\nstrong = ["x"]\n[topics.b]\naliases = ["Town"]\n',
        5,
        "already names 'a'",
    ),
    (
        "an alias that is a placement",
        'placements = ["Home"]\n[topics.a]\naliases = ["home"]\n',
        3,
        "also a placement",
    ),
    (
        "a phrase of a lower topic",
        '[topics.a]\nstrong = ["x"]\n[topics.b]\nparents = ["a"]\nstrong = ["x"]\n',
        2,
        "'b' below has it",
    ),
]


@pytest.mark.parametrize(
    ("text", "line", "words"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_problem_is_told_with_its_line(text: str, line: int, words: str) -> None:
    (problem,) = topics.check(text)
    assert words in problem.text
    assert problem.line == line
    assert str(problem) == f"line {line}: {problem.text}"


def test_a_circle_of_parents_is_told_at_every_topic_in_it() -> None:
    text = (
        '[topics.a]\nparents = ["b"]\nstrong = ["x"]\n[topics.b]\nparents = ["a"]\nstrong = ["y"]\n'
    )
    assert [problem.line for problem in topics.check(text)] == [2, 5]
    assert all(problem.unusable for problem in topics.check(text))


def test_an_alias_that_names_two_things_may_stand_in_both() -> None:
    text = '[topics.a]\naliases = ["A & B"]\n[topics.b]\naliases = ["A & B"]\n'
    assert topics.check(text) == ()


def test_a_phrase_may_speak_for_two_topics_side_by_side() -> None:
    assert topics.check('[topics.a]\nstrong = ["x"]\n[topics.b]\nstrong = ["x"]\n') == ()


def test_phrases_that_each_do_something_are_not_complained_about() -> None:
    """A stronger plural, a name that asks for its capital, a longer phrase."""
    text = (
        'masks = ["Cold War", "board games"]\n[topics.a]\nstrong = ["Games", "cold war", "AI"]\n'
        'normal = ["game", "ai lab"]\n[topics.a.de]\nstrong = ["Spiel"]\n'
    )
    assert topics.check(text) == ()


def test_duplicates_are_useless_but_not_unusable() -> None:
    (problem,) = topics.check('[topics.a]\nstrong = ["x", "x"]\n')
    assert not problem.unusable
