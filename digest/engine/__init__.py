"""Runs jobs by name, soon and at most once at a time, surviving restarts."""
