"""`digest subscribers`: one person at a time."""

from pathlib import Path

import pytest

from tests.cli.shell import Shell


def test_a_person_is_added_with_everything_given(shell: Shell) -> None:
    done = shell(
        "subscribers", "add", "Ann@Example.com", "--topics", "asia, World News ,tech",
        "--time-zone", "asia/tokyo", "--send-at", "7:30", "--name", "Ann", "--cadence",
        "weekdays", "--alerts", "--language", "de", "--json",
    ).json  # fmt: skip
    assert done["new"] is True
    assert done["topics"] == ["asia", "tech", "world"]
    assert (done["time_zone"], done["send_at"], done["cadence"]) == (
        "Asia/Tokyo",
        "07:30",
        "weekdays",
    )
    assert (done["name"], done["alerts"], done["language"]) == ("Ann", True, "de")
    [channel] = done["channels"]
    assert (channel["kind"], channel["address"], channel["state"]) == (
        "email",
        "Ann@example.com",
        "active",
    )


def test_zone_and_language_come_from_the_settings_when_not_given(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_TIME_ZONE", "Asia/Nicosia")
    monkeypatch.setenv("DIGEST_LANGUAGE", "el")
    done = shell("subscribers", "add", "ann@example.com", "--json").json
    assert (done["time_zone"], done["language"], done["send_at"]) == (
        "Asia/Nicosia",
        "el",
        "08:00",
    )


def test_adding_somebody_known_changes_only_what_is_given(shell: Shell) -> None:
    shell("subscribers", "add", "ann@example.com", "--topics", "asia", "--time-zone", "Asia/Tokyo")
    done = shell("subscribers", "add", "ANN@example.com", "--topics", "tech", "--json").json
    assert (done["new"], done["subscriber"]) == (False, 1)
    assert done["topics"] == ["asia", "tech"]
    assert done["time_zone"] == "Asia/Tokyo"


def test_a_chat_id_is_an_address_too(shell: Shell) -> None:
    done = shell("subscribers", "add", "-1001234567890", "--topics", "asia", "--json").json
    assert done["channels"][0]["kind"] == "chat"
    assert shell("subscribers", "show", "-1001234567890", "--json").json["topics"] == ["asia"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["ann"], "the address"),
        (["ann@example.com", "--time-zone", "Mars"], "time_zone: not a time zone name"),
        (["ann@example.com", "--send-at", "25:00"], "send_at: not a time such as 08:00"),
        (["ann@example.com", "--cadence", "hourly"], 'Invalid value "hourly" for --cadence'),
        (["ann@example.com", "--topics", "asia,ukrain"], "'ukrain' is no topic; did you mean"),
    ],
)
def test_what_cannot_be_kept_is_wrong_usage_and_keeps_nothing(
    shell: Shell, words: list[str], complaint: str
) -> None:
    done = shell("subscribers", "add", *words, code=2)
    assert len(done.complaints) == 1
    if words != ["ann"]:
        assert done.complaints[0].startswith(complaint)
    assert shell("subscribers", "list", "--json").lines == []


def test_a_likely_slip_is_pointed_out_and_never_put_right(shell: Shell) -> None:
    done = shell("subscribers", "add", "ann@gmial.com")
    assert "is it spelt right? ann@gmail.com" in done.out
    assert shell("subscribers", "show", "ann@gmial.com", "--json").json["subscriber"] == 1


def test_people_are_listed_by_state_topic_and_part_of_an_address(shell: Shell) -> None:
    shell("subscribers", "add", "ann@example.com", "--topics", "asia")
    shell("subscribers", "add", "bob@example.com", "--topics", "tech")
    found = shell("subscribers", "list", "--topic", "Asia", "--json").lines
    assert [person["subscriber"] for person in found] == [1]
    found = shell("subscribers", "list", "--search", "BOB@", "--json").lines
    assert [person["subscriber"] for person in found] == [2]
    assert len(shell("subscribers", "list", "--state", "active", "--json").lines) == 2
    assert shell("subscribers", "list", "--state", "unsubscribed", "--json").lines == []
    assert len(shell("subscribers", "list", "--limit", 1).out.splitlines()) == 1


