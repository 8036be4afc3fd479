"""Coverage-guided fuzzing (atheris, libFuzzer) of all that reads bytes: python -m tests.fuzz.

Without a name, all targets share one run: the first byte of an input chooses among them.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(
    include=["workstation", "models", "tests.fuzz", "ui.settings_file"]
):
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Fuzz until the time is up; libFuzzer ends the process, with 0 where nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--target", choices=sorted(TARGETS), action="append")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--corpus", type=Path, help="folder that keeps what was found interesting")
    parser.add_argument("--replay", type=Path, help="a failing input, read once more")
    parser.add_argument("--findings", type=Path, default=Path(), help="folder for failing inputs")
    chosen = parser.parse_args()
    names = chosen.target or sorted(TARGETS)
    chosen.findings.mkdir(parents=True, exist_ok=True)

    def one_input(data: bytes) -> None:
        if data:
            TARGETS[names[data[0] % len(names)]].read(data[1:])

    if chosen.replay:
        one_input(chosen.replay.read_bytes())
        return
    with tempfile.TemporaryDirectory(prefix="fuzz-seeds-") as folder:
        for number, name in enumerate(names):
            for part, seed in enumerate(TARGETS[name].seeds()):
                (Path(folder) / f"{number}-{part}").write_bytes(bytes([number]) + seed)
        folders = [str(chosen.corpus), folder] if chosen.corpus else [folder]
        options = [
            f"-max_total_time={chosen.seconds}",
            f"-seed={chosen.seed}",
            f"-artifact_prefix={chosen.findings}/",
            "-max_len=200000",
            "-timeout=60",
            "-rss_limit_mb=4096",
            "-print_final_stats=1",
        ]
        atheris.Setup([sys.argv[0], *options, *folders], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
