"""Documents made to cost far more than their size (E3), refused before a parser sees them.

Each is read in a process of its own with at most 2 s of processor time (the kernel counts whole
seconds) and 100 MB on top of what the program itself needs; the kernel ends it when it takes more.
"""

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import resource, sys
from digest import errors
from digest.collect import feeds

data = sys.stdin.buffer.read()
usage = resource.getrusage(resource.RUSAGE_SELF)
seconds = int(usage.ru_utime + usage.ru_stime)
resource.setrlimit(resource.RLIMIT_CPU, (seconds + 2, seconds + 3))
pages = int(open("/proc/self/statm").read().split()[0])
most = pages * resource.getpagesize() + 100_000_000
resource.setrlimit(resource.RLIMIT_AS, (most, most))
try:
    feed = feeds.parse(data, url="https://evil.example/feed")
except errors.NotAFeed as error:
    print(error.reason)
else:
    print("read", len(feed.entries), [entry.title for entry in feed.entries][:1])
"""

LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha">
%s]><rss version="2.0"><channel><item><title>&j;</title></item></channel></rss>""" % b"".join(
    b'<!ENTITY %c "%s">' % (ord("b") + n, b"&%c;" % (ord("a") + n) * 10) for n in range(9)
)
QUADRATIC = (
    b'<!DOCTYPE rss [<!ENTITY a "%s">]><rss version="2.0"><channel><item><title>%s</title>'
    b"</item></channel></rss>" % (b"x" * 50_000, b"&a;" * 50_000)
)
EXTERNAL = (
    b'<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]><rss version="2.0"><channel>'
    b"<item><title>&x;</title></item></channel></rss>"
)
PARAMETER = (
    b'<!DOCTYPE rss [<!ENTITY % x SYSTEM "http://127.0.0.1:9/x.dtd"> %x;]><rss version="2.0">'
    b"<channel><item><title>x</title></item></channel></rss>"
)
OPEN = b'<?xml version="1.0"?><rss version="2.0"><channel><item><title>x</title><description>'
DEEP = OPEN + b"<a>" * 1_000_000 + b"</a>" * 1_000_000
DEEP_IN_LIMITS = OPEN + b"<a>" * 90_000
MANY = b'<rss version="2.0"><channel>' + b"<item/>" * 1_000_000 + b"</channel></rss>"
ATTRIBUTES = b"<rss version='2.0'><channel><item %s/></channel></rss>" % b" ".join(
    b'a%d="1"' % n for n in range(300_000)
)

INCLUDE = OPEN + (
    b'<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" parse="text" '
    b'href="file:///etc/passwd"/></description></item></channel></rss>'
)
GIANT = OPEN + b"x" * 9_000_000 + b"</description></item></channel></rss>"
DEEP_JSON = b'{"version": "https://jsonfeed.org/version/1.1", "items": ' + b"[" * 1_000_000


def outcome(data: bytes) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=data,
        capture_output=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-500:]
    return done.stdout.decode().strip()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (LAUGHS, "refused: it declares entities, which are not read"),
        (LAUGHS.decode().encode("utf-16"), "refused: it declares entities, which are not read"),
        (QUADRATIC, "refused: it declares entities, which are not read"),
        (EXTERNAL, "refused: it declares entities, which are not read"),
        (PARAMETER, "refused: it declares entities, which are not read"),
        (LAUGHS.decode().encode("utf-16-le"), "refused: it declares entities, which are not read"),
        (DEEP_JSON, "JSON that is cut short or malformed"),
        (DEEP, "refused: it holds more than 100000 elements"),
        (MANY, "refused: it holds more than 100000 elements"),
        (ATTRIBUTES, "refused: it gives an element more than 500 attributes"),
    ],
    ids=[
        "laughs",
        "laughs in utf-16",
        "quadratic",
        "external",
        "parameter",
        "laughs in utf-16, no mark",
        "json",
        "deep",
        "many",
        "wide",
    ],
)
def test_a_bomb_is_refused_soon_and_small(data: bytes, reason: str) -> None:
    """E3: fails within 1 s and 100 MB."""
    assert outcome(data) == reason


def test_what_is_just_under_the_limits_is_affordable_too() -> None:
    """E3: the limits are where a parser still copes."""
    assert outcome(DEEP_IN_LIMITS).startswith("read 1")


@pytest.mark.parametrize("data", [INCLUDE, GIANT], ids=["include", "giant"])
def test_what_asks_for_more_than_it_holds_is_read_for_what_it_holds(data: bytes) -> None:
    """E3: nothing is included from elsewhere, and one giant text is one text."""
    assert outcome(data) == "read 1 ['x']"


def test_an_article_about_entities_is_no_bomb() -> None:
    """E3: what is refused is a declaration, not a mention of one."""
    data = (
        b'<rss version="2.0"><channel><item><title>How entities work</title><description>'
        b'<![CDATA[Write <code><!ENTITY a "b"></code>]]></description></item></channel></rss>'
    )
    assert outcome(data) == "read 1 ['How entities work']"
