r"""What providers' own codes stand for: they name the reason where words are vague or shared.

    family → code → reason; a code that a family does not name has the family's own reason, ""
    when the words know better.

A code weighs more than words.  Sources: the error lists of the postmasters of AOL, Charter, Cox,
Exchange Online, Hotmail, La Poste and Orange, NetEase and Yahoo; RFC 3463 for the numbers.
"""

import re
from typing import NamedTuple


class Family(NamedTuple):
    """The codes of one provider; the first group that took part is the code."""

    code: re.Pattern[str]
    reasons: dict[str, str]
    otherwise: str


_FAMILIES = (
    # Orange and La Poste: OFR004_104, OFR_506, LPN007_510.
    Family(
        re.compile(r"\b(?:ofr|lpn)_?(?:\d{3}_)?(\d{3})\b"),
        {
            "102": "blocked", "103": "blocked", "104": "toomanyconn", "105": "blocked",
            "107": "blocked", "108": "blocked", "109": "blocked", "416": "userunknown",
            "417": "mailboxfull", "418": "suspend", "420": "suspend", "506": "spamdetected",
            "510": "blocked", "610": "policyviolation", "630": "policyviolation",
            "999": "blocked",
        },
        "",
    ),
    Family(
        re.compile(r"\b(cxbl|cxthrt|cxmj|cxdns|cxsndr|cxsmtp|cxcnct|cxmxrt|cdrbl|ipbl[01]{4}|"
                   r"urlbl\d{3})\b"),
        {
            "cxbl": "blocked", "cdrbl": "blocked", "cxthrt": "securityerror",
            "cxmj": "securityerror", "cxdns": "requireptr", "cxsndr": "rejected",
            "cxsmtp": "rejected", "cxcnct": "toomanyconn", "cxmxrt": "toomanyconn",
            "urlbl011": "spamdetected",
        },
        "blocked",
    ),
    # Charter's, with and without the direction: AUP#1340, AUP#In-1020.
    Family(
        re.compile(r"\baup#(?:[a-z]{1,3}-)?(\d{4})\b"),
        {
            "1310": "speeding", "1320": "speeding", "1330": "speeding", "1340": "toomanyconn",
            "1350": "speeding", "1450": "speeding", "1360": "speeding", "1370": "speeding",
            "1380": "speeding", "1420": "speeding", "1440": "speeding", "1490": "speeding",
            "1580": "speeding", "1500": "rejected", "1520": "rejected", "1530": "rejected",
            "1540": "rejected", "1220": "spamdetected", "1300": "speeding",
        },
        "blocked",
    ),
    Family(re.compile(r"\[(tss?\d\d|bl\d\d|vs\d\d)[\]-]"), {"bl21": "blocked", "bl23": "blocked"},
           "rejected"),
    # AOL: (RLY:B1), (CON:B1), RTR:BL, (DYN:T1), (HVU:B1).
    Family(re.compile(r"\b(rly|con|dyn|rtr|hvu|dns|spf):(?:b\d|t\d|bl|ch|nr|bd|gr)\b"),
           {"rtr": "requireptr", "hvu": "spamdetected", "dns": "requireptr",
            "spf": "authfailure"}, "blocked"),
    # Hotmail: SC-001 and so on; (S3150) of Outlook.com.
    Family(re.compile(r"\b(sc|dy|ou|rp|s31[45]0)(?:-00\d|\))"), {"rp": "speeding"}, "blocked"),
    # Facebook: RCP-P2 and so on.
    Family(
        re.compile(r"\b(rcp-[pt]\d|pol-[pt]\d|con-t\d|msg-t\d|dns-[pt]\d)\b"),
        {
            "rcp-p1": "userunknown", "rcp-p2": "userunknown", "rcp-p3": "filtered",
            "pol-p1": "blocked", "pol-p2": "blocked", "pol-p3": "blocked", "pol-p4": "blocked",
            "pol-p7": "policyviolation", "con-t1": "toomanyconn", "con-t2": "toomanyconn",
            "con-t3": "toomanyconn", "msg-t1": "speeding", "msg-t2": "speeding",
        },
        "",
    ),
    # NetEase (163.com, 126.com): DT:SPM, MI:SPF.
    Family(
        re.compile(r"\b((?:hl|mi|rp|dt|wm):[a-z]{3})\b"),
        {
            "hl:rep": "badreputation", "hl:icc": "toomanyconn", "hl:ifc": "speeding",
            "hl:mep": "blocked", "hl:itc": "toomanyconn", "hl:ihu": "blocked",
            "mi:cel": "syntaxerror", "mi:ccl": "syntaxerror", "rp:cel": "syntaxerror",
            "rp:ccl": "syntaxerror", "mi:dmc": "speeding", "mi:sfq": "speeding",
            "mi:qpf": "speeding", "mi:vpf": "speeding", "rp:drc": "speeding",
            "rp:qrc": "speeding", "rp:trc": "speeding", "mi:spf": "authfailure",
            "mi:dma": "authfailure", "mi:nha": "authfailure", "mi:spb": "blocked",
            "mi:nrd": "blocked", "mi:ccb": "blocked", "dt:spm": "spamdetected",
            "dt:rbl": "blocked", "dt:sur": "spamdetected", "wm:bli": "blocked",
            "wm:blu": "rejected",
        },
        "blocked",
    ),
)  # fmt: skip

