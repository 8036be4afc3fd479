"""The options of a store of faces on a command line; this module imports nothing heavy."""

from __future__ import annotations

import argparse

DATASETS = ("faceforensics", "celeb_df", "dfdc", "manifest", "real_fake", "stills")
PROTOCOLS = ("ours", "seed")
SPLITS = ("official", "identity", "none")


def add_face_options(parser: argparse.ArgumentParser) -> None:
    """Add what `models.training.faces.faces` takes, beside data, store, workers and device.

    Args:
        parser: Gets the options.
    """
    parser.add_argument(
        "--protocol",
        choices=PROTOCOLS,
        default="ours",
        help="ours: runs of frames spread over the video, with margin; seed: the first 150 frames",
    )
    parser.add_argument("--dataset", choices=DATASETS, help="(default: seen from its folders)")
    parser.add_argument("--limit", type=_positive, metavar="N", help="at most N recordings")
    parser.add_argument(
        "--split",
        choices=SPLITS,
        default="official",
        help="sides by the data set's lists where it has them, by identity, or all for testing",
    )
    parser.add_argument(
        "--one-class", action="store_true", help="allow recordings that are all real or all fake"
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("a whole number from 1 is needed")
    return number
