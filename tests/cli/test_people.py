"""Lists of people: in, back out, and taken back."""

import zipfile
from pathlib import Path

import pytest

from digest.demo import mailbox as mailbox_
from tests.cli.shell import Shell

CONSENT = ("--consent", "Asked for it on our site")
PLAIN = """email,name,topics,time_zone,send_at,status
ann@example.com,Ann,asia;World News,Asia/Tokyo,07:30,active
not an address,Nobody,,,,
bob@example.com,Bob,gardening,,,
carol@example.com,Carol,,,,unsubscribed
"""


@pytest.fixture
def plain(tmp_path: Path) -> str:
    (tmp_path / "people.csv").write_text(PLAIN)
    return "people.csv"


def test_an_import_counts_and_names_the_lines_it_could_not_take(shell: Shell, plain: str) -> None:
    done = shell("subscribers", "import", plain, *CONSENT, "--json")
    assert done.json == {
        "import": 1,
        "dry_run": False,
        "format": "plain",
        "encoding": "UTF-8",
        "rows": 4,
        "added": 3,
        "known": 0,
        "repeated": 0,
        "suppressed": 0,
        "left_before": 0,
        "unsubscribed": 1,
        "bounced": 0,
        "role_addresses": 0,
        "failed": 1,
        "problems": [
            {
                "line": 3,
                "column": "email",
                "reason": done.json["problems"][0]["reason"],
                "fix": "write one address such as jo@example.com",
                "file": "",
            }
        ],
        "unknown_topics": {"gardening": 1},
        "likely_slips": {},
    }
    [complaint] = done.complaints
    assert complaint.startswith("people.csv: line 3: email: ")
    assert complaint.endswith("; write one address such as jo@example.com")
    assert "not an address" not in complaint
    ann = shell("subscribers", "show", "ann@example.com", "--json").json
    assert (ann["topics"], ann["time_zone"], ann["send_at"]) == (
        ["asia", "world"],
        "Asia/Tokyo",
        "07:30",
    )


def test_an_import_mails_nobody(shell: Shell, plain: str, mailbox: mailbox_.Mailbox) -> None:
    shell("subscribers", "import", plain, *CONSENT)
    assert mailbox.received == []
    assert set(shell("deliveries", "stats", "--json").json.values()) == {0}


def test_a_dry_run_says_the_same_and_changes_nothing(shell: Shell, plain: str) -> None:
    planned = shell("subscribers", "import", plain, *CONSENT, "--dry-run", "--json").json
    assert (planned["added"], planned["failed"], planned["import"]) == (3, 1, None)
    assert shell("subscribers", "list", "--json").lines == []
    assert "3 would be added" in shell("subscribers", "import", plain, *CONSENT, "--dry-run").out


def test_consent_must_be_told(shell: Shell, plain: str) -> None:
    [complaint] = shell("subscribers", "import", plain, code=2).complaints
    assert "--consent" in complaint
    [complaint] = shell("subscribers", "import", plain, "--consent", " ", code=1).complaints
    assert complaint == "say what these people agreed to, and where"
    assert shell("subscribers", "list", "--json").lines == []


def test_a_repeated_import_finds_its_people_known(shell: Shell, plain: str) -> None:
    shell("subscribers", "import", plain, *CONSENT)
    again = shell("subscribers", "import", plain, *CONSENT, "--json").json
    assert (again["added"], again["known"], again["left_before"]) == (0, 3, 1)


def test_a_suppressed_address_is_left_out(shell: Shell, plain: str) -> None:
    shell("subscribers", "suppress", "ann@example.com")
    done = shell("subscribers", "import", plain, *CONSENT, "--json").json
    assert (done["added"], done["suppressed"]) == (2, 1)


