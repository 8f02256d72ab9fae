"""The `digest` command, one file per noun."""
