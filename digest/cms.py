r"""Signed word from the publisher's own system: published, updated, withdrawn, breaking.

Every word proves itself by an HMAC over its time and bytes, is believed for five minutes, and
counts once (E12).  Only where `cms.may_alert` says so does one wake readers.

    body='{"id": "evt-1", "event": "published",
           "entry": {"id": "42", "title": "Seoul raises rates", "url": "https://your.site/42"}}'
    at=$(date +%s); curl https://digest.your.site/hooks/cms --data-raw "$body" \
      -H "X-Digest-Timestamp: $at" -H "X-Digest-Signature: sha256=$(printf %s "$at.$body" |
      openssl dgst -sha256 -hmac "$DIGEST_CMS__SECRET" -r | cut -d' ' -f1)"
"""

import hashlib
import hmac
import json
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import pydantic

from digest import errors, intake, model, pipeline, runtime
from digest.collect import clean, drafts, jsonl, read
from digest.storage import database, entries, lookups, pushes, sources, stories

logger = logging.getLogger(__name__)

WINDOW = timedelta(minutes=5)
MOST_BYTES = 1_000_000
NOT_ALLOWED = "not allowed: cms.may_alert"
_TIMESTAMP = re.compile(r"[0-9]{1,12}")

Answer = dict[str, Any]


