"""The shape of the facts attached to a report: anybody can sign a PDF with facts of their own."""

from typing import Any

_LARGEST_WHOLE = 2**53

_REFERENCE = {"id": int, "reference": str, "how": str, "recording": str, "kinds": [str]}
_SHAPE = {
    "report": {"sequence": int, "identity": str, "certificates_sha256": [str]},
    "case": {"number": str},
    "custody": {"head": str},
    "exhibits": [{"number": str, "sha256": str}],
    "runs": [
        {
            "exhibit": str,
            "id": int,
            "scores_sha256": str,
            "findings": [{"track": int | None, "finding": str}],
        }
    ],
}
_ANSWERS = [{"questioned": str, "references": [_REFERENCE]}]


def are_facts(facts: Any) -> bool:
    """Whether everything that is read of a report's facts is there, and of its kind."""
    return _fits(facts, _SHAPE) and _fits(facts.get("references", []), _ANSWERS)


def _fits(value: Any, shape: Any) -> bool:
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            name in value and _fits(value[name], inner) for name, inner in shape.items()
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(_fits(inner, shape[0]) for inner in value)
    if isinstance(value, bool) or not isinstance(value, shape):
        return False
    return not isinstance(value, int) or abs(value) < _LARGEST_WHOLE
