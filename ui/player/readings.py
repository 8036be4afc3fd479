"""How frame numbers, times and scores are written on screen: fixed width, so that nothing jumps."""

GAP = "\u00a0"  # keeps a number on one line


def frame_text(number: int, digits: int = 6) -> str:
    """A frame number padded to `digits` and grouped by threes: 4217 is "004 217"."""
    padded = f"{number:0{digits}d}"
    head = len(padded) % 3
    groups = [padded[:head]] if head else []
    groups += [padded[i : i + 3] for i in range(head, len(padded), 3)]
    return GAP.join(groups)


def time_text(seconds: float, decimals: int = 3) -> str:
    """Seconds as "hh:mm:ss.mmm", rounded to the last decimal shown."""
    unit = 10**decimals
    whole, part = divmod(round(abs(seconds) * unit), unit)
    minutes, second = divmod(whole, 60)
    hour, minute = divmod(minutes, 60)
    sign = "-" if seconds < 0 and (whole or part) else ""
    text = f"{sign}{hour:02d}:{minute:02d}:{second:02d}"
    return f"{text}.{part:0{decimals}d}" if decimals else text


def score_text(score: float) -> str:
    """A score with two decimals, or "not scored" for NaN."""
    return "not scored" if score != score else f"{score:.2f}"
