"""Admins' accounts: a name, a role, and an Argon2id hash of the password.

Rights grow from left to right in ROLES, but for sending and lists, which are apart: what each
role may do is decided where it is asked for.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

import argon2
import sqlalchemy as sa

from subscribers import choices, errors, tables

Role = Literal["viewer", "editor", "sender", "list manager", "owner"]
ROLES: tuple[Role, ...] = ("viewer", "editor", "sender", "list manager", "owner")

PASSWORD_CHARS = range(12, 257)  # ASVS V6.2.1 and V6.2.9; longer ones would only cost time

account = tables.account
_hasher = argon2.PasswordHasher()


@dataclass(frozen=True, slots=True)
class Account:
    id: int
    name: str
    role: Role
    created_at: datetime


def add(session: sa.Connection, *, name: str, password: str, role: Role, now: datetime) -> Account:
    """Make an account; names differ in more than case.  Raises AccountError, DuplicateAccount."""
    name = choices.name(name)
    if not name:
        raise errors.AccountError("an account needs a name")
    _check_role(role)
    if _find(session, name) is not None:
        raise errors.DuplicateAccount(name)
    account_id: int = session.execute(
        account.insert().returning(account.c.id),
        {"name": name, "role": role, "password_hash": _hashed(password), "created_at": now},
    ).scalar_one()
    return Account(account_id, name, role, now)


def verify(session: sa.Connection, name: str, password: str) -> Account | None:
    """Give the account when the password is its own.

    An unknown name takes the work of a known one, so that names cannot be found out by time.
    """
    row = _find(session, choices.name(name))
    stored = _nobody() if row is None else row.password_hash
    try:
        _hasher.verify(stored, password)
    except argon2.exceptions.VerifyMismatchError:
        return None
    if row is None:
        return None
    if _hasher.check_needs_rehash(stored):
        _update(session, row.name, password_hash=_hasher.hash(password))
    return Account(row.id, row.name, row.role, row.created_at)


def listing(session: sa.Connection) -> list[Account]:
    """All accounts, by name."""
    rows = session.execute(sa.select(account).order_by(sa.func.lower(account.c.name)))
    return [Account(row.id, row.name, row.role, row.created_at) for row in rows]


def remove(session: sa.Connection, name: str) -> None:
    """Raise UnknownAccount, or LastOwner for the only owner."""
    row = _known(session, name)
    if row.role == "owner":
        _check_other_owner(session, row.id)
    session.execute(account.delete().where(account.c.id == row.id))


def set_password(session: sa.Connection, name: str, password: str) -> None:
    """Raise UnknownAccount, AccountError."""
    _update(session, _known(session, name).name, password_hash=_hashed(password))


def set_role(session: sa.Connection, name: str, role: Role) -> None:
    """Raise UnknownAccount, AccountError, or LastOwner when the only owner would step down."""
    _check_role(role)
    row = _known(session, name)
    if row.role == "owner" and role != "owner":
        _check_other_owner(session, row.id)
    _update(session, row.name, role=role)


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash("no account has this one")


def _hashed(password: str) -> str:
    if len(password) not in PASSWORD_CHARS:
        raise errors.AccountError(
            f"a password has {PASSWORD_CHARS[0]} to {PASSWORD_CHARS[-1]} characters"
        )
    return _hasher.hash(password)


def _find(session: sa.Connection, name: str) -> sa.Row[tuple[int, str, Role, str, datetime]] | None:
    return session.execute(
        sa.select(account).where(sa.func.lower(account.c.name) == name.lower())
    ).one_or_none()


def _known(session: sa.Connection, name: str) -> sa.Row[tuple[int, str, Role, str, datetime]]:
    row = _find(session, name)
    if row is None:
        raise errors.UnknownAccount(name)
    return row


def _update(session: sa.Connection, name: str, **values: str) -> None:
    session.execute(account.update().where(account.c.name == name).values(values))


def _check_role(role: str) -> None:
    if role not in ROLES:
        raise errors.AccountError(f"a role is one of {', '.join(ROLES)}")


def _check_other_owner(session: sa.Connection, account_id: int) -> None:
    others = sa.select(account.c.id).where(account.c.role == "owner", account.c.id != account_id)
    if session.execute(others.limit(1)).first() is None:
        raise errors.LastOwner
