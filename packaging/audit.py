"""Hold the locked packages against published advisories; where that is impossible, say so.

Called by `./run test`. The outcome is a line: nothing is known; what is known (and the call fails);
or that the packages were NOT audited and why, which fails nothing, so that a machine without a
network can build.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).parent / "requirements.txt"
SECONDS = 60
_OPTIONS = ("--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json")


def main() -> int:
    """Audit; 1 where a locked package is affected."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(LOCK), *_OPTIONS]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired:
        said, affected = not_audited(f"no answer within {SECONDS} s"), False
    else:
        said, affected = judge(done.stdout, done.stderr)
    print(said, flush=True)
    return int(affected)


def judge(output: str, errors: str) -> tuple[str, bool]:
    """What an audit came to.

    Args:
        output: what pip-audit wrote, JSON.
        errors: what it wrote to its error output.

    Returns:
        The line to print, and whether a package is affected. pip-audit itself ends well when it
        reached nothing; here every package that it left out is counted.
    """
    try:
        packages: list[dict[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return not_audited((errors.strip().splitlines() or ["pip-audit said nothing"])[-1]), False
    held = [package for package in packages if "skip_reason" not in package]
    found = [
        f"{package['name']} {package['version']}: {flaw['id']}"
        + (f" (mended in {', '.join(flaw['fix_versions'])})" if flaw.get("fix_versions") else "")
        for package in held
        for flaw in package["vulns"]
    ]
    if not held:
        return not_audited("the advisories could not be reached"), False
    counted = f"{len(held)} of {len(packages)} locked packages were held against the advisories"
    if found:
        return "\n".join([f"audit: {counted}; {len(found)} are known:", *found]), True
    return f"audit: {counted}; none is known.", False


def not_audited(why: str) -> str:
    """The line for an audit that did not take place."""
    return f"audit: SKIPPED, the locked packages were NOT held against any advisory: {why[:300]}"


if __name__ == "__main__":
    sys.exit(main())
