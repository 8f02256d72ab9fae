"""Pages as answers: rendered, with the policy that lets them load nothing foreign."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette import requests, responses

from digest import runtime
from digest.web import guard


class Showing:
    """Renders `templates/web` for one runtime."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self.root = urlsplit(rt.settings.base_url).path.rstrip("/")
        self.is_https = rt.settings.base_url.startswith("https://")

    def page(
        self,
        name: str,
        *,
        status: int = 200,
        language: str = "",
        private: bool = False,
        headers: Mapping[str, str] | None = None,
        policy: Mapping[str, str] | None = None,
        **values: object,
    ) -> responses.HTMLResponse:
        """Render `templates/web/<name>.html`; `private` for pages with a token in their address.

        `policy` are the directives in which the page differs from the others.
        """
        html = self._rt.page_renderer.page(
            name,
            language=language or self._rt.settings.language,
            root=self.root,
            **values,
        )
        return self.html(html, status=status, private=private, headers=headers, policy=policy)

    def html(
        self,
        html: str,
        *,
        status: int = 200,
        private: bool = False,
        headers: Mapping[str, str] | None = None,
        policy: Mapping[str, str] | None = None,
    ) -> responses.HTMLResponse:
        """Answer with a page that was rendered already."""
        directives = {
            "default-src": "'self'",
            "script-src": "'none'",
            "object-src": "'none'",
            "base-uri": "'none'",
            "form-action": "'self'",
            "frame-ancestors": "'none'",
            "img-src": "'self'" if private else "'self' https: http:",
            "style-src": f"'self' {self._rt.page_renderer.style_source}",
        } | dict(policy or {})
        said = "; ".join(f"{name} {sources}" for name, sources in directives.items())
        own = {"Content-Security-Policy": said} | (guard.PRIVATE if private else {})
        return responses.HTMLResponse(html, status_code=status, headers=own | dict(headers or {}))

    def problem(self, status: int, *, private: bool = False) -> responses.HTMLResponse:
        """The friendly page for an answer that is none."""
        known = status if status in {400, 403, 404, 405, 413, 429} else 500
        return self.page("problem", status=status, private=private, problem=known)

    def foreign_form(self, request: requests.Request) -> responses.HTMLResponse | None:
        """The refusal of a form that another page had sent to an address with a token (E9)."""
        if guard.is_own_form(request, self._rt.settings.base_url, strict=False):
            return None
        return self.problem(403, private=True)
