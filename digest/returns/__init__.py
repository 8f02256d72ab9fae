"""Mail that comes back: bounces, delays, complaints and automatic answers.

opened    bytes → headers, words, reports, the mail that came back
reports   what delivery and complaint reports say of each recipient
free      the same where it is said in free words
reasons   why, from servers' words and codes
policy    whether the address is dead, ill, or it is we who are refused
codes     what providers' own codes stand for
words     what servers say of a reader's address, reason by reason
refusals  what they say against us
troubles  what they say of networks, systems and time
stored    mails in files, mboxes and Maildirs
reading   all of it: read(bytes) → Returned
"""

from digest.returns.policy import Permanence
from digest.returns.reading import Kind, Recipient, Returned, judge_reply, read

__all__ = ["Kind", "Permanence", "Recipient", "Returned", "judge_reply", "read"]
