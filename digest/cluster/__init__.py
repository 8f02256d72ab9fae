"""Entries on the same event become one story.  Pure."""
