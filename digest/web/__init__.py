"""Pages for readers and the desk for the newsroom."""
