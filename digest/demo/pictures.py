"""Pictures for the sample stories, drawn in code: small PNG files of bands and a disc."""

import hashlib
import struct
import zlib
from functools import cache

__all__ = ["NAMES", "picture"]

NAMES = frozenset(
    {
        "coast.png",
        "map.png",
        "rail.png",
        "hills.png",
        "clinic.png",
        "moon.png",
        "chart.png",
        "plant.png",
        "circuit.png",
    }
)
WIDTH, HEIGHT = 640, 336
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@cache
def picture(name: str) -> bytes:
    """Draw the picture of this name, always the same.  Source: the PNG specification, RFC 2083."""
    seed = hashlib.sha256(name.encode()).digest()
    palette = _palette(seed)
    rows = (b"\x00" + _row(y, seed) for y in range(HEIGHT))
    header = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", header),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(b"".join(rows), 9)),
        (b"IEND", b""),
    )
    return _SIGNATURE + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _palette(seed: bytes) -> bytes:
    """Shade from a sky to a ground of one family; the last colour is the disc's."""
    top = [150 + seed[i] % 90 for i in range(3)]
    bottom = [20 + seed[i + 3] % 90 for i in range(3)]
    shades = [
        bytes(round(a + (b - a) * step / 6) for a, b in zip(top, bottom, strict=True))
        for step in range(7)
    ]
    return b"".join(shades) + bytes((250, 236, 200))


def _row(y: int, seed: bytes) -> bytes:
    """One line of pixels: wavy bands, and a disc above them."""
    centre_x, centre_y = 120 + seed[7] % 400, 70 + seed[8] % 60
    radius = 30 + seed[9] % 20
    slope = (seed[10] % 60 + 20) / 100
    row = bytearray(WIDTH)
    for x in range(WIDTH):
        hill = abs((x * slope + seed[11]) % 120 - 60)
        band = int((y + hill * 0.8) * 7 / (HEIGHT + 48))
        in_disc = (x - centre_x) ** 2 + (y - centre_y) ** 2 < radius**2
        row[x] = 7 if in_disc and band < 3 else band
    return bytes(row)
