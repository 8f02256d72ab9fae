"""Whether a push of a mail service is what it says: signatures over what was received (E12).

    mailgun    HMAC-SHA256 over timestamp and token, within the document
    sendgrid   ECDSA over timestamp and raw payload, in two headers
    ses        Amazon SNS: RSA over the document's own fields; the certificate is Amazon's
    postmark   signs nothing: a secret of ours in a header, or as the password of its address

Pure: the certificate is handed in.  Each gives the key under which the push counts once, and
raises UnsignedError for what does not prove itself.  A push is of these ten minutes; Postmark's
has no time of its own.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from digest import errors

WINDOW = timedelta(minutes=10)
# Where Amazon keeps its certificates and takes confirmations: nowhere else is asked.
AMAZON = re.compile(r"https://sns\.[a-z0-9-]{4,30}\.amazonaws\.com(?:\.cn)?/[^\s@\\]*")
_FIELDS = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": (
        "Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type",
    ),
}  # fmt: skip
_FIELDS["UnsubscribeConfirmation"] = _FIELDS["SubscriptionConfirmation"]


class UnsignedError(errors.DigestError):
    """A push that does not prove where it is from, with a sentence that says what is wrong."""


def mailgun(key: bytes, document: Any, *, now: datetime) -> str:
    """Check a push of Mailgun."""
    given = document.get("signature") if isinstance(document, dict) else None
    if not isinstance(given, dict):
        raise UnsignedError("The document has no signature.")
    timestamp, token, signature = (
        str(given.get(name, "")) for name in ("timestamp", "token", "signature")
    )
    wanted = hmac.digest(key, (timestamp + token).encode(), hashlib.sha256).hex()
    if not hmac.compare_digest(wanted.encode(), signature.lower().encode()):
        raise UnsignedError("The signature is not of this timestamp and token.")
    _check_time(timestamp, now)
    return token


def sendgrid(key: str, headers: Mapping[str, str], payload: bytes, *, now: datetime) -> str:
    """Check a push of SendGrid; `key` is the public key as its pages show it."""
    timestamp = headers.get("x-twilio-email-event-webhook-timestamp", "")
    signature = headers.get("x-twilio-email-event-webhook-signature", "")
    public = serialization.load_der_public_key(base64.b64decode(key))
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise UnsignedError("The key set is no key of an elliptic curve.")
    try:
        raw = base64.b64decode(signature, validate=True)
        public.verify(raw, timestamp.encode() + payload, ec.ECDSA(hashes.SHA256()))
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise UnsignedError("The signature is not of this timestamp and body.") from error
    _check_time(timestamp, now)
    return hashlib.sha256(timestamp.encode() + payload).hexdigest()


def postmark(secret: bytes, headers: Mapping[str, str], payload: bytes) -> str:
    """Check a push of Postmark: the secret in X-Digest-Secret, or as a password."""
    given = headers.get("x-digest-secret", "").encode()
    scheme, _, login = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(login, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError) as error:
            raise UnsignedError("The login is not readable.") from error
    if not hmac.compare_digest(secret, given):
        raise UnsignedError("The secret is not ours.")
    return hashlib.sha256(payload).hexdigest()


def amazon(document: Any, topic: str, certificate: bytes, *, now: datetime) -> str:
    """Check a push of Amazon SNS against the certificate it names, for our topic."""
    names = _FIELDS.get(str(document.get("Type")) if isinstance(document, dict) else "")
    if names is None:
        raise UnsignedError("The document is none of Amazon SNS.")
    if document.get("TopicArn") != topic:
        raise UnsignedError("The topic is not the one set.")
    said = "".join(f"{name}\n{document[name]}\n" for name in names if name in document)
    version = hashes.SHA256() if document.get("SignatureVersion") == "2" else hashes.SHA1()  # noqa: S303 - version 1 is Amazon's default
    try:
        held = x509.load_pem_x509_certificate(certificate)
        key = held.public_key()
        if not isinstance(key, rsa.RSAPublicKey):
            raise UnsignedError("The certificate has no RSA key.")
        raw = base64.b64decode(str(document.get("Signature", "")), validate=True)
        key.verify(raw, said.encode(), padding.PKCS1v15(), version)
    except (InvalidSignature, binascii.Error, ValueError) as error:
        raise UnsignedError("The signature is not of this document.") from error
    if not held.not_valid_before_utc <= now <= held.not_valid_after_utc:
        raise UnsignedError("The certificate is not valid now.")
    _check_moment(str(document.get("Timestamp", "")), now)
    return str(document.get("MessageId", ""))[:200]


def certificate_url(document: Any) -> str:
    """Where the certificate of a push lies; raises UnsignedError when it is not Amazon's."""
    url = str(document.get("SigningCertURL", "")) if isinstance(document, dict) else ""
    if not AMAZON.fullmatch(url) or not url.endswith(".pem"):
        raise UnsignedError("The certificate is not at Amazon's.")
    return url


def confirmation_url(document: Any) -> str:
    """What confirms a subscription; "" when it is not asked for.  Raises UnsignedError."""
    if document.get("Type") != "SubscriptionConfirmation":
        return ""
    url = str(document.get("SubscribeURL", ""))
    if not AMAZON.fullmatch(url):
        raise UnsignedError("The confirmation is not at Amazon's.")
    return url


def _check_time(timestamp: str, now: datetime) -> None:
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise UnsignedError("The timestamp is no number of seconds since 1970.")
    if abs(now.timestamp() - int(timestamp)) > WINDOW.total_seconds():
        raise UnsignedError("The timestamp is more than 10 minutes from our clock.")


def _check_moment(said: str, now: datetime) -> None:
    try:
        at = datetime.fromisoformat(said)
        age = abs(now - at)
    except (TypeError, ValueError) as error:
        raise UnsignedError("The timestamp is not readable.") from error
    if age > WINDOW:
        raise UnsignedError("The timestamp is more than 10 minutes from our clock.")
