from collections.abc import Iterator
from typing import Literal

import argon2
import pytest
import sqlalchemy as sa

from subscribers import accounts, errors
from tests.subscribers.making import NOW

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The real algorithm with little memory and one round."""
    hasher = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "_hasher", hasher)
    accounts._nobody.cache_clear()
    yield
    accounts._nobody.cache_clear()


def add(
    session: sa.Connection, name: str = "Ann", role: accounts.Role = "owner"
) -> accounts.Account:
    return accounts.add(session, name=name, password=PASSWORD, role=role, now=NOW)


def test_the_password_opens_the_account_and_no_other_does(session: sa.Connection) -> None:
    """E8"""
    ann = add(session)
    assert accounts.verify(session, "ANN", PASSWORD) == ann
    assert accounts.verify(session, "Ann", "another password") is None
    assert accounts.verify(session, "Bob", PASSWORD) is None


def test_a_password_is_kept_as_argon2id_only(session: sa.Connection) -> None:
    """E8"""
    add(session)
    (stored,) = session.scalars(accounts.account.select().with_only_columns(
        accounts.account.c.password_hash
    ))  # fmt: skip
    assert stored.startswith("$argon2id$")
    assert PASSWORD not in stored


def test_an_unknown_name_costs_the_work_of_a_known_one(
    session: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B9: no account can be found out by time."""
    add(session)
    verified: list[str] = []

    class Counting(argon2.PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Literal[True]:  # noqa: A002 - the library's name
            verified.append(str(hash).split("$")[3])
            return super().verify(hash, password)

    monkeypatch.setattr(accounts, "_hasher", Counting(time_cost=1, memory_cost=8, parallelism=1))
    accounts.verify(session, "Ann", "another password")
    accounts.verify(session, "Bob", "another password")
    assert len(verified) == 2
    assert verified[0] == verified[1]


def test_the_words_unknown_names_are_compared_with_open_nothing(session: sa.Connection) -> None:
    assert accounts.verify(session, "Bob", "no account has this one") is None


def test_a_hash_of_old_cost_is_renewed_at_sign_in(
    session: sa.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(session)
    stronger = argon2.PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    monkeypatch.setattr(accounts, "_hasher", stronger)
    assert accounts.verify(session, "Ann", PASSWORD)
    (stored,) = session.scalars(accounts.account.select().with_only_columns(
        accounts.account.c.password_hash
    ))  # fmt: skip
    assert "t=2" in stored


def test_names_are_taken_in_any_case_and_never_empty(session: sa.Connection) -> None:
    add(session)
    with pytest.raises(errors.DuplicateAccount):
        add(session, "ann")
    with pytest.raises(errors.AccountError, match="name"):
        add(session, " \n")


def test_roles_and_passwords_have_to_be_real_ones(session: sa.Connection) -> None:
    """E10"""
    role: accounts.Role = "root"  # type: ignore[assignment]  # what a caller may hand over
    with pytest.raises(errors.AccountError, match="role"):
        add(session, "Bob", role)
    with pytest.raises(errors.AccountError, match="12"):
        accounts.add(session, name="Bob", password="short", role="editor", now=NOW)


def test_accounts_are_listed_changed_and_removed(session: sa.Connection) -> None:
    add(session)
    add(session, "bob", "editor")
    accounts.set_role(session, "Bob", "list manager")
    accounts.set_password(session, "Bob", "a new long password")
    assert [(one.name, one.role) for one in accounts.listing(session)] == [
        ("Ann", "owner"),
        ("bob", "list manager"),
    ]
    assert accounts.verify(session, "bob", "a new long password")
    accounts.remove(session, "BOB")
    assert [one.name for one in accounts.listing(session)] == ["Ann"]
    with pytest.raises(errors.UnknownAccount):
        accounts.remove(session, "Bob")
    with pytest.raises(errors.UnknownAccount):
        accounts.set_role(session, "Bob", "viewer")
    with pytest.raises(errors.UnknownAccount):
        accounts.set_password(session, "Bob", PASSWORD)


def test_the_last_owner_stays(session: sa.Connection) -> None:
    add(session)
    accounts.set_role(session, "Ann", "owner")
    with pytest.raises(errors.LastOwner):
        accounts.remove(session, "Ann")
    with pytest.raises(errors.LastOwner):
        accounts.set_role(session, "Ann", "viewer")
    add(session, "Bob")
    accounts.remove(session, "Ann")
