#!/bin/sh
# Remakes packaging/requirements.txt from pyproject.toml: pinned versions for every platform, and no
# index addresses, so that any index (or a folder of wheels) serves. Extra words go to uv, e.g. --upgrade.
set -eu
cd "$(dirname -- "$0")/.."
lock=packaging/requirements.txt
uv pip compile pyproject.toml --extra dev --extra cpu --universal --python-version 3.11 \
    --no-emit-index-url --no-emit-find-links --no-header --quiet --output-file "$lock" "$@"
if grep -n -e '://' -e '^--' "$lock"; then
    echo "lock.sh: the lines above carry an address or an option; they must not be committed" >&2
    exit 1
fi