def test_a_person_is_shown_with_the_record_of_consent(shell: Shell) -> None:
    shell("subscribers", "add", "ann@example.com", "--topics", "asia")
    shown = shell("subscribers", "show", "ann@example.com", "--json").json
    assert {"at", "act", "how", "field", "before", "after", "wording"} == set(shown["record"][0])
    assert "followed" in {line["act"] for line in shown["record"]}
    assert {line["how"] for line in shown["record"]} == {"command line"}
    assert "email ann@example.com: active" in shell("subscribers", "show", "ann@example.com").out
    assert shell("subscribers", "show", "bob@example.com", code=1).complaints == [
        "there is no subscriber at this address"
    ]


def test_an_erased_person_leaves_nothing_but_a_count(shell: Shell, tmp_path: Path) -> None:
    shell("subscribers", "add", "ann@example.com", "--name", "Ann Example")
    shell("subscribers", "erase", "ann@example.com")
    assert shell("subscribers", "show", "ann@example.com", code=1).out == ""
    assert shell("subscribers", "stats", "--json").json["erased"] == 1
    assert "ann@example.com" not in shell("subscribers", "export").out
    assert shell("subscribers", "erase", "ann@example.com", code=1).complaints


def test_a_suppressed_address_stays_so_until_lifted(shell: Shell) -> None:
    words = ("ann@example.com", "--json")
    assert shell("subscribers", "suppress", *words, "--reason", "by phone").json == {
        "suppressed": True,
        "new": True,
    }
    assert shell("subscribers", "suppress", *words).json["new"] is False
    assert shell("subscribers", "stats", "--json").json["suppressed"] == 1
    assert shell("subscribers", "unsuppress", *words).json == {"suppressed": False, "lifted": True}
    assert shell("subscribers", "unsuppress", *words).json["lifted"] is False


def test_the_statistics_count_people_channels_and_follows(shell: Shell) -> None:
    shell("subscribers", "add", "ann@example.com", "--topics", "asia,tech")
    shell("subscribers", "add", "77", "--topics", "asia")
    counted = shell("subscribers", "stats", "--json").json
    assert counted == {
        "subscribers": 2,
        "by_state": {"active": 2, "paused": 0, "pending": 0, "unsubscribed": 0},
        "by_kind": {"email": 1, "chat": 1},
        "by_topic": {"asia": 2, "tech": 1},
        "suppressed": 0,
        "erased": 0,
    }
    assert "follow asia\t2" in shell("subscribers", "stats").out


def test_a_suppressed_address_is_never_listed_as_active(shell: Shell) -> None:
    shell("subscribers", "add", "ann@example.com", "--topics", "asia")
    shell("subscribers", "add", "bob@example.com", "--topics", "asia")
    shell("subscribers", "suppress", "ann@example.com", "--reason", "asked by phone")
    ann, bob = shell("subscribers", "list", "--json").lines
    assert (ann["state"], bob["state"]) == ("suppressed", "active")
    [channel] = ann["channels"]
    assert channel["state"] == "suppressed"
    assert channel["suppressed"]["reason"] == "asked by phone"
    assert channel["suppressed"]["scope"] == "everything"
    assert channel["suppressed"]["since"].endswith("Z")
    assert bob["channels"][0]["suppressed"] is None
    assert "suppressed since" in shell("subscribers", "list").out
    shown = shell("subscribers", "show", "ann@example.com")
    assert "suppressed" in shown.out
    assert "asked by phone" in shown.out
    assert shell("subscribers", "show", "ann@example.com", "--json").json["state"] == "suppressed"


def test_the_suppressed_are_found_by_that_and_not_among_the_active(shell: Shell) -> None:
    for name in ("ann", "bob", "eve"):
        shell("subscribers", "add", f"{name}@example.com", "--topics", "asia")
    shell("subscribers", "suppress", "ann@example.com")

    def ids(*words: object) -> list[int]:
        return [one["subscriber"] for one in shell("subscribers", "list", *words, "--json").lines]

    assert ids("--state", "suppressed") == [1]
    assert ids("--state", "active") == [2, 3]
    assert ids("--state", "active", "--limit", 1) == [2]
    assert ids("--state", "suppressed", "--search", "BOB") == []
    assert ids("--state", "suppressed", "--topic", "tech") == []
    shell("subscribers", "unsuppress", "ann@example.com")
    assert ids("--state", "active") == [1, 2, 3]
