"""Settings: from the environment, then the file, then defaults; every problem at once."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from digest import errors, settings, settings_file, settings_groups
from digest.deliver import mail_groups

GIVEN: dict[str, Any] = {
    "archive": "unlisted",
    "language": "el",
    "time_zone": "Europe/Athens",
    "base_url": "https://news.example",
    "secret_key": "s" * 40,
    "former_secret_keys": "f" * 40,
    "database_url": "postgresql://digest@db.example/digest",
    "smtp.url": "smtp://mail.example:2525",
    "smtp.sender": "a@b.example",
    "smtp.reply_to": "desk@b.example",
    "smtp.bounce_address": "bounces@b.example",
    "smtp.groups": "gmail: 4 at once, 600 a minute",
    "smtp.warm_up_from": "2026-12-01",
    "bounces.listen": "127.0.0.1:2526",
    "bounces.imap_url": "imaps://bounces:password@imap.b.example/INBOX",
    "bounces.postmark_secret": "p" * 40,
    "telegram.api_url": "https://bots.example",
    "telegram.webhook_url": "https://news.example/hooks/telegram",
    "web.proxies": "127.0.0.1,10.0.0.0/8",
    "web.framed_by": "https://b.example https://*.b.example",
    "staff": "desk@b.example, Night desk <night@b.example>",
    "cms.secret": "s" * 40,
    "collect.logins": "https://digest:abcd%20efgh@one.example",
    "dkim.selector": "s1",
    "dkim.key_file": "key.pem",
}


def fields(kind: type[BaseModel] = settings.Settings, under: str = "") -> Iterator[tuple[str, Any]]:
    """Every setting with its field, tables opened: ("smtp.url", field)."""
    for name, field in kind.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from fields(inner, f"{under}{name}.")
        else:
            yield under + name, field


ALL = dict(fields())


def another(name: str) -> str:
    """A value for a setting that is not its default, as the environment gives it."""
    if name in GIVEN:
        return str(GIVEN[name])
    default = ALL[name].get_default()
    if isinstance(default, bool):
        return str(not default).lower()
    if isinstance(default, int | float):
        return str(default + 1)
    return f"value-of-{name}"


def read(loaded: settings.Settings, name: str) -> str:
    value: Any = loaded
    for part in name.split("."):
        value = getattr(value, part)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    return str(value).lower() if isinstance(value, bool) else str(value)


@pytest.fixture(autouse=True)
def nothing_of_our_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in settings.environment_names():
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def test_every_setting_can_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = {name: another(name) for name in ALL}
    for name, value in wanted.items():
        monkeypatch.setenv("DIGEST_" + name.upper().replace(".", "__"), value)
    loaded = settings.load()
    found = {name: read(loaded, name) for name in ALL}
    assert {n: v for n, v in found.items() if v != wanted[n]} == {}  # "25.0" and "26.0" read alike


def test_the_environment_goes_before_the_file_setting_by_setting(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "own.toml"
    file.write_text('publication = "File"\n[smtp]\nsender = "file@b.example"\nconnections = 9\n')
    monkeypatch.setenv("DIGEST_PUBLICATION", "Environment")
    monkeypatch.setenv("DIGEST_SMTP__SENDER", "environment@b.example")
    loaded = settings.load(file)
    assert (loaded.publication, loaded.smtp.sender) == ("Environment", "environment@b.example")
    assert loaded.smtp.connections == 9
    assert loaded.web.port == 8080


def test_a_file_in_the_folder_is_found_and_a_missing_one_is_said(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text('publication = "Here"\n')
    assert settings.load().publication == "Here"
    with pytest.raises(errors.ConfigurationError, match="no such file"):
        settings.load(tmp_path / "nowhere.toml")


def test_all_problems_are_said_at_once_and_no_secret_is_shown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """F15, E13."""
    file = tmp_path / "digest.toml"
    file.write_text('time_zone = "Athens"\nunknown = 1\n[smtp]\nrate = 3\n[web]\nport = 70000\n')
    monkeypatch.setenv("DIGEST_SECRET_KEY", "too-short-secret")
    monkeypatch.setenv("DIGEST_SMTP__CONNECTIONS", "many")
    monkeypatch.setenv("DIGEST_SMTP__URL", "smtp://ann:s3cret@mail.example")
    with pytest.raises(errors.ConfigurationError) as caught:
        settings.load()
    told = {problem.partition(":")[0] for problem in caught.value.problems}
    assert told == {
        "time_zone", "unknown", "smtp.rate", "web.port", "secret_key", "smtp.connections",
    }  # fmt: skip
    text = str(caught.value)
    assert "too-short-secret" not in text
    assert "s3cret" not in text
    assert "smtp.rate: no such setting" in caught.value.problems


@pytest.mark.parametrize("name", ["DIGEST_SMTP__HOST", "DIGEST_TELEGRAM__TOKN"])
def test_a_misspelt_variable_below_a_table_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "x")
    with pytest.raises(errors.ConfigurationError, match="no such setting"):
        settings.load()


def test_a_file_that_is_no_toml_or_no_text_is_said_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "digest.toml"
    for data in (b"publication = ", b"\xff\xfe\x00", b'smtp = "x"\n'):
        file.write_bytes(data)
        with pytest.raises(errors.ConfigurationError):
            settings.load(file)
    file.unlink()
    file.mkdir()
    with pytest.raises(errors.ConfigurationError, match=r"digest\.toml"):
        settings.load(file)


def test_what_is_in_force_is_shown_with_secrets_masked() -> None:
    """E13."""
    loaded = settings.given(
        database_url="postgresql://digest:s3cret@db/x",
        secret_key="k" * 40,
        smtp={"url": "smtp://ann:s3cret@mail.example", "sender": "a@b.example"},
        telegram={"token": "110201543:" + "t0ken" * 7},
    )
    shown = repr(settings.effective(loaded)) + repr(loaded)
    for secret in ("s3cret", "k" * 40, "t0ken"):
        assert secret not in shown
    assert settings.effective(loaded)["smtp"]["sender"] == "a@b.example"


def test_what_is_given_to_a_demo_never_takes_the_operators_own(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DIGEST_PUBLICATION", "Operator")
    (tmp_path / "digest.toml").write_text('contact = "operator@b.example"\n')
    found = settings.given()
    assert (found.publication, found.contact) == ("Digest", "")


def test_the_sample_file_is_toml_and_names_every_setting_with_its_default(tmp_path: Path) -> None:
    """F15: made from the model, so it never lacks one."""
    text = settings_file.sample_file()
    file = tmp_path / "digest.toml"
    file.write_text(text)
    loaded = settings.load(file)
    assert len(loaded.secret_key.get_secret_value()) >= 32
    assert settings_file.sample_file() != text  # a fresh key each time
    uncommented = "\n".join(
        line[2:] if line.startswith("# ") and " = " in line and ("_" in line or line[2].islower())
        and line[2:].partition(" = ")[0].isidentifier() else line
        for line in text.splitlines()
    )  # fmt: skip
    document = tomllib.loads(uncommented)
    named = {
        f"{key}.{inner}" if isinstance(value, dict) else key
        for key, value in document.items()
        for inner in (value if isinstance(value, dict) else [""])
    }
    assert named == set(ALL)
    file.write_text(uncommented)
    again = settings.load(file)
    assert again.model_copy(update={"secret_key": loaded.secret_key}) == loaded


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"smtp": {"url": "smtp://x"}}, "smtp.sender"),
        ({"dkim": {"domain": "b.example"}}, "dkim.selector"),
        ({"base_url": "news.example"}, "base_url"),
        ({"time_zone": "EST5"}, "time_zone"),
    ],
)
def test_settings_that_cannot_work_together_are_refused(
    given: dict[str, Any], problem: str
) -> None:
    with pytest.raises(errors.ConfigurationError, match=problem):
        settings.load(**given)


@pytest.mark.parametrize(
    ("written", "limits"),
    [
        ("", []),
        ("gmail: 4 at once, 600 a minute", [("gmail", 4, 600)]),
        (" Gmail:4 at once ;b.example : 60 a minute", [("gmail", 4, 0), ("b.example", 0, 60)]),
    ],
)
def test_what_a_mail_company_gets_at_most_is_written_in_words(
    written: str, limits: list[tuple[str, int, int]]
) -> None:
    """A31."""
    assert settings.given(smtp={"groups": written}).smtp.group_limits() == limits


@pytest.mark.parametrize(
    "written",
    ["gmail", "gmail:", "gmail: 4", "gmail: 0 at once", "gmail: 4 at once,", "gmail: 4 a minute;",
     "gmail: 4 at once 600 a minute", "gmail: 60 a minute, yahoo: 60 a minute"],
)  # fmt: skip
def test_a_limit_that_is_not_whole_is_refused_with_an_example(written: str) -> None:
    with pytest.raises(ValueError, match='is not like "gmail: 4 at once, 600 a minute"'):
        settings.given(smtp={"groups": written})


def test_a_mail_company_nobody_knows_is_told_with_those_that_are() -> None:
    assert set(mail_groups.NAMES) == settings_groups.MAIL_COMPANIES
    with pytest.raises(ValueError, match=r"'gmial' is no domain, nor one of gmail, gmx, icloud"):
        settings.given(smtp={"groups": "gmial: 4 at once"})


def test_addresses_of_other_servers_are_judged_with_everything_else_at_once() -> None:
    """F15: a mistyped address is told with the other errors, not after they are mended."""
    with pytest.raises(errors.ConfigurationError) as caught:
        settings.load(
            time_zone="Mars/Olympus",
            database_url="mysql://root:hunter2@localhost/x",
            smtp={"url": "ftp://user:hunter2@mail.example", "sender": "nobody"},
            telegram={"api_url": "foo"},
        )
    named = {problem.partition(":")[0] for problem in caught.value.problems}
    assert named == {"time_zone", "database_url", "smtp.url", "smtp.sender", "telegram.api_url"}
    assert "hunter2" not in str(caught.value)


def test_a_mistyped_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_NOSUCH", "1")
    monkeypatch.setenv("DIGEST_SMTP__CONNECTIONS", "2")
    assert settings.unknown_names() == ["DIGEST_NOSUCH"]


def test_logins_of_sites_are_read_and_a_broken_one_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    two = "https://digest:ab%20cd@One.example:8443, http://x:y@two.example"
    monkeypatch.setenv("DIGEST_COLLECT__LOGINS", two)
    assert settings.load().collect.login_by_origin() == {
        "https://one.example:8443": ("digest", "ab cd"),
        "http://two.example": ("x", "y"),
    }
    monkeypatch.setenv("DIGEST_COLLECT__LOGINS", "https://a:b@one.example,https://hush@two.example")
    with pytest.raises(errors.ConfigurationError, match="login 2 must be") as caught:
        settings.load()
    assert "hush" not in str(caught.value)


def test_former_keys_follow_the_current_one_in_their_order() -> None:
    """B6: links live on; the first key of all stays last, for the hashes of addresses (B15)."""
    new, middle, first = "n" * 40, "m" * 40, "f" * 40
    given = settings.given(secret_key=new, former_secret_keys=f"{middle}  {first}")
    assert given.keys == (new.encode(), middle.encode(), first.encode())
    with pytest.raises(errors.ConfigurationError, match="at least 32 characters"):
        settings.load(secret_key=new, former_secret_keys="short")
