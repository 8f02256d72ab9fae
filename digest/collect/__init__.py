"""Sources in, entries out: fetching, feeds, WordPress, clean text."""
