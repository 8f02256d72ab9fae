"""What holds for every entry, whatever it says."""

from hypothesis import given, settings
from hypothesis import strategies as st

from digest import model, topics
from digest.classify import classifier, gazetteer, text
from tests.classify.test_headlines import FALSE_FRIENDS, HARD

CATALOGUE = topics.load()
ENGINE = classifier.Classifier(CATALOGUE)
TWIN = classifier.Classifier(topics.load())

headlines = st.sampled_from([row[0] for row in HARD] + [row[0] for row in FALSE_FRIENDS])
phrases = st.sampled_from(
    [p for t in CATALOGUE.topics for p in (*t.strong, *t.normal, *t.weak)]
    + ["Ukraine", "Georgia", "Jordan", "West Bank", "US", "–", "(AP)", "\n", "İstanbul", "ﬁnance"]
)
texts = st.one_of(st.text(max_size=80), st.lists(phrases, max_size=12).map(" ".join))
categories = st.lists(
    st.one_of(
        st.text(max_size=20), st.sampled_from([a for t in CATALOGUE.topics for a in t.aliases])
    ),
    max_size=4,
).map(tuple)
entries = st.builds(
    model.Entry,
    id=st.just("1"),
    title=texts,
    summary=texts,
    body=texts,
    url=st.one_of(st.just(""), st.text(max_size=30), st.just("https://example.org/sport/x")),
    categories=categories,
)
PLACES = {text.folded(place.name) for place in gazetteer.shipped()}


def _is_unknown(name: str) -> bool:
    """Neither a topic, by any name, nor a place: "Kenya" files a story under Africa."""
    return not CATALOGUE.resolve_all(name) and text.folded(name) not in PLACES


foreign = st.sampled_from(
    [
        "Así lo han dicho los que estaban allí por la mañana.",
        "Das haben sie gestern nach dem Essen noch einmal gesagt.",
        "Ils ne sont pas venus avec les autres, mais ils ont ri.",
        "Eles não foram embora e ficaram com as crianças.",
    ]
)
neutral = st.lists(st.sampled_from(["zuk", "wob", "flim", "grob"]), max_size=30).map(" ".join)


@settings(deadline=None)
@given(entries)
def test_every_match_has_a_reason_and_a_score_from_one_half_up(entry: model.Entry) -> None:
    for match in ENGINE.classify(entry):
        assert match.why
        assert all(reason.strip() for reason in match.why)
        assert 0.5 <= match.score < 1.0


@settings(deadline=None)
@given(entries)
def test_the_same_entry_gives_the_same_topics(entry: model.Entry) -> None:
    assert ENGINE.classify(entry) == ENGINE.classify(entry) == TWIN.classify(entry)


@settings(deadline=None)
@given(entries)
def test_topics_come_once_each_and_strongest_first(entry: model.Entry) -> None:
    found = ENGINE.classify(entry)
    scores = [match.score for match in found]
    assert scores == sorted(scores, reverse=True)
    assert len({match.topic for match in found}) == len(found)


@settings(deadline=None)
@given(entries)
def test_a_story_of_a_lower_topic_is_also_one_of_the_upper(entry: model.Entry) -> None:
    slugs = {match.topic for match in ENGINE.classify(entry)}
    assert CATALOGUE.with_ancestors(slugs) == slugs


@settings(deadline=None)
@given(entries, st.text(max_size=20).filter(_is_unknown))
def test_an_unknown_category_changes_nothing(entry: model.Entry, name: str) -> None:
    more = model.replace(entry, categories=(*entry.categories, name))
    assert ENGINE.classify(more) == ENGINE.classify(entry)


@settings(deadline=None)
@given(headlines, neutral)
def test_neutral_text_in_the_body_takes_no_topic_away(title: str, words: str) -> None:
    entry = model.Entry(id="1", title=title)
    more = model.replace(entry, body=words)
    assert ENGINE.classify(more) == ENGINE.classify(entry)


@settings(deadline=None)
@given(entries)
def test_what_an_entry_is_called_or_when_it_came_changes_nothing(entry: model.Entry) -> None:
    other = model.replace(entry, id="2", source="Elsewhere", authors=("A. Writer",), own=True)
    assert ENGINE.classify(other) == ENGINE.classify(entry)


@settings(deadline=None)
@given(entries, st.sampled_from(["  ", "\n", "\t ", "\u00a0", "\u200b "]))
def test_white_space_changes_nothing(entry: model.Entry, gap: str) -> None:
    wide = model.replace(
        entry,
        title=gap + entry.title.replace(" ", gap + " "),
        summary=entry.summary.replace(" ", " " + gap) + gap,
    )
    assert ENGINE.classify(wide) == ENGINE.classify(entry)


@settings(deadline=None)
@given(entries)
def test_the_order_of_categories_changes_no_topic_and_no_score(entry: model.Entry) -> None:
    turned = model.replace(entry, categories=entry.categories[::-1])
    scores = [{m.topic: m.score for m in ENGINE.classify(each)} for each in (entry, turned)]
    assert scores[0] == scores[1]


@settings(deadline=None)
@given(headlines, st.lists(foreign, min_size=1, max_size=4).map(" ".join))
def test_a_headline_keeps_its_topics_above_a_text_in_another_language(
    title: str, text: str
) -> None:
    entry = model.Entry(id="1", title=title)
    alone = {match.topic for match in ENGINE.classify(entry)}
    assert alone <= {match.topic for match in ENGINE.classify(model.replace(entry, body=text))}


@settings(deadline=None)
@given(headlines, st.sampled_from(["en", "en-GB", "xx", ""]))
def test_an_english_headline_needs_no_claim_of_being_english(title: str, claimed: str) -> None:
    entry = model.Entry(id="1", title=title)
    told = model.replace(entry, language=claimed)
    assert {m.topic for m in ENGINE.classify(entry)} == {m.topic for m in ENGINE.classify(told)}
