"""Files made to do more than be decoded: nests, references elsewhere, polyglots, picture bombs."""

import io
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.hostile.parts import parts_of
from tests.hostile.samples import Sample, Seeds, changed

DEPTH = 10_000
BOMB_SIDE = 5_000


def nests(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Containers in containers, ten thousand deep."""
    head = seeds["plain.mp4"][: parts_of("plain.mp4", seeds["plain.mp4"])[0].end]
    for kind in (b"moov", b"trak", b"udta", b"meta"):
        yield Sample(f"{DEPTH} {kind.decode()} in each other", "deep.mp4", head + _nested(kind))
        yield Sample(f"a thousand {kind.decode()}", "deep.mp4", head + _nested(kind, 1000))
    for kind in ("1549a966", "1254c367", "7373", "67c8"):  # info, tags, tag, simple tag
        nest = b""
        for _ in range(DEPTH):
            nest = bytes.fromhex(kind) + _vint(len(nest)) + nest
        data = seeds["plain.mkv"]
        begin = parts_of("plain.mkv", data)[2].start
        yield Sample(f"{DEPTH} {kind} in each other", "deep.mkv", data[:begin] + nest)
    lists = b""
    for _ in range(DEPTH):
        lists = b"LIST" + struct.pack("<I", len(lists) + 4) + b"hdrl" + lists
    body = b"AVI " + lists
    yield Sample("lists in lists", "deep.avi", b"RIFF" + struct.pack("<I", len(body)) + body)


def _nested(kind: bytes, depth: int = DEPTH) -> bytes:
    return b"".join(struct.pack(">I", 8 * n) + kind for n in range(depth, 0, -1))


def _vint(number: int) -> bytes:
    return (number | 1 << 56).to_bytes(8, "big")


def references(secret: Path, port: int) -> Iterator[Sample]:
    """Playlists and the like that name other files and addresses, under names of video files.

    Args:
        secret: a video that must not be read through any of them.
        port: of this machine, where somebody listens whether anything is fetched.
    """
    address = f"http://127.0.0.1:{port}/secret.mp4"
    neighbours = ("E001_secret.mp4", "../E001_secret.mp4", "../exhibits/E001_secret.mp4")
    for place in (str(secret), f"file:{secret}", address, f"tcp://127.0.0.1:{port}", *neighbours):
        for name, text in _playlists(place).items():
            yield Sample(f"{name} that names {place}", name, text.encode())
    for name in ("pattern%03d.jpg", "pattern_*.png", "%d.mp4", "E%03d_secret.mp4"):
        yield Sample(f"name that is a pattern: {name}", name, b"\xff\xd8\xff\xe0not a picture")


def _playlists(place: str) -> dict[str, str]:
    return {
        "hls.mp4": f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n#EXTINF:10.0,\n{place}\n"
        "#EXT-X-ENDLIST\n",
        "hls.m3u8": f'#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-MAP:URI="{place}"\n#EXTINF:9,\n'
        f"{place}\n#EXT-X-ENDLIST\n",
        "master.mp4": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,RESOLUTION=16x16\n" + place + "\n",
        "concat.mp4": f"ffconcat version 1.0\nfile '{place}'\n",
        "dash.mp4": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period><AdaptationSet '
        f'mimeType="video/mp4"><Representation id="1" bandwidth="1"><BaseURL>{place}</BaseURL>'
        "<SegmentBase/></Representation></AdaptationSet></Period></MPD>",
        "session.mp4": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video 5004 RTP/AVP 96\na=rtpmap:96 H264/90000\n",
        "picture.svg": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{place}"/></svg>',
        "metafile.asx": f'<asx version="3.0"><entry><ref href="{place}"/></entry></asx>',
        "real.rm": f"rtsp://127.0.0.1/x\n{place}\n",
        "subtitle.idx": "# VobSub index file, v7\nsize: 720x576\nid: en, index: 0\n"
        "timestamp: 00:00:01:000, filepos: 000000000\n",
        "package.xml": '<?xml version="1.0"?><CompositionPlaylist xmlns='
        f'"http://www.smpte-ra.org/schemas/2067-3/2016"><Id>{place}</Id></CompositionPlaylist>',
        "entities.mp4": '<?xml version="1.0"?><!DOCTYPE MPD [<!ENTITY x SYSTEM '
        f'"{place}">]><MPD xmlns="urn:mpeg:dash:schema:mpd:2011">&x;</MPD>',
    }


def data_references(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """MP4 whose media data is said to lie in another file (ISO/IEC 14496-12, 8.7.2)."""
    for name in ("plain.mp4", "pictures.mov"):
        data = seeds[name]
        part = next(part for part in parts_of(name, data) if part.kind in ("url ", "alis"))
        for flags in (0, 1):
            new = struct.pack(">I", flags)
            yield Sample(
                f"{name} data elsewhere, flags {flags}", name, changed(data, part.body, new)
            )


def polyglots(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Files that are two things at once."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../../escape.txt", "out")
    wrappers = {
        "jpg": seeds["still.jpg"],
        "png": seeds["still.png"],
        "pdf": b"%PDF-1.7\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n",
        "zip": packed.getvalue(),
        "html": b"<html><script>fetch('//example.invalid')</script></html>",
        "sh": b"#!/bin/sh\ntouch escaped\n",
        "wav": seeds["sound.wav"],
        "gif": seeds["plain.gif"],
    }
    videos = ("plain.mp4", "plain.mkv", "plain.ts", "plain.avi", "stream.h264")
    for kind, wrapper in wrappers.items():
        for video in videos:
            data = seeds[video]
            yield Sample(f"{kind} before {video}", video, wrapper + data)
            yield Sample(f"{kind} behind {video}", video, data + wrapper)
            yield Sample(f"{kind} in a box before {video}", video, _boxed(wrapper) + data)
        yield Sample(f"{kind} named as a video", f"named_{kind}.mp4", wrapper)


def _boxed(data: bytes) -> bytes:
    return struct.pack(">I", len(data) + 8) + b"free" + data


def pictures(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Pictures of absurd sides, and one that is small only while it is packed."""
    jpeg, png = seeds["still.jpg"], seeds["still.png"]
    frame = next(part for part in parts_of("still.jpg", jpeg) if part.kind == "ffc0")
    sides = [(65535, 65535), (65500, 65500), (1, 65535), (65535, 1), (1, 1), (0, 0), (16000, 16000)]
    for width, height in sides:
        data = changed(jpeg, frame.body + 1, struct.pack(">HH", height, width))
        yield Sample(f"JPEG of {width} x {height}", "still.jpg", data)
        yield Sample(f"PNG of {width} x {height}", "still.png", _png(png, width, height))
    yield Sample("PNG of 2^31 x 2^31", "still.png", _png(png, 2**31 - 1, 2**31 - 1))
    yield Sample("PNG that swells", "bomb.png", png_bomb(BOMB_SIDE, BOMB_SIDE))
    for name, magic in (("still.jpg", b"\xff\xd8\xff"), ("still.png", b"\x89PNG\r\n\x1a\n")):
        for length in (0, 1, 100, 10**6):
            yield Sample(f"{name} head and {length} zeros", name, magic + bytes(length))
    yield Sample("JPEG ten thousand times", "still.jpg", jpeg * 10_000)
    yield Sample("moving PNG", "still.png", png[:33] + _chunk(b"acTL", b"\xff" * 8) + png[33:])


def _png(data: bytes, width: int, height: int) -> bytes:
    """The PNG with other sides and a right checksum."""
    return data[:8] + _chunk(b"IHDR", struct.pack(">II", width, height) + data[24:29]) + data[33:]


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_bomb(width: int, height: int) -> bytes:
    """A black RGB picture whose pixels take a thousand times the room of the file."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    block = pack.compress(bytes(2**20)) + pack.flush(zlib.Z_FULL_FLUSH)
    whole, rest = divmod(height * (3 * width + 1), 2**20)
    last = zlib.compressobj(9, zlib.DEFLATED, -15)
    tail = last.compress(bytes(rest)) + last.flush()
    adler = ((whole * 2**20 + rest) % 65521) << 16 | 1
    body = b"\x78\xda" + block * whole + tail + struct.pack(">I", adler)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    magic = b"\x89PNG\r\n\x1a\n"
    return magic + _chunk(b"IHDR", head) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def codec_changes(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """Streams that become another half way: another size, another codec, another container."""
    pairs = [
        ("plain.ts", "other.ts"),
        ("plain.ts", "old.ts"),
        ("old.ts", "plain.ts"),
        ("stream.h264", "other.h264"),
        ("plain.mpg", "old.ts"),
        ("plain.mkv", "plain.webm"),
        ("plain.webm", "nine.webm"),
        ("plain.avi", "plain.flv"),
        ("fragments.mp4", "plain.mp4"),
        ("fragments.mp4", "hevc.mp4"),
    ]
    for first, second in pairs:
        for times in (1, 5):
            data = (seeds[first] + seeds[second]) * times
            yield Sample(f"{first}, then {second}, {times} times", first, data)
    swapped = seeds["plain.mp4"].replace(b"avc1", b"hvc1").replace(b"avcC", b"hvcC")
    yield Sample("H.264 called H.265", "plain.mp4", swapped)
    for code in b"mp4v vp09 av01 jpeg ap4h encv tx3g \0\0\0\0".split(b" "):
        data = seeds["plain.mp4"].replace(b"avc1", code, 2)
        yield Sample(f"H.264 called {code!r}", "plain.mp4", data)
    for width, height in ((65535, 65535), (0, 0), (1, 1), (16384, 16384)):
        data = seeds["plain.mp4"]
        part = next(part for part in parts_of("plain.mp4", data) if part.kind == "avc1")
        size = struct.pack(">HH", width, height)
        yield Sample(f"H.264 of {width} x {height}", "x.mp4", changed(data, part.body + 24, size))


def places(seeds: Seeds, rng: Random) -> Iterator[Sample]:
    """What is no ordinary file, and names that nobody gives."""
    data = seeds["plain.mp4"]
    odd: tuple[str | bytes, ...] = (
        "line\nbreak.mp4",
        "\u202emoc.4pm.mp4",
        "tab\tand\x1bescape.mp4",
        "-rf.mp4",
        "n" * 251 + ".mp4",
        "ä" * 125 + ".mp4",
        b"not utf-8 \xff\xfe.mp4",
        "..mp4",
        "...",
        " ",
        "CON",
        "file:name.mp4",
        "pipe|name;$(touch x)`x`.mp4",
        "concat:plain.mp4",
        "a.mp4 ",
        "😀.mp4",
        "<b>bold.mp4",
    )
    for number, name in enumerate(odd):
        # A mark at the end keeps it from being the same file as the one before.
        yield Sample(f"name {name!r}", name, data + _boxed(bytes([number])))
    yield Sample("0 bytes", "empty.mp4")
    yield Sample("one byte", "one.mp4", b"\0")
    yield Sample("zeros", "zeros.mp4", bytes(10**6))
    yield Sample("noise", "noise.mp4", rng.randbytes(10**5))
    yield Sample("text", "notes.txt", b"Nothing to see here.\n" * 1000)
    yield Sample("folder", "folder.mp4", place=_folder)
    yield Sample("pipe", "pipe.mp4", place=_pipe)
    yield Sample("nothing there", "absent.mp4", place=lambda path: path)
    yield Sample("link to itself", "loop.mp4", place=lambda path: _link(path, path))
    yield Sample("link to nothing", "link.mp4", place=lambda path: _link(path, path / "gone"))
    yield Sample("endless device", "zero.mp4", place=lambda path: _link(path, Path("/dev/zero")))
    yield Sample("below a file", "file.mp4", place=_below_a_file)
    yield Sample("larger than the disk", "sparse.mp4", place=_larger_than_the_disk)
    yield Sample("unreadable", "locked.mp4", place=_unreadable)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _pipe(path: Path) -> Path:
    os.mkfifo(path)
    return path


def _link(path: Path, target: Path) -> Path:
    path.symlink_to(target)
    return path


def _below_a_file(path: Path) -> Path:
    path.write_bytes(b"x")
    return path / "inside.mp4"


def _larger_than_the_disk(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(shutil.disk_usage(path.parent).free + 2**30)
    return path


def _unreadable(path: Path) -> Path:
    path.write_bytes(b"x")
    path.chmod(0)
    return path
