"""More pairs: a second look at what the tables of test_pairs.py prove."""

import pytest

from tests.cluster.samples import entry, place_second

ONE_EVENT = [
    (
        "Magnitude 7.1 earthquake hits Tibet, killing at least 95",
        "Tibet earthquake: dozens killed as 7.1-magnitude tremor strikes",
    ),
    ("Louvre closes after jewel theft", "Thieves steal jewels from Louvre in Paris, museum shuts"),
    ("Pope Francis dies aged 88", "Pope Francis, first Latin American pontiff, has died"),
    ("Spain and Portugal hit by massive power cut", "Huge blackout hits Spain, Portugal"),
    ("Trump doubles steel tariffs to 50%", "US steel and aluminium tariffs doubled to 50%"),
    (
        "Air India plane bound for London crashes in Ahmedabad",
        "Air India Boeing 787 with 242 on board crashes after take-off in Ahmedabad",
    ),
    (
        "Swiss glacier collapse buries village of Blatten",
        "Village of Blatten destroyed after glacier collapses in Switzerland",
    ),
    (
        "Polish election: nationalist Nawrocki wins presidency",
        "Karol Nawrocki wins Poland's presidential election",
    ),
    (
        "Nintendo Switch 2 sells 3.5m in four days",
        "Switch 2 becomes Nintendo's fastest-selling console with 3.5 million sales",
    ),
    ("Death toll in Texas floods passes 100", "Texas floods: more than 100 dead as search goes on"),
    ("Bank of England cuts rates to 4%", "UK interest rates cut to 4% by Bank of England"),
    (
        "Zelenskyy, Trump meet at Vatican before pope's funeral",
        "Trump and Zelensky hold talks in Vatican ahead of Pope's funeral",
    ),
    (
        "Sinner beats Alcaraz to win first Wimbledon title",
        "Jannik Sinner wins Wimbledon after beating Carlos Alcaraz in final",
    ),
    (
        "France's government collapses after no-confidence vote",
        "French PM Bayrou ousted in no-confidence vote",
    ),
    (
        "Nepal PM resigns after deadly protests over social media ban",
        "Nepal's prime minister Oli quits amid anti-corruption protests",
    ),
    ("Arsenal beat Chelsea 3-1 in London derby", "Chelsea lose 3-1 to Arsenal in London derby"),
    (
        "Two Israeli embassy staff shot dead in Washington",
        "Two Israeli embassy workers killed in shooting near Washington museum",
    ),
    ("Earthquake in Afghanistan kills more than 800", "Afghanistan quake toll rises above 800"),
    ("Typhoon Ragasa lashes Hong Kong", "Hong Kong battered by Typhoon Ragasa"),
    (
        "Kenya protests: 16 killed, rights group says",
        "At least 16 killed in Kenya protests, says Amnesty",
    ),
    ("China executes former banker over bribes", "Ex-banker executed in China for taking bribes"),
    ("Sony hikes PlayStation 5 price in US", "PlayStation 5 prices to rise in US, Sony says"),
    ("ECB holds rates at 2%", "European Central Bank leaves interest rates unchanged at 2%"),
    ("Five killed in Mali ambush", "Seven killed in Mali ambush"),
]

OTHER_EVENTS = [
    ("Heavy rain floods streets in Mumbai", "Heavy rain floods streets in Chennai"),
    ("Tornado kills four in Oklahoma", "Tornado kills four in Kansas"),
    (
        "Nigerian gunmen abduct 30 students from school in Kaduna",
        "Nigerian gunmen abduct 30 students from school in Zamfara",
    ),
    ("Euro zone inflation falls to 2.1%", "Euro zone inflation rises to 2.6%"),
    ("Dollar firms against yen after Fed minutes", "Dollar weakens against yen after Fed minutes"),
    (
        "India beat England by 6 wickets in third Test",
        "India beat England by 3 wickets in fourth Test",
    ),
    (
        "Liverpool 2-0 Everton: Salah double settles derby",
        "Liverpool 1-1 Everton: late equaliser in derby",
    ),
    ("Serena advances to Wimbledon semifinals", "Serena knocked out in Wimbledon semifinals"),
    ("Nvidia shares jump 5% after earnings", "Nvidia shares drop 5% after earnings"),
    (
        "UN Security Council adopts Gaza ceasefire resolution",
        "UN Security Council rejects Gaza ceasefire resolution",
    ),
    ("Court upholds ban on protest group", "Court overturns ban on protest group"),
    ("Senate confirms judge to top court", "Senate rejects judge for top court"),
    ("Toyota to open plant in Poland", "Toyota to close plant in Poland"),
    (
        "Swedish court jails man for 8 years over bombing",
        "Danish court jails man for 8 years over bombing",
    ),
    (
        "Spain wildfire: thousands evacuated in Galicia",
        "Portugal wildfire: thousands evacuated in Coimbra",
    ),
    (
        "Minister resigns over expenses scandal in Norway",
        "Minister resigns over expenses scandal in Finland",
    ),
    ("Bitcoin climbs above $100,000", "Bitcoin slips below $90,000"),
    (
        "Ukraine war briefing: what we know on day 1,310",
        "Ukraine war briefing: what we know on day 1,311",
    ),
    ("Wordle today: hints and answer for March 3", "Wordle today: hints and answer for March 4"),
    (
        "Powerball winning numbers for Saturday, Feb. 7",
        "Powerball winning numbers for Wednesday, Feb. 11",
    ),
    (
        "Weather forecast: sunny spells in Dublin on Monday",
        "Weather forecast: sunny spells in Dublin on Tuesday",
    ),
    (
        "SpaceX launches 28 Starlink satellites from Florida",
        "SpaceX launches 24 Starlink satellites from California",
    ),
    ("Iran says it will resume nuclear talks", "Iran says it will not resume nuclear talks"),
    (
        "Pakistan bans Indian airlines from its airspace",
        "India bans Pakistani airlines from its airspace",
    ),
    ("Gold medal for Norway in biathlon relay", "Gold medal for France in biathlon relay"),
    ("Prime minister wins confidence vote", "Prime minister loses confidence vote"),
    ("Storm Amy: red warning for Scotland", "Storm Bram: amber warning for Ireland"),
    ("Samsung unveils Galaxy S25", "Samsung unveils Galaxy S26"),
    ("iPhone 16 review: a small step", "iPhone 17 review: a small step"),
    ("US adds 150,000 jobs in January", "US adds 50,000 jobs in February"),
    ("Oil falls 2% as Opec raises output", "Oil rises 2% as Opec cuts output"),
    (
        "Former president of Peru jailed for corruption",
        "Former president of Colombia jailed for bribery",
    ),
]


@pytest.mark.parametrize(("one", "other"), ONE_EVENT)
def test_reports_of_one_event_are_joined(one: str, other: str) -> None:
    placement = place_second(entry("a", one), entry("b", other))
    assert placement.story == "a", placement


@pytest.mark.parametrize(("one", "other"), OTHER_EVENTS)
def test_reports_of_one_build_about_other_events_are_kept_apart(one: str, other: str) -> None:
    placement = place_second(entry("a", one), entry("b", other))
    assert placement.story == "b", placement


def test_a_growing_toll_is_one_event_but_less_sure() -> None:
    first = entry("a", "Bus crash in Peru kills 12")
    grown = place_second(first, entry("b", "Bus crash in Peru kills 15"))
    equal = place_second(first, entry("b", "Peru bus crash kills 12"))
    assert grown.story == "a"
    assert grown.score < equal.score
