"""Files and folders that belong to somebody else: a sentence each, and nothing lost."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.videos import make_video
from workstation.cases.case import Case
from workstation.evidence.intake import add_exhibit

ROOT = Path(__file__).parents[2]
# Root may read and write everything; without these two rights it is as anybody.
AS_ANYBODY = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search"]
SCRIPT = """
import json, sys
from pathlib import Path
from workstation.cases.case import Case
from workstation.cases.lock import is_held
from workstation.commands import logbook
from workstation.commands.program import main

logbook.begin("workstation")
wanted, words = sys.argv[1], sys.argv[2:]
if wanted == "cache":
    with Case.open(words[0]) as case:
        case.cache.put("key", 1, b"anew")
        assert case.cache.get("key", 1) == b"anew"
elif wanted == "held":
    print(is_held(Path(words[0])))
else:
    sys.exit(main(words))
"""

pytestmark = pytest.mark.skipif(
    os.name != "posix" or (os.geteuid() == 0 and shutil.which("setpriv") is None),
    reason="nobody here whom permissions would stop",
)


@pytest.fixture
def folder(tmp_path):
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        add_exhibit(case, make_video(tmp_path / "clip.mp4", frames=5))
    return tmp_path / "case"


@pytest.fixture
def home(tmp_path):
    for name in ("data", "state"):
        (tmp_path / name).mkdir()
    return tmp_path


def run(home, *words):
    who = AS_ANYBODY if os.geteuid() == 0 else []
    own = {"XDG_DATA_HOME": str(home / "data"), "XDG_STATE_HOME": str(home / "state")}
    return subprocess.run(
        [*who, sys.executable, "-c", SCRIPT, *map(str, words)],
        cwd=ROOT,
        env=os.environ | own,
        capture_output=True,
        text=True,
        check=False,
    )


def refused(done, said):
    assert done.returncode == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def close_to_all(path):
    path.chmod(0)


def test_an_exhibit_that_may_not_be_read(folder, home, tmp_path):
    copy = next((folder / "exhibits").iterdir())
    close_to_all(copy)
    refused(run(home, "do", "case", "verify", folder), "E001: The file could not be read to its")
    clip = tmp_path / "out.mp4"
    refused(run(home, "do", "export", "clip", folder, "E001", 0, 3, "--output", clip), "denied")
    copy.chmod(0o444)
    assert not clip.exists()
    with Case.open(folder) as case:
        acts = [entry.act for entry in case.custody.entries()]
    assert len(acts) == 3  # made, taken in, and that the log was verified


def test_a_cache_that_another_account_keeps_to_itself_is_begun_anew(folder, home):
    with Case.open(folder) as case:
        case.cache.put("key", 1, b"theirs")
    close_to_all(folder / "cache.sqlite")
    done = run(home, "cache", folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_who_has_had_a_case_may_be_a_file_that_may_not_be_written(folder, home):
    (folder / "case.holder.json").write_text("{}")
    close_to_all(folder / "case.holder.json")
    assert run(home, "do", "case", "verify", folder).returncode == 0
    assert not (folder / "case.holder.json").exists()


def test_a_lock_that_may_not_be_written_leaves_the_case_to_be_looked_at(folder, home):
    close_to_all(folder / "case.lock")
    refused(run(home, "do", "case", "verify", folder), "cannot be written (Permission denied)")
    done = run(home, "do", "case", "verify", folder, "--read-only")
    assert (done.returncode, done.stderr) == (0, "")


def test_that_another_account_has_a_case_is_seen_by_one_that_may_only_read(folder, home):
    with Case.open(folder):
        (folder / "case.lock").chmod(0o444)
        assert run(home, "held", folder).stdout == "True\n"
    assert run(home, "held", folder).stdout == "False\n"


def test_of_a_lock_that_may_not_be_read_it_is_said_that_it_is_not_known(folder, home):
    with Case.open(folder) as case:
        case.runs.start("E001", {"name": "d"}, {}, {}, "cpu", "fp32", 5)
        close_to_all(folder / "case.lock")
        assert run(home, "held", folder).stdout == "None\n"
        said = run(home, "do", "exhibit", "list", folder)
        assert (said.returncode, said.stderr) == (0, "")
        assert "analysing or interrupted, 0 of 5 frames" in said.stdout
    assert run(home, "held", folder).stdout == "None\n"


def test_a_key_that_cannot_be_read_is_kept(folder, home):
    assert run(home, "cache", folder).returncode == 0
    (key,) = home.glob("data/*/cache.key")
    before = key.read_bytes()
    close_to_all(key)
    assert run(home, "cache", folder).returncode == 0
    key.chmod(0o600)
    assert key.read_bytes() == before


def test_places_of_the_account_that_may_not_be_used(folder, home, tmp_path):
    assert run(home, "do", "case", "verify", folder).returncode == 0
    (data,) = (home / "data").iterdir()
    (data / "signing-identities").mkdir()
    close_to_all(data / "signing-identities")
    close_to_all(home / "state")
    out = tmp_path / "report.pdf"
    refused(run(home, "do", "report", folder, "--output", out), "identity could not be kept")
    assert not out.exists()
    for place in (data / "signing-identities", home / "state"):
        place.chmod(0o700)


def test_a_case_of_somebody_else(folder, home, tmp_path):
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    shown = run(home, "do", "case", "show", folder, "--json")
    assert json.loads(shown.stdout)["exhibits"]
    assert run(home, "do", "case", "verify", folder, "--read-only").returncode == 0
    for words in (["analyse"], ["exhibit", "add"], ["case", "verify"]):
        more = [tmp_path / "clip.mp4"] if "add" in words else []
        refused(run(home, "do", *words, folder, *more), "“case” cannot be written (Permission")
    close_to_all(folder)
    refused(run(home, "do", "case", "show", folder), "“case” cannot be read (Permission")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
