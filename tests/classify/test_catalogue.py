"""Names of topics: what publishers and readers type, and what each stands for."""

from pathlib import Path

import pytest

from digest import errors, topics

CATALOGUE = topics.load()

CONTRACT = (
    "world asia china europe russia ukraine-conflict middle-east africa usa us-politics politics "
    "business economy markets banking tech ai science space climate health sports travel"
)

# The categories of the model publisher, as filed there.
PUBLISHED = {
    "AI & Tech": ("tech", "ai"),
    "Asia": ("asia",),
    "Banking": ("banking",),
    "Business": ("business",),
    "China": ("china",),
    "Climate": ("climate",),
    "Computing": ("tech",),
    "Economy": ("economy",),
    "Europe": ("europe",),
    "Finance & Economics": ("economy",),
    "Health": ("health",),
    "Markets": ("markets",),
    "Middle East": ("middle-east",),
    "Middle East & Africa": ("middle-east", "africa"),
    "Middle East News": ("middle-east",),
    "Politics": ("politics",),
    "Russia": ("russia",),
    "Science": ("science",),
    "Science & Tech": ("tech", "science"),
    "Space Science": ("space",),
    "Sports": ("sports",),
    "Sports Roundup": ("sports",),
    "Tech": ("tech",),
    "Travel": ("travel",),
    "Ukraine Conflict": ("ukraine-conflict",),
    "US Politics": ("us-politics",),
    "USA": ("usa",),
    "World": ("world",),
    "World & Politics": ("world", "politics"),
    "World Economy": ("economy",),
    "World News": ("world",),
}
PLACED = (
    "Economist Impact|Economist Intelligence|Editor's Choice|Featured|Featured Business|"
    "Featured Climate|Featured Health|Featured Science & Tech|Featured Travel|Highlights|"
    "Most Viewed News|News Highlights|Other News|Social|This week|Top Featured|Trending Posts|"
    "Uncategorized"
)


def test_the_catalogue_that_ships_has_the_promised_topics() -> None:
    assert set(CONTRACT.split()) <= set(CATALOGUE.slugs)
    assert CATALOGUE.slugs == tuple(topic.slug for topic in CATALOGUE.topics)


def test_the_catalogue_that_ships_has_no_problems() -> None:
    assert topics.check(topics.SHIPPED.read_text("utf-8")) == ()


@pytest.mark.parametrize(
    ("slug", "above"),
    [
        ("china", {"asia"}),
        ("ukraine-conflict", {"europe"}),
        ("us-politics", {"usa", "politics"}),
        ("ai", {"tech"}),
        ("space", {"science"}),
        ("banking", {"business"}),
        ("markets", {"business"}),
        ("asia", set()),
        ("no-such-topic", set()),
    ],
)
def test_topics_lie_under_the_promised_ones(slug: str, above: set[str]) -> None:
    assert set(CATALOGUE.ancestors(slug)) == above
    assert CATALOGUE.with_ancestors([slug]) == {slug} | above


@pytest.mark.parametrize(("category", "slugs"), PUBLISHED.items())
def test_every_category_of_the_publisher_names_its_topics(
    category: str, slugs: tuple[str, ...]
) -> None:
    assert CATALOGUE.resolve_all(category) == slugs
    assert CATALOGUE.resolve(category) == slugs[0]
    assert not CATALOGUE.is_placement(category)


