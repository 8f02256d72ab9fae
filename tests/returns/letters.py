"""Mails that come back, as these tests write them."""

ORIGINAL = """\
Message-ID: <d7.42.00112233445566778899@meridian.example>
From: The Meridian <briefing@meridian.example>
To: Ann <ann@reader.example>
Subject: This morning

"""


def report(
    *blocks: str,
    words: str = "Your mail could not be delivered.",
    to: str = "bounces@meridian.example",
    original: str = ORIGINAL,
) -> bytes:
    """A delivery report (RFC 3464) with a block of fields for each recipient."""
    fields = "\n\n".join(("Reporting-MTA: dns; relay.example", *blocks))
    text = f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@relay.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"

--=_b
Content-Type: text/plain; charset=utf-8

{words}

--=_b
Content-Type: message/delivery-status

{fields}

--=_b
Content-Type: message/rfc822

{original}
--=_b--
"""
    return text.replace("\n", "\r\n").encode()


def block(
    diagnosis: str = "",
    *,
    address: str = "ann@reader.example",
    action: str = "failed",
    status: str = "5.0.0",
) -> str:
    """The fields of one recipient."""
    said = f"\nDiagnostic-Code: smtp; {diagnosis}" if diagnosis else ""
    return f"Final-Recipient: rfc822; {address}\nAction: {action}\nStatus: {status}{said}"


def complaint(
    *addresses: str,
    kind: str = "abuse",
    to: str = "bounces@meridian.example",
    original: str = ORIGINAL,
) -> bytes:
    """A complaint (RFC 5965)."""
    named = "".join(f"Original-Rcpt-To: {address}\n" for address in addresses)
    return f"""\
From: complaints@big.example
To: {to}
Subject: FW: This morning
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="=_b"

--=_b
Content-Type: text/plain

This is a complaint about a message received from 192.0.2.1.

--=_b
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: BigFeedback/1.0
Version: 1
{named}
--=_b
Content-Type: message/rfc822

{original}
--=_b--
""".encode()


def free(
    words: str,
    *,
    sender: str = "MAILER-DAEMON@relay.example",
    subject: str = "failure notice",
    headers: str = "",
    to: str = "bounces@meridian.example",
) -> bytes:
    """A mail that says in its own words what came back."""
    return (
        f"Return-Path: <>\nFrom: {sender}\nTo: {to}\nSubject: {subject}\n{headers}\n{words}\n"
    ).encode()