def test_an_import_in_which_every_row_fails_fails(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_text("email\nnobody\nno-one\n")
    done = shell("subscribers", "import", "bad.csv", *CONSENT, code=1)
    assert [complaint.split(": ")[1] for complaint in done.complaints] == ["line 2", "line 3"]


def test_a_file_that_is_no_list_of_people_is_refused(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("colour,size\nred,3\n")
    done = shell("subscribers", "import", "other.csv", *CONSENT, code=1)
    assert len(done.complaints) == 1
    assert shell("subscribers", "import", "none.csv", *CONSENT, code=1).complaints == [
        "none.csv: No such file or directory"
    ]


def test_an_import_can_be_taken_back_once(shell: Shell, plain: str) -> None:
    shell("subscribers", "add", "zoe@example.com")
    shell("subscribers", "import", plain, *CONSENT)
    shell("subscribers", "add", "ann@example.com", "--topics", "tech")  # she did something since
    done = shell("subscribers", "undo-import", 1, "--json").json
    assert done == {"removed": 2, "kept": 1, "restored": 0}
    left = [person["channels"][0]["address"] for person in
            shell("subscribers", "list", "--json").lines]  # fmt: skip
    assert left == ["zoe@example.com", "ann@example.com"]
    assert shell("subscribers", "undo-import", 1, code=1).complaints == [
        "there is no import 1 to undo"
    ]


def test_what_goes_out_can_come_back(shell: Shell, plain: str, tmp_path: Path) -> None:
    shell("subscribers", "import", plain, *CONSENT)
    first = shell("subscribers", "export").out
    assert shell("subscribers", "export", "--out", "out.csv", "--json").json["exported"] == 3
    assert (tmp_path / "out.csv").read_bytes().decode() == first
    assert (tmp_path / "out.csv").stat().st_mode & 0o077 == 0
    for person in shell("subscribers", "list", "--json").lines:
        shell("subscribers", "erase", person["channels"][0]["address"])
    shell("subscribers", "import", "out.csv", *CONSENT)
    again = shell("subscribers", "export").out
    # Carol had left: erasing her kept that, and no import brings her back.
    kept = [line for line in first.splitlines() if "carol" not in line]
    assert again.splitlines() == kept


def test_an_export_can_be_of_some(shell: Shell, plain: str) -> None:
    shell("subscribers", "import", plain, *CONSENT)
    assert len(shell("subscribers", "export", "--topic", "asia").out.splitlines()) == 2
    gone = shell("subscribers", "export", "--state", "unsubscribed").out.splitlines()
    assert [line.split(",")[0] for line in gone[1:]] == ["carol@example.com"]


def test_a_cell_like_a_formula_is_made_harmless(shell: Shell) -> None:
    shell("subscribers", "add", "ann@example.com", "--name", "=HYPERLINK(1)")
    assert "'=HYPERLINK(1)" in shell("subscribers", "export").out


def test_everybody_of_a_list_can_be_given_topics(shell: Shell, plain: str) -> None:
    shell("subscribers", "import", plain, *CONSENT, "--topics", "tech,Health")
    ann = shell("subscribers", "show", "ann@example.com", "--json").json
    assert ann["topics"] == ["asia", "health", "tech", "world"]
    [complaint] = shell(
        "subscribers", "import", plain, *CONSENT, "--topics", "gardening", code=2
    ).complaints
    assert complaint.startswith("'gardening' is no topic")


def test_a_name_that_stands_for_two_topics_brings_both(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(
        'email,topics,tags\nann@example.com,Middle East & Africa,"Technology,VIP"\n'
    )
    done = shell("subscribers", "import", "people.csv", *CONSENT, "--json").json
    assert done["unknown_topics"] == {"VIP": 1}
    ann = shell("subscribers", "show", "ann@example.com", "--json").json
    assert ann["topics"] == ["africa", "middle-east", "tech"]
    assert shell("segments", "show", "tag:vip", "--json").json["people"] == 1


def test_a_zip_of_mailchimp_and_its_encodings_are_told(shell: Shell, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "export.zip", "w") as archive:
        archive.writestr(
            "subscribed_members_export_1.csv",
            "Email Address,First Name,LEID\nann@gmial.com,Олена Шевченко,1\n".encode("cp1251"),
        )
        archive.writestr("cleaned_members_export_1.csv", "Email Address,LEID\nbad,2\nb@x.ie,3\n")
    done = shell("subscribers", "import", "export.zip", *CONSENT, "--json")
    assert (done.json["format"], done.json["encoding"]) == ("mailchimp", "Windows-1251")
    assert (done.json["added"], done.json["bounced"]) == (2, 1)
    assert done.json["likely_slips"] == {"gmial.com → gmail.com": 1}
    [complaint] = done.complaints
    assert complaint.startswith("export.zip: cleaned_members_export_1.csv: line 2: Email Address: ")
    assert (
        "spelt right? gmial.com → gmail.com"
        in shell("subscribers", "import", "export.zip", *CONSENT, "--dry-run").out
    )


def test_the_encoding_of_a_list_can_be_said(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes("email,name\na@x.ie,Ελένη\n".encode("iso-8859-7"))
    shell("subscribers", "import", "people.csv", *CONSENT, "--encoding", "iso-8859-7")
    assert shell("subscribers", "show", "a@x.ie", "--json").json["name"] == "Ελένη"


def test_an_import_is_taken_back_by_its_number(shell: Shell, plain: str) -> None:
    shell("subscribers", "import", plain, *CONSENT)
    done = shell("subscribers", "import", "--undo", "1").out.splitlines()
    assert done[0] == "3 removed"
    assert shell("subscribers", "list", "--json").lines == []
    [complaint] = shell("subscribers", "import", code=2).complaints
    assert complaint.startswith("name a file to import, or --undo")
