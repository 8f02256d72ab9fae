"""A whole installation signs what it sends, and says what to publish for it."""

import asyncio
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from digest import dispatch, errors, settings
from digest.deliver import dkim
from digest.demo import mailbox
from tests.cli import shell
from tests.deliver import signatures
from tests.faults import living

DOMAIN = "meridian.example"


def _keys(folder: Path) -> dict[str, str]:
    """Two keys in files, and the settings that name them."""
    folder.joinpath("rsa.pem").write_bytes(signatures.pem(signatures.rsa_key()))
    second = ed25519.Ed25519PrivateKey.generate()
    folder.joinpath("ed25519.pem").write_bytes(signatures.pem(second))
    return {
        "DIGEST_DKIM__DOMAIN": DOMAIN,
        "DIGEST_DKIM__SELECTOR": "r2026",
        "DIGEST_DKIM__KEY_FILE": str(folder / "rsa.pem"),
        "DIGEST_DKIM__SECOND_SELECTOR": "e2026",
        "DIGEST_DKIM__SECOND_KEY_FILE": str(folder / "ed25519.pem"),
    }


async def test_every_issue_that_a_mail_server_receives_is_signed_by_both_keys(
    tmp_path: Path,
) -> None:
    """A11, A15, A17: through the outbox, the client and a real SMTP server."""
    async with mailbox.Mailbox() as box:
        with living.installation(tmp_path, box.url, **_keys(tmp_path)) as rt:
            with rt.db.begin() as session:
                living.add_stories(session, rt, "Seoul raises interest rates to tame inflation")
                living.add_readers(session, rt, 3)
            await living.publish(rt)
            async with rt.senders() as senders:
                await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)
            received = await box.wait_for(3)
            signers = rt.signers
    assert len(received) == 3
    for mail in received:
        for judge in signatures.JUDGES:
            assert judge(mail.data, signers) == [True, True]
        tags = signatures.tags(mail.data)
        assert {"List-Unsubscribe", "List-Unsubscribe-Post"} <= set(tags["h"].split(":"))
        assert tags["d"] == mail.message["From"].addresses[0].domain == DOMAIN
        assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.fixture
def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> shell.Shell:
    """The command line of an installation that signs with two keys."""
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        monkeypatch.delenv(name)
    for name, value in living.environment(tmp_path, **_keys(tmp_path)).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return shell.Shell(capsys, monkeypatch)


def test_doctor_shows_the_records_to_publish(run: shell.Shell) -> None:
    found = [f for f in run("doctor", "--quick", "--json").json if f["what"] == "signature"]
    assert [f["ok"] for f in found] == [True, True]
    signer = dkim.Signer(DOMAIN, "r2026", signatures.pem(signatures.rsa_key()))
    name, text = dkim.record(signer)
    assert f"{name} TXT {text}" in found[0]["says"]
    assert "e2026._domainkey.meridian.example TXT" in found[1]["says"]


def test_doctor_finds_a_signature_that_counts_for_nothing(
    run: shell.Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A15: `d=` aligns with the sender."""
    monkeypatch.setenv("DIGEST_DKIM__DOMAIN", "relay.example")
    done = run("doctor", "--quick", code=1)
    assert "FAULT signature: DKIM rsa-sha256" in done.out
    assert "set dkim.domain to meridian.example or a domain above it" in done.out


def test_doctor_goes_on_when_the_key_cannot_be_read(run: shell.Shell, tmp_path: Path) -> None:
    (tmp_path / "rsa.pem").unlink()
    done = run("doctor", "--json", code=1)
    says = {f["what"]: f["says"] for f in done.json if not f["ok"]}
    assert str(tmp_path / "rsa.pem") in says["signature"]
    assert says["sending"] == says["signature"]
    assert "sources" in says


async def test_nothing_is_sent_with_a_key_that_cannot_be_used(tmp_path: Path) -> None:
    """A16: 1024 bits are refused before the first mail, in a sentence that names the file."""
    more = _keys(tmp_path)
    tmp_path.joinpath("rsa.pem").write_bytes(signatures.pem(rsa.generate_private_key(65537, 1024)))
    with (
        living.installation(tmp_path, **more) as rt,
        pytest.raises(errors.ConfigurationError, match=r"rsa\.pem: .*1024 bits"),
    ):
        async with rt.senders():
            raise AssertionError("senders opened")


def test_keys_are_read_once(tmp_path: Path) -> None:
    with living.installation(tmp_path, **_keys(tmp_path)) as rt:
        signers = rt.signers
        tmp_path.joinpath("rsa.pem").unlink()
        assert rt.signers is signers
        assert [signer.selector for signer in signers] == ["r2026", "e2026"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"domain": DOMAIN}, "dkim.selector and dkim.key_file must be set"),
        ({"selector": "a", "key_file": "a.pem"}, "dkim.domain must be set"),
        (
            {"domain": DOMAIN, "selector": "a", "key_file": "a.pem", "second_selector": "b"},
            "must be set together",
        ),
        ({"second_selector": "b", "second_key_file": "b.pem"}, "dkim.domain must be set"),
        (
            {
                "domain": DOMAIN,
                "selector": "a",
                "key_file": "a.pem",
                "second_selector": "a",
                "second_key_file": "b.pem",
            },
            "must differ",
        ),
    ],
)
def test_settings_that_sign_only_by_half_are_refused(values: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        settings.given(dkim=values)
