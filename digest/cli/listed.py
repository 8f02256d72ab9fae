"""People read page by page for `digest subscribers list`, with what is suppressed of theirs."""

import itertools
from typing import TYPE_CHECKING, Literal

from digest.cli import people

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from digest import runtime
    from subscribers import model, suppressed

State = Literal["active", "pending", "unsubscribed", "paused", "suppressed"]
_TOGETHER = 500  # people whose standing is looked up at once


def _barred(
    rt: "runtime.Runtime", found: "Sequence[model.Subscriber]"
) -> "dict[int, suppressed.Suppressed]":
    from subscribers import suppressed

    with rt.db.reading() as session:
        ids = [channel.id for person in found for channel in person.channels]
        return suppressed.of_channels(session, ids)


def _with_standing(
    rt: "runtime.Runtime", people_found: "Iterator[model.Subscriber]"
) -> "Iterator[tuple[model.Subscriber, dict[int, suppressed.Suppressed]]]":
    """People with what is suppressed of theirs, looked up for some hundred at a time."""
    while some := tuple(itertools.islice(people_found, _TOGETHER)):
        barred = _barred(rt, some)
        for person in some:
            yield person, barred


def people_in(
    rt: "runtime.Runtime", state: State | None, topic: str | None, search: str
) -> "Iterator[tuple[model.Subscriber, dict[int, suppressed.Suppressed]]]":
    """The people a list is of; who is suppressed is not active."""
    from subscribers import suppressed

    if state == "suppressed":
        found = _suppressed_people(rt, topic=topic, search=search)
        yield from _with_standing(rt, found)
        return
    for person, barred in _with_standing(
        rt, people.pages(rt, state=state, topic=topic, search=search)
    ):
        if state is None or suppressed.state(person, barred) == state:
            yield person, barred


def _suppressed_people(
    rt: "runtime.Runtime", *, topic: str | None = None, search: str = ""
) -> "Iterator[model.Subscriber]":
    """People with a suppressed address, by id, read a page at a time."""
    from subscribers import people as persons
    from subscribers import suppressed

    after = 0
    while True:
        with rt.db.reading() as session:
            ids = suppressed.person_ids(session, after_id=after, limit=_TOGETHER)
            page = [persons.get(session, subscriber_id) for subscriber_id in ids]
        for person in page:
            words = [person.name, *(one.address for one in person.channels)]
            if (topic is None or topic in person.topics) and any(
                search.strip().casefold() in word.casefold() for word in words
            ):
                yield person
        if len(ids) < _TOGETHER:
            return
        after = ids[-1]
