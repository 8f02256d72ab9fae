"""The newsroom, the mailbox and the Bot API that `digest demo` and the tests run on loopback."""
