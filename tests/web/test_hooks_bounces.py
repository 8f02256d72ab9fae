"""Mail services' pushes prove themselves, are of these minutes, and count once (E12)."""

import base64
import contextlib
import datetime
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import fastapi
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import oid

from digest import model, runtime
from digest.returns import signed
from digest.storage import outbox
from digest.web import hooks, returned
from subscribers import channels
from tests.web import making

KEY = "m" * 40
EC = ec.generate_private_key(ec.SECP256R1())
EC_PUBLIC = base64.b64encode(
    EC.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
).decode()
TOPIC = "arn:aws:sns:eu-west-1:123456789012:bounces"
CERTIFICATE_URL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-1.pem"
GIVEN = {
    "mailgun_key": KEY,
    "postmark_secret": KEY,
    "sendgrid_key": EC_PUBLIC,
    "ses_topic": TOPIC,
}


@pytest.fixture
def rt(tmp_path: Path, clock: making.Clock) -> Iterator[runtime.Runtime]:
    with making.opened(tmp_path, clock, bounces=GIVEN) as opened:
        yield opened


@pytest.fixture
async def delivery(rt: runtime.Runtime, edition: int) -> model.Delivery:
    """Ann's issue, as it lies in the outbox."""
    [found] = await rt.db.read(outbox.listing)
    return found


def state(rt: runtime.Runtime, delivery: model.Delivery) -> str:
    with rt.db.reading() as session:
        return channels.get(session, delivery.channel_id).state


def _stamp(at: datetime.datetime) -> str:
    return str(int(at.timestamp()))


def mailgun(
    delivery: model.Delivery, *, at: datetime.datetime = making.NOW, key: str = KEY, **event: Any
) -> bytes:
    stamp, token = _stamp(at), "t" * 50
    mac = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
    said = {
        "event": "failed",
        "severity": "permanent",
        "recipient": "ann@example.org",
        "delivery-status": {"code": 550, "message": "5.1.1 User unknown"},
        "message": {"headers": {"message-id": delivery.message_id.strip("<>")}},
    }
    return json.dumps(
        {
            "signature": {"timestamp": stamp, "token": token, "signature": mac},
            "event-data": said | event,
        }
    ).encode()


async def push(browser: httpx.AsyncClient, service: str, payload: bytes, **headers: str) -> int:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = await browser.post(hooks.BOUNCES + service, content=payload, headers=sent)
    return answer.status_code


async def test_mailguns_word_rests_a_dead_address_once(
    rt: runtime.Runtime, browser: httpx.AsyncClient, delivery: model.Delivery
) -> None:
    payload = mailgun(delivery)
    assert await push(browser, "mailgun", payload) == 200
    assert state(rt, delivery) == "bounced"
    with rt.db.begin() as session:
        channels.unblock(session, delivery.channel_id, now=making.NOW)
    assert await push(browser, "mailgun", payload) == 200  # the same again counts for nothing
    assert state(rt, delivery) == "active"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"key": "x" * 40}, "signature"),
        ({"at": making.NOW - datetime.timedelta(minutes=11)}, "10 minutes"),
        ({"at": making.NOW + datetime.timedelta(minutes=11)}, "10 minutes"),
    ],
)
async def test_a_forged_or_late_word_is_refused_with_a_sentence(
    rt: runtime.Runtime,
    browser: httpx.AsyncClient,
    delivery: model.Delivery,
    given: dict[str, Any],
    why: str,
) -> None:
    answer = await browser.post(hooks.BOUNCES + "mailgun", content=mailgun(delivery, **given))
    assert answer.status_code == 401
    assert why in answer.json()["error"]
    assert state(rt, delivery) == "active"


async def test_mailguns_complaint_ends_everything_and_its_passing_failure_nothing(
    rt: runtime.Runtime, browser: httpx.AsyncClient, delivery: model.Delivery
) -> None:
    """A41."""
    passing = mailgun(delivery, at=making.NOW, severity="temporary")
    assert await push(browser, "mailgun", passing) == 200
    assert state(rt, delivery) == "active"
    later = making.NOW + datetime.timedelta(seconds=1)
    complaint = json.loads(mailgun(delivery, at=later, event="complained"))
    complaint["signature"]["token"] = "u" * 50
    told = (complaint["signature"]["timestamp"] + "u" * 50).encode()
    mac = hmac.new(KEY.encode(), told, hashlib.sha256).hexdigest()
    complaint["signature"]["signature"] = mac
    assert await push(browser, "mailgun", json.dumps(complaint).encode()) == 200
    assert state(rt, delivery) == "complained"


