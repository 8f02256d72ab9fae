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


def _rule(reason: str, *words: str) -> Rule:
    return Rule(reason, re.compile("|".join(words)))


_USER = r"(?:user|mailbox|recipient|account|address|addressee|mail-box|inbox|customer|subscriber)"
_WHAT = r"(?:message|mail|e-?mail|connections|session|transaction|delivery)s?"

# What is said of the one mailbox.
OF_MAILBOX = (
    _rule(
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
        r"(?:bo[iî]te|casella|postfach|buz[oó]n|caixa).{0,40}(?:pleine|piena|voll|llen|cheia)"
        r"|メールボックスが一杯|容量を超|ящик.{0,20}переполнен",
    ),
    _rule(
        "mailererror",
        r"\bprocmail\b|\bmaildrop\b|x-unix|command (?:died|failed|line usage|time limit)"
        r"|mailer (?:died|returned)|exit(?:ed)?(?: with)? (?:status|code) \d|pipe (?:to \||broken)"
        r"|local delivery agent (?:fail|error)|exit code \d|\|\s?exit \d|child crashed",
    ),
    _rule(
        "exceedlimit",
        r"message (?:\w+ )?(?:length|size) exceeds administrative limit|5\.2\.3\b.{0,30}message",
        r"message too large for (?:this |the )?(?:recipient|mailbox|user)",
    ),
    _rule(
        "mesgtoobig",
        r"(?:message|mail|data|letter)(?: \w+){0,4} (?:is |was )?too (?:big|large|long)",
        r"(?:message|mail|header|size|content)s?(?: \w+){0,3} exceed\w* (?:\S+ ){0,6}?"
        r"(?:size|limit|maximum|maximal)",
        r"(?:message|mail) size (?:limit )?(?:exceed|too|over|violat)|max(?:imum)? message size",
        r"larger than (?:the |your )?(?:\w+ ){0,3}(?:limit|maximum|size)|exceeded maximum inbound"
        r"|size limit|sizelimit|too big for|line (?:too long|limit exceeded)|length exceeded"
        r"|over the (?:maximum )?(?:message )?size",
    ),
    _rule(
        "filtered",
        r"(?:recipient|user)(?:'s)? (?:preference|rule|filter|refus|setting|has (?:refused|denied|"
        r"blocked|rejected)|reject|denies|specified)|by the recipient(?! domain| server| mail)"
        r"|only accept\w* (?:mail|messages|e-?mails?) from|(?:by|due to|against) (?:the )?user"
        r"|refuse to receive|is not accepting any (?:mail|messages)|account is protected by"
        r"|refuses to (?:receive|accept)|message (?:was |has been )?filtered"
        r"|resolver\.rst\.notauthorized|restricted sms",
        r"following recipients was rejected by a remote mail ?server",  # au, without a reply
    ),
    _rule(
        "suspend",
        r"(?:account|user|mailbox|recipient|domain|(?<!ip )address|box|customer)[\w '’:<>()]{0,40} "
        r"?(?:is|has been|was|are|temporarily|currently|been|:)? ?(?:\w+ )?(?:suspended|disabled|"
        r"deactivated|inactive|locked|frozen|archived|terminated|expired|dormant)",
        r"(?:inactive|disabled|suspended|deactivated|dormant|expired) (?:\w+ )?"
        r"(?:user|account|mailbox|recipient)",
        r"mailbox (?:is )?(?:currently |temporarily )?(?:not active|not (?:been )?activated)"
        r"|disabled or discontinued|extended inactivity|recipient suspend|archiv[ée]e|out of use\b"
        r"|no longer (?:active|accepts? (?:mail|messages))|mailbox unavailable or access denied"
        r"|not been activated|mail receiving disabled for|has not logged in",
    ),
    _rule(
        "hasmoved",
        r"(?:user|account|mailbox|address|recipient|<>)(?: \w+){0,2} (?:has )?(?:been )?moved\b",
        r"(?:has|have) been replaced by|new address is|551 (?:\d\.\d\.\d )?not our (?:user"
        r"|customer)"
        r"|(?:no longer|not) (?:works|working|employed) (?:here|with|at|for)|left the company"
        r"|(?:e-?mail )?address (?:has )?changed|user not local; please try|please (?:update|use) "
        r"(?:your|the) (?:address|new)",
    ),
)

