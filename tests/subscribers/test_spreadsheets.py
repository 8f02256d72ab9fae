import io
from datetime import UTC, datetime

import pytest

from subscribers import errors, spreadsheets
from subscribers.spreadsheets import PersonRow, Problem
from tests import real_data


def read(text: str, encoding: str = "utf-8") -> list[PersonRow | Problem]:
    return list(spreadsheets.read(io.BytesIO(text.encode(encoding))).rows())


def one(text: str, encoding: str = "utf-8") -> PersonRow:
    (row,) = read(text, encoding)
    assert isinstance(row, PersonRow), row
    return row


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_the_encodings_of_spreadsheets_are_told_apart(encoding: str) -> None:
    """B19"""
    row = one("email,name\njo@example.com,Zoë Müller\n", encoding)
    assert (row.name, row.line) == ("Zoë Müller", 2)


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(errors.ImportRefused, match="Windows-1252"):
        spreadsheets.read(io.BytesIO(b"email\n\x81\x8d\n"))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiters_of_spreadsheets_are_told_apart(delimiter: str) -> None:
    """B19"""
    text = (
        f'"email"{delimiter}"my, name;s"{delimiter}topics\njo@example.com{delimiter}{delimiter}a\n'
    )
    assert one(text).topics == ("a",)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        ("name,topics\nJo,asia\n", "the header has no column named email or telegram_chat_id"),
        ("id,subscribed_to_emails\n1,true\n", "the header has no column named email"),
        ("email,Email\na,b\n", "the header has two columns named email"),
    ],
)
def test_a_file_that_cannot_be_meant_is_refused_in_one_sentence(text: str, problem: str) -> None:
    with pytest.raises(errors.ImportRefused) as caught:
        read(text)
    assert str(caught.value) == problem


def test_columns_are_known_by_any_spelling_and_lines_are_those_of_the_file() -> None:
    row = one("\n\n E-Mail Address ,Time Zone\n\n jo@example.com ,utc\n")
    assert (row.line, row.time_zone, row.addresses[0].address) == (5, "UTC", "jo@example.com")


def test_reading_leaves_the_file_open_for_another_time() -> None:
    stream = io.BytesIO(b"email\njo@example.com\n")
    assert len(list(spreadsheets.read(stream).rows())) == 1
    assert len(list(spreadsheets.read(stream).rows())) == 1


def test_a_cell_beyond_all_bounds_is_a_problem_of_its_row() -> None:
    """E17"""
    rows = read("email,name\njo@example.com," + "x" * 200_000 + "\nal@example.com,Al\n")
    assert isinstance(rows[0], Problem)
    assert rows[0].reason.startswith("not readable as CSV")
    assert isinstance(rows[-1], PersonRow)


def test_a_chat_alone_is_enough() -> None:
    row = one("email,telegram_chat_id\n,'-10042\n")
    assert [(address.kind, address.address) for address in row.addresses] == [("chat", "-10042")]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("enabled", "active"), ("disabled", "unsubscribed"), ("blocklisted", "unsubscribed")],
)
def test_a_listmonk_export_is_read(status: str, expected: str) -> None:
    sheet = spreadsheets.read(
        io.BytesIO(
            f'uuid,email,name,attributes,status,created_at,updated_at\nu,jo@example.com,Jo,"{{}}",'
            f"{status},2024-01-02T03:04:05Z,\n".encode()
        )
    )
    (row,) = sheet.rows()
    assert sheet.format == "listmonk"
    assert isinstance(row, PersonRow)
    assert (row.name, row.status) == ("Jo", expected)
    assert row.consented_at == datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cells", "expected"),
    [("true,,", "active"), ("false,,", "unsubscribed"), ("true,2024-02-02,", "unsubscribed")],
)
def test_a_ghost_export_is_read(cells: str, expected: str) -> None:
    row = one(
        "id,email,name,note,subscribed_to_emails,deleted_at,created_at,labels\n"
        f'1,jo@example.com,Jo,,{cells},"Asia, Tech"\n'
    )
    assert (row.status, row.topics, row.consented_at) == (expected, ("Asia", "Tech"), None)


@pytest.mark.parametrize(
    ("columns", "cells", "expected"),
    [
        ("UNSUB_TIME", "", "active"),
        ("UNSUB_TIME", "2024-02-02 00:00:00", "unsubscribed"),
        ("CLEAN_TIME", "2024-02-02 00:00:00", "bounced"),
        ("Status", "Non-Subscribed", "unsubscribed"),
    ],
)
def test_a_mailchimp_export_is_read(columns: str, cells: str, expected: str) -> None:
    row = one(
        f"Email Address,First Name,Last Name,MEMBER_RATING,CONFIRM_TIME,TIMEZONE,TAGS,{columns}\n"
        f'jo@example.com,Jo,Brown,2,2023-05-06 07:08:09,Europe/Paris,"""Asia"",""Tech""",{cells}\n'
    )
    assert (row.name, row.status, row.time_zone) == ("Jo Brown", expected, "Europe/Paris")
    assert row.topics == ("Asia", "Tech")
    assert row.consented_at == datetime(2023, 5, 6, 7, 8, 9, tzinfo=UTC)


def test_a_zone_another_system_guessed_wrongly_is_not_worth_a_row() -> None:
    assert one("Email,EUID,TIMEZONE\njo@example.com,1,Somewhere\n").time_zone is None


@pytest.mark.real_data
def test_the_published_listmonk_lists_are_read_whole() -> None:
    path = real_data.folder("subscribers", "listmonk") / "subs.csv"
    with path.open("rb") as stream:
        sheet = spreadsheets.read(stream)
        rows = list(sheet.rows())
    assert sheet.format == "listmonk"
    assert len(rows) == len(path.read_text("utf-8").splitlines()) - 1
    assert all(isinstance(row, PersonRow) for row in rows)
