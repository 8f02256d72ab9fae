"""Saved queries: reading, matching, finding the ones that match."""
