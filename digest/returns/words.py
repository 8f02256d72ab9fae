r"""The words by which mail servers say why they refuse: reason → patterns, the first fit counts.

All are matched against `reasons.normal` text: small letters, single spaces, "<>" for an address.
Sources: the published error lists of Gmail, Exchange Online, Outlook.com, Yahoo, Apple, Orange
and Amazon SES; the sources of Postfix, Exim, sendmail, qmail, Courier and OpenSMTPD.
"""

import re
from typing import NamedTuple


class Rule(NamedTuple):
    """One reason and what says it."""

    reason: str
    words: re.Pattern[str]


def rule(reason: str, *words: str) -> Rule:
    """Compile what says a reason."""
    return Rule(reason, re.compile("|".join(words)))


_USER = r"(?:user|mailbox|recipient|account|address|addressee|mail-box|inbox|customer|subscriber)"

_FOREIGN_USER = (
    r"(?:destinataire|utilisateur|adresse|bo[iî]te|usu[aá]rio|destinat[aá]rio|utente|casell?[ai]|"
    r"buz[oó]n|cuenta|conta|direcci[oó]n|endere[cç]o|indirizzo)"
)

# What is said of the one mailbox.
OF_MAILBOX = (
    rule(  # another quota, and a sentence that leaves it open whose fault it is
        "speeding",
        r"(?:sending|send|daily|hourly|outgoing|outbound|submission|rate) (?:\w+ ){0,2}quota"
        r"|quota (?:of|for) (?:outgoing|outbound|sending)|(?:daily|hourly) (?:\w+ ){0,3}limit",
    ),
    rule("mesgtoobig", r"larger than the current system limit"),
    rule(
        "mailboxfull",
        r"over ?-?quota|quota (?:is )?(?:exceed|full|violat)|quota for|shutoffquota|quotaexceed",
        r"exceed\w* (?:\w+[ '’]s?){0,4}(?:storage|quota|mailbox size|disk|allo\w+ space)",
        r"(?:mail ?box|mail ?folder|inbox|mail ?drop|maildir|account|disk|storage)"
        r"(?: \w+| <>){0,3} (?:is |are |was )?(?:currently |almost |too )?full\b"
        r"|full mail ?box|mail ?box ?full|account is full",
        r"(?:out of|exhausted|insufficient|not enough|no(?: more)?) (?:\w+ ){0,3}"
        r"(?:storage|disk space|space|room)(?! on device)(?:\w* ?){0,3}"
        r"(?:mailbox|account|user|recipient|quota|and inactive)|box space not enough",
        r"(?:mailbox|maildir|recipient|account|user)[\w '’<>]{0,40}"
        r"(?:exceed\w*|over|out of|reached|past|too much) (?:\w+ ){0,5}"
        r"(?:quota|(?<!rate )limit|size|storage|space|data)",
        r"messages (?:in|on|for) (?:this |the )?(?:recipient|mailbox).{0,20}(?:exceed|limit|full)"
        r"|too many messages (?:on|in) th|mailbox size limit|exceeds? allowed size"
        r"|too much mail data"
        r"|not enough storage|insufficient system storage for|(?:mailbox|storage) (?:limit"
        r"|capacity)",
        r"(?:bo[iî]te|casella|postfach|mailbox|buz[oó]n|caixa).{0,40}(?:pleine|piena|voll|llen"
        r"|cheia)"
        r"|speicher(?:platz|volumen)|空间不足|邮箱已满|メールボックスが一杯|容量を超|ящик.{0,20}переполнен",
    ),
    rule(
        "systemfull",
        r"insufficient (?:disk|system) (?:space|storage|resources)(?! for)|no space left on device",
    ),
    rule(
        "mailererror",
        r"unknown mailer error|\bprocmail\b|\bmaildrop\b|x-unix"
        r"|command (?:died|failed|line usage|time limit)"
        r"|mailer (?:died|returned)|exit(?:ed)?(?: with)? (?:status|code) \d|pipe (?:to \||broken)"
        r"|local delivery agent (?:fail|error)|exit code \d|\|\s?exit \d|child crashed",
    ),
    rule(
        "exceedlimit",
        r"message (?:\w+ )?(?:length|size) exceeds administrative limit|5\.2\.3\b.{0,30}message",
        r"message too large for (?:this |the )?(?:recipient|mailbox|user)",
    ),
    rule(
        "mesgtoobig",
        r"(?:message|mail|data|letter)(?: \w+){0,4} (?:is |was )?too (?:big|large|long)",
        r"(?:message|mail|header|size|content)s?(?: \w+){0,3} exceed\w* (?:\S+ ){0,6}?"
        r"(?:size|limit|maximum|maximal)",
        r"(?:message|mail) size (?:limit )?(?:exceed|too|over|violat)|max(?:imum)? message size",
        r"larger than (?:the |your )?(?:\w+ ){0,3}(?:limit|maximum|size)|exceeded maximum inbound"
        r"|size limit|sizelimit|too big for|line (?:too long|limit exceeded)|length exceeded"
        r"|over the (?:maximum )?(?:message )?size",
    ),
    rule(
        "filtered",
        r"(?:recipient|user)(?:'s)? (?:preference|rule|filter|refus|setting|has (?:refused|denied|"
        r"blocked|rejected)|reject|denies|specified)|by the recipient(?! domain| server| mail)"
        r"|only accept\w* (?:mail|messages|e-?mails?) from|(?<!owned )(?:by|due to"
        r"|against) (?:the )?user"
        r"|refuse to receive|is not accepting any (?:mail|messages)|account is protected by"
        r"|refuses to (?:receive|accept)|message (?:was |has been )?filtered"
        r"|resolver\.rst\.notauthorized|restricted sms",
        r"following recipients was rejected by a remote mail ?server",  # au, without a reply
    ),
    rule(
        "suspend",
        r"(?:account|user|mailbox|recipient|domain|(?<!ip )address|box|customer)[\w '’:<>()]{0,40} "
        r"?(?:is|has been|was|are|temporarily|currently|been|:)? ?(?:\w+ )?(?:suspended|disabled|"
        r"deactivated|inactive|locked|frozen|archived|terminated"
        r"|(?<!envelope )(?<!message )expired|dormant)",
        r"(?:inactive|disabled|suspended|deactivated|dormant|expired) (?:\w+ )?"
        r"(?:user|account|mailbox|recipient)",
        r"mailbox (?:is )?(?:currently |temporarily )?(?:not active|not (?:been )?activated)"
        r"|disabled or discontinued|extended inactivity|recipient suspend|archiv[ée]e|out of use\b"
        r"|no longer (?:active|accepts? (?:mail|messages))|mailbox unavailable or access denied"
        r"|not been activated|mail receiving disabled for|has not logged in",
    ),
    rule(
        "hasmoved",
        r"(?:user|account|mailbox|address|recipient|<>)(?: \w+){0,2} (?:has )?(?:been )?moved\b",
        r"(?:has|have) been replaced by|new address is|551 (?:\d\.\d\.\d )?not our (?:user"
        r"|customer)"
        r"|(?:no longer|not) (?:works|working|employed) (?:here|with|at|for)|left the company"
        r"|(?:e-?mail )?address (?:has )?changed|user not local; please try|please (?:update|use) "
        r"(?:your|the) (?:address|new)",
    ),
)

