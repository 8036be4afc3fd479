"""A benchmark as a table."""

from collections.abc import Iterator
from typing import Any


def lines_of(data: dict[str, Any]) -> Iterator[str]:
    """The table, and what its numbers mean.

    Args:
        data: As `benchmark` gives it.
    """
    about = data["machine"]
    yield f"{about['processor']}, {about['cores']} cores, {about['system']}"
    yield f"{about['detector']} on {about['device']}, {about['precision']}; every frame scored"
    yield ""
    compared = any("ratio" in clip for clip in data["clips"])
    head = f"{'clip':<24}{'frames/s':>9}  {'slowest alone':<18}{'share':>6}"
    head += f"{'together':>10}{'share':>6}{'memory':>10}"
    yield head + (f"{'straightforward':>17}{'ratio':>7}" if compared else "")
    for clip in data["clips"]:
        yield _row(clip, compared)
    yield ""
    for clip in data["clips"]:
        yield f"{clip['name']}: seconds of all workers together"
        yield "   " + ", ".join(
            f"{name} {stage['seconds']:.2f} ({stage['share']:.0%})"
            for name, stage in clip["stages"].items()
        )
    yield ""
    yield "frames/s counts verification, decoding, finding, scoring and storing. Share: of what the"
    yield "slowest stage reaches with the whole machine to itself. Together: what all stages reach"
    yield "on the same cores, each as fast as alone and none ever waiting; and the share of that."


def _row(clip: dict[str, Any], compared: bool) -> str:
    slowest = clip["slowest_stage"]
    alone = clip["stages"].get(slowest, {}).get("alone_frames_per_second", 0.0)
    row = (
        f"{clip['name'][:23]:<24}{clip['frames_per_second']:>9.1f}  "
        f"{f'{slowest} {alone:.0f}':<18}{clip['limit_share']:>6.0%}"
        f"{clip['together']:>10.1f}{clip['together_share']:>6.0%}{clip['memory_mb']:>7} MB"
    )
    if compared:
        speed = clip["straightforward"]["frames_per_second"]
        row += f"{speed:>17.1f}{clip['ratio']:>7.1f}"
    return row
