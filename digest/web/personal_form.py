"""What only the page of one's own choices asks: keywords, a pause until a day, what goes where."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette import datastructures

from digest import personal, runtime
from digest.web import choosing
from subscribers import choices, errors, model

LONGEST_PAUSE = timedelta(days=366)
MOST_KEYWORDS = 50


@dataclass
class Filled:
    """The page as it was filled in: what every form has, and the rest."""

    chosen: choosing.Chosen
    more: personal.More


def read(form: datastructures.FormData, rt: runtime.Runtime, person: model.Subscriber) -> Filled:
    """Read all of it; what is wrong with one field takes nothing from the others."""
    chosen = choosing.read_wishes(form, rt.catalogue, person.topics)
    page = _Page(form, person, dict(chosen.typed))
    zone = chosen.wishes.time_zone if chosen.wishes else person.time_zone
    keywords, until = page.keywords(), page.paused_until(zone, rt.clock())
    digests, alerts = page.routes()
    found = replace(chosen, typed=page.typed)
    if page.wrong:
        found = choosing.Chosen(None, page.typed, chosen.wrong | page.wrong)
    return Filled(found, personal.More(keywords, digests, alerts, until))


class _Page:
    """Reads field by field; keeps what was typed, and the names of what is wrong."""

    def __init__(
        self, form: datastructures.FormData, person: model.Subscriber, typed: dict[str, object]
    ) -> None:
        self._form = form
        self._person = person
        self.typed = typed
        self.wrong: set[str] = set()

    def keywords(self) -> tuple[str, ...] | None:
        """One to a line; None when the form asked for none."""
        if "keywords" not in self._form:
            return None
        text = str(self._form["keywords"])
        self.typed["keywords"] = text
        lines = [line for line in text.splitlines() if line.strip()]
        try:
            kept = tuple(choices.keywords(lines).values())
        except errors.InvalidPreference:
            self.wrong.add("keywords")
            return None
        if len(kept) > MOST_KEYWORDS:
            self.wrong.add("keywords")
        return kept

    def paused_until(self, zone: str, now: datetime) -> datetime | None:
        """The midnight with which the chosen day begins, in the person's zone."""
        text = str(self._form.get("pause_until", "")).strip()
        self.typed["pause_until"] = text
        if not text:
            return None
        try:
            until = datetime.combine(date.fromisoformat(text), time(), ZoneInfo(zone))
            in_time = now < until <= now + LONGEST_PAUSE
        except (ValueError, OverflowError):
            in_time = False
        if not in_time:
            self.wrong.add("pause_until")
            return None
        return until.astimezone(UTC)

    def routes(self) -> tuple[tuple[int, ...] | None, tuple[int, ...]]:
        """Which channels were ticked; None when the form asked for none."""
        theirs = {str(one.id): one.id for one in personal.reached(self._person)}
        if "routes" not in self._form or len(theirs) < 2:
            return None, ()
        digests, alerts = (
            tuple(theirs[one] for one in map(str, self._form.getlist(name)) if one in theirs)
            for name in ("digests_to", "alerts_to")
        )
        self.typed |= {"digests_to": digests, "alerts_to": alerts}
        no_digest = not digests and self._form.get("cadence") != "off"
        if no_digest or (not alerts and self._form.get("alerts")):
            self.wrong.add("routes")
        return digests, alerts