NOT_ACCEPTED = re.compile(
    r"null ?mx|(?:does not|doesn'?t|never|not) (?:accept|receive|handle)s? (?:any )?(?:mail"
    r"|e-?mail|"
    r"messages)(?! from)(?: according|$|\W)|no mail accepted|smtp protocol returned a permanent"
    r"|send or receive|indicated no smtp service|seems? to reject all"
    r"|name server: \.: host not found|no mail service at"
)
NO_USER = re.compile(
    r"(?:unknown|no such|invalid|non-?existent|not a valid|undeliverable|bad|not a known|illegal|"
    r"wrong|incorrect|no) (?:or \w+ )?(?:local |e-?mail |mail |destination |virtual |smtp |valid |"
    rf"recipient'?s? |mailbox |remote )?{_USER}s?\b(?! (?:space|size|verif))"
    rf"|\b{_USER}s?\b[\w <>\[\]().:;,'\"’=/#-]{{0,70}}?"
    r"(?:unknown|not found|not known|does ?n[o'’]t exist|does not (?:appear to )?exist|not exist|"
    r"doesn.t have an?|not (?:a )?valid|invalid|unavailable|not available|undeliverable|"
    r"no longer (?:available|valid|exists?|in use|on server|here)|(?:is not|isn't|not) (?:listed|"
    r"recogni[sz]ed|registered|local|a mailbox|here|at this|one of|on (?:this|file)|defined)|"
    r"cannot be found|could not be found|couldn.t be found|wasn.t found|nonexist\w*|non-exist\w*|"
    r"has been (?:deleted|removed|cancelled|closed)|(?:is )?(?:closed|cancelled|incorrect))"
    r"|unknown(?:[- ]local)?[- ]user|user[- ]unknown|recip(?:ient)?notfound|no (?:mailbox|account|"
    r"user|recipient) (?:here|by|with|named|found|for)|no one (?:here )?by that name|(?:does not|"
    r"doesn.t|don't) have (?:the|an?|any|such)? ?(?:\w+ )?(?:user|recipient|account|mailbox|<>)"
    r"|user not listed|not listed in|public name (?:&|and) address book|nosuchuser|badrcptto"
    r"|not (?:in|found in) (?:the |our |this )?(?:directory|recipient|user|name)|can't find "
    r"(?:user|<>)|no such (?:person|e-?mail|id|name|mail ?drop)|no match(?:es)? (?:found in|to) \w+"
    r"|destinataire invalide|unroutable (?:recipient|user)|account (?:that"
    r"|name)[\w ]{0,40}does not|5\.4\.1 <>: recipient address "
    r"rejected: access denied|recipient address rejected: (?:access denied|undeliverable)"
    r"|見つかりません(?!.{0,3}、)|存在しま|宛先.{0,20}不明|nutzer.{0,30}unbekannt|empf[aä]nger.{0,40}"
    r"(?:unbekannt|existiert)|n'existe pas|destinatario.{0,20}(?:sconosciuto|inesistente)"
    rf"|{_FOREIGN_USER}[\w' ]{{0,40}}(?:inconnue?|desconocid|desconhecid|sconosciut|inexist"
    rf"|inv[aá]lid|"
    r"introuvable|non trov)|(?:用户|收件人|邮箱)[^ ]{0,6}(?:不存在|未找到)|no existe"
    r"|(?:пользователь|получатель).{0,20}не|unable to deliver message to <> \(and other"
)
NO_HOST = re.compile(
    r"infodomainnonexistent|infonorecords|domain missing or malformed|no ip address found for host"
    r"|no mail hosts for"
    r"|\b(?:host|domain)(?: name)?[\w <>.'\"’-]{0,60} (?:could not|cannot|can't) be resolved"
    r"|(?:\bhost|domain|hostname|\bmx|recipient system)[\w <>\[\]().,'\"’=/-]{0,60}?(?:unknown|"
    r"not found|does ?n[o'’]t exist|does not exist|nxdomain|not valid|unrouteable|unresolvable|"
    r"couldn.t be found|could not be found|must exist|no longer exist|is not reachable|non-?exist)"
    r"|(?:unknown|no such|invalid|non-?existent|illegal|bad|unresolvable) (?:destination |"
    r"recipient |remote |target |mail )?(?:host|domain|system)|host/domain|nxdomain|couldn.t find "
    r"any host|unrouteable (?:mail domain|address)|unroutable address|point to non-?existent|bad "
    r"destination system|cannot find (?:the )?(?:domain|host)|name or service not known"
    r"|nonexistentdomain|no address associated|address lookups? failed permanently|no mx found|dns "
    r"server returned answer with no data|domain name not found|no mx (?:or a|record)"
    r"|address resolution of"
    r"|destination (?:system|server|computer|host)[\w ]{0,30}(?:unknown|not found|not be found)"
)
