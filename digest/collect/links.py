"""How feeds are pointed at: the `Link` headers of an answer, and the `feed:` scheme.

Headers name the feed's hub, and its own address; they go before what the document says (WebSub, 4:
header first).  Source: RFC 8288.
"""

import re
from collections.abc import Mapping

from digest.collect import clean

__all__ = ["announced", "without_feed_scheme"]

_LINK = re.compile(
    r"""<([^<>]{1,2000})>((?:\s*;\s*[A-Za-z*-]{1,30}(?:\s*=\s*(?:"[^"]{0,500}"|[^\s",;]{1,500}))?){1,20})"""
)
_FEED_SCHEME = re.compile(r"feed:(?:(?=(//))|(?=https?://))", re.IGNORECASE)
_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]{0,500})"|([^\s",;]{1,500}))""", re.IGNORECASE)


def announced(headers: Mapping[str, str], url: str) -> tuple[str, str]:
    """Return the first hub and the own address that headers name, absolute; "" for none.

    `headers` is a mapping that may hold `Link` several times; `url` the address that answered.
    """
    getall = getattr(headers, "getall", None)
    lines = getall("Link", []) if getall is not None else [headers.get("Link", "")]
    found: dict[str, str] = {}
    for address, parameters in _LINK.findall(", ".join(lines)[:8192]):
        rel = _REL.search(parameters)
        for name in ((rel[1] or rel[2] or "") if rel else "").lower().split():
            found.setdefault(name, address.strip())
    return clean.image_url(found.get("hub", ""), url), clean.image_url(found.get("self", ""), url)


def without_feed_scheme(url: str) -> str:
    """Return the web address in a `feed:` one; any other comes back as it is.

    Browsers and readers of old wrote "feed://host/path" and "feed:https://host/path"
    (draft-obasanjo-feed-URI-scheme-02); lists exported by them still do.
    """
    url = url.strip()
    hit = _FEED_SCHEME.match(url)
    if hit is None:
        return url
    return f"http:{url[hit.end() :]}" if hit[1] else url[hit.end() :]
