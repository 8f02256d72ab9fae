"""Headlines that tell one event, and headlines that only look as if they did."""

import pytest

from tests.cluster.samples import entry, place_second

REFINERY = "Ukraine says it has hit a major Russian oil refinery with long-range drones"
ORBAN = (
    "At White House meeting, Hungary's Orbán to seek Trump's blessing to keep buying Russian oil"
)
MERCENARIES = (
    "South Africa investigates how men were duped into joining mercenaries in Russia-Ukraine war"
)
PROFIT = (
    "TRG Pakistan profit jumps nearly threefold to Rs6.9bn in Jul-Sep 2025 – Business & Finance"
)

ONE_EVENT = [
    (
        "North Korea confirms it sent troops to Russia to support its war against Ukraine",
        "N. Korea confirms sending troops to fight for Russia in Ukraine war",
    ),
    (
        REFINERY,
        "Ukrainian long-range drones strike major oil refinery in Russia, Kyiv says",
    ),
    (
        ORBAN,
        "Hungary's Orban to press Trump at White House for OK to keep buying Russian oil",
    ),
    (
        MERCENARIES,
        "South Africa probes how 17 men were lured into Russia-Ukraine war as mercenaries",
    ),
    (
        "6 Turkish journalists summoned over reports on imprisoned opposition mayor",
        "Turkey summons six journalists over reporting on jailed opposition mayor",
    ),
    (
        "Cryptocurrencies pressured by waning risk appetite",
        "Cryptocurrencies under pressure as risk appetite wanes",
    ),
    (
        PROFIT,
        "TRG Pakistan's profit nearly triples to Rs 6.9 billion in July-September quarter",
    ),
    (
        "China joins support for Brazil's Forest Fund but delays financial commitment",
        "China backs Brazil's forest fund but holds off on money",
    ),
    (
        "US, China reach deal to ease export curbs, keep tariff truce alive – World",
        "US and China agree deal easing export curbs and extending tariff truce",
    ),
    ("Djokovic beats Alcaraz in Rome final", "Alcaraz loses Rome final to Djokovic"),
    ("Quake kills 15 in eastern Turkey", "Death toll from eastern Turkey quake rises to 39"),
    ("Fire at Manila shopping mall kills nine", "Nine dead in Manila shopping mall blaze"),
    (
        "Jury finds former governor not guilty of bribery",
        "Former governor acquitted of bribery by jury",
    ),
    (
        "Kyiv says drone attack on Odesa port killed two",
        "Two killed in drone attack on Odesa port",
    ),
    (
        "Amazon to buy robotics maker for $1.2bn",
        "Amazon buys robotics maker in $1.2 billion deal",
    ),
    (
        "Man arrested after stabbing at Lyon train station",
        "Lyon train station stabbing: suspect arrested",
    ),
    (
        "Ferry sinks off Java, dozens missing",
        "Dozens missing after ferry sinks off Indonesia's Java",
    ),
    (
        "Pope Leo to visit Turkey and Lebanon in November",
        "Pope Leo's first trip will be to Turkey, Lebanon in November",
    ),
    (
        "Volcano erupts in Iceland, town evacuated",
        "Iceland volcano erupts again, forcing evacuation of town",
    ),
    ("Bomb explodes at Greek shopping mall", "Explosion at Athens shopping mall"),
    ("Soldier 'can't recall' village massacre", "Soldier doesn’t recall village massacre"),
    ("Odessa port burns after drone strike", "Fire at Odesa port following drone strike"),
    ("Ex-minister Kim Moon-soo enters mayoral race", "Kim Moon-soo joins race for mayor"),
]

