"""Real bounces of many servers are read as their stated reasons say."""

import pytest

from digest import returns
from tests import figures, real_data
from tests.returns import measured

pytestmark = pytest.mark.real_data


def test_most_real_bounces_are_judged_as_stated(figure: figures.Figure) -> None:
    """A40: the floors of both halves; of the second 46 recipients were looked at, 114 never."""
    tuned, other = measured.rates(real_data.folder("email", "bounces-sisimai"))
    figure("bounces, tuned half", tuned.words())
    figure("bounces, other half", other.words())
    assert tuned.permanence >= 0.97 * tuned.n
    assert tuned.reason >= 0.96 * tuned.n
    assert other.permanence >= 0.92 * other.n
    assert other.hard >= 0.94 * other.n
    assert other.reason >= 0.87 * other.n


def test_real_answers_and_delays_are_never_bounces() -> None:
    """A38, A40: an out-of-office reply counts for nothing, nor does "Action: delayed"."""
    folder = real_data.folder("email", "bounces-sisimai")
    for path, recipients in measured.stated(folder):
        data = path.read_bytes()
        kind = returns.read(data).kind
        if recipients[0]["reason"] == "vacation":
            assert kind == "autoreply", path.name
        if b"\nAction: delayed" in data and b"\nAction: failed" not in data:
            assert kind == "delayed", path.name


def test_the_addresses_of_real_bounces_are_found(figure: figures.Figure) -> None:
    files = [
        path
        for path in sorted(real_data.folder("email", "bounces-flufl").iterdir())
        if path.name != "SOURCE.txt"
    ]
    found = [returns.read(path.read_bytes()) for path in files]
    n_named = sum(any(one.address for one in each.recipients) for each in found)
    figure("bounces without stated reasons", f"{n_named} of {len(files)} name an address")
    assert n_named >= 0.95 * len(files)


@pytest.mark.parametrize("name", ["dkimpy", "mime-stalwart", "rfc", "caniemail", "dmarc-failure"])
def test_other_real_mail_is_no_bounce_and_no_complaint(name: str) -> None:
    """A40: broken, hostile and signed mail, and reports of failed authentication."""
    files = [path for path in real_data.folder("email", name).rglob("*") if path.is_file()]
    kinds = {path.name: returns.read(path.read_bytes()).kind for path in files}
    assert set(kinds.values()) <= {"other", "autoreply"}, kinds
