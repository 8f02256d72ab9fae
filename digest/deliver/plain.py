"""A chat message's words without their markup, for a server that cannot read it."""

from html.parser import HTMLParser

__all__ = ["plain_text"]

_MAX_UNITS = 4096  # UTF-16, after parsing: core.telegram.org/bots/api#sendmessage


class _Text(HTMLParser):
    """Collects what a reader would see, each link's address after its words."""

    def __init__(self, *, links: bool) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._links = links
        self._url = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._url = dict(attrs).get("href") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._url and self._links:
            self.parts.append(f" ({self._url})")
            self._url = ""

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


def plain_text(html: str) -> str:
    """`html` as text of at most 4096 UTF-16 units, with link addresses while there is room."""
    text = ""
    for links in (True, False):
        reader = _Text(links=links)
        reader.feed(html)
        reader.close()
        text = "".join(reader.parts)
        if len(text.encode("utf-16-le")) // 2 <= _MAX_UNITS:
            return text
    return text.encode("utf-16-le")[: 2 * _MAX_UNITS].decode("utf-16-le", "ignore")