OTHER_EVENTS = [
    # places
    (
        "Russian drones hit port in Odesa, killing three",
        "Russian drones hit hospital in Kyiv, killing three",
    ),
    ("Explosion rocks market in Kabul", "Explosion rocks market in Peshawar"),
    ("Two soldiers killed in bomb attack in Mali", "Two soldiers killed in bomb attack in Somalia"),
    (
        "Egypt votes on final day of presidential election",
        "Polls open in France for presidential election",
    ),
    ("Israel strikes Beirut suburb", "Israel strikes Damascus suburb"),
    ("Bus crash kills 12 in northern Peru", "Bus crash kills 12 in eastern Bolivia"),
    # numbers
    (
        "Russia's war on Ukraine: list of key events, day 1,204",
        "Russia's war on Ukraine: list of key events, day 1,205",
    ),
    (
        "Celtic beat Rangers 3-1 in Old Firm derby",
        "Celtic beat Rangers 2-0 in Old Firm derby",
    ),
    (
        "Magnitude 6.8 earthquake strikes off Japan",
        "Magnitude 5.1 earthquake strikes off Japan",
    ),
    (
        "Turkish inflation rises to 38.1% despite tighter policy",
        "Turkish inflation rises to 35.4% despite tighter policy",
    ),
    (
        "Boeing wins $4.7 billion tanker contract",
        "Boeing wins $10.6 billion tanker contract",
    ),
    (
        "Police charge 34-year-old man over Leeds stabbing",
        "Police charge 51-year-old man over Leeds stabbing",
    ),
    (
        "Census of 2011 undercounted nomads, auditors find",
        "Census of 2021 undercounted nomads, auditors find",
    ),
    (
        "Factory orders in the euro zone up for April",
        "Factory orders in the euro zone up for May",
    ),
    # directions
    (
        "Oil prices settle higher on supply worries",
        "Oil prices settle lower on supply worries",
    ),
    (
        "Wall Street ends higher as tech shares rally",
        "Wall Street ends lower as tech shares slide",
    ),
    (
        "Arsenal wins Champions League quarter-final",
        "Arsenal loses Champions League quarter-final",
    ),
    (
        "Fed raises interest rates by a quarter point",
        "Fed cuts interest rates by a quarter point",
    ),
    (
        "Apple reports record first quarter revenue",
        "Apple reports record second quarter revenue",
    ),
    ("Parliament approves pension reform bill", "Parliament rejects pension reform bill"),
    (
        "Court finds former mayor guilty of fraud",
        "Court finds former mayor not guilty of fraud",
    ),
    ("Governor says he will run for president", "Governor says he will not run for president"),
    ("Minister confirms talks with rebels", "Minister denies talks with rebels"),
    ("Nelson Mandela taken to hospital", "Nelson Mandela released from hospital"),
    ("Gold price hits record high", "Gold price hits three-month low"),
    # who, and to whom
    ("Verstappen wins Monaco Grand Prix", "Norris wins Monaco Grand Prix"),
    (
        "Tesla recalls 120,000 vehicles over door fault",
        "Ford recalls 45,000 vehicles over door fault",
    ),
    (
        "France beat Italy to reach World Cup semi-finals",
        "France beat Spain to reach World Cup semi-finals",
    ),
    (
        REFINERY,
        "Russia says it has hit a major Ukrainian oil refinery with long-range drones",
    ),
    # only the usual words
    (
        "Woman dies after falling from balcony in Ibiza",
        "Woman dies after falling from cliff in Dorset",
    ),
    ("Man charged after lawmaker hurt in attack", "Man charged with murder in flat"),
    ("Two killed in road accident", "Police name victim of road accident"),
    (
        "North Korea confirms it sent troops to Russia to support its war against Ukraine",
        "North Korea confirms it tested a new missile engine",
    ),
    (
        "US, China reach deal to ease export curbs, keep tariff truce alive – World",
        "China joins support for Brazil's Forest Fund but delays financial commitment – World",
    ),
    (
        REFINERY,
        ORBAN,
    ),
]

OTHER_LANGUAGES = [
    (
        "fr",
        "Le tribunal condamne l'ancien ministre à trois ans de prison",
        "L'ancien ministre condamné à trois ans de prison par le tribunal",
    ),
    ("de", "Bundestag beschließt neues Rentengesetz", "Neues Rentengesetz beschlossen"),
    ("ru", "В Одессе после удара дронов загорелся порт", "Порт в Одессе горит после атаки дронов"),
    (
        "uk",
        "Україна домовилася про обмін полоненими",
        "Обмін полоненими: Україні вдалося домовитися",
    ),
    ("ja", "東京で震度5弱の地震 津波の心配なし", "東京で震度5弱の地震、津波の心配なし"),
    ("el", "Λέσβος: φωτιά σε δομή μεταναστών", "Φωτιά στη δομή μεταναστών στη Λέσβο"),
    ("", "Στη Λέσβο φωτιά σε δομή μεταναστών", "Φωτιά στη δομή μεταναστών στη Λέσβο"),
]


@pytest.mark.parametrize(("one", "other"), ONE_EVENT)
def test_headlines_of_one_event_become_one_story_in_either_order(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        placement = place_second(entry("a", first), entry("b", second))
        assert placement.story == "a", placement
        assert not placement.is_new


@pytest.mark.parametrize(("one", "other"), OTHER_EVENTS)
def test_headlines_that_only_look_alike_stay_apart_in_either_order(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        placement = place_second(entry("a", first), entry("b", second))
        assert placement.story == "b", placement
        assert placement.is_new


@pytest.mark.parametrize(("language", "one", "other"), OTHER_LANGUAGES)
def test_other_languages_and_scripts_are_joined_too(language: str, one: str, other: str) -> None:
    placement = place_second(
        entry("a", one, language=language), entry("b", other, language=language)
    )
    assert placement.story == "a", placement


def test_what_the_lede_names_is_no_difference() -> None:
    placement = place_second(
        entry("a", "Car driven into crowd in Liverpool", "Police in Liverpool held a driver."),
        entry("b", "Car driven into crowd in England", "The crash in Liverpool hurt dozens."),
    )
    assert placement.story == "a"
    other_town = place_second(
        entry("a", "Car driven into crowd in Liverpool"),
        entry("b", "Car driven into crowd in Leeds", "It recalls the crash in Liverpool."),
    )
    assert other_town.story == "a"


def test_the_reason_for_keeping_apart_is_named_with_the_story_it_nearly_joined() -> None:
    placement = place_second(
        entry("a", "Russian drones hit port in Odesa, killing three"),
        entry("b", "Russian drones hit hospital in Kyiv, killing three"),
    )
    assert placement.related == "a"
    assert placement.why == "different places: Kyiv, Odesa"
