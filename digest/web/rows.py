"""Rows of lists: a day of the archive, a story that was found, a page before and after."""

from collections.abc import Mapping
from urllib.parse import urlencode

from digest import archive, audience, finding, runtime
from digest.render import languages, words

SUMMARY_CHARS = 200


def day(rt: runtime.Runtime, of: archive.Day) -> dict[str, object]:
    """A day with the headline of its edition."""
    language = rt.settings.language
    headline = words.clean(of.headline)
    return {
        "url": audience.edition_address(rt, of.edition.id),
        "headline": headline,
        "direction": words.direction_of(headline, languages.direction(language)),
        "date": words.long_date(of.edition.on, language),
        "on": of.edition.on.isoformat(),
        "n_stories": of.n_stories,
    }


def story(rt: runtime.Runtime, hit: finding.Hit) -> dict[str, object]:
    """A story with its source, its day, and where it stands in the edition of that day."""
    language = rt.settings.language
    page = languages.direction(language)
    lead = hit.story.lead
    headline = words.clean(hit.story.title)
    edition = audience.edition_address(rt, hit.edition_id)
    return {
        "headline": headline,
        "url": words.web_address(lead.url),
        "direction": words.direction_of(headline, page),
        "summary": words.opening(lead.summary or lead.body, SUMMARY_CHARS),
        "source": words.isolated(words.clean(lead.source), page),
        "date": words.long_date(hit.on, language),
        "on": hit.on.isoformat(),
        "edition": f"{edition}#story-{hit.story.id}",
    }


def pager(path: str, found: finding.Page, asked: Mapping[str, str]) -> dict[str, str]:
    """Addresses of the pages with what is later and older; "" where there is none."""

    def address(number: int) -> str:
        given = {**asked, "page": str(number)} if number > 1 else dict(asked)
        return f"{path}?{urlencode(given)}" if given else path

    return {
        "newer": address(found.number - 1) if found.number > 1 else "",
        "older": address(found.number + 1) if found.more else "",
    }
