"""MJML into the HTML that mail readers understand, with the Jinja tags still inside.

A layout is compiled once; the result is an ordinary Jinja template.  Two things are done
around mrml: `<mj-include>` is expanded here, because mrml forgets the width of the page inside
an include, and a refused layout is read again to find the line, which mrml does not tell.
"""

import re
from collections.abc import Callable
from html.parser import HTMLParser

import mrml

from digest import errors

__all__ = ["compile_fragment", "compile_page"]

_INCLUDE = re.compile(r"""<mj-include\s+path=["']([^"']+)["']\s*/?>(?:\s*</mj-include>)?""")
# Lines of a kilobyte or two can be encoded once and kept; mrml makes one of ten.
_BETWEEN_ROWS = re.compile(r"(</(?:tr|table|style)>|<!\[endif\]-->)(?=<)")
_BETTER = (
    # Columns follow the direction of the page.
    (
        "text-align:left;direction:{{ direction }}",
        "text-align:{{ start }};direction:{{ direction }}",
    ),
    # The hidden preheader: a client that shows it on a dark page should not glare.
    ("color:#ffffff;line-height:1px", "color:#8a8780;line-height:1px"),
    # A divider is as wide as its cell: nothing to centre.
    ("margin:0px auto;width:100%", "margin:0;width:100%"),
)
# Word, and some others, know max-width and centring on tables only: move both from div to table.
_SECTION = re.compile(
    r'<div(?P<kind> class="[^"]*")? style="[^"]*margin:0px auto;(?P<width>max-width:\d+px;)">'
    r'(?P<table><table [^>]*align="center"[^>]*style="[^"]*)width:100%;">'
)
_CUT = "<!-- cut -->"
_NO_FONTS: dict[str, str] = {}  # a web font is a request to somebody else's server
_DEEPEST_INCLUDE = 8


def compile_page(name: str, source: str, read: Callable[[str], str]) -> str:
    """Compile a whole layout; `read` gives the text of an included file.

    Raises RenderError with the line in `name` where that can be told.
    """
    expanded = _expand(name, source, read)
    try:
        made = mrml.to_html(expanded, render_options=mrml.RenderOptions(fonts=_NO_FONTS))
    except OSError as error:
        raise errors.RenderError(name, f"not MJML: {error}", _broken_line(source)) from error
    html = str(made.content)
    for written, better in _BETTER:
        html = html.replace(written, better)
    return _BETWEEN_ROWS.sub(r"\1\n", _SECTION.sub(_safe_section, html))


def compile_fragment(name: str, source: str, head: str, read: Callable[[str], str]) -> str:
    """Compile table rows that another layout takes in through `<mj-raw>` in a column.

    `head` is the MJML head whose attributes apply.  Raises RenderError as `compile_page` does.
    """
    page = (
        f"<mjml><mj-head>{head}</mj-head><mj-body><mj-section><mj-column>"
        f"<mj-raw>{_CUT}</mj-raw>{_expand(name, source, read)}<mj-raw>{_CUT}</mj-raw>"
        f"</mj-column></mj-section></mj-body></mjml>"
    )
    try:
        compiled = compile_page(name, page, read)
    except errors.RenderError as error:
        raise errors.RenderError(name, error.reason, _broken_line(source)) from error
    return compiled.split(_CUT)[1] + "\n"


def _safe_section(found: re.Match[str]) -> str:
    kind, width, table = found["kind"] or "", found["width"], found["table"]
    return f'<div{kind}>{table}width:100%;{width}">'


def _expand(name: str, source: str, read: Callable[[str], str], depth: int = 0) -> str:
    if depth > _DEEPEST_INCLUDE:
        raise errors.RenderError(name, "mj-include goes round in circles")
    return _INCLUDE.sub(lambda m: _expand(m[1], read(m[1]), read, depth + 1), source)


class _Nesting(HTMLParser):
    """Follows the mj- elements only; the HTML in an mj-text is the author's own business."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, int]] = []
        self.broken: int | None = None

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - HTMLParser's
        if tag.startswith("mj"):
            self.open.append((tag, self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        pass

    def handle_endtag(self, tag: str) -> None:
        if not tag.startswith("mj") or self.broken is not None:
            return
        if self.open and self.open[-1][0] == tag:
            self.open.pop()
        else:
            self.broken = self.open[-1][1] if self.open else self.getpos()[0]


def _broken_line(source: str) -> int | None:
    """Tell the line of the element left open, or of a "<" mrml takes for a tag."""
    for number, line in enumerate(source.splitlines(), 1):
        if re.search(r"<(?![a-zA-Z/!])", line):
            return number
    nesting = _Nesting()
    nesting.feed(source)
    if nesting.broken is not None:
        return nesting.broken
    return nesting.open[-1][1] if nesting.open else None
