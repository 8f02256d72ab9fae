"""The desk's page of one edition: what became of it, whether that adds up, and its buttons."""

from collections.abc import Mapping
from typing import Any

from starlette import exceptions, requests, responses

from digest import audience, editors, errors, model, reckoning, resending, runtime
from digest import desk as desk_
from digest.render import words
from digest.storage import database, editions
from digest.web import desk_views
from subscribers import accounts

# What a state is called on the page; the order is that of the page.
STATES = (
    model.DeliveryState.SUBMITTED,
    model.DeliveryState.QUEUED,
    model.DeliveryState.CLAIMED,
    model.DeliveryState.DEFERRED,
    model.DeliveryState.FAILED,
    model.DeliveryState.UNCERTAIN,
    model.DeliveryState.EXPIRED,
    model.DeliveryState.SUPPRESSED,
)


class Editions:
    """Pages and buttons of single editions."""

    def __init__(self, rt: runtime.Runtime, views: desk_views.Views, root: str) -> None:
        self._rt = rt
        self._views = views
        self._root = root

    async def one(self, account: accounts.Account, request: requests.Request) -> responses.Response:
        """One edition, with what became of it."""
        return await self._page(account, int(request.path_params["edition_id"]))

    async def act(self, account: accounts.Account, request: requests.Request) -> responses.Response:
        """Pause it, go on with it, or send again what did not get through."""
        editors.require(account, "release")
        edition_id = int(request.path_params["edition_id"])
        async with request.form(max_files=1, max_fields=10) as form:
            action, back = str(form.get("action", "")), str(form.get("back", ""))
            uncertain_chat = bool(form.get("uncertain_chat"))
        try:
            if action == "pause":
                said = f"at the desk, by {account.name}"
                work, now = desk_.pause_edition, self._rt.clock()
                await self._rt.db.run(work, edition_id, now=now, reason=said)
            elif action == "resume":
                await desk_.resume_edition(self._rt, edition_id)
            elif action == "retry":
                kind = model.DeliveryKind.DIGEST
                wish = resending.Wish(kind=kind, unit_id=edition_id, uncertain_chat=uncertain_chat)
                again = await resending.resend(self._rt, wish)
                return await self._page(account, edition_id, again=again)
            else:
                raise exceptions.HTTPException(400)
        except errors.NotFound:
            raise exceptions.HTTPException(404) from None
        except errors.ConfigurationError:
            pass  # it ended, or was paused or resumed by somebody else: the desk shows that
        page = f"{self._root}/admin/editions/{edition_id}" if back else f"{self._root}/admin/"
        return responses.RedirectResponse(page, status_code=303)

    async def _page(
        self,
        account: accounts.Account,
        edition_id: int,
        *,
        again: resending.Again | None = None,
    ) -> responses.Response:
        try:
            reckoned, progress = await self._rt.db.read(_looked_at, self._rt, edition_id)
        except errors.NotFound:
            raise exceptions.HTTPException(404) from None
        trouble = {state: reckoned.states[state] for state in resending.TROUBLE}
        return self._views.page(
            "edition",
            account,
            edition=self._views.edition(progress),
            archived=audience.edition_address(self._rt, edition_id),
            n_recipients=reckoned.n_recipients,
            n_issues=reckoned.n_issues,
            others=_others(reckoned),
            states=[self._state(reckoned, state) for state in STATES if reckoned.states[state]],
            faults=reckoned.faults,
            n_trouble=sum(trouble.values()),
            n_uncertain=trouble[model.DeliveryState.UNCERTAIN],
            again=again,
            left=[(n, reason) for reason, n in again.left.items() if n] if again else [],
        )

    def _state(self, reckoned: reckoning.Report, state: model.DeliveryState) -> Mapping[str, Any]:
        """One state's count, with its times and reasons."""
        between = reckoned.times.get(state)
        when = ""
        if between and state is model.DeliveryState.DEFERRED:
            moments = (self._views.moment(between.first), self._views.moment(between.last))
            when = " – ".join(dict.fromkeys(moments))
        return {
            "name": str(state),
            "n": reckoned.states[state],
            "until": when,
            "bad": state in resending.TROUBLE,
            "reasons": [
                (n, words.clean(reason)) for reason, n in reckoned.reasons.get(state, {}).items()
            ],
        }


def _looked_at(
    session: database.Session, rt: runtime.Runtime, edition_id: int
) -> tuple[reckoning.Report, editions.Progress]:
    """The report first: it must be the first thing in its transaction.  Raises NotFound."""
    kind = model.DeliveryKind.DIGEST
    reckoned = reckoning.report(session, kind, edition_id, now=rt.clock())
    progress = editions.get(session, edition_id)
    if progress is None:
        raise errors.NotFound("edition", edition_id)
    return reckoned, progress


def _others(reckoned: reckoning.Report) -> list[tuple[int, str]]:
    counted = {"nothing new": reckoned.n_nothing_new, **reckoned.left_out}
    return [(n, reason) for reason, n in counted.items() if n]