# What is said of us: who we are, what we sent, how much of it.
OF_US = (
    _rule(
        "requireptr",
        r"reverse[- ]?(?:dns|lookup|ip|hostname|mapping|name)|\bptr\b|\brdns\b|in-addr\.arpa"
        r"|(?:cannot|can't|could not|unable to|failed to|couldn't) (?:find|resolve|get|verify) "
        r"(?:\w+ ){0,3}(?:your (?:host ?name|reverse|ip|host)|hostname for)|your (?:host|ip)"
        r"(?: address)?[\w \[\].:]{0,50}(?:could not|cannot) be resolved|unresolvable hostname"
        r"|ip name lookup failed|domain name for your ip|client host(?:name)? (?:rejected: )?"
        r"(?:cannot find|could not find)|cannot find your hostname|no hostname|forward dns"
        r"|fcrdns|unresolvable (?:relay )?hosts?\b|resolve your "
        r"(?:address|ip|host)|dns (?:entry|record) for (?:your|the sending)",
    ),
    _rule(
        "norelaying",
        r"relay(?:ing)?(?: access| of mail| mail| attempt)?(?: to <>)?(?: \w+)? "
        r"(?:is )?(?:denied|not (?:permitted|allowed|authorized)|prohibited|restrict|forbidden)"
        r"|(?:do(?:es)? not|won't|cannot|can't|unable to|(?:not|isn't) (?:permitted|allowed|"
        r"authori[sz]ed|configured) to) relay|\bno relay|relay not |as a relay|relay(?:ing)? "
        r"(?:blocked|attempt|access|rejected|refused|operation)|relaying mail"
        r"|not (?:a )?local (?:host|domain)|mail server "
        r"requires authentication when|(?:isn't|not) in (?:my|our) list of "
        r"allowed rcpthosts|don't handle mail for|is not our domain|address is not verified"
        r"|not a gateway|we do not relay|not one of (?:my|our) (?:relay|local) domains",
    ),
    _rule(
        "virusdetected",
        r"\bvirus(?!.{0,12}(?:scanner|or spam))|infected|malware|\bworm\b|trojan|phishing"
        r"|harmful attachment|dangerous attachment|e-?mail rejected due to security polic",
    ),
    _rule(
        "authfailure",
        r"\bdmarc\b|\bspf\b|sender policy framework|\bdkim\b|unauthenticated (?:mail|e-?mail)"
        r"|authentication (?:checks?|results?|level|requirements?|information)|openspf|not "
        r"authenticated (?:mail|message)|fails? (?:to pass )?(?:\w+ )?authentication\b(?!.*login)"
        r"|sender.?id\b|permitted sender|purported responsible|domain owner policy"
        r"|is unauthenticated",
    ),
    _rule(
        "badreputation",
        r"(?:low|poor|bad|negative|no|suspicious|neutral) (?:\w+ ){0,3}reputation"
        r"|reputation (?:is |of |score|too|on )|due to (?:\w+ ){0,4}reputation|by reputation"
        r"|reputation[\w .]{0,30}(?:reject|block|fail)|ip reputation",
    ),
    _rule(
        "notcompliantrfc",
        r"(?:not|non)[- ]?(?:rfc[ -]?\d* ?)?complian|rfc ?-?(?:2?82[12]|532[12])\b(?! ?;)"
        r"|(?:duplicate|multiple|missing|more than one|malformed|invalid) "
        r"(?:\W?[\w-]+:?\W? ){0,6}header|bare (?:lf|line ?feed|cr|newline)|stray (?:cr|lf)"
        r"|in from: header are not|message-id header|multiple from"
        r"|line length|lone cr|fail syntax|rfcmessagenoncompliant|invalid header",
    ),
    _rule(
        "toomanyconn",
        r"too many (?:\w+ ){0,4}(?:connection|session|concurrent|recipients?\b(?! (?:this|per"
        r"|in))|smtp)"
        r"|(?:connection|session|concurren\w+)(?: \w+){0,3} (?:limit|rate limit|count exceed)"
        r"|exceeded (?:\w+ ){0,3}connection|connection (?:rate|frequency)|all available ips"
        r"|maximum (?:\w+ )?connections|no more connections|concurrency",
    ),
    _rule(
        "speeding",
        r"(?:this|per|last|each|an|every|in one) (?:hour|minute|day|second)|hourly|daily|too fast"
        r"|too frequent|rate[- ]?limit(?!.{0,20}connect)|throttl|rate control|exceeded .{0,30}rate"
        r"|too many (?!unwanted|.{0,60}judged)(?:\w+ ){0,2}(?:messages|mails|e-?mails"
        r"|invalid recipients|rcpt|unknown)"
        r"|sending (?:limit|rate|quota)|too much (?:mail|traffic)|slow ?down|unusual rate"
        r"|mail too quickly|at a rate|message rate|please slow|frequency limited"
        r"|exceeded threshold",
    ),
    _rule(
        "blocked",
        r"dns-?bl\b|\brbls?\b|spamhaus|spamcop|\bsorbs\b|barracuda|black ?list(?!ed (?:url|uri|"
        r"sender|from))|block ?list|blackhole|\bbl\.|\bzen\b|surbl|deny ?list|cloudmark|senderbase"
        r"|blocked (?:using|by (?!(?:user|recipient|content))|list|-|at|for|ip|see)|banned",
        r"(?:client|sending|your|connecting|source|originating|from|sender) "
        r"(?:host|server|ip|network|mta|mail server|isp|domain name"
        r"|address \[)s?[\w \[\]<>:.,()'/-]{0,80}"
        r"(?:reject|refus|block|deni|not (?:allowed|accepted|welcome|permitted|authorized)|listed)",
        r"client host|access (?:from|to) (?:ip|your|host|\[)|(?:banned|bad|blocked) (?:sending )?ip"
        r"|(?:helo|ehlo)\b[\w /<>.:()\[\]]{0,60}(?:reject|invalid|must|deni|bad|mismatch|need|not|"
        r"refus|required|forged|syntax)|(?:bad|invalid|fake|forged|illegal|faked) (?:helo|ehlo)",
        rf"{_WHAT} (?:\w+ ){{0,3}}(?:not accepted|refused|rejected|denied|blocked|dropped)"
        r"(?: \w+){0,2} (?:from|by|for|due to|because of) (?:your|this|host|ip|ips|\[|network|"
        r"server|sender ip)",
        r"dynamic (?:\w+[ /-]){0,3}(?:ip|address|host|range|pool)|dial-?up|residential|\bdhcp\b"
        r"|\bips? (?:address(?:es)? )?(?:\w+ |<>|[\d.:a-f\[\]]{3,40} ){0,4}(?:is |has been )?(?:"
        r"block|reject|refus|banned|listed|deni|not allowed|not in|suspend|has sent|blacklisted)",
        r"no access from|not (?:currently )?accepting (?:mail|connections|messages)"
        r"|my name was rejected|too many unwanted|messages from [\d.]+ weren't sent|go away"
        r"|you are not allowed to connect|part of their network|open relay|open proxy"
        r"|refused to talk to (?:me|us)|invalid domain name|service refused|connections? will not"
        r" be accepted|(?:your )?access (?:to this mail system )?has been (?:rejected|denied)",
    ),
)

