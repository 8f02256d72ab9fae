"""Telegram's own parser (TDLib, offline): what it makes of a message, or its error."""

import json
from typing import Any

import tdjson


def parsed(marked_up: str) -> dict[str, Any]:
    """Parse HTML as Telegram's server does; a refusal fails the test with Telegram's words."""
    request = {
        "@type": "parseTextEntities",
        "text": marked_up,
        "parse_mode": {"@type": "textParseModeHTML"},
    }
    tdjson.td_execute(b'{"@type": "setLogVerbosityLevel", "new_verbosity_level": 0}')
    answer: dict[str, Any] = json.loads(tdjson.td_execute(json.dumps(request).encode()) or b"{}")
    assert answer["@type"] == "formattedText", answer
    return answer


def units(text: str) -> int:
    """Count UTF-16 units, as the offsets of entities do."""
    return len(text.encode("utf-16-le")) // 2


def links_in(answer: dict[str, Any]) -> list[str]:
    """List where the links of a parsed message lead, in order."""
    return [e["type"]["url"] for e in answer["entities"] if "url" in e["type"]]
