"""Which fakes are held against which reals."""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

from workstation.commands.evaluation.running import ClipResult

SWAPS = ("Deepfakes", "FaceSwap", "FaceShifter")
REENACTMENT = ("Face2Face", "NeuralTextures")
FACEFORENSICS = (*SWAPS, *REENACTMENT)
UNKNOWN = "?"

Results = Sequence[ClipResult]


@dataclass(frozen=True)
class Group:
    """Some fakes and the reals they are held against.

    Attributes:
        kind: What the group is picked by: "all", "pool", "compression", "method", "source", "tier"
            or "person".
    """

    kind: str
    name: str
    fakes: tuple[ClipResult, ...]
    reals: tuple[ClipResult, ...]

    @property
    def members(self) -> tuple[ClipResult, ...]:
        """Reals, then fakes."""
        return (*self.reals, *self.fakes)


def groups(results: Results) -> list[Group]:
    """Every group with at least one clip of each kind, the widest first.

    Args:
        results: Clips that have what is to be compared.
    """
    fakes = [result for result in results if result.clip.fake]
    reals = [result for result in results if not result.clip.fake]
    found = [Group("all", "all fakes, all reals", tuple(fakes), tuple(reals))]
    makers = (_tiers, _pools, _compressions, _methods, _sources, _people)
    found += [group for make in makers for group in make(fakes, reals)]
    return [group for group in found if group.fakes and group.reals]


def _pick(
    some: Results, of: Callable[[ClipResult], str], wanted: Container[str]
) -> tuple[ClipResult, ...]:
    """Those of which something is among what is wanted."""
    return tuple(result for result in some if of(result) in wanted)


def _values(some: Results, of: Callable[[ClipResult], str]) -> list[str]:
    return sorted({of(result) for result in some})


def _compression(result: ClipResult) -> str:
    return result.clip.recording.compression


def _method(result: ClipResult) -> str:
    return result.clip.recording.method


def _source(result: ClipResult) -> str:
    return result.clip.recording.source


def _tier(result: ClipResult) -> str:
    return result.clip.tier


def _person(result: ClipResult) -> str:
    return result.clip.person


def _generated(result: ClipResult) -> str:
    return "head" if "VASA" in result.clip.recording.method else "other"


def _origin(result: ClipResult) -> str:
    return "FF++" if result.clip.recording.source.startswith("FF++") else "elsewhere"


def _alike(reals: Results, compression: str) -> tuple[tuple[ClipResult, ...], str]:
    """The reals of a compression and their name, or all of them where there is none."""
    same = _pick(reals, _compression, (compression,))
    if compression == UNKNOWN or not same:
        return tuple(reals), "all reals"
    return same, f"{compression} reals"


def _tiers(fakes: Results, reals: Results) -> Iterator[Group]:
    for tier in _values(fakes, _tier):
        mine, same = _pick(fakes, _tier, (tier,)), _pick(reals, _tier, (tier,))
        if tier and len(mine) < len(fakes):
            yield Group("tier", f"tier {tier}, tier {tier} reals", mine, same)


def _pools(fakes: Results, reals: Results) -> Iterator[Group]:
    """FaceForensics++ by the kind of manipulation; generated heads against unlike people."""
    pools = (("face swaps", SWAPS), ("reenactment", REENACTMENT), ("all five", FACEFORENSICS))
    known = _pick(fakes, _method, FACEFORENSICS)
    for compression in _values(known, _compression):
        same, named = _alike(reals, compression)
        here = _pick(known, _compression, (compression,))
        for name, methods in pools:
            mine = _pick(here, _method, methods)
            yield Group("pool", f"FF++ {name} {compression}, {named}", mine, same)
    heads, others = (_pick(fakes, _generated, (kind,)) for kind in ("head", "other"))
    elsewhere = _pick(reals, _origin, ("elsewhere",))
    yield Group("pool", "generated heads, reals from elsewhere", heads, elsewhere)
    if heads:
        yield Group("pool", "all but generated heads, all reals", others, tuple(reals))


def _compressions(fakes: Results, reals: Results) -> Iterator[Group]:
    for compression in _values(fakes, _compression):
        mine, (same, named) = _pick(fakes, _compression, (compression,)), _alike(reals, compression)
        yield Group("compression", f"compression {compression}, {named}", mine, same)


def _methods(fakes: Results, reals: Results) -> Iterator[Group]:
    for method in _values(fakes, _method):
        mine = _pick(fakes, _method, (method,))
        levels = _values(mine, _compression)
        for compression in levels:
            same, named = _alike(reals, compression)
            some = _pick(mine, _compression, (compression,))
            yield Group("method", f"{method} {compression}, {named}", some, same)
        if len(levels) > 1:
            yield Group("method", f"{method}, all reals", mine, tuple(reals))


def _sources(fakes: Results, reals: Results) -> Iterator[Group]:
    """Each source's fakes against all reals, and each source's reals against all fakes."""
    for source in _values(fakes, _source):
        mine = _pick(fakes, _source, (source,))
        yield Group("source", f"fakes of {source}, all reals", mine, tuple(reals))
    for source in _values(reals, _source):
        mine = _pick(reals, _source, (source,))
        yield Group("source", f"all fakes, reals of {source}", tuple(fakes), mine)


def _people(fakes: Results, reals: Results) -> Iterator[Group]:
    for person in _values(fakes, _person):
        mine, own = (_pick(some, _person, (person,)) for some in (fakes, reals))
        yield Group("person", f"filmed {person}", mine, own)
