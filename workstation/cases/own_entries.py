"""Which entries of a custody log this account made.

The chain shows that entries fit together, not who made them: whoever can write the case folder can
add one that fits. The entries about a run therefore carry a code (HMAC, RFC 2104) under a key that
never leaves the account, over the whole entry and so, through the digest of the one before, over
the log as it was. Another account can make none, and cannot check one either.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict
from enum import Enum, auto
from typing import Any

from workstation.cases.own_place import cache_key
from workstation.cases.plain_json import canonical
from workstation.cases.records import CustodyEntry
from workstation.cases.seals import account

_LENGTH = 32  # hexadecimal digits; 128 bits are enough against guessing


class Maker(Enum):
    """Who made an entry."""

    HERE = auto()  # this account
    ELSEWHERE = auto()  # another account, or an older program that gave no code
    FALSELY = auto()  # somebody who says it was this account


def code_of(fields: Mapping[str, Any]) -> str:
    """What this account puts into an entry.

    Args:
        fields: those of the entry; its own SHA-256 and a code among its details do not count.
    """
    said = {name: value for name, value in fields.items() if name != "sha256"}
    said["details"] = {name: part for name, part in said["details"].items() if name != "code"}
    message = b"entry" + canonical(said)
    return hmac.new(cache_key(), message, hashlib.sha256).hexdigest()[:_LENGTH]


def maker(entry: CustodyEntry) -> Maker:
    """Who made an entry, as far as this account can tell."""
    code = entry.details.get("code")
    if code is None or entry.details.get("account") != account():
        return Maker.ELSEWHERE
    try:
        right = code_of(asdict(entry))
    except (TypeError, ValueError):  # no entry that this program writes
        return Maker.FALSELY
    return Maker.HERE if hmac.compare_digest(str(code).encode(), right.encode()) else Maker.FALSELY