@pytest.mark.parametrize("category", PLACED.split("|"))
def test_where_an_editor_put_a_story_names_no_topic(category: str) -> None:
    assert CATALOGUE.is_placement(category)
    assert CATALOGUE.resolve(category) is None


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("ukraine", "ukraine-conflict"),
        ("UKRAINE CONFLICT", "ukraine-conflict"),
        ("ukraine_conflict", "ukraine-conflict"),
        ("  middle   east ", "middle-east"),
        ("middle east and africa", "middle-east"),
        ("market", "markets"),
        ("sport news", "sports"),
        ("the economy", "economy"),
        ("U.S. politics", "us-politics"),
        ("Asien", "asia"),
        ("Україна", None),
        ("Європа", "europe"),
        ("gardening", None),
        ("", None),
        ("!!!", None),
    ],
)
def test_loosely_written_names_are_understood(name: str, slug: str | None) -> None:
    assert CATALOGUE.resolve(name) == slug


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("ukrane", "ukraine-conflict"),
        ("helth", "health"),
        ("bussiness", "business"),
        ("cripto", "markets"),
        ("featured climate", "climate"),
        ("tra", "travel"),
    ],
)
def test_typos_are_met_with_what_was_meant(typed: str, slug: str) -> None:
    found = CATALOGUE.suggest(typed, limit=3)
    assert slug in found
    assert len(found) <= 3


def test_nothing_is_suggested_for_nothing() -> None:
    assert CATALOGUE.suggest("") == ()
    assert CATALOGUE.suggest("qqqqqqqq") == ()


def test_picks_are_placements_that_mark_a_choice() -> None:
    assert CATALOGUE.is_pick("Editor’s choice")
    assert CATALOGUE.is_pick("Featured Travel")
    assert not CATALOGUE.is_pick("Uncategorized")
    assert not CATALOGUE.is_pick("Travel")


def test_names_are_shown_in_a_language_or_in_english() -> None:
    assert CATALOGUE.name_of("europe", "de") == "Europa"
    assert CATALOGUE.name_of("europe", "es-MX") == "Europa"
    assert CATALOGUE.name_of("ukraine-conflict", "pl") == "Ukraine Conflict"
    assert CATALOGUE.name_of("old-topic") == "Old topic"


def test_asia_leaves_out_the_middle_east_and_europe_leaves_out_russia() -> None:
    codes = {slug: topics.place_codes(CATALOGUE[slug].places) for slug in CATALOGUE.slugs}
    assert {"IR", "TR", "IL", "SA"}.isdisjoint(codes["asia"])
    assert {"IR", "TR", "EG", "IL", "SA"} <= codes["middle-east"]
    assert topics.place_codes(["western-asia"]) <= codes["middle-east"]
    assert {"CY", "GE", "AM", "AZ"} <= codes["europe"]  # newsrooms file them there as well
    assert {"JP", "IN", "KZ"} <= codes["asia"]
    assert "RU" not in codes["europe"]
    assert "EG" not in codes["africa"]


def test_places_are_read_from_left_to_right() -> None:
    assert topics.place_codes(["AQ", "-AQ"]) == frozenset()
    assert topics.place_codes(["-CN", "CN"]) == {"CN"}


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    path = tmp_path / "topics.toml"
    path.write_text('[topics.town-hall]\naliases = ["Council"]\nstrong = ["mayor"]\n', "utf-8")
    catalogue = topics.load(path)
    assert catalogue.slugs == ("town-hall",)
    assert catalogue.name_of("town-hall") == "Town hall"
    assert catalogue.resolve("council") == "town-hall"


def test_a_missing_file_is_a_configuration_problem(tmp_path: Path) -> None:
    with pytest.raises(errors.CatalogueError, match="cannot be read"):
        topics.load(tmp_path / "none.toml")


def test_every_unusable_thing_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "topics.toml"
    path.write_text('[topics.a]\nparents = ["b", "c"]\nplaces = ["XX"]\n', "utf-8")
    with pytest.raises(errors.CatalogueError) as caught:
        topics.load(path)
    assert len(caught.value.problems) == 3
    assert all("line " in problem for problem in caught.value.problems)


def test_useless_things_do_not_stop_a_file_from_being_used(tmp_path: Path) -> None:
    path = tmp_path / "topics.toml"
    path.write_text('[topics.a]\nstrong = ["x", "x"]\n[topics.b]\n', "utf-8")
    assert topics.load(path).slugs == ("a", "b")
