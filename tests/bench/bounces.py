"""How well and how fast real bounces are read: `python -m tests.bench.bounces`.

Rates by half and by fold: a fold holds the mails of a fifth of the mail systems, so that none
stands in two.  Of the second half a part (see `measured`) was only ever counted.
"""

import resource
import sys
import time

from digest import returns
from tests import real_data
from tests.returns import measured

PASSES = 3


def main() -> None:
    folder = real_data.root() / "email" / "bounces-sisimai"
    tuned, other = measured.rates(folder)
    sys.stdout.write(f"tuned half  {tuned.words()}\nother half  {other.words()}\n")
    sys.stdout.write(f"never seen  {measured.unseen(folder).words()}\n")
    for number, rates in enumerate(measured.folds(folder), start=1):
        sys.stdout.write(f"fold {number}      {rates.words()}\n")
    mails = [path.read_bytes() for path, _ in measured.stated(folder)]
    began, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    for _ in range(PASSES):
        for data in mails:
            returns.read(data)
    seconds, done = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    n_mails = PASSES * len(mails)
    micros = (done.ru_utime - used.ru_utime + done.ru_stime - used.ru_stime) / n_mails * 1e6
    sys.stdout.write(f"{n_mails / seconds:,.0f} mails/s, {micros:,.0f} us CPU a mail\n")


if __name__ == "__main__":
    main()
