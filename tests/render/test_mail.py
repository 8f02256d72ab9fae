"""What an issue, an alert and a notice say as mails."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from digest import model
from digest.render import environment, mail, words
from tests.render import stories


@pytest.fixture(scope="module")
def renderer() -> mail.MailRenderer:
    return mail.MailRenderer(environment.Templates(), stories.PUBLICATION)


def issue_mail(
    renderer: mail.MailRenderer,
    issue: model.Issue | None = None,
    links: model.Links = stories.LINKS,
    edition: model.Edition = stories.EDITION,
) -> model.MailParts:
    return renderer.issue(issue or stories.issue(), edition, links, time_zone=stories.TIME_ZONE)


def one(renderer: mail.MailRenderer, **changes: object) -> model.MailParts:
    return issue_mail(renderer, stories.issue(stories.item(1, **changes)))  # type: ignore[arg-type]


def both(parts: model.MailParts) -> tuple[str, str]:
    return parts.text, parts.html


def test_the_subject_is_the_lead_story(renderer: mail.MailRenderer) -> None:
    """G5."""
    parts = issue_mail(renderer)
    assert parts.subject == stories.issue().lead.story.title


def test_a_long_subject_is_cut_at_a_word(renderer: mail.MailRenderer) -> None:
    title = "Parliament debates how long reservists may be called up without a new vote"
    subject = one(renderer, title=title).subject
    assert subject == "Parliament debates how long reservists may be called up…"


def test_a_hostile_headline_is_one_clean_line(renderer: mail.MailRenderer) -> None:
    """A7."""
    parts = one(renderer, title="Breaking\r\nBcc: a@b.example\0<b>&amp;</b>")
    assert parts.subject == "Breaking Bcc: a@b.example <b>&amp;</b>"
    assert "Breaking Bcc: a@b.example &lt;b&gt;&amp;amp;&lt;/b&gt;" in parts.html
    assert "Breaking Bcc: a@b.example <b>&amp;</b>" in parts.text


def test_the_preheader_is_the_second_story_and_not_too_short(renderer: mail.MailRenderer) -> None:
    """A55, G5."""
    parts = issue_mail(renderer)
    assert parts.preheader.startswith("Probe finds")
    assert 40 <= len(parts.preheader) <= 90
    assert parts.preheader in parts.html


def test_an_issue_of_one_story_takes_its_preheader_from_the_story(
    renderer: mail.MailRenderer,
) -> None:
    """A55."""
    parts = one(renderer, summary="Crews voted on Sunday night, four to one, to go back to work.")
    assert parts.preheader == "Crews voted on Sunday night, four to one, to go back to work."


def test_both_parts_have_every_headline_address_and_reason(renderer: mail.MailRenderer) -> None:
    """A6: the two parts are equivalent."""
    issue = stories.issue()
    for part in both(issue_mail(renderer, issue)):
        for item in issue.items:
            assert item.story.title in part
            assert item.story.lead.url in part
            assert item.why in part


def test_both_parts_have_what_the_law_asks_for(renderer: mail.MailRenderer) -> None:
    """B14, G7: sender, postal address, reason, unsubscribe; in both parts."""
    for part in both(issue_mail(renderer)):
        assert stories.PUBLICATION.postal_address in part
        assert stories.PUBLICATION.contact in part
        assert stories.PUBLICATION.privacy_url in part
        assert "You get this because you subscribed to The Example Courier" in part.replace(
            "\n", " "
        )
        for link in (stories.LINKS.unsubscribe, stories.LINKS.preferences, stories.LINKS.archive):
            assert link in part


def test_unsubscribe_and_the_browser_link_are_also_at_the_top(renderer: mail.MailRenderer) -> None:
    """A47."""
    parts = issue_mail(renderer)
    lead = stories.issue().lead.story.lead.url
    for part in both(parts):
        top = part[: part.index(lead)]
        assert stories.LINKS.unsubscribe in top
        assert stories.LINKS.archive in top


def test_the_plain_part_holds_no_markup(renderer: mail.MailRenderer) -> None:
    """A6."""
    text = issue_mail(renderer).text
    assert not re.search(r"<[a-z/]|&[a-z#0-9]+;", text)


def test_links_that_are_missing_leave_nothing_behind(renderer: mail.MailRenderer) -> None:
    """G9."""
    parts = issue_mail(renderer, links=model.Links())
    for part in both(parts):
        for word in ("Unsubscribe", "View in browser", "Change topics", "Forwarded"):
            assert word not in part
    assert 'href=""' not in parts.html


def test_a_link_that_is_no_address_is_left_out(renderer: mail.MailRenderer) -> None:
    """A58."""
    parts = one(renderer, url="javascript:alert(1)", image="data:image/png;base64,AAAA")
    for part in both(parts):
        assert "javascript" not in part
        assert "data:" not in part
    assert "Harbour bridge" in parts.html


def test_a_story_shows_its_sources_time_note_and_mark(renderer: mail.MailRenderer) -> None:
    """G4, D11."""
    items = (
        stories.item(1),
        stories.item(2, n_sources=3, updated=True, note="Our reporter was there.", agency="AP"),
    )
    parts = issue_mail(renderer, stories.issue(*items))
    for part in both(parts):
        assert "The Courier / AP · 07:00 · +2 sources" in part
        assert "Updated" in part
        assert "Our reporter was there." in part


def test_one_further_source_is_one_source(renderer: mail.MailRenderer) -> None:
    """G10: plurals."""
    text = one(renderer, n_sources=2).text
    assert "+1 source\n" in text


def test_times_are_those_of_the_reader(renderer: mail.MailRenderer) -> None:
    """G10: the same story, on two clocks."""
    for zone, hour in (("Europe/Athens", "07:30"), ("Asia/Tokyo", "14:30")):
        parts = renderer.issue(
            stories.issue(stories.item(1)), stories.EDITION, stories.LINKS, time_zone=zone
        )
        assert f"The Courier · {hour}" in parts.text


def test_more_stories_wait_online(renderer: mail.MailRenderer) -> None:
    parts = issue_mail(renderer, stories.issue(*stories.issue().items, more=4))
    for part in both(parts):
        assert "4 more online" in part


def test_a_summary_is_two_sentences_at_most_and_never_the_headline(
    renderer: mail.MailRenderer,
) -> None:
    text = one(renderer, summary="One is here. Two is here. Three is not.").text
    assert "One is here. Two is here.\n" in text
    assert "Three" not in text
    assert text.count("Harbour bridge") == 1
    same = one(renderer, title="Bridge opens", summary="Bridge opens.").text
    assert same.count("Bridge opens") == 1


def test_sixty_stories_and_one_are_both_whole(renderer: mail.MailRenderer) -> None:
    """G9."""
    single = one(renderer)
    many = issue_mail(renderer, stories.huge_issue(6, 10))
    assert "1 story" in single.html
    assert "61 stories" in many.html
    assert many.html.count("<h3") == 60


@pytest.mark.parametrize(("n_sections", "n_each"), [(4, 60), (60, 4), (400, 3)])
@pytest.mark.parametrize("word", ["word ", "λέξη ", "漢", "&<\"'"])
def test_the_html_never_grows_beyond_what_is_shown_whole(
    renderer: mail.MailRenderer, n_sections: int, n_each: int, word: str
) -> None:
    """A46: shortened by rule, with the count of what is left out, never cut in a tag."""
    issue = stories.huge_issue(n_sections, n_each, summary=word * 300, title=word * 60)
    parts = issue_mail(renderer, issue)
    assert len(parts.html.encode()) <= mail.LARGEST_HTML_BYTES
    shown = parts.html.count("<h3") + 1
    left_out = sum(int(n) for n in re.findall(r"(\d+) more online", parts.html))
    assert shown + left_out == len(issue.items)
    assert parts.html.rstrip().endswith("</html>")


def test_summaries_are_the_last_to_go(renderer: mail.MailRenderer) -> None:
    """A46."""
    html = issue_mail(renderer, stories.huge_issue(10, 40)).html
    assert "Nobody was hurt" in html
    assert "more online" in html


def test_a_card_is_made_once_for_all_who_see_it_the_same_way(
    renderer: mail.MailRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates = environment.Templates()
    counted = mail.MailRenderer(templates, stories.PUBLICATION)
    issue_mail(counted)
    asked: list[str] = []
    render = templates.render

    def listening(name: str, values: Mapping[str, object], language: str = "en") -> str:
        asked.append(name)
        return render(name, values, language)

    monkeypatch.setattr(templates, "render", listening)
    for reader in range(5):
        links = model.replace(stories.LINKS, unsubscribe=f"https://courier.example/u/{reader}")
        assert f"/u/{reader}" in issue_mail(counted, links=links).html
    assert not [name for name in asked if "partials" in name]


def test_a_card_changes_with_its_story(renderer: mail.MailRenderer) -> None:
    """D10: another revision, headline, reason or day is another card."""
    for changes in ({"title": "A"}, {"title": "B"}, {"headline": "C"}, {"note": "D"}):
        parts = one(renderer, **changes)
        assert next(iter(changes.values())) in parts.text.split()


def test_an_alert_is_one_story_with_its_reason(renderer: mail.MailRenderer) -> None:
    """C22, B14."""
    parts = renderer.alert(
        stories.item(1, breaking=True),
        stories.LINKS,
        at=stories.NOW,
        time_zone=stories.TIME_ZONE,
    )
    assert parts.subject == "Breaking: Harbour bridge opens again, two months early"
    for part in both(parts):
        flat = " ".join(part.split())
        assert "because you follow Travel" in flat
        assert "Mon 23 Nov, 08:00" in part
        assert stories.LINKS.unsubscribe in part
        assert stories.PUBLICATION.postal_address in part
        assert "TOP STORY" not in part


@pytest.mark.parametrize("name", ["confirm", "welcome", "goodbye"])
def test_notices_say_who_writes_and_why(renderer: mail.MailRenderer, name: str) -> None:
    """B14."""
    parts = renderer.notice(
        name,
        stories.LINKS,
        confirm_url="https://courier.example/confirm/xyz",
        topics=("Travel", "Science"),
    )
    assert "The Example Courier" in parts.subject
    assert 30 <= len(parts.preheader) <= 90
    for part in both(parts):
        assert stories.PUBLICATION.postal_address in part
    if name == "confirm":
        assert all("https://courier.example/confirm/xyz" in part for part in both(parts))
        assert all("Travel, Science" in part for part in both(parts))


def test_a_confirmation_asks_for_one_thing_only(renderer: mail.MailRenderer) -> None:
    parts = renderer.notice(
        "confirm", stories.LINKS, confirm_url="https://courier.example/confirm/xyz"
    )
    for part in both(parts):
        assert "Unsubscribe" not in part
        assert "Forwarded" not in part


def test_a_publisher_can_add_a_notice(tmp_path: Path) -> None:
    folder = tmp_path / "email" / "pause"
    folder.mkdir(parents=True)
    (folder / "subject.txt").write_text("Paused until {{ until }}")
    (folder / "body.txt").write_text("Until {{ until }}.")
    (folder / "body.mjml").write_text(
        "<mjml><mj-body><mj-section><mj-column><mj-text>{{ until }}</mj-text>"
        "</mj-column></mj-section></mj-body></mjml>"
    )
    own = mail.MailRenderer(environment.Templates(tmp_path), stories.PUBLICATION)
    parts = own.notice("pause", stories.LINKS, until=words.long_date(stories.EDITION.on, "en"))
    assert parts.subject == "Paused until Monday 23 November 2026"
