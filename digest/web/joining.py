"""What every form that asks for the digest goes through: front page, sign-up box, API.

    read    what was typed, with the rest as the publication has it
    doubt   what robots give away: a field nobody sees, haste, no form of ours (B8)
    turn    how often a network, a domain and everybody may ask
    join    one transaction, whatever the address is

What is answered depends on what was typed and on when, never on what we know of the address;
and it is answered at the end of an equal stretch of time (B9).
"""

import asyncio
import json
import math
import time
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any

from starlette import datastructures, requests

from digest import runtime, signup
from digest.deliver import mail_groups
from digest.web import altcha, choosing, flood, paces
from subscribers import addresses, errors, tokens

FORM = "sign-up form"  # purpose of the token that says when a form was opened
FORM_LASTS = timedelta(hours=24)
QUICKEST_SECONDS = 2  # nobody fills it in faster, but robots do (B8)
ANSWER_SECONDS = 0.3  # longer than the work takes, so that the time tells nothing
TRAP = "website"  # what nobody sees, and robots fill in

# A form on a publisher's own page says only what it asks for.
_PLAIN = {"cadence": "daily", "send_at": "08:00"}


class Again(StrEnum):
    """Why somebody who typed all right is asked to press the button once more."""

    LATE = "late"  # the page was open for longer than a form lasts
    QUICK = "quick"  # or a robot
    PLAIN = "plain"  # many come from forms that tell no time
    PROOF = "proof"  # the browser did not work for it, or it was used before


@dataclass(frozen=True, slots=True)
class Answer:
    """What to show: that it was asked for, or the form again with what is `wrong` with it."""

    typed: dict[str, object]
    wrong: frozenset[str] = frozenset()
    again: Again | None = None
    suggestion: str = ""

    @property
    def is_asked(self) -> bool:
        return not self.wrong and self.again is None


@dataclass(frozen=True, slots=True)
class Asking:
    """What one request brought; `how` names the form for the record of consent (B12)."""

    request: requests.Request
    form: datastructures.FormData
    how: str
    language: str
    defaults: dict[str, str] = field(default_factory=dict)


class Door:
    """Takes requests to be sent the digest; one for all forms of a process."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self._flood = flood.Gauge(rt)
        self._puzzles = altcha.Puzzles(rt.keys[0]) if rt.settings.web.altcha else None
        self.paces = paces.Paces(rt)

    @property
    def is_open(self) -> bool:
        """Whether the mail that asks for a yes could be sent at all."""
        return bool(runtime.smtp_options(self._rt.settings))

    def wording(self, language: str) -> str:
        """What is agreed to, as every form says it."""
        return self._rt.templates.render(
            "web/wording.txt", {"name": self._rt.settings.publication}, language
        ).strip()

    def opened(self) -> str:
        """The token of a form shown now."""
        now = self._rt.clock()
        ends = now + FORM_LASTS
        return tokens.sign(self._rt.keys, FORM, int(now.timestamp()), expires_at=ends)

    def challenge(self) -> dict[str, Any] | None:
        """What a browser must solve first; None where nothing is asked of it."""
        return self._puzzles.make(self._rt.clock()) if self._puzzles else None

    async def ask(self, asking: Asking) -> Answer:
        """Write down what was asked for; one mail goes out when it may.

        Raises TooManyError when this network, this domain or everybody asked too often.
        """
        began = time.monotonic()
        at_home = {"time_zone": self._rt.settings.time_zone}
        form = _completed(asking.form, _PLAIN | at_home | asking.defaults)
        email = str(form.get("email", "")).strip()
        chosen = choosing.read_wishes(form, self._rt.catalogue, ())
        typed: dict[str, object] = {**chosen.typed, "email": email}
        try:
            known = addresses.normalise_email(email)
        except errors.InvalidAddress:
            return Answer(typed, chosen.wrong | {"email"})
        if chosen.wishes is None:
            return Answer(typed, chosen.wrong)
        client = asking.request.client.host if asking.request.client else ""
        group = mail_groups.group_of(known.address)
        # Half of all readers have their mailbox with a handful of companies.
        domain = "" if group in mail_groups.NAMES else group
        await self._flood.take(client, domain)
        again, is_robot = self._doubts(form, client)
        if again is not None:
            return Answer(typed, again=again)
        if not is_robot:
            # What has no catalogue is said in the publication's own language.
            language = self._rt.templates.language(asking.language, self._rt.settings.language)
            asked = signup.Request(
                email,
                chosen.wishes,
                wording=self.wording(language),
                ip=client,
                user_agent=asking.request.headers.get("user-agent", ""),
                how=asking.how,
                language=language,
            )
            await self._rt.db.run(signup.join, self._rt, asked, now=self._rt.clock())
            self._rt.outbox_grew.set()
        await until_the_end_of_a_stretch(began)
        return Answer(typed, suggestion=addresses.suggestion(known.address) or "")

    def _doubts(self, form: datastructures.FormData, client: str) -> tuple[Again | None, bool]:
        """Why to ask once more, and whether it was surely a robot; those are told nothing."""
        if form.get(TRAP):
            return None, True
        now = self._rt.clock()
        if self._puzzles and not self._puzzles.take(str(form.get("altcha", "")), now):
            return (Again.PROOF if "opened" in form else Again.PLAIN), False
        if "opened" not in form:
            calm = self._puzzles is not None or self._flood.is_calm(client)
            return (None if calm else Again.PLAIN), False
        try:
            opened = tokens.read(self._rt.keys, FORM, str(form["opened"]), now=now)
        except errors.ExpiredToken:
            return Again.LATE, False
        except errors.InvalidToken:
            return None, True
        return (Again.QUICK if now.timestamp() - opened < QUICKEST_SECONDS else None), False


def document(challenge: dict[str, Any] | None) -> str:
    """A challenge as a form holds it, "" for none."""
    return json.dumps(challenge) if challenge else ""


def _completed(form: datastructures.FormData, defaults: dict[str, str]) -> datastructures.FormData:
    """The form with what it leaves out; `topics` may be one field with commas between."""
    listed = [
        ("topic", slug.strip())
        for value in form.getlist("topics")
        if isinstance(value, str)
        for slug in value.split(",")
    ]
    missing = [(name, value) for name, value in defaults.items() if name not in form]
    return datastructures.FormData([*form.multi_items(), *listed, *missing])


async def until_the_end_of_a_stretch(began: float) -> None:
    """Wait: work that took longer than one stretch is answered at the end of the next."""
    took = time.monotonic() - began
    if ANSWER_SECONDS:
        await asyncio.sleep(max(1, math.ceil(took / ANSWER_SECONDS)) * ANSWER_SECONDS - took)