async def test_postmark_shows_its_secret_in_a_header_or_as_a_password(
    rt: runtime.Runtime, browser: httpx.AsyncClient, delivery: model.Delivery
) -> None:
    record = {
        "RecordType": "Bounce",
        "Type": "HardBounce",
        "ID": 7,
        "Email": "ann@example.org",
        "Details": "smtp;550 5.1.1 User unknown",
        "Content": f"From: MAILER-DAEMON@x.example\nContent-Type: message/rfc822\n\n"
        f"Message-ID: {delivery.message_id}\n\n",
    }
    payload = json.dumps(record).encode()
    wrong = base64.b64encode(b"us:" + b"x" * 40).decode()
    good = base64.b64encode(f"us:{KEY}".encode()).decode()
    assert await push(browser, "postmark", payload) == 401
    assert await push(browser, "postmark", payload, Authorization=f"Basic {wrong}") == 401
    assert await push(browser, "postmark", payload, Authorization="Basic *") == 401
    assert state(rt, delivery) == "active"
    assert await push(browser, "postmark", payload, Authorization=f"Basic {good}") == 200
    assert state(rt, delivery) == "bounced"
    assert await push(browser, "postmark", payload, X_Digest_Secret=KEY) == 200


async def test_sendgrid_signs_time_and_payload_with_a_curve(
    rt: runtime.Runtime, browser: httpx.AsyncClient, delivery: model.Delivery
) -> None:
    bounce = {
        "event": "bounce",
        "email": "ann@example.org",
        "status": "5.1.1",
        "reason": "550 5.1.1 User unknown",
        "smtp-id": delivery.message_id,
    }
    payload = json.dumps([{"event": "delivered"}, bounce, 7]).encode()
    stamp = _stamp(making.NOW)
    raw = EC.sign(stamp.encode() + payload, ec.ECDSA(hashes.SHA256()))
    headers = {
        "X-Twilio-Email-Event-Webhook-Timestamp": stamp,
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(raw).decode(),
    }
    assert await push(browser, "sendgrid", payload + b" ", **headers) == 401
    assert await push(browser, "sendgrid", payload) == 401
    assert state(rt, delivery) == "active"
    assert await push(browser, "sendgrid", payload, **headers) == 200
    assert state(rt, delivery) == "bounced"


class Amazon:
    """A certificate, and what is signed with it."""

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)
        name = x509.Name([x509.NameAttribute(oid.NameOID.COMMON_NAME, "sns.example")])
        day = datetime.timedelta(days=1)
        held = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(1)
            .not_valid_before(making.NOW - day)
            .not_valid_after(making.NOW + day)
            .sign(self._key, hashes.SHA256())
        )
        self.certificate = held.public_bytes(serialization.Encoding.PEM)
        self.asked: list[str] = []

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        return self.certificate

    def push(self, message: object, **fields: str) -> bytes:
        document = {
            "Type": "Notification",
            "MessageId": "m-1",
            "TopicArn": TOPIC,
            "Message": json.dumps(message),
            "Timestamp": making.NOW.isoformat().replace("+00:00", "Z"),
            "SignatureVersion": "2",
            "SigningCertURL": CERTIFICATE_URL,
        } | fields
        names = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"]
        said = "".join(f"{name}\n{document[name]}\n" for name in names if name in document)
        raw = self._key.sign(said.encode(), padding.PKCS1v15(), hashes.SHA256())
        return json.dumps(document | {"Signature": base64.b64encode(raw).decode()}).encode()


@pytest.fixture(scope="module")
def certified() -> Amazon:
    return Amazon()


