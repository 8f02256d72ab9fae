"""Templates: the publisher's first, ours behind them, and no mistake stops an edition."""

import logging
from pathlib import Path

import pytest

from digest import errors
from digest.render import environment, mail
from tests.render import stories


def put(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return folder


def render_issue(templates: environment.Templates) -> str:
    renderer = mail.MailRenderer(templates, stories.PUBLICATION)
    return renderer.issue(
        stories.issue(), stories.EDITION, stories.LINKS, time_zone=stories.TIME_ZONE
    ).html


def test_the_templates_that_ship_have_no_problem() -> None:
    """A60."""
    assert environment.Templates().check() == ()


def test_a_file_of_the_publisher_comes_before_ours(tmp_path: Path) -> None:
    put(tmp_path, "email/partials/meta.html", "OUR OWN LINE")
    assert "OUR OWN LINE" in render_issue(environment.Templates(tmp_path))


def test_an_overridden_footer_reaches_the_mails_that_include_it(tmp_path: Path) -> None:
    put(
        tmp_path,
        "email/partials/footer.mjml",
        "<mj-section><mj-column><mj-text>OUR FOOTER</mj-text></mj-column></mj-section>",
    )
    assert "OUR FOOTER" in render_issue(environment.Templates(tmp_path))


def test_a_broken_template_gives_way_to_ours_and_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """E6."""
    put(tmp_path, "email/issue/body.mjml", "<mjml><mj-body><mj-section></mj-body></mjml>")
    templates = environment.Templates(tmp_path)
    with caplog.at_level(logging.WARNING):
        first, second = render_issue(templates), render_issue(templates)
    assert first == second == render_issue(environment.Templates())
    events = [record.__dict__.get("event") for record in caplog.records]
    assert events == ["template.failed"]


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("email/issue/subject.txt", "a\n{{ nosuch }}\n", ":2: 'nosuch' is undefined"),
        (
            "email/issue/body.txt",
            "\n\n{{ publication.owner }}\n",
            ":3: 'digest.model.Publication object' has no attribute 'owner'",
        ),
        ("chat/issue.html", "a\n{% if %}\n", ":2: Expected an expression"),
        ("chat/issue.html", "a\n{% if title %}\n", "Unexpected end of template"),
        (
            "email/issue/body.mjml",
            "<mjml><mj-body>\n<mj-section>\n</mj-body></mjml>",
            ":2: not MJML:",
        ),
        (
            "email/issue/body.mjml",
            "<mjml><mj-body>\n\n<mj-raw>{% if more < 3 %}{% endif %}</mj-raw></mj-body></mjml>",
            ":3: not MJML:",
        ),
        (
            "email/issue/body.mjml",
            "<mjml><mj-body>\n<mj-raw>{{ nosuch }}</mj-raw></mj-body></mjml>",
            ":2: 'nosuch' is undefined",
        ),
        (
            "email/alert/body.mjml",
            '<mjml><mj-body>\n<mj-include path="partials/nosuch.mjml" /></mj-body></mjml>',
            "there is no such template",
        ),
        ("email/partials/card.mjml", "<mj-text>{{ card.url\n</mj-text>", "email/partials/card"),
        ("email/issue/subject.txt", '{{ "x".__class__ }}', "unsafe"),
        ("email/issue/subject.txt", "{% for n in range(10 ** 9) %}x{% endfor %}", "too big"),
        ("email/issue/subject.txt", "{{ 1 / 0 }}", "division by zero"),
        ("email/issue/body.txt", "{{ links.unsubscribe }}", "the postal address is missing"),
        (
            "email/alert/body.txt",
            "{{ publication.postal_address }}",
            "the unsubscribe link is missing",
        ),
        ("web/own.html", "{% extends 'web/layout.html' %}\n\n{% block %}", "web/own.html:3:"),
    ],
)
def test_a_check_tells_the_file_the_line_and_what_is_wrong(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    """B14, E5, E6."""
    templates = environment.Templates(put(tmp_path, name, text))
    found = [each for each in templates.check() if problem in each]
    assert found, templates.check()
    assert all("\n" not in each for each in found)


def test_an_undefined_name_is_found_in_a_branch_no_sample_takes(tmp_path: Path) -> None:
    put(tmp_path, "chat/issue.html", "{% if 1 == 2 %}\n{{ nosuch }}{% endif %}")
    assert environment.Templates(tmp_path).check() == ("chat/issue.html:2: 'nosuch' is undefined",)


def test_a_template_cannot_change_what_it_is_given(tmp_path: Path) -> None:
    """E5."""
    put(tmp_path, "email/issue/subject.txt", "{{ blocks.append(1) }}")
    [problem] = environment.Templates(tmp_path).check()
    assert problem.startswith("email/issue/subject.txt")


def test_files_outside_the_folders_are_out_of_reach(tmp_path: Path) -> None:
    """E5."""
    put(tmp_path, "secret.txt", "secret")
    folder = put(tmp_path / "own", "email/issue/subject.txt", '{% include "../secret.txt" %}')
    assert environment.Templates(folder).check() != ()
    with pytest.raises(errors.RenderError):
        environment.Templates(folder).source("../secret.txt")


def test_a_missing_template_says_so() -> None:
    with pytest.raises(errors.RenderError, match="there is no such template"):
        environment.Templates().render("email/nosuch/body.txt", {})


def test_mjml_that_includes_itself_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "email/partials/footer.mjml", '<mj-include path="partials/footer.mjml" />')
    assert any("circles" in problem for problem in environment.Templates(tmp_path).check())


def test_what_is_shown_is_escaped_in_markup_and_literal_in_text(tmp_path: Path) -> None:
    """A58."""
    put(tmp_path, "own.html", "{{ value }}")
    put(tmp_path, "own.txt", "{{ value }}")
    templates = environment.Templates(tmp_path)
    values = {"value": "<b>&amp;</b>"}
    assert templates.render("own.html", values) == "&lt;b&gt;&amp;amp;&lt;/b&gt;"
    assert templates.render("own.txt", values) == "<b>&amp;</b>"
