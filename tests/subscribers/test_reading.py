"""Cells as people and programs leave them: addresses copied from mails, encodings, quotes."""

import io
import zipfile

import pytest

from subscribers import encodings, errors, spreadsheets
from subscribers.spreadsheets import PersonRow, Problem
from tests import real_data

WESTERN = "email,name\njo@example.com,Zoë Müller\nal@example.com,François Ångström\n"
CYRILLIC = "email,name\njo@example.com,Олена Шевченко\nal@example.com,Їжак і Ґанок\n"


def read(data: bytes | str, **given: str) -> list[PersonRow | Problem]:
    data = data.encode() if isinstance(data, str) else data
    return list(spreadsheets.read(io.BytesIO(data), **given).rows())


def row(text: str) -> PersonRow:
    (found,) = read(text)
    assert isinstance(found, PersonRow), found
    return found


@pytest.mark.parametrize(
    ("cell", "address", "name"),
    [
        (" jo@example.com\xa0", "jo@example.com", ""),
        ("\u200bjo@example.com\ufeff", "jo@example.com", ""),
        ("mailto:jo@example.com", "jo@example.com", ""),
        ("MAILTO:jo@example.com?subject=Hello", "jo@example.com", ""),
        ("Jo Brown <jo@example.com>", "jo@example.com", "Jo Brown"),
        ("\"'Brown, Jo' <mailto:jo@example.com>\"", "jo@example.com", "Brown, Jo"),
        ("<jo@example.com>", "jo@example.com", ""),
        ("JO@Example.COM", "JO@example.com", ""),
        ("jo@bücher.example", "jo@xn--bcher-kva.example", ""),
        ("'+jo@example.com", "+jo@example.com", ""),
    ],
)
def test_an_address_is_found_in_what_stands_around_it(cell: str, address: str, name: str) -> None:
    """B17"""
    found = row(f"email\n{cell}\n")
    assert (found.addresses[0].address, found.name) == (address, name)


def test_a_name_of_its_own_outweighs_the_one_beside_the_address() -> None:
    assert row("email,name\nSomebody <jo@example.com>,Jo\n").name == "Jo"


@pytest.mark.parametrize("cell", ["a@b.example, c@d.example", "Jo <>", "<a@b.ie> <c@d.ie>"])
def test_what_may_be_two_addresses_or_none_is_a_problem(cell: str) -> None:
    (found,) = read(f'email\n"{cell}"\n')
    assert isinstance(found, Problem)
    assert (found.column, found.fix) == ("email", "write one address such as jo@example.com")


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (WESTERN, "cp1252", "cp1252"),
        (CYRILLIC, "cp1251", "cp1251"),
        (CYRILLIC, "utf-8", "utf-8-sig"),
        (CYRILLIC, "utf-8-sig", "utf-8-sig"),
        (CYRILLIC, "utf-16", "utf-16"),
        (WESTERN, "utf-16-le", "utf-16-le"),
        (WESTERN, "utf-16-be", "utf-16-be"),
        ("email,name\njo@example.com,Jo\n", "ascii", "utf-8-sig"),
    ],
)
def test_encodings_are_told_apart_by_what_they_can_mean(
    text: str, encoding: str, expected: str
) -> None:
    """B19"""
    data = text.encode(encoding)
    assert encodings.encoding_of(io.BytesIO(data)) == expected
    names = [one.name for one in read(data) if isinstance(one, PersonRow)]
    assert names == [line.split(",")[1] for line in text.splitlines()[1:]]


def test_one_broken_letter_costs_its_row_and_not_every_name() -> None:
    data = CYRILLIC.encode() + b"un@example.com,Un\xff\n"
    rows = read(data)
    assert [type(one) for one in rows] == [PersonRow, PersonRow, Problem]
    assert isinstance(rows[2], Problem)
    assert "encoding" in rows[2].reason


def test_the_encoding_can_be_said() -> None:
    data = "email,name\njo@example.com,Ελένη\n".encode("iso-8859-7")
    (found,) = read(data, encoding="iso-8859-7")
    assert isinstance(found, PersonRow)
    assert found.name == "Ελένη"
    for encoding, problem in {"utf-16": "is not utf-16 text", "klingon": "no encoding"}.items():
        with pytest.raises(errors.ImportRefused, match=problem):
            read(data, encoding=encoding)


