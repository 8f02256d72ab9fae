"""The Telegram bot: follow by talking."""
