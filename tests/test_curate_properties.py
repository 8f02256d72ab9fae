"""What holds for every edition and every reader, whatever they look like."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest import mock

from hypothesis import given, settings
from hypothesis import strategies as st

from digest import curate, model
from digest.curate import crowd

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WINDOW_FROM = NOW - timedelta(days=1)
ORDER = ("world", "asia", "china", "europe", "ukraine", "tech", "ai")
PARENTS = {
    "asia": frozenset({"world"}),
    "china": frozenset({"asia", "world"}),
    "europe": frozenset({"world"}),
    "ukraine": frozenset({"europe", "world"}),
    "ai": frozenset({"tech"}),
}
LIMITS = {"section full", "issue full"}

topics = st.sampled_from([*ORDER, "keyword-7"])
some_topics = st.frozensets(topics, max_size=4)
flag = st.sampled_from([False, False, False, True])


@st.composite
def stories(draw: st.DrawFn, number: int) -> model.Story:
    about = set(draw(some_topics))
    about |= {above for topic in about for above in PARENTS.get(topic, ())}
    scored = [(draw(st.integers(1, 3)), topic) for topic in sorted(about)]
    at = NOW - timedelta(hours=draw(st.integers(0, 40)))
    return model.Story(
        id=number,
        entries=(model.Entry(str(number), "Headline", source="AP"),),
        topics=tuple(model.TopicMatch(t, float(s), ()) for s, t in sorted(scored, reverse=True)),
        first_at=at,
        updated_at=at,
        pinned=draw(flag),
        dropped=draw(flag),
        withdrawn=draw(flag),
        hot=float(draw(st.integers(0, 3))),
        revision=draw(st.integers(1, 2)),
    )


editions = st.integers(0, 14).flatmap(
    lambda size: st.tuples(*(stories(number) for number in range(1, size + 1)))
)
readers = st.builds(
    model.Recipient,
    subscriber_id=st.just(1),
    channel_id=st.just(1),
    kind=st.sampled_from(model.ChannelKind),
    topics=some_topics,
    language=st.sampled_from(["en", "el"]),
    seen=st.dictionaries(st.integers(1, 20), st.integers(1, 2), max_size=5),
    muted=st.frozensets(topics, max_size=2),
)
plans = st.builds(
    curate.Plan,
    max_stories=st.integers(0, 12),
    per_section=st.integers(0, 4),
    picks=st.integers(0, 3),
    hot=st.integers(0, 3),
    show_general=st.booleans(),
)


def prepared(edition: tuple[model.Story, ...], plan: curate.Plan) -> curate.Curator:
    return curate.Curator(
        edition,
        topic_names={},
        topic_order=ORDER,
        parents=PARENTS,
        window_from=WINDOW_FROM,
        now=NOW,
        plan=plan,
    )


def curated(
    edition: tuple[model.Story, ...], reader: model.Recipient, plan: curate.Plan
) -> curate.Curated:
    return prepared(edition, plan).curate(reader)


def shown(found: curate.Curated) -> tuple[int, ...]:
    return found.issue.story_ids if found.issue else ()


def counting(story: model.Story, reader: model.Recipient) -> set[str]:
    """Rule 3 of the package, said with sets."""
    barred = set(reader.muted)
    for topic in story.topic_slugs & reader.muted:
        barred |= PARENTS.get(topic, frozenset())
    return set(story.topic_slugs & reader.topics) - barred


def expected_reason(story: model.Story, reader: model.Recipient, plan: curate.Plan) -> set[str]:
    """The reasons the rules allow, said without masks or order of work."""
    if story.dropped:
        return {"dropped"}
    if story.withdrawn:
        return {"withdrawn"}
    if reader.seen.get(story.id, 0) >= story.revision:
        return {"already sent"}
    own = bool(counting(story, reader))
    if story.topic_slugs & reader.muted and not own:
        return {"muted"}
    general = plan.show_general and (story.pinned or not reader.topics)
    if not own and not general:
        return {"topic not followed"}
    if story.updated_at < WINDOW_FROM:
        return {"too old"}
    homeless = not reader.topics and not story.topic_slugs & {"world", "tech"}
    return {"shown", *LIMITS} | ({"topic not followed"} if homeless else set())


@settings(deadline=None)
@given(editions, readers, plans)
def test_every_story_has_exactly_one_choice_and_the_reason_the_rules_give(
    edition: tuple[model.Story, ...], reader: model.Recipient, plan: curate.Plan
) -> None:
    found = curated(edition, reader, plan)
    assert [choice.story_id for choice in found.choices] == [story.id for story in edition]
    for story, choice in zip(edition, found.choices, strict=True):
        assert choice.reason in expected_reason(story, reader, plan)
        assert choice.shown == (choice.reason == "shown") == (story.id in shown(found))
        assert choice.detail


@settings(deadline=None)
@given(editions, readers, plans)
def test_no_story_stands_twice_and_no_limit_is_passed(
    edition: tuple[model.Story, ...], reader: model.Recipient, plan: curate.Plan
) -> None:
    found = curated(edition, reader, plan)
    assert max(Counter(shown(found)).values(), default=1) == 1
    assert len(shown(found)) <= plan.max_stories
    most = {"lead": plan.hot, "picks": plan.picks, "topic": plan.per_section}
    for section in found.issue.sections if found.issue else ():
        assert 1 <= len(section.items) <= most[section.kind]
        assert section.more >= 0
        assert all(item.why for item in section.items)


@settings(deadline=None)
@given(editions, readers, plans)
def test_a_reader_sees_again_only_what_changed_and_is_told(
    edition: tuple[model.Story, ...], reader: model.Recipient, plan: curate.Plan
) -> None:
    """D11."""
    issue = curated(edition, reader, plan).issue
    for item in issue.items if issue else ():
        assert item.updated == (item.story.id in reader.seen)
        assert item.story.revision > reader.seen.get(item.story.id, 0)


@settings(deadline=None)
@given(editions, readers, plans, st.data())
def test_the_order_in_which_stories_are_handed_in_changes_nothing(
    edition: tuple[model.Story, ...], reader: model.Recipient, plan: curate.Plan, data: Any
) -> None:
    shuffled = tuple(data.draw(st.permutations(edition)))
    first, second = curated(edition, reader, plan), curated(shuffled, reader, plan)
    assert first.issue == second.issue
    assert set(first.choices) == set(second.choices)


@settings(deadline=None)
@given(editions, readers.filter(lambda reader: bool(reader.topics)), plans)
def test_a_story_of_no_interest_to_a_reader_changes_nothing_for_the_others(
    edition: tuple[model.Story, ...], reader: model.Recipient, plan: curate.Plan
) -> None:
    found = curated(edition, reader, plan)
    idle = {c.story_id for c in found.choices if not c.shown and c.reason not in LIMITS}
    rest = tuple(story for story in edition if story.id not in idle)
    without = curated(rest, reader, plan)
    assert without.issue == found.issue
    assert set(without.choices) == {c for c in found.choices if c.story_id not in idle}


@settings(deadline=None)
@given(editions, st.lists(readers, min_size=2, max_size=6), plans)
def test_a_curator_that_served_others_gives_each_what_they_would_get_alone(
    edition: tuple[model.Story, ...], people: list[model.Recipient], plan: curate.Plan
) -> None:
    shared = prepared(edition, plan)
    for reader in [*people, *people]:
        alone, together = curated(edition, reader, plan), shared.curate(reader)
        assert (alone.issue, alone.choices) == (together.issue, together.choices)


@settings(deadline=None)
@given(editions, readers, plans)
def test_every_section_gets_its_best_story_before_any_gets_a_second(
    edition: tuple[model.Story, ...], reader: model.Recipient, plan: curate.Plan
) -> None:
    found = curated(edition, reader, plan)
    full = [choice for choice in found.choices if choice.reason == "issue full"]
    sections = [s for s in (found.issue.sections if found.issue else ()) if s.kind == "topic"]
    if full:
        assert len(shown(found)) == plan.max_stories
    cut = [len(s.items) for s in sections if s.more and len(s.items) < plan.per_section]
    sizes = [len(s.items) for s in sections]
    if cut:
        assert max(sizes) - min(cut) <= 1


@settings(deadline=None)
@given(editions, readers.filter(lambda reader: bool(reader.topics)), plans)
def test_what_was_left_out_for_length_is_counted(
    edition: tuple[model.Story, ...], reader: model.Recipient, plan: curate.Plan
) -> None:
    """G9: "and 5 more" is true, but for sections that found no room at all."""
    found = curated(edition, reader, plan)
    sections = found.issue.sections if found.issue else ()
    left_out = sum(choice.reason in LIMITS for choice in found.choices)
    counted = sum(section.more for section in sections)
    assert counted <= left_out
    room = plan.per_section and plan.picks and len(shown(found)) < plan.max_stories
    if room:
        assert counted == left_out


@settings(deadline=None)
@given(editions, readers.filter(lambda reader: bool(reader.topics)), plans)
def test_a_story_stands_under_a_topic_with_none_more_specific_followed(
    edition: tuple[model.Story, ...], reader: model.Recipient, plan: curate.Plan
) -> None:
    issue = curated(edition, reader, plan).issue
    for item in issue.items if issue else ():
        follows = counting(item.story, reader)
        assert (item.topic in follows) == bool(follows)
        assert not any(item.topic in PARENTS.get(topic, ()) for topic in follows)


class Places(dict[int, int]):
    """Calls every place what it is."""

    def __missing__(self, place: int) -> int:
        return place


@settings(deadline=None)
@given(editions, st.lists(readers, min_size=1, max_size=12), plans, st.sampled_from([1, crowd.FEW]))
def test_a_crowd_is_shown_what_each_of_them_would_be_alone(
    edition: tuple[model.Story, ...],
    people: list[model.Recipient],
    plan: curate.Plan,
    few: int,
) -> None:
    curator = prepared(edition, plan)
    with mock.patch.object(crowd, "FEW", few):
        chosen = curator.choose([curator.read(reader) for reader in people], Places())
    for reader, (places, more) in zip(people, chosen, strict=True):
        issue = prepared(edition, plan).curate(reader).issue
        sections = issue.sections if issue else ()
        assert [curator.shown(place, reader.language) for place in places] == [
            model.Shown(i.story.id, i.story.revision, s.kind, s.topic, i.why, i.updated)
            for s in sections
            for i in s.items
        ]
        said = zip(more[::2], more[1::2], strict=True)
        named = [(curator.shown(place, reader.language), n) for place, n in said]
        assert [(shown.kind, shown.topic, n) for shown, n in named] == [
            (s.kind, s.topic, s.more) for s in sections if s.more
        ]
        assert {place for place, _ in zip(more[::2], more[1::2], strict=True)} <= set(places)


def test_a_section_of_hundreds_says_how_many_it_leaves_out() -> None:
    about = (model.TopicMatch("tech", 1.0, ()),)
    entries = (model.Entry("1", "Headline", source="AP"),)
    edition = [model.Story(n, entries, about, NOW, NOW) for n in range(1, 701)]
    reader = model.Recipient(1, 1, model.ChannelKind.EMAIL, topics=frozenset({"tech"}))
    curator = prepared(tuple(edition), curate.Plan(hot=0, picks=0))
    chosen = curator.choose([curator.read(reader)] * crowd.FEW, Places())
    assert [len(one.places) for one in chosen] == [5] * crowd.FEW
    assert [one.more for one in chosen] == [[one.places[-1], 695] for one in chosen]
