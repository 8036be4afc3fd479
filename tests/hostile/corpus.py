"""The hostile corpus: every family in turn, so that a short run meets something of each."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.hostile import damage, tables, tricks
from tests.hostile.samples import Family, Sample, Seeds

FAMILIES: dict[str, Family] = {
    "truncations": damage.truncations,
    "bit flips": damage.flips,
    "wrong sizes": damage.sizes,
    "sizes of 64 bits": damage.wide_sizes,
    "parts in disorder": damage.disorder,
    "counts of tables": tables.counts,
    "numbers out of bounds": tables.numbers,
    "entries of tables": tables.entries,
    "million-entry tables": tables.long_tables,
    "times": tables.times,
    "nested containers": tricks.nests,
    "data in other files": tricks.data_references,
    "polyglots": tricks.polyglots,
    "pictures": tricks.pictures,
    "codec changes": tricks.codec_changes,
    "places and names": tricks.places,
    "changes at random": damage.at_random,
}
REFERENCES = "playlists"


def corpus(
    seeds: Seeds, seed: int, secret: Path, port: int, families: list[str] | None = None
) -> Iterator[tuple[str, Sample]]:
    """Samples with their family, without end where the family of random changes is among them.

    Args:
        seeds: the valid files.
        seed: the same seed gives the same samples in the same order.
        secret: a video that no sample may make the program read.
        port: where somebody listens whether anything is fetched.
        families: only these; all by default.
    """
    running = {
        name: family(seeds, Random(f"{seed} {name}"))
        for name, family in FAMILIES.items()
        if families is None or name in families
    }
    if families is None or REFERENCES in families:
        running[REFERENCES] = tricks.references(secret, port)
    while running:
        for name in list(running):
            sample = next(running[name], None)
            if sample is None:
                del running[name]
            else:
                yield name, sample
