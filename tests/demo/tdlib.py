"""TDLib's own HTML parser, offline: the judge of the fake's, and a stand-in for it."""

import json
from typing import Any

import tdjson

from digest.demo import botapi_entities, botapi_markup

KINDS = {
    "Bold": "bold",
    "Italic": "italic",
    "Underline": "underline",
    "Strikethrough": "strikethrough",
    "Spoiler": "spoiler",
    "Code": "code",
    "Pre": "pre",
    "PreCode": "pre",
    "TextUrl": "text_link",
    "BlockQuote": "blockquote",
    "ExpandableBlockQuote": "expandable_blockquote",
    "CustomEmoji": "custom_emoji",
    "MentionName": "text_mention",
}
_quiet = {"@type": "setLogVerbosityLevel", "new_verbosity_level": 0}
tdjson.td_execute(json.dumps(_quiet).encode())


def ask(html: str) -> dict[str, Any]:
    """Give TDLib's answer: `formattedText` or `error`."""
    query = {
        "@type": "parseTextEntities",
        "text": html,
        "parse_mode": {"@type": "textParseModeHTML"},
    }
    answer: dict[str, Any] = json.loads(tdjson.td_execute(json.dumps(query).encode()) or b"{}")
    return answer


def parse(html: str) -> botapi_entities.Formatted:
    """Parse as `BotApi(parse=...)` wants it.  Raises MarkupError."""
    answer = ask(html)
    if answer["@type"] == "error":
        message = str(answer["message"]).removeprefix("Can't parse entities: ")
        raise botapi_markup.MarkupError(message)
    return botapi_entities.Formatted(
        answer["text"], tuple(_entity(one) for one in answer["entities"])
    )


def _entity(given: dict[str, Any]) -> botapi_entities.Entity:
    kind = given["type"]
    return botapi_entities.Entity(
        KINDS[kind["@type"].removeprefix("textEntityType")],
        given["offset"],
        given["length"],
        url=kind.get("url", ""),
        language=kind.get("language", ""),
        custom_emoji_id=str(kind.get("custom_emoji_id", "")),
        person_id=kind.get("user_id"),
    )
