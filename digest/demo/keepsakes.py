"""What the demo leaves behind on disk: every mail as a file, every chat as one JSON document."""

import json
import re
from pathlib import Path
from typing import Any

from digest.demo import botapi, mailbox

__all__ = ["write_chats", "write_mails"]


def write_mails(folder: Path, mail: mailbox.Mailbox) -> tuple[Path, ...]:
    """Write `mail/001-ann-example.org.eml` and so on, in order of arrival, as received."""
    kept_in = folder / "mail"
    kept_in.mkdir(parents=True, exist_ok=True)
    written = []
    for number, received in enumerate(mail.received, start=1):
        path = kept_in / f"{number:03}-{_plain(received.recipient)}.eml"
        path.write_bytes(received.data)
        written.append(path)
    return tuple(written)


def write_chats(folder: Path, bot_api: botapi.BotApi) -> tuple[Path, ...]:
    """Write `chat/<chat id>.json`: the chat, and its messages as they stand, oldest first."""
    kept_in = folder / "chat"
    kept_in.mkdir(parents=True, exist_ok=True)
    written = []
    for chat in bot_api.chats.known.values():
        path = kept_in / f"{chat.id}.json"
        messages = [_message(bot_api, message) for message in chat.messages.values()]
        document = {"chat": chat.as_json(), "messages": messages}
        path.write_text(json.dumps(document, ensure_ascii=False, indent=2) + "\n", "utf-8")
        written.append(path)
    return tuple(written)


def _message(bot_api: botapi.BotApi, message: botapi.SentMessage) -> dict[str, Any]:
    """Give a message as the Bot API does, with what only its reader would notice."""
    return {
        **bot_api.chats.as_json(message),
        "html": message.html,
        "silent": message.silent,
        "preview_url": message.preview_url,
        "deleted": message.deleted,
    }


def _plain(address: str) -> str:
    return re.sub(r"[^\w.+-]+", "-", address).strip("-.")[:80] or "nobody"
