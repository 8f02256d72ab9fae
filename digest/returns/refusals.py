"""The words by which servers refuse us: who we are, what we sent, how much of it.

All are matched against `reasons.normal` text, as in `words`, the first fit counts.
Sources: the published error lists of Gmail, Exchange Online, Outlook.com, Yahoo, Apple, Orange,
Mimecast, Cox and NetEase; the sources of Postfix, Exim, sendmail, qmail and Courier.
"""

import re

from digest.returns import words

_rule = words.rule

_WHAT = r"(?:message|mail|e-?mail|connections|session|transaction|delivery)s?"

# What is said of us: who we are, what we sent, how much of it.
OF_US = (
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
        r"|not a gateway|(?:we|i) (?:do not|don'?t) relay|unauthori[sz]ed relay"
        r"|insecure mail relay|third[- ]party (?:mail )?relay|relay(?:ing)? (?:is )?(?:un|dis)\w+"
        r"|not one of (?:my|our) (?:relay"
        r"|local) domains",
    ),
    _rule(
        "requireptr",
        r"reverse[- ]?(?:dns|lookup|ip|hostname|mapping|name)|\bptr\b|\brdns\b|in-addr\.arpa"
        r"|(?:cannot|can't|could not|unable to|failed to|couldn't) (?:find|resolve|get|verify) "
        r"(?:\w+ ){0,3}(?:your (?:host ?name|reverse|ip|host)|hostname for)|your (?:host|ip)"
        r"(?: address)?[\w \[\].:]{0,50}(?:could not|cannot) be resolved|unresolvable hostname"
        r"|ip name lookup failed|domain name for your ip|client host(?:name)? (?:rejected: )?"
        r"(?:cannot find|could not find)|cannot find your hostname|no hostname"
        r"|unverif\w+ sending ip|forward dns"
        r"|fcrdns|(?<!temporarily )unresolvable (?:relay )?hosts?\b|resolve your "
        r"(?:address|ip|host)|dns (?:entry|record) for (?:your|the sending)",
    ),
    _rule(
        "virusdetected",
        r"\bvirus(?!.{0,12}(?:scanner|or spam))|infected|malware|\bworm\b|trojan|phishing"
        r"|harmful attachment|dangerous attachment|e-?mail rejected due to security polic",
    ),
    _rule(
        "notcompliantrfc",
        r"(?:not|non)[- ]?(?:rfc[ -]?\d* ?)?complian|rfc ?-?(?:2?82[12]|532[12])\b(?! ?;)"
        r"|(?:duplicate|multiple|missing|more than one|malformed|invalid) "
        r"(?:\W?[\w-]+:?\W? ){0,6}header|bad[-_ ]?header|bare (?:lf|line ?feed|cr|newline)"
        r"|stray (?:cr|lf)"
        r"|in from: header are not|message-id header|multiple from"
        r"|line length|lone cr|fail syntax|rfcmessagenoncompliant|invalid header",
    ),
    _rule(
        "authfailure",
        r"\bdmarc\b|\bspf\b|sender policy framework|\bdkim\b|unauthenticated (?:mail|e-?mail)"
        r"|authentication (?:checks?|results?|level|requirements?|information)|openspf|not "
        r"authenticated (?:mail|message)|fails? (?:to pass )?(?:\w+ )?authentication\b(?!.*login)"
        r"|sender.?id\b|anti-?spoof|permitted sender|purported responsible|domain owner policy"
        r"|is unauthenticated",
    ),
    _rule(
        "badreputation",
        r"(?:low|poor|bad|negative|no|suspicious|neutral) (?:\w+ ){0,3}reputation"
        r"|reputation (?:is |of |score|too|on )|due to (?:\w+ ){0,4}reputation|by reputation"
        r"|reputation[\w .]{0,30}(?:reject|block|fail)|ip reputation",
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
        r"|blocked (?:using|by (?!(?:user|recipient|content|spam))|list|-|at|for|ip|see)|banned",
        r"(?:client|sending|your|connecting|source|originating|from|sender) "
        r"(?:host|server|ip|network|mta|mail server|isp|domain name"
        r"|address \[)s?[\w \[\]<>:.,()'/-]{0,80}"
        r"(?:reject|refus|block|deni|not (?:allowed|accepted|welcome|permitted|authorized)|listed)",
        r"client host|access (?:from|to) (?:ip|your|host|\[)|(?:banned|bad|blocked) (?:sending )?ip"
        r"|(?:helo|ehlo)\b[\w /<>.:()\[\]]{0,60}(?:reject|invalid|must|deni|bad|mismatch|need|not|"
        r"refus|require|forged|syntax)|(?:bad|invalid|fake|forged|illegal|faked) (?:helo|ehlo)",
        rf"{_WHAT} (?:\w+ ){{0,3}}(?:not accepted|refused|rejected|denied|blocked|dropped)"
        r"(?: \w+){0,2} (?:from|by|for|due to|because of) (?:your|this|host|ip|ips|\[|network|"
        r"server|sender ip)",
        r"dynamic (?:\w+[ /-]){0,3}(?:ip|address|host|range|pool)|dial-?up|residential|\bdhcp\b"
        r"|\bips? (?:address(?:es)? )?(?:\w+ |<>|[\d.:a-f\[\]]{3,40} ){0,4}(?:is |has been )?(?:"
        r"block|reject|refus|banned|listed|deni|not allowed|not in|suspend|has sent|blacklisted)",
        r"(?:\d{1,3}\.){3}\d{1,3}[\])]? (?:\w+ ){0,2}(?:blocked|rejected|refused|denied|listed"
        r"|not al)"
        r"|(?:denied|refused|rejected|blocked) (?:from|for) (?:your|this) (?:ip|host|server"
        r"|network)"
        r"|use (?:the |your )?(?:smtp|mail)? ?(?:server|relay|smarthost) (?:of|at|from) your"
        r"|use your (?:isp|provider)'?s|\bip you'?re using|ip=[\d.]{7,15} - a problem"
        r"|volumes? of (?:\w+ ){0,2}complaints"
        r"|no access from|not (?:currently )?accepting (?:mail|connections|messages)"
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
        r"several matches found in|after multiple retries|loops back to myself|unable to lock"
        r"|(?:system|local|server) config(?:uration)? error|resource temporarily unavailable"
        r"|create user output|forwarding loop broken|would create a mail loop|queue file "
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
        "failedstarttls",  # what Postfix says of its own side
        r"tls (?:is )?required,? but|certificate not (?:verified|trusted)|cannot start tls",
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

OF_SENDER = re.compile(
    r"\b(?:sender(?!base)|senders|envelope from|mail ?from|from(?: address| domain|:)"
    r"|return[- ]path|"
    r"originator|sending (?:domain|address))\b[\w <>\[\]().:;,'\"’=/-]{0,60}?"
    r"(?:reject|deni|invalid|not (?:in|exist|found|allowed|accepted|valid|verified|permitted|"
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
    r"|notauthenticatedfor(?:group|mailbox)|blocked senders?\b"
    r"|verification failed for <>|backscatter|\bbatv\b|unsigned dsn|(?:callout|callback) verif"
    r"|google ?groups|groups\.google\.com|address that has been black ?listed|volume or user "
    r"complaints|e2110|emetteur|used to send (?:your|this) message"
)
# The sender is named, and yet it is the host that is refused, or the mail for what it holds.
ABOUT_HOST = re.compile(
    r"client host|mail server \[|\bhost(?:name)? \S+ |\bip\b|helo|blackhole|blocked using"
    r"|dns-?bl|\brbl\b|from (?:\d{1,3}\.){3}|your (?:isp|(?:\w+ )?provider)"
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
    r"encoding|8-bit|formatted)|(?:cr|lf) characters|not support the message'?s format"
)
DENIED = re.compile(r"access denied|permission|not authori[sz]ed|unauthori[sz]ed|credential")
