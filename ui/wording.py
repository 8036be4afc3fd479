"""Numbers and times as the examiner reads them."""

from datetime import UTC, datetime


def time_left(seconds: float) -> str:
    """A short duration such as "2 m 10 s"."""
    whole = max(0, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    if hours:
        return f"{hours} h {minutes:02d} m"
    return f"{minutes} m {rest:02d} s" if minutes else f"{rest} s"


def clock(seconds: float) -> str:
    """A duration as 00:03:12."""
    whole = max(0, round(seconds))
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def size(count: int) -> str:
    """Bytes in decimal units, such as "12.4 MB"."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def number(count: int) -> str:
    """A count with thin spaces between thousands, such as 4 217."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def counted(count: int, one: str, more: str = "") -> str:
    """A count with its noun, such as "1 exhibit" or "3 exhibits"."""
    return f"{number(count)} {one if count == 1 else more or one + 's'}"


def percent(part: float) -> str:
    """A share from 0 to 1 as whole per cent."""
    return f"{part * 100:.0f} %"


def score(value: float) -> str:
    """A score with two decimals, a dash where there is none."""
    return f"{value:.2f}" if value == value else "–"


def utc(text: str) -> str:
    """An ISO 8601 time as "2026-01-31 14:02:11 UTC"."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def short_hash(digest: str) -> str:
    """The beginning of a digest, enough to tell two apart at a glance."""
    return digest[:12]
