"""Memory and processor time of an analysis by the length of the exhibit; prints.

Run with `./run python tests/performance/length.py [SECONDS ...] [--size 320x240]`. Ten seconds of
one face are repeated, packet by packet, to each length (10, 60, 300 and 600 seconds unless others
are named) and analysed by a process of its own. Memory is what that process and its workers have
taken for themselves: pages of program files, which they share with whatever else runs, are left
out. It is looked at whenever a chunk is done. Processor time is that of all of them in milliseconds
a frame, from verification to finding; libraries and networks are made ready before.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import av

from workstation.analysis.detector import default_detector, load_detector
from workstation.analysis.devices import default_workers
from workstation.analysis.pipeline import run_analysis
from workstation.analysis.progress import Event, Progress
from workstation.analysis.settings import AnalysisSettings
from workstation.cases.case import Case
from workstation.commands.benchmark import measuring
from workstation.commands.benchmark.measuring import Means
from workstation.commands.benchmark.memory import family
from workstation.commands.benchmark.scenes import made
from workstation.evidence.intake import add_exhibit

LENGTHS = [10, 60, 300, 600]
CLIP_SECONDS = 10


def repeated(source: Path, times: int, path: Path) -> None:
    """A clip over and over, its packets untouched."""
    with av.open(str(path), "w") as container:
        stream, begin = None, 0
        for _ in range(times):
            with av.open(str(source)) as opened:
                template = opened.streams.video[0]
                stream = stream or container.add_stream_from_template(template)
                for packet in opened.demux(template):
                    if packet.dts is None:
                        continue
                    packet.pts, packet.dts = packet.pts + begin, packet.dts + begin
                    packet.stream = stream
                    container.mux(packet)
                begin += template.duration


def processor_seconds() -> float:
    """Of this process and all that descend from it, those that have ended included."""
    ticks = 0
    for place in family():
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it ended in between
            continue
        ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


def memory_taken() -> float:
    """Of this process and its descendants, megabytes; what they share among them counts once."""
    kilobytes = 0
    for place in family():
        try:
            lines = (place / "smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        own = [line.split()[1] for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:"))]
        kilobytes += sum(int(size) for size in own)
    return kilobytes / 1024


class Course:
    """What was held by when, and the seconds of processor time it took to find out."""

    def __init__(self, watched: bool) -> None:
        self.points: list[tuple[int, float]] = []
        self.looking = 0.0
        self._watched = watched

    def announce(self, event: Event) -> None:
        """Note each new number of frames done."""
        if not isinstance(event, Progress):
            return
        if self.points and self.points[-1][0] == event.frames_done:
            return
        before = time.thread_time()
        self.points.append((event.frames_done, memory_taken()))
        self.looking += time.thread_time() - before
        if self._watched:
            frames, megabytes = self.points[-1]
            print(f"{frames} frames: {megabytes:.0f} MB", file=sys.stderr, flush=True)


def analyse(path: Path, watched: bool) -> dict[str, float]:
    """Analyse one clip in this process."""
    course, workers = Course(watched), default_workers("cpu")
    means = Means(load_detector(default_detector(), "cpu"), AnalysisSettings(), workers)
    with (
        tempfile.TemporaryDirectory(prefix="workstation-length-") as folder,
        Case.create(Path(folder) / "case", number="LENGTH", examiner="Length") as case,
        ThreadPoolExecutor(workers) as pool,
    ):
        number = add_exhibit(case, path).number
        measuring._warm(case, number, means)
        before = processor_seconds()
        run = run_analysis(
            case,
            number,
            means.detector,
            means.settings,
            pool,
            workers=workers,
            announce=course.announce,
        )
        used = processor_seconds() - before - course.looking
    memory = [megabytes for frames, megabytes in course.points if frames]
    return {
        "frames": run.frames_done,
        "memory_first": memory[0],
        "memory_most": max(memory),
        "memory_last": memory[-1],
        "milliseconds": used / run.frames_done * 1000,
    }


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("seconds", nargs="*", type=int, default=LENGTHS)
    parser.add_argument("--size", default="320x240", help="width x height of the picture")
    parser.add_argument("--watch", action="store_true", help="print the memory chunk by chunk")
    parser.add_argument("--clip", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.clip:
        print(json.dumps(analyse(arguments.clip, arguments.watch)))
        return 0
    width, height = (int(side) for side in arguments.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="workstation-length-") as folder:
        scene = made(Path(folder), "once", (width, height), 1, CLIP_SECONDS)
        for seconds in arguments.seconds:
            path = Path(folder) / f"{seconds}.mp4"
            repeated(scene.path, max(seconds // CLIP_SECONDS, 1), path)
            more = ["--watch"] if arguments.watch else []
            command = [sys.executable, __file__, "--clip", str(path), *more]
            answer = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
            said = json.loads(answer)
            print(
                f"{seconds} s: {said['frames']} frames; {said['memory_first']:.0f} MB after the "
                f"first chunk, at most {said['memory_most']:.0f}, {said['memory_last']:.0f} after "
                f"the last; {said['milliseconds']:.2f} ms of processor time a frame",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
