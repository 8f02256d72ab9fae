"""Topics by what a story says, with the reason.  Pure."""
