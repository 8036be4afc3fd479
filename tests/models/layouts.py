"""Miniature copies of the data sets' folders; the videos in them are a few bytes."""

import csv
import io
import json
import tarfile
from pathlib import Path


def touch(folder: Path, *names: str) -> None:
    """Files that count as videos as long as nobody opens them."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"not opened")


def faceforensics(folder: Path, people: int = 12, official: bool = True) -> Path:
    """Recordings 000, 001, ...; even and odd neighbours are swapped both ways."""
    names = [f"{number:03}" for number in range(people)]
    pairs = list(zip(names[::2], names[1::2], strict=True))
    swaps = [f"{a}_{b}.mp4" for one, other in pairs for a, b in ((one, other), (other, one))]
    for compression in ("c23", "c40"):
        youtube = folder / "original_sequences" / "youtube" / compression / "videos"
        touch(youtube, *(f"{name}.mp4" for name in names))
        for method in ("Deepfakes", "NeuralTextures"):
            touch(folder / "manipulated_sequences" / method / compression / "videos", *swaps)
    actors = folder / "original_sequences" / "actors" / "raw" / "videos"
    touch(actors, *(f"{n:02}__exit_phone_room.mp4" for n in range(1, 7)))
    dfd = folder / "manipulated_sequences" / "DeepFakeDetection" / "raw" / "videos"
    touch(dfd, *(f"{n:02}_{n % 6 + 1:02}__exit_phone_room__YVGY8LO{n}.mp4" for n in range(1, 7)))
    if official:
        (folder / "splits").mkdir()
        lists = {"train": pairs[:-2], "val": pairs[-2:-1], "test": pairs[-1:]}
        for name, some in lists.items():
            (folder / "splits" / f"{name}.json").write_text(json.dumps(some))
    return folder


def celeb_df(folder: Path, people: int = 12) -> Path:
    """Everyone swapped with everyone, as there; the first two people's videos are for testing."""
    touch(folder / "Celeb-real", *(f"id{n}_{c:04}.mp4" for n in range(people) for c in range(2)))
    pairs = [(a, b) for a in range(people) for b in range(people) if a != b]
    touch(folder / "Celeb-synthesis", *(f"id{a}_id{b}_0000.mp4" for a, b in pairs))
    touch(folder / "YouTube-real", *(f"{n:05}.mp4" for n in range(6)))
    lines = ["1 YouTube-real/00003.mp4", "1 Celeb-real/id0_0001.mp4"]
    lines.append("0 Celeb-synthesis/id1_id0_0000.mp4")
    (folder / "List_of_testing_videos.txt").write_text("\n".join(lines) + "\n")
    return folder


def dfdc(folder: Path, parts: int = 4) -> Path:
    """Per part three originals, each with two fakes."""
    for part in range(parts):
        place = folder / f"dfdc_train_part_{part}"
        facts: dict[str, dict[str, str]] = {}
        for number in range(3):
            original = f"real{part}{number}.mp4"
            facts[original] = {"label": "REAL", "split": "train"}
            for copy in "ab":
                name = f"fake{part}{number}{copy}.mp4"
                facts[name] = {"label": "FAKE", "split": "train", "original": original}
        touch(place, *facts)
        (place / "metadata.json").write_text(json.dumps(facts))
    return folder


def manifest(folder: Path, rows: list[dict[str, str]]) -> Path:
    """A list with the rows' columns, and the files it names."""
    touch(folder, *(row["file"] for row in rows))
    with (folder / "manifest.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return folder


def archive(path: Path, pictures: dict[str, bytes]) -> Path:
    """A tar file with these members."""
    with tarfile.open(path, "w") as stream:
        for name, data in pictures.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            stream.addfile(entry, io.BytesIO(data))
    return path
