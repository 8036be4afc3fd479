"""How large a picture says it is, before anything decodes it."""

from pathlib import Path

_HEAD = 2**20  # bytes within which a JPEG's frame header is looked for
THUMBNAIL_SIDE, _MOST_BYTES = 320, 2**19  # of a thumbnail: pixels, bytes
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


def is_small_jpeg(data: bytes) -> bool:
    """Whether something is a thumbnail as the intake makes them, by what it says of itself.

    A case may come from somebody else, and what it holds in the place of a thumbnail be made to
    harm what decodes it. Nothing else is decoded in this program's own process.
    """
    if len(data) > _MOST_BYTES or not data.startswith(b"\xff\xd8\xff"):
        return False
    size = _jpeg(data)
    return size is not None and min(size) > 0 and max(size) <= THUMBNAIL_SIDE


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
