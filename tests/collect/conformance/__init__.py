"""What other parsers expect of their own cases, held against what we read.

Their expectations are data beside the repository.  Ours is plain, sanitised text and
canonical addresses, so an expected value is made plain the same way before it is compared;
what has no counterpart in an entry (bozo, generator, rights, places ...) is counted apart,
with the reason.  `python -m tests.collect.conformance` prints the table.
"""
