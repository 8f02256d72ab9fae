"""The Bot API's methods by name: the account, commands, chats, answers and updates."""

from collections.abc import Awaitable, Callable
from typing import Any

from digest.demo import botapi_messages, botapi_parameters, botapi_rules, botapi_updates
from digest.demo.botapi_account import Account

__all__ = ["METHODS", "Method"]

Parameters = botapi_parameters.Parameters
Method = Callable[[Account, Parameters], Any | Awaitable[Any]]

_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)


def get_me(account: Account, _: Parameters) -> dict[str, Any]:
    return {
        **account.bot,
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": True,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


def get_my_star_balance(account: Account, _: Parameters) -> dict[str, int]:
    whole = int(account.stars)
    return {"amount": whole, "nanostar_amount": round((account.stars - whole) * 1e9)}


def _scope(given: Parameters) -> tuple[str, str]:
    """Give the key that a command list or description is kept under: scope and language."""
    scope = given.structure("scope") or {"type": "default"}
    parts = [str(scope.get(k)) for k in ("type", "chat_id", "user_id") if scope.get(k)]
    return ":".join(parts), given.text("language_code")


def set_my_commands(account: Account, given: Parameters) -> bool:
    account.commands[_scope(given)] = botapi_rules.check_commands(given.structure("commands"))
    return True


def get_my_commands(account: Account, given: Parameters) -> list[dict[str, str]]:
    return account.commands.get(_scope(given), [])


def delete_my_commands(account: Account, given: Parameters) -> bool:
    account.commands.pop(_scope(given), None)
    return True


def set_my_description(account: Account, given: Parameters) -> bool:
    return _describe(account, given, "description", 512)


def set_my_short_description(account: Account, given: Parameters) -> bool:
    return _describe(account, given, "short_description", 120)


def _describe(account: Account, given: Parameters, field: str, limit: int) -> bool:
    text = given.text(field)
    if len(text) > limit:
        raise botapi_rules.bad_request(f"{field} is too long")
    account.descriptions[field, given.text("language_code")] = text
    return True


def get_my_description(account: Account, given: Parameters) -> dict[str, str]:
    key = ("description", given.text("language_code"))
    return {"description": account.descriptions.get(key, "")}


def get_my_short_description(account: Account, given: Parameters) -> dict[str, str]:
    key = ("short_description", given.text("language_code"))
    return {"short_description": account.descriptions.get(key, "")}


def send_chat_action(account: Account, given: Parameters) -> bool:
    chat = account.chats.find(given.text("chat_id"))
    account.chats.check_may_write(chat, given.integer("message_thread_id"))
    action = given.text("action")
    if action not in _ACTIONS:
        raise botapi_rules.bad_request("wrong parameter action in request")
    account.actions.append((chat.id, action))
    return True


def answer_callback_query(account: Account, given: Parameters) -> bool:
    """Answer a press once, while it is fresh; at most 200 characters (C12)."""
    query = account.queries.get(given.text("callback_query_id"))
    if query is None or query.answered:
        raise botapi_rules.bad_request(botapi_rules.QUERY_TOO_OLD)
    if (account.clock() - query.at).total_seconds() > account.limits.callback_seconds:
        raise botapi_rules.bad_request(botapi_rules.QUERY_TOO_OLD)
    text = given.text("text")
    if len(text) > 200:
        raise botapi_rules.bad_request("MESSAGE_TOO_LONG")
    query.answered, query.text, query.alert = True, text, given.flag("show_alert")
    account.note_change()
    return True


def answer_inline_query(account: Account, given: Parameters) -> bool:
    """Offer at most 50 results with ids of 1-64 bytes, each used once (C25)."""
    query = account.inline_queries.get(given.text("inline_query_id"))
    if query is None or query.results is not None:
        raise botapi_rules.bad_request(botapi_rules.QUERY_TOO_OLD)
    results = given.structure("results")
    if not isinstance(results, list):
        raise botapi_rules.bad_request("can't parse inline query results")
    if len(results) > 50:
        raise botapi_rules.bad_request("RESULTS_TOO_MUCH")
    ids = [str(result.get("id", "")) for result in results]
    if any(not 1 <= len(one.encode()) <= 64 for one in ids):
        raise botapi_rules.bad_request("RESULT_ID_INVALID")
    if len(set(ids)) < len(ids):
        raise botapi_rules.bad_request("RESULT_ID_DUPLICATE")
    query.results = results
    account.note_change()
    return True


def get_chat(account: Account, given: Parameters) -> dict[str, Any]:
    chat = account.chats.find(given.text("chat_id"))
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription")
    return {
        **chat.as_json(),
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys((*gifts, "gifts_from_channels"), False),
    }


def get_chat_member(account: Account, given: Parameters) -> dict[str, Any]:
    chat = account.chats.find(given.text("chat_id"))
    person_id = given.integer("user_id")
    if person_id is None:
        raise botapi_rules.bad_request("invalid user_id specified")
    return account.chats.membership(chat, person_id)


def get_chat_administrators(account: Account, given: Parameters) -> list[dict[str, Any]]:
    chat = account.chats.find(given.text("chat_id"))
    if chat.private:
        raise botapi_rules.bad_request("there are no administrators in the private chat")
    return [account.chats.membership(chat, person_id) for person_id in sorted(chat.admins)]


def leave_chat(account: Account, given: Parameters) -> bool:
    chat = account.chats.find(given.text("chat_id"))
    if chat.private:
        raise botapi_rules.bad_request("chat member status can't be changed in private chats")
    account.set_bot_status(chat.id, "left")
    return True


async def get_updates(account: Account, given: Parameters) -> list[dict[str, Any]]:
    account.updates.allow(given.structure("allowed_updates"))
    return await account.updates.poll(
        given.integer("offset") or 0,
        100 if (limit := given.integer("limit")) is None else limit,
        given.integer("timeout") or 0,
    )


async def set_webhook(account: Account, given: Parameters) -> bool:
    url, secret_token = given.text("url"), given.text("secret_token")
    if url:
        botapi_rules.check_webhook(url, secret_token)
    account.updates.allow(given.structure("allowed_updates"))
    if given.flag("drop_pending_updates"):
        account.updates.drop()
    most = given.integer("max_connections") or 40
    await account.updates.set_webhook(botapi_updates.Webhook(url, secret_token, most))
    return True


async def delete_webhook(account: Account, given: Parameters) -> bool:
    if given.flag("drop_pending_updates"):
        account.updates.drop()
    await account.updates.set_webhook(botapi_updates.Webhook())
    return True


def get_webhook_info(account: Account, _: Parameters) -> dict[str, Any]:
    webhook = account.updates.webhook
    answer: dict[str, Any] = {
        "url": webhook.url,
        "has_custom_certificate": False,
        "pending_update_count": account.updates.pending,
    }
    if webhook.url:
        answer["max_connections"] = webhook.max_connections
    if webhook.last_error_at:
        answer["last_error_date"] = int(webhook.last_error_at.timestamp())
        answer["last_error_message"] = webhook.last_error
    if account.updates.allowed:
        answer["allowed_updates"] = list(account.updates.allowed)
    return answer


# Names are compared without regard to case, as the server does.
METHODS: dict[str, Method] = {
    "getme": get_me,
    "getmystarbalance": get_my_star_balance,
    "sendmessage": botapi_messages.send_message,
    "senddocument": botapi_messages.send_document,
    "editmessagetext": botapi_messages.edit_message_text,
    "editmessagereplymarkup": botapi_messages.edit_message_reply_markup,
    "deletemessage": botapi_messages.delete_message,
    "deletemessages": botapi_messages.delete_messages,
    "sendchataction": send_chat_action,
    "answercallbackquery": answer_callback_query,
    "answerinlinequery": answer_inline_query,
    "setmycommands": set_my_commands,
    "getmycommands": get_my_commands,
    "deletemycommands": delete_my_commands,
    "setmydescription": set_my_description,
    "getmydescription": get_my_description,
    "setmyshortdescription": set_my_short_description,
    "getmyshortdescription": get_my_short_description,
    "getchat": get_chat,
    "getchatmember": get_chat_member,
    "getchatadministrators": get_chat_administrators,
    "leavechat": leave_chat,
    "getupdates": get_updates,
    "setwebhook": set_webhook,
    "deletewebhook": delete_webhook,
    "getwebhookinfo": get_webhook_info,
}