@contextlib.asynccontextmanager
async def asking_with(rt: runtime.Runtime, amazon: Amazon) -> AsyncIterator[httpx.AsyncClient]:
    """The same door, which asks this Amazon instead of the real one."""
    app = fastapi.FastAPI(openapi_url=None)

    async def read(request: Any) -> bytes:
        return bytes(await request.body())

    page = returned.routed(returned.Bounces(rt, amazon.fetch), read)
    app.add_api_route(hooks.BOUNCES + "{service}", page, methods=["POST"])
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://door.example"
    ) as client:
        yield client


def bounce(delivery: model.Delivery) -> dict[str, Any]:
    return {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "ann@example.org", "status": "5.1.1"}],
        },
        "mail": {"headers": [{"name": "Message-ID", "value": delivery.message_id}]},
    }


async def test_amazons_word_is_checked_against_its_certificate(
    rt: runtime.Runtime, delivery: model.Delivery, certified: Amazon
) -> None:
    certified.asked.clear()
    async with asking_with(rt, certified) as door:
        good = certified.push(bounce(delivery))
        altered = good.replace(b"m-1", b"m-2")
        assert await push(door, "ses", altered) == 401
        assert state(rt, delivery) == "active"
        assert await push(door, "ses", good) == 200
        assert state(rt, delivery) == "bounced"
        assert set(certified.asked) == {CERTIFICATE_URL}


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"SigningCertURL": "https://sns.eu-west-1.amazonaws.com.evil.example/a.pem"}, "Amazon"),
        ({"SigningCertURL": "http://sns.eu-west-1.amazonaws.com/a.pem"}, "Amazon"),
        ({"SigningCertURL": "https://sns.eu-west-1.amazonaws.com@evil.example/a.pem"}, "Amazon"),
        ({"TopicArn": "arn:aws:sns:eu-west-1:999999999999:theirs"}, "topic"),
        ({"Timestamp": "2026-11-03T05:00:00Z"}, "10 minutes"),
        ({"Timestamp": "2026-11-03T06:00:00"}, "not readable"),
    ],
)
async def test_what_is_not_amazons_or_not_of_our_topic_is_refused(
    rt: runtime.Runtime,
    delivery: model.Delivery,
    certified: Amazon,
    fields: dict[str, str],
    why: str,
) -> None:
    async with asking_with(rt, certified) as door:
        payload = certified.push(bounce(delivery), **fields)
        answer = await door.post(hooks.BOUNCES + "ses", content=payload)
        assert answer.status_code == 401
        assert why in answer.json()["error"]
        assert state(rt, delivery) == "active"


async def test_a_subscription_is_confirmed_at_amazons_only(
    rt: runtime.Runtime, edition: int, certified: Amazon
) -> None:
    confirm = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=x"
    asked = {"Type": "SubscriptionConfirmation", "Token": "x"}
    async with asking_with(rt, certified) as door:
        certified.asked.clear()
        evil = certified.push("", SubscribeURL="https://evil.example/", **asked)
        assert await push(door, "ses", evil) == 401
        assert await push(door, "ses", certified.push("", SubscribeURL=confirm, **asked)) == 200
        assert certified.asked == [CERTIFICATE_URL, confirm]


async def test_what_is_no_json_and_who_is_not_set_up(
    rt: runtime.Runtime, browser: httpx.AsyncClient, tmp_path: Path, clock: making.Clock
) -> None:
    assert await push(browser, "mailgun", b"{") == 400
    assert await push(browser, "mailgun", b"[" * 100_000) == 400
    assert await push(browser, "somebody", b"{}") == 404
    other = tmp_path / "other"
    other.mkdir()
    with making.opened(other, clock) as closed:
        async with making.asking(closed) as asked:
            assert await push(asked, "mailgun", b"{}") == 404


async def test_forgers_are_told_to_stop(browser: httpx.AsyncClient) -> None:
    """E16."""
    for _ in range(returned.FORGED):
        assert await push(browser, "mailgun", b"{}") == 401
    assert await push(browser, "mailgun", b"{}") == 429


def test_amazons_hosts_are_a_closed_list() -> None:
    assert signed.AMAZON.fullmatch("https://sns.us-gov-west-1.amazonaws.com/x.pem")
    for url in ("https://sns.amazonaws.com.evil/x", "https://s3.amazonaws.com/x.pem"):
        assert not signed.AMAZON.fullmatch(url)