def test_a_line_for_a_spreadsheet_program_names_the_separator() -> None:
    found = row("sep=;\nemail;name\njo@example.com;Brown, Jo\n")
    assert (found.line, found.name) == (3, "Brown, Jo")


def test_lines_within_quotes_are_counted() -> None:
    rows = read('email,name\njo@example.com,"Jo\nBrown"\nbad,\n')
    assert isinstance(rows[0], PersonRow)
    assert (rows[0].name, rows[1].line) == ("Jo Brown", 4)


def test_tags_of_other_systems_are_parted_however_they_are_written() -> None:
    for cell in ('"""Asia"",""Big spenders"""', '"Asia, Big spenders"', "Asia;Big spenders"):
        found = row(f"email,tags\njo@example.com,{cell}\n")
        assert found.topics == found.labels == ("Asia", "Big spenders")
    assert row('email,tags\njo@example.com,"""Rome, Italy"",Asia"\n').labels == (
        "Rome, Italy",
        "Asia",
    )


def packed(**files: str) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "/"), text)
    return stream


def test_a_zip_of_lists_is_read_as_one_with_what_each_file_says() -> None:
    """B19: as Mailchimp gives an audience."""
    stream = packed(
        **{
            "subscribed_members_export_1.csv": "Email Address,LEID\njo@example.com,1\nbad,2\n",
            "unsubscribed_members_export_1.csv": "Email Address,LEID\nal@example.com,3\n",
            "cleaned_members_export_1.csv": "Email Address,LEID\nJO@example.com,4\n",
            "granular__opens.csv": "When,What\n1,2\n",
            "empty.csv": "",
            "logo.png": "no list",
        }
    )
    sheet = spreadsheets.read(stream)
    rows = list(sheet.rows())
    assert sheet.format == "mailchimp"
    jo, bad, al, again = rows
    assert isinstance(bad, Problem)
    assert (bad.line, bad.file) == (3, "subscribed_members_export_1.csv")
    assert isinstance(jo, PersonRow)
    assert isinstance(al, PersonRow)
    assert isinstance(again, PersonRow)
    assert (jo.status, al.status) == ("active", "unsubscribed")
    assert (again.status, again.repeats, jo.repeats) == ("bounced", True, False)


def test_a_zip_that_is_no_list_is_refused_in_one_sentence() -> None:
    """E2: nor is one unpacked that was made to fill the disk."""
    broken = packed(**{"a.csv": "email\njo@example.com\n"}).getvalue()[:-30]
    bomb = packed(**{"a.csv": "email\n" + "\n" * 50_000_000})
    for stream, problem in (
        (packed(**{"a.txt.png": "x"}), "no CSV file in the ZIP"),
        (packed(**{"a.csv": "colour\nred\n"}), "no file of the ZIP has a column"),
        (packed(**{"a.csv": "email,Email\n"}), "a.csv: the header has two columns named email"),
        (io.BytesIO(broken), "the ZIP is broken"),
        (bomb, "unpacks to more"),
    ):
        with pytest.raises(errors.ImportRefused, match=problem):
            spreadsheets.read(stream)


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["subs.csv", "subs-domain-blocklist.csv"])
def test_the_published_lists_of_listmonk_bring_every_person(name: str) -> None:
    path = real_data.folder("subscribers", "listmonk") / name
    rows = read(path.read_bytes())
    assert len(rows) == len(path.read_text("utf-8").splitlines()) - 1
    assert all(isinstance(one, PersonRow) and one.name for one in rows)
    assert all(isinstance(one, PersonRow) and one.status == "active" for one in rows)


@pytest.mark.real_data
def test_no_address_known_to_be_invalid_comes_in() -> None:
    path = real_data.folder("subscribers", "flanker-addresses") / "mailbox_invalid.txt"
    lines = [
        line.split("  #")[0].strip()
        for line in path.read_text("utf-8").splitlines()
        if line.strip() and not line.startswith("#") and not line.startswith(" ")
    ]
    quoted = "\n".join('"{}"'.format(line.replace('"', '""')) for line in lines)
    rows = read(f"email\n{quoted}\n")
    assert len(rows) > 40
    taken = [one.addresses[0].address for one in rows if isinstance(one, PersonRow)]
    assert taken == []
