"""What the exports of other systems say of people, above all who must not be written to."""

import io
from datetime import UTC, datetime

import pytest

from subscribers import columns, spreadsheets
from subscribers.spreadsheets import PersonRow, Problem

LISTMONK = "uuid,email,name,attributes,status,created_at,updated_at"
GHOST = (
    "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,"
    "deleted_at,labels,tiers"
)
MAILCHIMP = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,"
    "GMTOFF,DSTOFF,TIMEZONE,CC,REGION,UNSUB_TIME,UNSUB_REASON,CLEAN_TIME,LEID,EUID,NOTES,TAGS"
)
MAILERLITE = "Subscriber,Status,Sent,Opens,Clicks,Subscribed,Location,Name,Last name,Groups"
SUBSTACK = "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at"
SUBSTACK_TABLE = "Email,Name,Stripe plan,Cancel date,Start date,Paid upgrade date,Activity,Type"


def sheet(text: str, filename: str = "") -> spreadsheets.Spreadsheet:
    return spreadsheets.read(io.BytesIO(text.encode()), filename=filename)


def one(header: str, cells: str, filename: str = "") -> PersonRow:
    (row,) = sheet(f"{header}\n{cells}\n", filename).rows()
    assert isinstance(row, PersonRow), row
    return row


@pytest.mark.parametrize(
    ("header", "written_by"),
    [
        (LISTMONK, "listmonk"),
        ("email,name,attributes", "listmonk"),
        (GHOST, "ghost"),
        (MAILCHIMP, "mailchimp"),
        (MAILERLITE, "mailerlite"),
        ("email,status,subscribed_at,opted_in_at,optin_ip,name", "mailerlite"),
        (SUBSTACK, "substack"),
        (SUBSTACK_TABLE, "substack"),
        ("email,name,topics", "plain"),
    ],
)
def test_who_wrote_a_list_is_told_from_its_header(header: str, written_by: str) -> None:
    assert sheet(f"{header}\n").format == written_by


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("active", "active"),
        ("unsubscribed", "unsubscribed"),
        ("unconfirmed", "pending"),
        ("bounced", "bounced"),
        ("junk", "complained"),
        ("Unsubscribed", "unsubscribed"),
    ],
)
def test_a_mailerlite_export_is_read(status: str, expected: str) -> None:
    row = one(MAILERLITE, f"jo@example.com,{status},9,3,1,2023-05-06 07:08:09,DE,Jo,Brown,Asia")
    assert (row.name, row.status, row.topics) == ("Jo Brown", expected, ("Asia",))
    assert row.consented_at == datetime(2023, 5, 6, 7, 8, 9, tzinfo=UTC)


@pytest.mark.parametrize(("disabled", "expected"), [("false", "active"), ("true", "unsubscribed")])
def test_a_substack_export_is_read(disabled: str, expected: str) -> None:
    cells = f"jo@example.com,false,,other,{disabled},2026-07-01T00:00:00.000Z,"
    row = one(SUBSTACK, cells)
    assert (row.status, row.consented_at) == (expected, datetime(2026, 7, 1, tzinfo=UTC))


def test_who_pays_no_more_at_substack_still_reads() -> None:
    row = one(SUBSTACK_TABLE, "jo@example.com,Jo,,2026-01-01,2025-01-01T00:00:00.000Z,,5,Free")
    assert (row.name, row.status) == ("Jo", "active")
    assert row.consented_at == datetime(2025, 1, 1, tzinfo=UTC)


def test_the_attributes_of_listmonk_may_say_what_somebody_reads() -> None:
    row = one(
        "email,name,attributes",
        'jo@example.com,Jo,"{""topics"": [""Asia"", ""Tech""], ""timezone"": ""Asia/Tokyo"", '
        '""language"": ""de"", ""tags"": ""vip"", ""age"": 29}"',
    )
    assert (row.topics, row.labels) == (("Asia", "Tech", "vip"), ("Asia", "Tech", "vip"))
    assert (row.time_zone, row.language) == ("Asia/Tokyo", "de")
    for broken in ("{not json", "[1]", '"{""topics"": 3, ""timezone"": ""Nowhere""}"'):
        assert one("email,attributes", f"jo@example.com,{broken}").topics == ()


def test_the_worst_that_any_column_says_of_somebody_counts() -> None:
    """B19"""
    header = "email,status,unsubscribed_at,bounced,complained,subscribed"
    for cells, expected in {
        "active,,0,no,yes": "active",
        "active,2024-01-01,,,yes": "unsubscribed",
        "active,,3,,": "bounced",
        "active,2024-01-01,true,1,": "complained",
        "pending,,1,,": "bounced",
        "active,,,,false": "unsubscribed",
        "unsubscribed,,,,true": "unsubscribed",
        "pending,,,,true": "pending",
    }.items():
        assert one(header, f"jo@example.com,{cells}").status == expected, cells


@pytest.mark.parametrize("name", sorted({*columns._ENDED, "accepts_marketing", "status"}))
def test_no_column_that_says_somebody_left_is_passed_over(name: str) -> None:
    """B19: never active."""
    cell = {"status": "unsubscribed", "accepts_marketing": "no"}.get(name, "2024-02-02 00:00:00")
    spelt = name.replace("_", " ").title()
    assert one(f"email,{spelt}", f"jo@example.com,{cell}").status != "active"


def test_a_word_nobody_knows_is_a_problem_and_not_a_reader() -> None:
    (row,) = sheet("email,Subscription Status\njo@example.com,lapsed\n").rows()
    assert isinstance(row, Problem)
    assert (row.column, row.line) == ("Subscription Status", 2)
    (row,) = sheet("email,subscribed_to_emails\njo@example.com,perhaps\n").rows()
    assert isinstance(row, Problem)


def test_a_state_of_a_country_is_no_state_of_a_reader() -> None:
    assert one("email,state", "jo@example.com,Texas").status == "active"
    assert one("email,state", "jo@example.com,cancelled") is not None
    assert one("email,state", "jo@example.com,bounced").status == "bounced"


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("subscribed_members_export_1a2b.csv", "active"),
        ("unsubscribed_members_export_1a2b.csv", "unsubscribed"),
        ("lists/cleaned_email_audience_export_1a2b.csv", "bounced"),
        ("nonsubscribed_email_audience_export_1a2b.csv", "unsubscribed"),
        ("people.csv", "active"),
    ],
)
def test_the_name_of_a_file_may_be_all_that_says_people_left(filename: str, expected: str) -> None:
    """B19: Mailchimp parts its people by file, and no column needs to say so."""
    assert one("Email Address,LEID", "jo@example.com,1", filename).status == expected
    header, cells = "Email Address,LEID,UNSUB_TIME", "jo@example.com,1,2024-01-01"
    assert one(header, cells, filename).status == "unsubscribed"


def test_the_best_evidence_of_consent_is_taken() -> None:
    """B12"""
    row = one(
        "Email,OPTIN_TIME,CONFIRM_TIME",
        "jo@example.com,2023-01-01 00:00:00,2023-01-02 00:00:00",
    )
    assert row.consented_at == datetime(2023, 1, 2, tzinfo=UTC)
    row = one("email,created_at", "jo@example.com,2023-01-02 03:04:05.6 +0200")
    assert row.consented_at is None or row.consented_at.tzinfo is UTC
    assert one("email,created_at", "jo@example.com,02/03/2023").consented_at is None