# The mail's own marks, after whoever sent it was looked at.
OF_MAIL = (
    _rule(
        "systemerror",
        r"after multiple retries|(?:system|local|server) config(?:uration)? error|loops back to "
        r"myself|create user output|forwarding loop broken|would create a mail loop|queue file "
        r"write|internal server error|best-preference|points to local host",
    ),
    _rule(
        "policyviolation",
        r"presents? a potential|for policy reasons|attachment|security polic|closed mailing list"
        r"|virus or spam|administrative prohibition|envelope blocked"
        r"|organi[sz]ation(?:al)? (?:polic|"
        r"setting)|has a policy that|local policy",
    ),
    _rule(
        "spamdetected",
        r"\bspam\w*\b|unsolicited|junk ?(?:mail|e-?mail)|\buce\b|\bube\b|bulk (?:e-?)?mail"
        r"|abusive|mail rejete|content (?:\w+ )?(?:reject|block|filter|reason|denied)"
        r"|rejected (?:\w+ ){0,3}content"
        r"|blacklisted (?:url|uri)|bayes|mail appears to be|high probability|suspicious"
        r"|content restrict|filters? rate|considered harmful|score (?:of|exceeds|too)",
    ),
    _rule(
        "securityerror",
        r"authentication (?:is )?(?:required|turned on|fail|failure|error|credential|needed)"
        r"|must (?:first )?(?:authenticate|issue a starttls|use tls)|starttls (?:is )?required"
        r"|(?:tls|encryption|ssl) (?:is )?(?:required|needed)|not authenticated|login (?:failed|"
        r"denied)|don'?t authenticate|user is not authorized to perform|unauthenticated sender"
        r"|executable files|files? (?:is |are )?not allowed in compressed|authrequired"
        r"|verification failure|5\.7\.[01] <?>?\.\.\. access denied",
    ),
    _rule(
        "failedstarttls",
        r"starttls|not support tls|tls (?:\w+ ){0,3}(?:handshake|fail|error|not available|session)"
        r"|ssl_(?:accept|connect)|certificate (?:verif|not trust|error)|dane|mta-sts",
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
    r"(?:user|<>)|no such (?:person|e-?mail|id|name|mail ?drop)|destinataire invalide|unroutable "
    r"(?:recipient|user)|account (?:that|name)[\w ]{0,40}does not|5\.4\.1 <>: recipient address "
    r"rejected: access denied|recipient address rejected: (?:access denied|undeliverable)"
    r"|見つかりません(?!.{0,3}、)|存在しま|宛先.{0,20}不明|nutzer.{0,30}unbekannt|empf[aä]nger.{0,40}"
    r"(?:unbekannt|existiert)|n'existe pas|destinatario.{0,20}(?:sconosciuto|inesistente)"
    r"|no existe|(?:пользователь|получатель).{0,20}не|unable to deliver message to <> \(and other"
)
NO_HOST = re.compile(
    r"(?:\bhost|domain|hostname|\bmx|recipient system)[\w <>\[\]().,'\"’=/-]{0,60}?(?:unknown|"
    r"not found|does ?n[o'’]t exist|does not exist|nxdomain|not valid|unrouteable|unresolvable|"
    r"couldn.t be found|could not be found|must exist|no longer exist|is not reachable|non-?exist)"
    r"|(?:unknown|no such|invalid|non-?existent|illegal|bad|unresolvable) (?:destination |"
    r"recipient |remote |target |mail )?(?:host|domain|system)|host/domain|nxdomain|couldn.t find "
    r"any host|unrouteable (?:mail domain|address)|unroutable address|point to non-?existent|bad "
    r"destination system|cannot find (?:the )?(?:domain|host)|name or service not known"
    r"|nonexistentdomain|no address associated|address lookups? failed permanently|no mx found|dns "
    r"server returned answer with no data|domain name not found|no mx (?:or a|record)"
    r"|address resolution of"
)
OF_SENDER = re.compile(
    r"\b(?:sender(?!base)|senders|envelope from|mail ?from|from(?: address| domain|:)"
    r"|return[- ]path|"
    r"originator|sending (?:domain|address))\b[\w <>\[\]().:;,'\"’=/-]{0,60}?"
    r"(?:reject|deni|invalid|not (?:exist|found|allowed|accepted|valid|verified|permitted|"
    r"authori[sz]ed|owned|pre-?approved|subscribed|on the)|unknown|refus|block|unro?uta?e?able|"
    r"does ?n[o'’]t (?:exist|resolve|have)|does not (?:exist|resolve|have)|verif\w+ (?:fail|error)|"
    r"unverifi|must|unresolv|could not|cannot|restricted|black ?listed|is empty|is spammer)"
    r"|(?:invalid|unknown|unroutable|unrouteable|bad|unresolvable|unverified|null|empty|faked|"
    r"non-?existent|prohibited|rejected|unauthori[sz]ed|undeliverable) (?:\w+ )?"
    r"(?:senders?|return path|mail from|envelope|from address|from domain|emetteur)\b"
    r"|domain of sender|(?:server|we|system|host) (?:\w+ )?(?:does not|do not|don't) accept "
    r"(?:mail|messages|e-?mail) from|not (?:a )?members?\b|(?:not|n't) (?:\w+ )?(?:allowed"
    r"|permitted|"
    r"authori[sz]ed|have permission) to (?:post|send)|members?[- ]only|non-members?|senders only"
    r"|notauthenticatedforgroup|backscatter|\bbatv\b|unsigned dsn|(?:callout|callback) verif"
    r"|google ?groups|groups\.google\.com|address that has been black ?listed|volume or user "
    r"complaints|e2110|emetteur|used to send (?:your|this) message"
)
# The sender is named, and yet it is the host that is refused, or the mail for what it holds.
ABOUT_HOST = re.compile(
    r"client host|mail server \[|\bhost(?:name)? \S+ |\bip\b|helo|blocked using|dns-?bl|\brbl\b"
)
POLICY = re.compile(
    r"polic(?:y|ies)|prohibited|not (?:comply|acceptable|allowed|permitted|authori[sz]ed)"
    r"|forbidden|"
    r"administrative(?:ly)? (?:prohib|deni|refus|block)|against (?:our|the)|disallowed|violat|"
    r"(?:message|mail|delivery) (?:was |has been )?(?:rejected|refused|blocked|denied|bounced)|"
    r"denied by|not accepted for|local rules|blocked"
)
CONTENT = re.compile(
    r"(?:mime|header|encoding|charset|character set|8 ?-?bit|conversion|body|binary|format)"
    r"[\w :'-]{0,40}(?:error|invalid|malformed|broken|not (?:supported|allowed|permitted)|fail|"
    r"improper|complexity)|(?:malformed|invalid|bad|improper\w*) (?:use of )?(?:mime|header"
    r"|charset|"
    r"encoding|8-bit|formatted)|(?:cr|lf) characters"
)
NETWORK = re.compile(
    r"(?:mail |routing |forwarding )loop|loop (?:detected|back)|loops back|too many hops|hop count"
    r"|mail for .{0,60}loops|message (?:is )?looping|maximum (?:hop|allowed times|forward)|looping"
    r"|loopdetected|dns error(?!: (?:domain name not found|dns server returned))|bad dns lookup|mx "
    r"lookup|cname lookup|best-preference|(?:dns|name ?server|name service)[\w :.<>=-]{0,60}(?:"
    r"failure|try again|timeout|servfail|unexpected|refused|records? .{0,40}not be found)"
    r"|malformed (?:or unexpected )?name "
    r"server|temporary failure in name|(?:routing|network) (?:error|problem|is)|no route to|"
    r"network (?:error|unreachable|dropped)|try again later.{0,3}host not found|host not found, "
    r"try again|host name lookup failure|lookup fail|(?:unable|not able) to (?:resolve )?route|"
    r"host (?:is )?unreachable|address is unreachable|mxloopback|address family mismatch"
)
SYSTEM = re.compile(
    r"(?:local|server|system|internal|service|configuration|software|i/o|disk|ldap|database|"
    r"resource|backend|protocol)[\w :]{0,30}(?:error|fail|problem|misconfigur|broken|fault|"
    r"unavailable|not available|busy)|cannot create|can't create|couldn't (?:open|create|lock)"
    r"|no space left|read-?only file|insufficient (?:system )?(?:storage|resource|disk)|memory"
    r"|temporar\w+ (?:\w+ )?(?:fail|error|problem)|interrupted system call|unable to (?:lookup|"
    r"verify|process|contact)|transaction failed|queue file|encountered an error"
    r"|control/locals|points to local host|delivery to (?:file|pipe|directory)|local delivery fail|"
    r"permission denied|misconfigur|config(?:uration)? error"
)
EXPIRED = re.compile(
    r"time(?:d)? ?-?out|time(?:s)? exceed|expire|(?:queue|been|for a|it was) (?:\w+ )?too long|"
    r"long time|retry (?:time|limit|period)|queue period|for (?:more than |the last )?\d+ ?(?:day|"
    r"hour|minute|second)|(?:after|within|last|past) [\d.]+ (?:day|hour|minute|second)|"
    r"connection (?:refused|reset|closed|lost|died|aborted|dropped|terminated|failed)|connect to|"
    r"(?:unable|not able|could not|couldn't|cannot|failed|can't) (?:to )?(?:\w+ )?(?:establish|"
    r"connect|reach|be reached|deliver in|be delivered for|find a gateway)|not (?:respond|"
    r"reachable|answer)|did not (?:respond|answer|accept our requests)|been delayed|deferred|"
    r"unreachable|attempts will continue|still trying|server (?:is )?down|giv(?:en|ing) up|lost "
    r"connection|socket error|have been failing|did not complete|multiple retries"
    r"|collected after|will (?:continue|be retried)"
)
DENIED = re.compile(r"access denied|permission|not authori[sz]ed|unauthori[sz]ed|credential")
TRY_LATER = re.compile(r"gr[ea]y-?list|try (?:again )?later|temporarily|come back|not now")