# Numbers that Exchange Online gives out beyond RFC 3463; a hundred of one meaning by their start.
_EXCHANGE = re.compile(r"(?<![\d.])[45]\.(\d)\.(\d{2,3})(?![\d.]*\d)")
_OF_EXCHANGE = {
    "1.90": "speeding", "2.121": "speeding", "2.122": "speeding", "3.190": "systemerror",
    "4.300": "expired", "4.310": "hostunknown", "4.311": "networkerror", "4.312": "networkerror",
    "4.316": "expired", "4.317": "failedstarttls", "6.211": "contenterror",
    "7.57": "securityerror", "7.64": "norelaying", "7.124": "rejected", "7.133": "rejected",
    "7.134": "rejected", "7.193": "rejected", "7.321": "failedstarttls",
    "7.322": "failedstarttls", "7.323": "failedstarttls", "7.324": "failedstarttls",
    "7.325": "failedstarttls", "7.367": "policyviolation", "7.501": "spamdetected",
    "7.502": "spamdetected", "7.503": "spamdetected", "7.504": "filtered", "7.505": "filtered",
    "7.506": "blocked", "7.507": "blocked", "7.508": "toomanyconn", "7.509": "authfailure",
    "7.510": "blocked", "7.511": "blocked", "7.512": "notcompliantrfc", "7.513": "blocked",
    "7.514": "blocked", "7.515": "authfailure", "7.520": "policyviolation",
    "7.703": "speeding", "7.705": "speeding", "7.708": "blocked", "7.750": "norelaying",
}  # fmt: skip
_BANNED = re.compile(r"7\.6(?:0[6-9]|[1-4]\d)")  # 5.7.606 to 5.7.649: a banned address of ours
_SLOWED = re.compile(r"7\.65\d")  # for what our address is known for


def reason_in(said: str) -> str:
    """The reason that a provider's code in a server's words stands for, "" when there is none.

    Takes words as `reasons.normal` makes them.
    """
    for family in _FAMILIES:
        if (found := family.code.search(said)) is not None:
            code = found[1]
            if reason := family.reasons.get(code, family.otherwise):
                return reason
    for found in _EXCHANGE.finditer(said):
        number = f"{found[1]}.{found[2]}"
        if _BANNED.fullmatch(number):
            return "blocked"
        if _SLOWED.fullmatch(number):
            return "badreputation"
        if reason := _OF_EXCHANGE.get(number, ""):
            return reason
    return ""


def reason_by_status(status: str) -> str:
    """The same, of a status code alone."""
    return reason_in(status)
