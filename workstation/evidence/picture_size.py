"""How large a picture says it is, before anything decodes it."""

from pathlib import Path

_HEAD = 2**20  # bytes within which a JPEG's frame header is looked for
_NO_FRAME = (0xC4, 0xC8, 0xCC)  # markers among the frame headers that are none (ITU-T T.81, B.1)


def announced_size(path: Path) -> tuple[int, int] | None:
    """Width and height that a PNG or JPEG announces; None of any other file, or where it does not.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR":
        return _pair(head[16:20], head[20:24])
    return _jpeg(head) if head.startswith(b"\xff\xd8") else None


def _jpeg(head: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(head) and head[at] == 0xFF:
        marker, size = head[at + 1], int.from_bytes(head[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            return _pair(head[at + 7 : at + 9], head[at + 5 : at + 7])
        at += 1 if marker == 0xFF else 2 + size
    return None


def _pair(width: bytes, height: bytes) -> tuple[int, int]:
    return int.from_bytes(width), int.from_bytes(height)