class RefusedError(errors.DigestError):
    """A word that is not taken: an HTTP status, and a sentence for who sent it."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


class Event(pydantic.BaseModel):
    """What is posted, as it comes."""

    model_config = pydantic.ConfigDict(frozen=True)

    id: str = pydantic.Field(min_length=1, max_length=200)
    event: Literal["published", "updated", "withdrawn", "breaking"]
    source: int | str | None = None
    entry: dict[str, Any] | None = None
    url: str = pydantic.Field("", max_length=4000)
    number: int | None = pydantic.Field(None, ge=0, lt=1 << 63)

    @pydantic.field_validator("id", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @pydantic.field_validator("source", mode="before")
    @classmethod
    def _no_flag(cls, value: object) -> object:
        if isinstance(value, bool):
            raise ValueError("must be the id or the url of a source")  # noqa: TRY004 - pydantic's
        return value


@dataclass(frozen=True, slots=True)
class Word:
    """An event ready to be acted on: its source, and the clean entry if it came with one."""

    key: str
    event: Event
    source: model.Source
    entry: model.Entry | None


def verify(secret: bytes, timestamp: str, signature: str, payload: bytes, *, now: datetime) -> None:
    """Raise RefusedError (401) unless the word is signed with our secret, and of these minutes."""
    kind, _, given = signature.strip().partition("=")
    if not _TIMESTAMP.fullmatch(timestamp) or kind != "sha256" or not given:
        raise RefusedError(
            401,
            "X-Digest-Timestamp (seconds since 1970) and X-Digest-Signature (sha256=HEX) "
            "must be sent.",
        )
    wanted = hmac.digest(secret, timestamp.encode() + b"." + payload, hashlib.sha256).hex()
    if not hmac.compare_digest(wanted.encode(), given.lower().encode()):
        raise RefusedError(401, "The signature is not ours of this timestamp and body.")
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise RefusedError(401, "The timestamp is more than 5 minutes from our clock.")


def parse(payload: bytes) -> Event:
    """Read an event.  Raises RefusedError (400) with a sentence for every problem."""
    try:
        value = json.loads(payload)
    except (ValueError, RecursionError) as error:
        where = f" at character {error.pos}" if isinstance(error, json.JSONDecodeError) else ""
        raise RefusedError(400, f"The body is not valid JSON{where}.") from error
    if not isinstance(value, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    try:
        return Event.model_validate(value)
    except pydantic.ValidationError as error:
        problems = error.errors(include_input=False, include_url=False, include_context=False)
        raise RefusedError(400, " ".join(_sentence(one) for one in problems)) from None


def _sentence(problem: Any) -> str:
    text = problem["msg"].removeprefix("Value error, ")
    return f'"{problem["loc"][0]}": {text[:1].lower()}{text[1:]}.'


async def take(rt: runtime.Runtime, event: Event) -> tuple[int, Answer]:
    """Do what an event says, once; the status and document to answer.  Raises RefusedError."""
    now = rt.clock()
    key = "cms:" + hashlib.sha256(event.id.encode("utf-8", "surrogatepass")).hexdigest()[:40]
    if await rt.db.read(pushes.is_taken, key):
        return 200, {"id": event.id, "known": True}
    source = _choose(await rt.db.read(sources.listing), event.source)
    word = Word(key, event, source, _clean_entry(event, source, now))
    logger.info(
        "the publisher's system says: %s",
        event.event,
        extra={"event": f"cms.{event.event}", "source_id": source.id},
    )
    match event.event:
        case "withdrawn":
            return 200, await rt.db.run(_withdraw, word, now)
        case "breaking":
            return await _break(rt, word)
        case _ if word.entry is None:
            await rt.db.run(_read_soon, word, now)
            return 202, _answer(word, reading=True)
        case _:
            await rt.db.run(_keep, rt, word, now, settled=True)
            return 202, _answer(word, kept=True)


async def follow(rt: runtime.Runtime, answer: Answer) -> None:
    """Do what need not be waited for: read the source, make stories, alert on what breaks."""
    if answer.get("reading"):
        await pipeline.collect_stories(rt, [answer["source"]])
    elif answer.get("kept"):
        await pipeline.place_stories(rt)
    await pipeline.raise_alerts(rt)


def _choose(known: Sequence[model.Source], named: int | str | None) -> model.Source:
    if named is None:
        own = [source for source in known if source.own]
        if len(own) != 1:
            raise RefusedError(
                422, f'"source" must be given: there are {len(own)} sources of our own, not one.'
            )
        return own[0]
    text = str(named).strip()
    for source in known:
        if text == str(source.id) or text.rstrip("/") == source.url.rstrip("/"):
            return source
    raise RefusedError(404, f'"source": there is no source {text[:200]!r}.')


def _clean_entry(event: Event, source: model.Source, now: datetime) -> model.Entry | None:
    """Make the entry that came what any other is; what is no address of the web is left out."""
    if event.entry is None:
        return None
    if event.event == "withdrawn":  # of what goes only the name is needed
        return model.Entry(
            id=str(event.entry.get("id") or "").strip(),
            title="",
            url=clean.canonical_url(str(event.entry.get("url") or ""), source.url),
        )
    try:
        given = jsonl.entry_from_json(event.entry)
    except errors.ConfigurationError as error:
        raise RefusedError(400, "In the entry: " + " ".join(error.problems)) from None
    draft = drafts.Draft(
        id=given.id,
        title=given.title,
        title_kind="text",
        url=given.url,
        summary=given.summary,
        text=given.body,
        plain=True,
        language=given.language,
        categories=given.categories,
        authors=given.authors,
        published=given.published_at,
        updated=given.updated_at,
        images=(given.image,) if given.image else (),
    )
    problems: list[str] = []
    made = drafts.finish(
        draft, base=source.url, source=source.title, language="", now=now, problems=problems
    )
    if made is None or problems:
        raise RefusedError(422, f"The entry cannot be used: {'; '.join(problems)}.")
    if given.url and not made.url:
        raise RefusedError(422, 'In the entry: "url" must be an http or https address.')
    [entry] = read.labelled([model.replace(made, number=event.number)], source)
    return entry


def _find(session: database.Session, word: Word) -> int | None:
    entry, event = word.entry, word.event
    return lookups.find_entry(
        session,
        word.source.id,
        uid=entry.id if entry else "",
        number=event.number,
        url=(entry.url if entry else "") or clean.canonical_url(event.url, word.source.url),
    )


def _settle(session: database.Session, word: Word, now: datetime) -> None:
    """Remember the event, so that it counts no second time."""
    pushes.take(session, word.key, now=now)


def _read_soon(session: database.Session, word: Word, now: datetime) -> None:
    pushes.read_soon(session, word.source.id, now)
    _settle(session, word, now)


def _keep(
    session: database.Session, rt: runtime.Runtime, word: Word, now: datetime, *, settled: bool
) -> int | None:
    """Keep the entry as a poll would; its id here."""
    if word.entry is not None:
        if (known := _find(session, word)) is not None:
            lookups.bring_back(session, word.source.id, known)
        every = timedelta(seconds=rt.settings.collect.interval_seconds)
        intake.keep_read(
            session, word.source, [word.entry], rt.classifier, pushed=True, every=every, now=now
        )
    if settled:
        _settle(session, word, now)
    return _find(session, word)


def _withdraw(session: database.Session, word: Word, now: datetime) -> Answer:
    database.alone(session, intake.COLLECTING)
    found = _find(session, word)
    if found is None:
        raise _unknown(word)
    stood = lookups.withdraw(session, word.source.id, found, now=now)
    if stood:
        stories.refresh(session, entries.stories_of(session, [found]).values(), now=now)
        logger.info(
            "an entry was withdrawn by the publisher's system",
            extra={
                "event": "entries.withdrawn",
                "source_id": word.source.id,
                "entry_ids": [found],
            },
        )
    _settle(session, word, now)
    return _answer(word, withdrawn=stood)


async def _break(rt: runtime.Runtime, word: Word) -> tuple[int, Answer]:
    """Keep what breaks, and alert on its story where that is allowed.

    The event counts as taken once the alert is raised: after a crash before, it is pushed again.
    """
    now = rt.clock()
    allowed = rt.settings.cms.may_alert
    entry_id = await rt.db.run(_keep, rt, word, now, settled=not allowed)
    if entry_id is None:
        raise _unknown(word)
    await pipeline.place_stories(rt)
    story_of = await rt.db.read(entries.stories_of, [entry_id])
    story_id = story_of.get(entry_id)
    if not allowed:
        logger.warning(
            "an alert was asked for and not raised: cms.may_alert is off",
            extra={"event": "cms.alert_refused", "story_id": story_id},
        )
        return 202, _answer(word, story=story_id, alert=NOT_ALLOWED)
    raised = await pipeline.raise_alerts(rt, [story_id]) if story_id is not None else []
    await rt.db.run(_settle, word, now)
    alert = "raised" if raised else "none: alerted on already, dropped or withdrawn"
    return 202, _answer(word, story=story_id, alert=alert)


def _unknown(word: Word) -> RefusedError:
    return RefusedError(
        404,
        f"Source {word.source.id} has no such entry: say which by its id, url or number, "
        'or send it as "entry".',
    )


def _answer(word: Word, **more: Any) -> Answer:
    return {"id": word.event.id, "event": word.event.event, "source": word.source.id, **more}
