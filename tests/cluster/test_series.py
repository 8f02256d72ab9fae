"""Series, fixtures, forecasts and other headlines of one build: each number is its own event."""

from dataclasses import replace

import pytest

from tests.cluster.samples import entry, place_second

OTHER_EVENTS = [
    # fixtures and stages
    ("NHL highlights | Flames vs. Avalanche", "NHL highlights | Predators vs. Sharks"),
    (
        "Canadiens vs Oilers: how to watch, kick-off time and team news",
        "Flames vs Avalanche: how to watch, kick-off time and team news",
    ),
    (
        "Liverpool v Everton: match preview and line-ups",
        "Liverpool v Fulham: match preview and line-ups",
    ),
    ("Djokovic reaches quarter-finals in Rome", "Djokovic reaches semi-finals in Rome"),
    ("Djokovic wins first round match in Rome", "Djokovic wins second round match in Rome"),
    (
        "Lakers beat Celtics in Game 3 of NBA Finals",
        "Lakers beat Celtics in Game 5 of NBA Finals",
    ),
    ("Real Madrid beat Sevilla", "Real Madrid beat Getafe"),
    # days
    ("Your horoscope for Monday, May 12", "Your horoscope for Tuesday, May 13"),
    ("Morning briefing, 12 May 2026", "Morning briefing, 13 May 2026"),
    ("Morning Briefing – Monday", "Morning Briefing – Tuesday"),
    ("Weather: rain in Leeds at the weekend", "Weather: rain in Leeds on Wednesday"),
    (
        "Lotto results: winning numbers for Saturday 7 March",
        "Lotto results: winning numbers for Wednesday 11 March",
    ),
    ("Gold price today in Pakistan: May 12", "Gold price today in Pakistan: May 13"),
    ("Ukraine war live: day 1,204", "Ukraine war live: day 1,205"),
    # numbers
    ("Wordle 1,204 answer and hints", "Wordle 1,205 answer and hints"),
    ("Nikkei closes at 38,201", "Nikkei closes at 38,740"),
    (
        "Sensex ends 300 points higher, Nifty above 24,800",
        "Sensex ends 120 points higher, Nifty above 25,100",
    ),
    ("Rupee gains 12 paise against dollar", "Rupee gains 30 paise against dollar"),
    (
        "Russia launches 500 drones at Ukraine overnight",
        "Russia launches 320 drones at Ukraine overnight",
    ),
    (
        "Magnitude 5.2 earthquake hits Papua New Guinea",
        "Magnitude 6.4 earthquake hits Papua New Guinea",
    ),
    # places, people, directions
    ("5.2-magnitude earthquake shakes Taiwan", "5.2-magnitude earthquake shakes Peru"),
    ("Election results 2026: Ohio Senate race", "Election results 2026: Iowa Senate race"),
    ("Michigan primary election results", "Nevada primary election results"),
    ("Fiji police seize cocaine", "Tonga police seize cocaine"),
    ("Actor Tom Reed dies at 81", "Actor Paul Lane dies at 81"),
    ("Ellen Cray, jazz drummer, dies aged 84", "John Marsh, jazz drummer, dies aged 81"),
    ("Bank of Japan raises rates", "Bank of Japan holds rates"),
    ("Man jailed for Leeds murder", "Man cleared of Leeds murder"),
    ("FTSE 100 closes higher as miners gain", "FTSE 100 closes lower as miners fall"),
]
ONE_EVENT = [
    (
        "Arsenal vs Chelsea: Saka double wins London derby",
        "Saka scores twice as Arsenal beat Chelsea in London derby",
    ),
    (
        "Earthquake of magnitude 6.3 hits Afghanistan",
        "6.1-magnitude earthquake strikes Afghanistan",
    ),
    (
        "Actor Tom Reed, star of Harbour Lights, dies at 81",
        "Tom Reed, Harbour Lights actor, has died aged 81",
    ),
    ("Toll in Valencia floods rises to 210", "Valencia floods: death toll rises to 217"),
    (
        "Ohio Senate race: Brown concedes to Moreno",
        "Brown concedes Ohio Senate race to Moreno",
    ),
    ("EU parliament holds talks on rates cap", "Rates cap: EU parliament in talks"),
]


@pytest.mark.parametrize("by_one_source", [False, True], ids=["two sources", "one source"])
@pytest.mark.parametrize(("one", "other"), OTHER_EVENTS)
def test_each_number_of_a_series_is_an_event_of_its_own(
    one: str, other: str, by_one_source: bool
) -> None:
    for first, second in ((one, other), (other, one)):
        begun, later = entry("a", first), entry("b", second, hours=24 if by_one_source else 1)
        if by_one_source:
            begun, later = replace(begun, source="Post"), replace(later, source="Post")
        placement = place_second(begun, later)
        assert placement.is_new, placement


@pytest.mark.parametrize(("one", "other"), ONE_EVENT)
def test_what_looks_like_a_series_and_is_one_event_is_joined(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        placement = place_second(entry("a", first), entry("b", second))
        assert placement.story == "a", placement
