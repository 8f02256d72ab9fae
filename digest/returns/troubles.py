"""The words by which servers tell of trouble between us and a mailbox: networks, systems, time.

All are matched against `reasons.normal` text, as in `words`.
"""

import re

NETWORK = re.compile(
    r"(?:mail |routing |forwarding )loop|loop (?:detected|back)|loops back|too many hops|hop count"
    r"|mail for .{0,60}loops|message (?:is )?looping|maximum (?:hop|allowed times|forward)|looping"
    r"|loopdetected|dns query (?:failed|error)|remote host address is the local host"
    r"|all routes to .{0,40}blocked|no valid route"
    r"|dns error(?!: (?:domain name not found|dns server returned))|bad dns lookup|mx lookup"
    r"|cname lookup|best-preference|(?:dns|name ?server|name service)[\w :.<>=-]{0,60}(?:"
    r"failure|try again|timeout|servfail|unexpected|refused|records? .{0,40}not be found)"
    r"|malformed (?:or unexpected )?name "
    r"server|temporary failure in name|(?:routing|network) (?:error|problem|is)|no route to|"
    r"network (?:error|unreachable|dropped)|try again later.{0,3}host not found|host not found, "
    r"try again|host name lookup failure|(?<!temporary )lookup fail|(?:unable"
    r"|not able) to (?:resolve )?route|"
    r"host (?:is )?unreachable|address is unreachable|mxloopback|address family mismatch"
)
# What is said of the server's own state, whoever it names beside.
OUT_OF_ORDER = re.compile(
    r"temporary lookup failure|server configuration (?:error|problem)|mail transport unavailable"
    r"|unknown mail transport error|alias database unavailable|local error in processing"
    r"|mail system configuration error|internal error"
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
    r"time(?:d)? ?-?out|time limit|time(?:s)? exceed|expire|(?:after|failed) \d{1,4} (?:attempts?"
    r"|retries)"
    r"|(?:queue|been|for a|it was) (?:\w+ )?too long|long time|retry (?:time|limit|period)"
    r"|queue period|for (?:more than |the last )?\d+ ?(?:day|"
    r"hour|minute|second)|(?:after|within|last|past) [\d.]+ (?:day|hour|minute|second)|"
    r"connection (?:refused|reset|closed|lost|died|aborted|dropped|terminated|failed)|connect to|"
    r"(?:unable|not able|could not|couldn't|cannot|failed|can't) (?:to )?(?:\w+ )?(?:establish|"
    r"connect|reach|be reached|deliver in|be delivered for|find a gateway)|not (?:respond|"
    r"reachable|answer)|did not (?:respond|answer|accept our requests)|been delayed|deferred|"
    r"unreachable|attempts will continue|still trying|server (?:is )?down|giv(?:en|ing) up|lost "
    r"connection|socket error|have been failing|did not complete|multiple retries"
    r"|collected after|will (?:continue|be retried)"
)
TRY_LATER = re.compile(r"gr[ea]y-?list|try (?:again )?later|temporarily|come back|not now")
