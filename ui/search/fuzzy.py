"""Fuzzy matching of a few typed letters against short texts."""


def match(typed: str, text: str) -> tuple[int, list[int]] | None:
    """How well typed letters fit a text, and where; None when they do not.

    Every letter must occur, in order. Letters that begin words or follow on each other count more,
    gaps count against. The best of all placements is found.

    Args:
        typed: what was typed; blanks are of no account.
        text: what it is held against.
    """
    wanted, offered = "".join(typed.casefold().split()), text.casefold()
    best: dict[int, tuple[int, list[int]]] = {-1: (0, [])}  # end of a placement: its worth, where
    for letter in wanted:
        found: dict[int, tuple[int, list[int]]] = {}
        for place, other in enumerate(offered):
            if other != letter:
                continue
            worth = [
                (before + _worth(offered, place, end), where)
                for end, (before, where) in best.items()
                if end < place
            ]
            if worth:
                value, where = max(worth, key=lambda one: one[0])
                found[place] = (value, [*where, place])
        best = found
    return max(best.values(), key=lambda one: one[0]) if best else None


def _worth(text: str, place: int, end: int) -> int:
    begins = place == 0 or not text[place - 1].isalnum()
    follows = end >= 0 and place == end + 1
    gap = 0 if end < 0 else min(place - end - 1, 8)
    return 1 + 8 * begins + 5 * follows - gap
