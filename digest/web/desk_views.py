"""The desk's values made ready for its templates: plain words and numbers."""

from datetime import datetime
from typing import Any

from starlette import responses

from digest import editors, model, runtime, upkeep
from digest.render import words
from digest.storage import editions
from digest.web import showing
from subscribers import accounts

WAITING = ("queued", "claimed", "deferred")
MOST_FAILING = 8  # on the first page; all are on their own
TROUBLE = ("failed", "uncertain", "expired")


class Views:
    """Renders the desk's pages for one account at a time."""

    def __init__(self, rt: runtime.Runtime, show: showing.Showing) -> None:
        self._rt = rt
        self._show = show

    def page(
        self, template: str, account: accounts.Account | None, *, status: int = 200, **values: Any
    ) -> responses.Response:
        """Render `templates/web/desk/<template>.html` with what every page of the desk shows."""
        rights = editors.RIGHTS[account.role] if account else frozenset()
        return self._show.page(
            f"desk/{template}",
            status=status,
            headers={
                "Cache-Control": "no-store",
                "X-Robots-Tag": "noindex, nofollow",
                # Not no-referrer: browsers would then hide where our own forms come from.
                "Referrer-Policy": "same-origin",
            },
            account=account.name if account else "",
            role=account.role if account else "",
            may_edit="edit" in rights,
            may_release="release" in rights,
            zone=self._rt.settings.time_zone.replace("_", " "),
            **values,
        )

    def login(
        self, *, has_accounts: bool, name: str = "", wrong: bool = False, status: int = 200
    ) -> responses.Response:
        """Name and password; how to make the first account when there is none."""
        return self.page(
            "login", None, status=status, has_accounts=has_accounts, typed=name, wrong=wrong
        )

    def refused(self, account: accounts.Account) -> responses.Response:
        """What this account's role does not allow."""
        return self.page("refused", account, status=403, overtaken=False)

    def overtaken(self, account: accounts.Account) -> responses.Response:
        """Somebody published meanwhile."""
        return self.page("refused", account, status=409, overtaken=True)

    def home(
        self, account: accounts.Account, seen: editors.Overview, now: datetime, *, topic: str
    ) -> responses.Response:
        """The desk in one look."""
        names = self._rt.publication.topic_names
        shown = [s for s in seen.stories if not topic or topic in s.topic_slugs]
        used = {slug for story in seen.stories for slug in story.topic_slugs}
        return self.page(
            "home",
            account,
            at=self.moment(now),
            editions=[self.edition(progress) for progress in seen.editions],
            next=[{"at": self.moment(one.at), "n": one.n_readers} for one in seen.next],
            ticking=seen.last_tick is not None and (now - seen.last_tick).total_seconds() < 300,
            n_by_state={state: n for state, n in seen.n_by_state.items() if n},
            n_waiting=sum(seen.n_by_state[state] for state in WAITING),
            n_trouble=sum(seen.n_by_state[state] for state in TROUBLE),
            n_submitted=seen.n_by_state["submitted"],
            late_minutes=_minutes(seen.oldest_due, now),
            paused=dict(seen.paused),
            failing=[
                {
                    "id": one.source.id,
                    "name": words.clean(upkeep.name_of(one.source)),
                    "reason": words.clean(upkeep.cause_words(one)),
                    "failures": one.source.failures,
                    "gone": one.source.state is model.SourceState.GONE,
                    "since": self.moment(one.failing_since) if one.failing_since else "",
                }
                for one in seen.failing[:MOST_FAILING]
            ],
            n_failing=len(seen.failing),
            n_sources=seen.n_sources,
            people=seen.people,
            stories=[
                self._story(
                    story,
                    now,
                    alerted=story.id in seen.alerted,
                    by_hand=story.id in seen.pinned_by_hand,
                )
                for story in shown
            ],
            topic=topic if topic in names else "",
            topics=[(slug, name) for slug, name in names.items() if slug in used],
        )

    def story(
        self, account: accounts.Account, seen: editors.OneStory, now: datetime
    ) -> responses.Response:
        """One story, with who told it and why it is where it is."""
        story = seen.story
        entries = [
            {
                "title": words.clean(one.title),
                "url": words.web_address(one.url),
                "source": one.source,
                "at": self.moment(one.published_at) if one.published_at else "",
            }
            for one in story.entries
        ]
        put = {word.topic for word in seen.corrections if word.added}
        matches = [
            {
                "topic": match.topic,
                "name": self._rt.catalogue.name_of(match.topic),
                "score": f"{match.score:.1f}",
                "why": match.why,
                "put": match.topic in put,
            }
            for match in story.topics
        ]
        taken = [(word.topic, word.name) for word in seen.corrections if not word.added]
        known = {*story.topic_slugs, *(slug for slug, _ in taken)}
        return self.page(
            "story",
            account,
            story=self._story(story, now, by_hand=seen.pinned_by_hand),
            lead=words.clean(story.lead.title),
            headline=story.headline,
            note=story.note,
            sent_before=seen.sent_before,
            entries=entries,
            matches=matches,
            taken=taken,
            others=[(t.slug, t.name) for t in self._rt.catalogue.topics if t.slug not in known],
            most_headline=editors.HEADLINE_CHARS,
            most_note=editors.NOTE_CHARS,
        )

    def release(self, account: accounts.Account, reckoned: editors.Release) -> responses.Response:
        """What publishing now would do."""
        return self.page(
            "release",
            account,
            n_mail=reckoned.n_by_kind.get("email", 0),
            n_chat=reckoned.n_by_kind.get("chat", 0),
            n_stories=reckoned.n_stories,
            lead=words.clean(reckoned.lead),
            sending=reckoned.sending.sentences,
            after=reckoned.after,
            n_kilobytes=round(reckoned.size.n_html_bytes / 1000) if reckoned.size else 0,
            warnings=reckoned.size.warnings if reckoned.size else (),
        )

    def edition(self, progress: editions.Progress) -> dict[str, Any]:
        """How far an edition is, in a line."""
        edition, states = progress.edition, progress.states
        return {
            "id": edition.id,
            "on": words.long_date(edition.on, "en"),
            "at": self.moment(edition.frozen_at),
            "bucket": _bucket(edition.bucket),
            "state": str(edition.state),
            "reason": edition.reason,
            "can_pause": edition.state
            in (model.EditionState.FROZEN, model.EditionState.DISPATCHING),
            "can_resume": edition.state is model.EditionState.PAUSED,
            "n_issues": progress.n_issues,
            "n_nothing_new": progress.n_nothing_new,
            "n_submitted": states.get("submitted", 0),
            "n_waiting": sum(states.get(state, 0) for state in WAITING),
            "n_trouble": sum(states.get(state, 0) for state in TROUBLE),
            "n_suppressed": states.get("suppressed", 0),
        }

    def _story(
        self, story: model.Story, now: datetime, *, by_hand: bool, alerted: bool = False
    ) -> dict[str, Any]:
        names = self._rt.catalogue.name_of
        return {
            "id": story.id,
            "title": words.clean(story.title),
            "url": words.web_address(story.lead.url),
            "topics": [names(match.topic) for match in story.topics[:4]],
            "sources": story.sources,
            "n_entries": len(story.entries),
            "age": _age(story.first_at, now),
            "pinned": story.pinned,
            "dropped": story.dropped,
            "withdrawn": story.withdrawn,
            "breaking": story.breaking,
            "by_hand": by_hand,
            "alerted": alerted,
            "note": story.note,
            "retitled": bool(story.headline),
        }

    def moment(self, at: datetime) -> str:
        """Write a moment on the clock of the publication."""
        return words.local_time(at, self._rt.settings.time_zone, "en")


def _bucket(key: str) -> str:
    """Whom an edition was for: "Athens 08:00, daily"; "" for everybody."""
    zone, _, rest = key.partition("|")
    place = zone.rpartition("/")[2].replace("_", " ")
    return f"{place} {rest.replace('|', ', ')}" if rest else ""


def _minutes(since: datetime | None, now: datetime) -> int:
    return int((now - since).total_seconds() // 60) if since else 0


def _age(at: datetime, now: datetime) -> str:
    minutes = max(0, int((now - at).total_seconds() // 60))
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // 1440} d"
