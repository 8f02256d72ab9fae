"""A publisher's broken template costs nobody their mail."""

import logging
from pathlib import Path

import pytest

from digest.render import environment
from tests import publishing


@pytest.mark.parametrize(
    "broken", ["{{ no_such_name }}", "{% for x in %}", "{{ edition.no_such_field.deeper }}"]
)
async def test_an_override_that_fails_is_replaced_by_the_shipped_template_and_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str
) -> None:
    """E6: a template that fails can never abort a running send."""
    own = tmp_path / "templates"
    names = [
        path.relative_to(environment.shipped_dir()).as_posix()
        for path in (environment.shipped_dir() / "email" / "issue").iterdir()
    ]
    assert len(names) >= 3
    for name in names:
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_text(broken)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path, templates_dir=own) as press:
        press.add_stories(publishing.SEOUL)
        for number in range(5):
            press.add_reader(f"reader-{number}")
        await press.publish()
        with caplog.at_level(logging.WARNING, "digest"):
            await press.send()
        assert press.states() == {"submitted": 5}
        mail = press.mail.received[0]
        assert publishing.SEOUL in mail.text()
        assert publishing.SEOUL in mail.text("html")
    failed = [r for r in caplog.records if r.__dict__.get("event") == "template.failed"]
    assert 1 <= len(failed) <= len(names)  # once each, not once a message
    assert all("reason" in record.__dict__ for record in failed)
