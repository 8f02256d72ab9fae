"""By what two readings of an entry are known to be of the same one.  Pure: no database.

Sources change the ids of their entries, give several of them the same, or give none.  From the
strongest down: the number in a WordPress, the source's own id, the address, title and time
together, and for what has no address time and the first words together.
"""

import functools
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from digest import model

START_READ_CHARS = 400  # of a text are looked at ...
_START_CHARS = 200  # ... for so many to know it by
_SHORTEST_START = 25  # says less than would make an identity
_DIGITS = 16
_HOME = re.compile(
    r"/?(?:[a-z]{2}(?:-[a-z]{2})?/?)?(?:(?:index|default|home)(?:\.\w{2,5})?/?)?", re.IGNORECASE
)
_NAMED = re.compile(r"\d|[a-z][-_][a-z]|%[0-9a-f]{2}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Trait:
    """What is compared of an entry that is kept, or was given; `start` is how its text begins."""

    title: str
    url_key: str
    url_names_one: bool
    published_at: datetime | None
    start: str = ""
    is_at_home: bool = False  # where any entry may be found


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry of a document with all it may be known by.

    `uid` is the id to keep it under: the source's own, made longer where the source gave it to
    several entries.  `url_key` is "" where the address is shared, or names no one entry.
    """

    entry: model.Entry
    uid: str
    is_repeated: bool
    is_weak: bool
    url_key: str
    trait: Trait

    @property
    def telling_uid(self) -> str:
        """The id that cannot be another entry's, where the source's own is no good."""
        return self.uid if self.is_repeated else _longer(self.entry, self.trait)


def listed(found: Sequence[model.Entry]) -> tuple[Listed, ...]:
    """Tell the entries of one document apart; what is in it twice is one, the later copy."""
    groups: dict[str, list[tuple[model.Entry, Trait]]] = {}
    for entry in found:
        trait = trait_of(entry)
        group = groups.setdefault(entry.id, [])
        for at, (other, known) in enumerate(group):
            if _is_copy(other, known, entry, trait):
                group[at] = (entry, trait)
                break
        else:
            group.append((entry, trait))
    shared: dict[str, int] = {}
    for group in groups.values():
        for _, trait in group:
            shared[trait.url_key] = shared.get(trait.url_key, 0) + 1
    made: dict[str, Listed] = {}
    for uid, group in groups.items():
        for entry, trait in group:
            repeated = len(group) > 1
            one = Listed(
                entry=entry,
                uid=_longer(entry, trait) if repeated else uid,
                is_repeated=repeated,
                is_weak=is_weak(uid),
                url_key="" if shared[trait.url_key] > 1 else trait.url_key,
                trait=trait,
            )
            made[one.uid] = one
    return tuple(made.values())


def trait_of(entry: model.Entry) -> Trait:
    """Return what of an entry is compared; an id that is an address serves where there is none."""
    url = entry.url or (entry.id if entry.id.startswith(("http://", "https://")) else "")
    return Trait(
        title=_plain(entry.title),
        url_key=url_key(url),
        url_names_one=names_one(url),
        published_at=entry.published_at,
        start=start_of(entry.summary or entry.body),
        is_at_home=is_page_of_many(url),
    )


def trait_of_kept(title: str, url: str, published_at: datetime, start: str) -> Trait:
    """Return what is compared of an entry that is kept; `url` may be an id that is one."""
    url = url if url.startswith(("http://", "https://")) else ""
    return Trait(_plain(title), url_key(url), names_one(url), published_at, start_of(start))


def keys_left_behind(
    uid: str, number: int | None, url: str, title: str, published_at: datetime
) -> list[str]:
    """Return all by which an entry that goes is to be known when it is listed again.

    `url` is "" where it is not that entry's alone.
    """
    keys = [uid_key(uid), titled_key(title, published_at)]
    if number is not None:
        keys.append(number_key(number))
    if names_one(url):
        keys.append(said_key(url_key(url)))
    if is_weak(uid):  # undated it was listed by its title alone
        keys.append(titled_key(title, None))
    return keys


def contradicts(known: Trait, given: Trait) -> bool:
    """Say whether nothing that would make two readings the same entry agrees."""
    if known.title == given.title:
        return False
    if given.published_at is None or known.published_at == given.published_at:
        return False
    same_url = given.url_key != "" and known.url_key == given.url_key
    return not (same_url and not given.is_at_home)


def agrees(known: Trait, given: Trait) -> bool:
    """Say whether an address both have is enough to take them for the same entry."""
    return given.url_names_one or known.title == given.title or _same_time(known, given)


def same_words(known: Trait, given: Trait) -> bool:
    """Say whether both have the same title, or begin with the same words, at the same time."""
    if not _same_time(known, given):
        return False
    return known.title == given.title or (
        len(given.start) >= _SHORTEST_START and known.start == given.start
    )


def url_key(url: str) -> str:
    """Return something short that is equal for addresses of the same page, "" for none.

    http and https, "www." and a slash at the end make no difference within a source.
    """
    return _hash(_folded(url)) if url else ""


def names_one(url: str) -> bool:
    """Say whether an address looks like that of one entry: by a number, or words in a row."""
    if not url or is_page_of_many(url):
        return False
    parts = _parts(url)
    named = parts[1].strip("/") + parts[2]
    return len(named) >= 4 and _NAMED.search(named) is not None


def is_page_of_many(url: str) -> bool:
    """Say whether an address is a home page, where any entry may be found."""
    _, path, query = _parts(url)
    return not query and _HOME.fullmatch(path) is not None


def is_weak(uid: str) -> bool:
    """Say whether an id is one that any entry might be given: "0", "news", the home page."""
    if uid.startswith(("http://", "https://")):
        return is_page_of_many(uid)
    return len(uid) < 4 or (uid.isalpha() and uid.isascii())


def uid_key(uid: str) -> str:
    """Return the short form of an id by which it is remembered."""
    is_url = uid.startswith(("http://", "https://"))
    return "i" + _hash(_folded(uid) if is_url else uid)


def number_key(number: int) -> str:
    """Return what the number of a WordPress's entry is remembered by."""
    return f"n{number}"


def said_key(key: str) -> str:
    """Return what an address is remembered by, once its entry is no longer kept."""
    return f"u{key}"


def titled_key(title: str, published_at: datetime | None) -> str:
    """Return what title and time together are remembered by."""
    at = published_at.isoformat() if published_at else ""
    return "t" + _hash(f"{_plain(title)}\n{at}")


def is_known_by_wording(each: Listed) -> bool:
    """Say whether an entry has neither address nor time, so that only its words are left."""
    without = not each.entry.url and each.trait.published_at is None
    return without and bool(wording_key(each.trait))


def start_of(text: str) -> str:
    """Return the beginning of a text, to compare it by."""
    return " ".join(text[:START_READ_CHARS].split())[:_START_CHARS].casefold()


def wording_key(trait: Trait) -> str:
    """Return what an entry without address and time is remembered by, "" for too few words."""
    return f"x{_hash(trait.start)}" if len(trait.start) >= _SHORTEST_START else ""


def repeated_key(uid: str) -> str:
    """Return what is remembered of an id that a source gave to several entries at once."""
    return "r" + _hash(uid)


def _is_copy(one: model.Entry, known: Trait, other: model.Entry, given: Trait) -> bool:
    """Whether two entries with the same id in one document are one, listed twice."""
    if one.number is not None or other.number is not None:
        return one.number == other.number
    same_url = known.url_key == given.url_key
    if not same_url and (is_weak(one.id) or not _same_time(known, given)):
        return False
    return known.title == given.title or (same_url and given.url_names_one)


def _longer(entry: model.Entry, trait: Trait) -> str:
    if entry.number is not None:
        told = str(entry.number)
    elif trait.url_names_one and entry.url:
        told = trait.url_key
    else:
        told = _hash(f"{trait.url_key}\n{titled_key(entry.title, entry.published_at)}")
    return f"{entry.id} #{told}"


def _same_time(known: Trait, given: Trait) -> bool:
    return given.published_at is not None and known.published_at == given.published_at


def _folded(url: str) -> str:
    host, path, query = _parts(url)
    host = host.removeprefix("www.")
    _, hash_sign, fragment = url.partition("#")
    return f"{host}{path.rstrip('/')}{'?' if query else ''}{query}{hash_sign}{fragment}"


@functools.lru_cache(maxsize=4096)
def _parts(url: str) -> tuple[str, str, str]:
    """Host in lower case without the usual port, path, query."""
    try:
        parts = urlsplit(url)
        host = (parts.netloc.rpartition("@")[2]).lower()
    except ValueError:
        return "", url, ""
    for port in (":80", ":443"):
        host = host.removesuffix(port)
    return host, parts.path, parts.query


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
