"""Issues in, mails and chat messages out."""
