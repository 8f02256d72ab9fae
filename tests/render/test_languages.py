"""Every phrase can be put into the reader's language; the words about a story stay as they are."""

import json
import re
from pathlib import Path

import jinja2
import pytest

from digest import model
from digest.render import chat, environment, languages, mail, words
from tests.render import layout, stories

_GREEK = """
msgid ""
msgstr ""
"Language: el\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "TOP STORY"
msgstr "ΠΡΩΤΟ ΘΕΜΑ"

msgid "%(n)s story"
msgid_plural "%(n)s stories"
msgstr[0] "%(n)s θέμα"
msgstr[1] "%(n)s θέματα"

msgid "Unsubscribe"
msgstr "Διαγραφή"

msgid "Settings"
msgstr "Ρυθμίσεις"
"""


@pytest.fixture
def templates(tmp_path: Path) -> environment.Templates:
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "el.po").write_text(_GREEK, encoding="utf-8")
    return environment.Templates(tmp_path)


def html_in(templates: environment.Templates, language: str) -> str:
    renderer = mail.MailRenderer(templates, stories.PUBLICATION)
    return renderer.issue(
        stories.issue(), stories.EDITION, stories.LINKS, time_zone="UTC", language=language
    ).html


def test_a_catalogue_translates_phrases_and_plurals(templates: environment.Templates) -> None:
    """G10."""
    html = html_in(templates, "el")
    assert "ΠΡΩΤΟ ΘΕΜΑ" in html
    assert "6 θέματα" in html
    assert "Διαγραφή" in html
    assert 'lang="el" dir="ltr"' in html
    assert "Δευτέρα" in html


def test_a_region_takes_the_catalogue_of_its_language(templates: environment.Templates) -> None:
    assert "ΠΡΩΤΟ ΘΕΜΑ" in html_in(templates, "el-CY")


def test_what_is_not_translated_stays_english(templates: environment.Templates) -> None:
    assert "Change topics" in html_in(templates, "el")
    assert "TOP STORY" in html_in(templates, "fr")


def test_one_language_does_not_leak_into_another(templates: environment.Templates) -> None:
    html_in(templates, "el")
    assert "ΠΡΩΤΟ ΘΕΜΑ" not in html_in(templates, "en")


def test_buttons_are_translated_too(templates: environment.Templates) -> None:
    renderer = chat.ChatRenderer(templates, stories.PUBLICATION)
    message = renderer.issue(
        stories.issue(),
        stories.EDITION,
        stories.LINKS,
        chat_id="1",
        time_zone="UTC",
        language="el",
    )
    assert message.parts[-1].buttons[0][0].text == "Ρυθμίσεις"


def test_no_phrase_escapes_translation(tmp_path: Path) -> None:
    """G10: in a pseudo-locale, whatever letters are left belong to stories, names and dates."""
    (tmp_path / "locale").mkdir()
    (tmp_path / "locale" / "de.po").write_text(_pseudo_catalogue(), encoding="utf-8")
    templates = environment.Templates(tmp_path)
    renderer = mail.MailRenderer(templates, stories.PUBLICATION)
    options = {"time_zone": "UTC", "language": "de"}
    rich = stories.item(1, note="Lies dies.", n_sources=3, updated=True, breaking=True)
    issue = stories.issue(rich, *stories.issue().items[1:], more=3)
    for parts in (
        renderer.issue(issue, stories.EDITION, stories.LINKS, **options),
        renderer.alert(rich, stories.LINKS, at=stories.NOW, **options),
        renderer.notice("confirm", stories.LINKS, language="de", confirm_url="https://c.example/"),
        renderer.notice("welcome", stories.LINKS, language="de"),
        renderer.notice("goodbye", stories.LINKS, language="de"),
    ):
        body = next(e for e in layout.Tree(parts.html).root.walk() if e.tag == "body")
        for said in (body.all_text(), parts.text):
            assert "⟦" in said
            assert _untranslated(said, issue) == []


def _pseudo_catalogue() -> str:
    extractor = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    written = ['msgid ""', 'msgstr ""', '"Content-Type: text/plain; charset=utf-8\\n"']
    written.append('"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n')
    seen = set[str]()
    for name in environment.Templates().names():
        source = environment.Templates().source(name)
        for _, _, message in extractor.extract_translations(source):  # type: ignore[attr-defined]
            phrases = [m for m in ([message] if isinstance(message, str) else message) if m]
            if phrases[0] in seen:
                continue
            seen.add(phrases[0])
            written.append(f"msgid {json.dumps(phrases[0], ensure_ascii=False)}")
            if len(phrases) > 1:
                written.append(f"msgid_plural {json.dumps(phrases[1], ensure_ascii=False)}")
                written += [f"msgstr[{n}] {_pseudo(p)}" for n, p in enumerate(phrases[:2])]
            else:
                written.append(f"msgstr {_pseudo(phrases[0])}")
            written.append("")
    return "\n".join(written)


def _pseudo(phrase: str) -> str:
    pieces = re.split(r"(%\(\w+\)s)", phrase)
    strange = "".join(p if p.startswith("%(") else "ж" * len(p) for p in pieces)
    return json.dumps(f"⟦{strange}⟧", ensure_ascii=False)


def _untranslated(said: str, issue: model.Issue) -> list[str]:
    said = re.sub(r"https?://\S+|\S+@\S+", " ", " ".join(said.split()))
    known = [section.title for section in issue.sections]
    for item in issue.items:
        lead = item.story.lead
        known += [item.story.title, item.story.note, item.why, lead.source, lead.summary]
    known += [stories.PUBLICATION.name, stories.PUBLICATION.postal_address, stories.EDITION.title]
    known += [share.name for share in words.shares("x", "https://c.example/")]
    known += [words.long_date(stories.EDITION.on, "de"), "Mo., 23. Nov.", "1 Min."]
    for each in sorted({*known, *(k.upper() for k in known)}, key=len, reverse=True):
        said = said.replace(each, " ") if each else said
    return re.findall(r"[A-Za-z]{2,}", said)


@pytest.mark.parametrize(
    ("language", "direction"),
    [("en", "ltr"), ("ar", "rtl"), ("he", "rtl"), ("pt-BR", "ltr"), ("", "ltr"), ("../x", "ltr")],
)
def test_direction_follows_the_language(language: str, direction: str) -> None:
    """A54."""
    assert languages.direction(language) == direction
