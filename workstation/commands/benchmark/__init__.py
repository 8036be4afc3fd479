"""`workstation benchmark`: how fast this machine analyses, and where the time goes."""

import argparse
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workstation.commands.analyse import add_engine, positive
from workstation.commands.answers import Answer, say
from workstation.commands.benchmark.words import lines_of
from workstation.commands.groups import Commands, command, write_file
from workstation.errors import WorkstationError

if TYPE_CHECKING:
    from workstation.commands.benchmark.scenes import Scene

SIZES = {"720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160)}


def register(commands: Commands, common: argparse.ArgumentParser) -> None:
    """Add the command."""
    text = "how fast this machine analyses, on clips made for it or on one of yours"
    parser = command(commands, common, "benchmark", benchmark, text)
    parser.add_argument("--video", metavar="FILE", type=Path, help="measure on this file instead")
    parser.add_argument(
        "--compare",
        action="store_true",
        help="also run the straightforward pipeline (facenet-pytorch on every frame at full "
        "size, float32, one step after another) and give the ratio",
    )
    parser.add_argument("--sizes", nargs="+", choices=tuple(SIZES), default=list(SIZES))
    parser.add_argument("--faces", nargs="+", type=int, choices=(1, 4), default=[1, 4])
    parser.add_argument(
        "--seconds", type=positive, default=10, help="length of the clips made (default 10)"
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, help="also write benchmark.json and benchmark.png here"
    )
    add_engine(parser)


def benchmark(arguments: argparse.Namespace) -> Answer:
    """Measure clip after clip."""
    from workstation.commands.benchmark.measuring import Means, machine, measure
    from workstation.commands.benchmark.straightforward import compare

    results: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="workstation-benchmark-") as folder:
        means = Means.of(arguments)
        for scene in _scenes(arguments, Path(folder)):
            say(arguments, f"measuring {scene.name} ...")
            result = measure(scene, means, Path(folder))
            if arguments.compare:
                say(arguments, "comparing with the straightforward pipeline ...")
                result |= compare(scene, means, result["frames_per_second"])
            results.append(result)
    names = ("frames_per_second", "stages", "limit_share", "memory_mb", "ratio")
    first = {name: results[0][name] for name in names if name in results[0]}
    data = {"machine": machine(means), **first, "clips": results}
    lines = list(lines_of(data))
    if arguments.out is not None:
        lines += _written(arguments.out, data)
    return Answer(data, lines)


def _scenes(arguments: argparse.Namespace, folder: Path) -> "list[Scene]":
    from workstation.commands.benchmark.scenes import given, made

    if arguments.video is not None:
        return [given(arguments.video)]
    return [
        made(folder, name, SIZES[name], faces, arguments.seconds)
        for name in arguments.sizes
        for faces in arguments.faces
    ]


def _written(folder: Path, data: dict[str, Any]) -> list[str]:
    """Write figures and picture.

    Raises:
        WorkstationError: the folder cannot be written.
    """
    from workstation.commands.answers import to_json
    from workstation.commands.benchmark.drawing import stages_picture
    from workstation.commands.picture import save

    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WorkstationError(
            f"The folder {folder} cannot be made: {error.strerror}. Choose another place."
        ) from error
    write_file(folder / "benchmark.json", (to_json(data) + "\n").encode(), "The benchmark")
    save(stages_picture(data), folder / "benchmark.png")
    return [f"written: {folder / 'benchmark.json'}, {folder / 'benchmark.png'}"]
