"""How well and how fast real bounces are read: `python -m tests.bench.bounces`.

Rates by half: the first served to make the reader, the second was only counted.
"""

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
    mails = [path.read_bytes() for path, _ in measured.stated(folder)]
    began = time.perf_counter()
    for _ in range(PASSES):
        for data in mails:
            returns.read(data)
    seconds = time.perf_counter() - began
    sys.stdout.write(f"{PASSES * len(mails) / seconds:,.0f} mails/s\n")


if __name__ == "__main__":
    main()
