"""The people: who they are, what they follow, how to reach them, and when not to.

A library that never sends anything: no network, templates, settings or clock.  Functions
take the session and the time, and return facts for the caller to act on.
"""
