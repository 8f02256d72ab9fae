"""Headlines that must not be mixed up or lost, as tables: what a story is about, and is not."""

from typing import Any

import pytest

from digest import model, topics
from digest.classify import classifier

ENGINE = classifier.Classifier(topics.load())


def matches(title: str, **fields: Any) -> dict[str, model.TopicMatch]:
    entry = model.replace(model.Entry(id="1", title=title), **fields)
    return {match.topic: match for match in ENGINE.classify(entry)}


# The publisher's own page: title, the category it was filed under, what it is about, what not.
HARD = [
    (
        "North Korea confirms it sent troops to Russia to support its war against Ukraine",
        "Europe",
        {"ukraine-conflict", "russia", "asia", "europe"},
        {"usa", "china", "middle-east", "business"},
    ),
    (
        "Ukraine says it has hit a major Russian oil refinery with long-range drones",
        "Europe",
        {"ukraine-conflict", "russia", "europe"},
        {"tech", "asia", "business"},
    ),
    (
        (
            "At White House meeting, Hungary's Orbán to seek Trump's blessing to keep "
            "buying Russian oil"
        ),
        "World",
        {"us-politics", "usa", "politics", "europe", "russia"},
        {"ukraine-conflict", "asia", "markets"},
    ),
    (
        (
            "South Africa investigates how men were duped into joining mercenaries "
            "in Russia-Ukraine war"
        ),
        "Europe",
        {"africa", "ukraine-conflict", "russia", "europe"},
        {"business", "asia"},
    ),
    (
        "6 Turkish journalists summoned over reports on imprisoned opposition mayor",
        "Europe",
        {"middle-east"},
        {"asia", "europe", "usa"},
    ),
    (
        "Cryptocurrencies pressured by waning risk appetite",
        "Finance & Economics",
        {"markets", "business"},
        {"health", "travel"},
    ),
    (
        (
            "TRG Pakistan profit jumps nearly threefold to Rs6.9bn "
            "in Jul-Sep 2025 – Business & Finance"
        ),
        "Business",
        {"asia", "business"},
        {"middle-east", "sports"},
    ),
    (
        "China joins support for Brazil's Forest Fund but delays financial commitment",
        "World",
        {"china", "asia", "climate"},
        {"sports", "usa"},
    ),
    (
        "US, China reach deal to ease export curbs, keep tariff truce alive – World",
        "",
        {"usa", "china", "asia", "economy"},
        {"world", "sports", "russia"},
    ),
]


@pytest.mark.parametrize(("title", "category", "about", "not_about"), HARD)
def test_a_story_reaches_every_topic_it_is_about_however_it_was_filed(
    title: str, category: str, about: set[str], not_about: set[str]
) -> None:
    found = matches(title, categories=(category,) if category else ())
    assert about <= found.keys()
    assert not not_about & found.keys()


def test_the_reasons_name_the_words_of_the_headline() -> None:
    found = matches(HARD[0][0], categories=("Europe",))
    assert "title: Ukraine" in found["ukraine-conflict"].why
    assert found["russia"].why == ("title: Russia",)
    assert found["asia"].why == ("title: North Korea → Asia",)
    assert "category: Europe" in found["europe"].why
    assert "topic: Ukraine Conflict" in found["europe"].why


FALSE_FRIENDS = [
    ("Settlers attack village in the West Bank", {"middle-east"}, {"banking", "business"}),
    ("Roast turkey takes longer than you think", set(), {"middle-east"}),
    ("Turkey raises rates as lira slides", {"middle-east"}, {"asia", "europe"}),
    ("Michael Jordan sells his mansion at last", set(), {"middle-east"}),
    ("Jordan's king meets Palestinian leaders in Amman", {"middle-east"}, set()),
    ("Georgia ruling party claims victory as Tbilisi protests", {"europe"}, {"usa", "asia"}),
    ("Georgia voters head to polls in US Senate runoff", {"usa", "us-politics"}, {"europe"}),
    ("Apple pie still wins at the county fair", set(), {"tech", "business"}),
    ("Apple unveils a thinner iPhone", {"tech"}, set()),
    ("They gave us what we asked for", set(), {"usa"}),
    ("US gives what it was asked for", {"usa"}, set()),
    ("Who is to blame for the delay?", set(), {"health"}),
    ("WHO declares end of mpox emergency", {"health"}, set()),
    ("A nice day for reading in the bath", set(), {"europe"}),
    ("Young polish their shoes before school", set(), {"europe"}),
    ("New England Patriots sign quarterback", {"sports", "usa"}, {"europe"}),
    ("Food banks see record demand", set(), {"banking"}),
    ("New Mexico wildfire forces evacuations", {"usa", "climate"}, set()),
    ("Political climate turns sour in Ottawa", set(), {"climate"}),
    ("Rocket attack on Haifa wounds three", {"middle-east"}, {"space", "science"}),
    ("Chip shortage ends, says TSMC", {"tech", "asia"}, {"china"}),
    ("Iran talks resume in Geneva", {"middle-east"}, {"asia"}),
    ("Kazakhstan opens its first nuclear plant", {"asia"}, {"russia", "middle-east"}),
    ("Egypt reopens Rafah crossing", {"middle-east"}, {"africa"}),
    ("Moscow court jails activist", {"russia"}, {"europe"}),
    ("JWST telescope finds water on distant exoplanet", {"space", "science"}, {"tech"}),
    ("OpenAI releases a new model of ChatGPT", {"ai", "tech"}, set()),
    ("Goldman Sachs lifts profit forecast", {"banking", "business"}, set()),
]


