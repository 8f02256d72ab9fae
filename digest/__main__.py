"""`python -m digest` is the `digest` command."""

from digest import cli

if __name__ == "__main__":
    cli.main()
