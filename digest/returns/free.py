"""What a mail that came back says of each recipient in free words: qmail, Exim, sendmail …

An address counts as a recipient's where a line is about it: it stands alone or first in its
line, or follows words such as "could not be delivered to".
"""

import re
from collections.abc import Collection

from digest.returns import opened, reports

_MOST_LINES = 400
_MOST_RECIPIENTS = 1000
_A = rf"<?(?:mailto:)?({reports.ADDRESS.pattern})>?"

_ALONE = re.compile(
    rf"^[\s>*•\-–:|]{{0,12}}(?:\d{{1,3}}[.)] )?[\"'(\[]?{_A}[\"')\]]?\s*"
    r"(?:$|[:,;.]*\s*$|:\s|\.\.\.|,\s|\s*\(|\s+on \d|\s+\(.*$|\s*-|\s+:)"
)
# sendmail's last word on each recipient, below the dialogue that led to it.
_TRANSCRIPT = re.compile(rf"^[45]\d\d (?:[45]\.\d+\.\d+ )?{_A}\.\.\. ")
_AFTER = re.compile(
    r"\b(?:recipients?(?: address)?|address(?:ed to|ee)?|deliver(?:ed|y|ing)?(?: your)?(?: mail| "
    r"message| to)*|undeliverable|failed(?: to)?|user(?: unknown)?|rcpt to|for|to|mailbox|account"
    r"|original address|unknown user|destinatar\w+|allowed size|server|アドレス|宛先)"
    rf"(?:[ \t]*[:：=]|[ \t])[ \t]*[\[\"'(]?{_A}",
    re.IGNORECASE,
)


_STAFF = re.compile(r"(?:postmaster|mailer-daemon|abuse|support|help|info|admin\w*)@")


def of_text(mail: opened.Mail) -> list[reports.Told]:
    """What is told of each recipient, in their order; of unnamed ones with no address."""
    lines = mail.text.splitlines()[:_MOST_LINES]
    own = {reports.address_in(mail.headers.get(name, "")) for name in ("to", "from", "sender")}
    if transcribed := _transcribed(lines):
        return transcribed
    placed = _placed(lines, own)
    if not placed:
        named = mail.headers.get("x-failed-recipients", "")
        addresses = list(dict.fromkeys(a.lower() for a in reports.ADDRESS.findall(named)))
        addresses = addresses or addresses_of_original(mail)
        addresses = addresses or _only_one(mail, own) or [""]
        return [reports.Told(address, diagnosis=mail.text) for address in addresses]
    if len(placed) == 1:
        [(address, numbers)] = placed.items()
        said = _said(lines, numbers[0], len(lines))
        # Some, as Notes, give the reason first and name the recipient below it.
        says_why = any(sign.isalpha() for sign in reports.ADDRESS.sub("", said))
        return [reports.Told(address, diagnosis=said if says_why else mail.text)]
    return _each(lines, placed)


def addresses_of_original(mail: opened.Mail) -> list[str]:
    """Whom the mail that came back was to."""
    for name in ("x-envelope-to", "to"):
        found = reports.ADDRESS.findall((mail.original or {}).get(name, ""))
        if found:
            return list(dict.fromkeys(address.lower() for address in found))[:_MOST_RECIPIENTS]
    return []


def _only_one(mail: opened.Mail, own: Collection[str]) -> list[str]:
    """The one address that is named at all, wherever it stands; none when there are several."""
    words = [word.strip("<>()[]{}:;,.*\"'`").lower() for word in mail.text.split()]
    named = {word for word in words if "@" in word and reports.ADDRESS.fullmatch(word)}
    named = {one for one in named - set(own) if not _STAFF.match(one)}
    return list(named) if len(named) == 1 else []


def _placed(lines: list[str], own: Collection[str]) -> dict[str, list[int]]:
    """Address → the lines about it; of the strongest kind of line that there is."""
    for pattern in (_ALONE, _AFTER):
        found: dict[str, list[int]] = {}
        for number, line in enumerate(lines):
            if "@" not in line or len(line) > 2000:
                continue
            match = pattern.search(line)
            address = match[1].strip(".").lower() if match else ""
            if address and address not in own and len(found) < _MOST_RECIPIENTS:
                found.setdefault(address, []).append(number)
        # Whom to ask is named too.
        named = {a: lines for a, lines in found.items() if not _STAFF.match(a)}
        if found:
            return named or found
    return {}


def _transcribed(lines: list[str]) -> list[reports.Told]:
    """What a transcript of old says, of several recipients, each below its own dialogue."""
    told: dict[str, reports.Told] = {}
    start = 0
    for number, line in enumerate(lines):
        if (match := _TRANSCRIPT.match(line)) is not None:
            address = match[1].lower()
            said = _said(lines, start, number + 1)
            told.setdefault(address, reports.Told(address, diagnosis=said))
            start = number + 1
    return list(told.values()) if len(told) > 1 else []


def _each(lines: list[str], placed: dict[str, list[int]]) -> list[reports.Told]:
    starts = sorted({number for numbers in placed.values() for number in numbers})
    ends = dict(zip(starts, [*starts[1:], len(lines)], strict=True))
    told = []
    for address, numbers in placed.items():
        mentions = {n for n, line in enumerate(lines) if address in line.lower()} - set(numbers)
        said = [_said(lines, number, ends[number]) for number in numbers]
        said += [_said(lines, number, number + 2) for number in sorted(mentions)]
        told.append(reports.Told(address, diagnosis="\n".join(said)))
    return told


def _said(lines: list[str], start: int, end: int) -> str:
    return "\n".join(lines[start:end])