@pytest.mark.parametrize(("title", "about", "not_about"), FALSE_FRIENDS)
def test_words_that_look_like_a_topic_are_told_from_those_that_are(
    title: str, about: set[str], not_about: set[str]
) -> None:
    found = matches(title)
    assert about <= found.keys()
    assert not not_about & found.keys()


LANGUAGES = [
    ("Bundestag stimmt über Rente ab – Deutschland streitet", "europe"),
    ("Le gouvernement japonais annonce un plan – Japon", "asia"),
    ("El Gobierno de España aprueba los presupuestos", "economy"),
    ("Росія завдала удару по Києву", "russia"),
    ("رئيس الصين يزور فرنسا", "china"),
    ("Erdbeben in der Türkei: Hilfe kommt an", "middle-east"),
]


@pytest.mark.parametrize(("title", "slug"), LANGUAGES)
def test_countries_are_known_in_other_languages(title: str, slug: str) -> None:
    assert slug in matches(title)


def test_a_category_decides_where_the_text_is_silent() -> None:
    found = matches("Ten years on, they still meet every spring", categories=("Space Science",))
    assert found["space"].why == ("category: Space Science",)
    assert found["science"].why == ("topic: Space",)


def test_a_category_for_two_regions_gives_both() -> None:
    found = matches("Ten years on, they still meet", categories=("Middle East & Africa",))
    assert {"middle-east", "africa"} <= found.keys()


def test_a_category_does_not_outweigh_what_the_text_says() -> None:
    found = matches("Arsenal beat Chelsea in Premier League title race", categories=("Banking",))
    assert "sports" in found
    assert "banking" not in found


@pytest.mark.parametrize(
    "category", ["Featured", "Featured Health", "Editor's Choice", "Uncategorized", "This week"]
)
def test_where_an_editor_put_a_story_is_no_topic(category: str) -> None:
    assert matches("Ten years on, they still meet", categories=(category,)) == {}


def test_world_is_given_by_the_publisher_only() -> None:
    assert "world" in matches("Ten years on, they still meet", categories=("World News",))
    assert "world" not in matches("The whole world watches, says UN")


def test_folders_of_the_address_stand_in_for_a_category() -> None:
    url = "https://example.org/news/national/tamil-nadu/they-still-meet/1234"
    found = matches("Ten years on, they still meet", url=url)
    assert found["asia"].why == ("address: Tamil Nadu",)


def test_a_dateline_stands_in_where_the_text_names_no_place() -> None:
    found = matches("Ten years on, they still meet", summary="SEOUL, South Korea (AP) — They do.")
    assert found["asia"].why == ("dateline: SEOUL, South Korea",)


def test_a_dateline_does_not_outweigh_the_story() -> None:
    found = matches(
        "Peru opens a new port", summary="LONDON (Reuters) - Peru did. Kenya and Ghana help."
    )
    assert "africa" in found
    assert "europe" not in found


def test_the_end_of_a_headline_is_kept_when_it_is_no_label() -> None:
    assert "usa" in matches("They still meet every spring – in a Boston bar")


def test_capitals_mean_nothing_in_a_headline_all_in_capitals() -> None:
    found = matches("COME AND TELL US WHO IS TO BLAME FOR IT ALL")
    assert found == {}


def test_a_country_only_the_summary_names_needs_more_when_the_headline_names_another() -> None:
    summary = "The talks follow those in Japan."
    assert "asia" not in matches("Kenya opens talks on fishing", summary=summary)
    assert "asia" in matches("They open talks on fishing", summary=summary)


def test_a_long_body_alone_gives_no_topic() -> None:
    body = "They met. " * 40 + "Japan, Kenya, Texas, inflation, cricket and vaccines. " * 10
    assert matches("Ten years on, they still meet", summary="They do.", body=body) == {}


def test_a_body_without_summary_is_read_from_its_first_lines() -> None:
    assert "asia" in matches("Ten years on, they still meet", body="In Tokyo they met again.")


def test_the_name_of_the_source_at_the_end_of_a_headline_is_cut_off() -> None:
    title = "Ten years on, they still meet - Chicago Weekly"
    assert "usa" in matches(title)
    assert matches(title, source="Chicago Weekly") == {}


@pytest.mark.parametrize(
    "url", ["", "http://[broken", "https://example.org", "https://example.org/a%2Fb/"]
)
def test_addresses_that_say_nothing_give_nothing(url: str) -> None:
    assert matches("Ten years on, they still meet", url=url) == {}
