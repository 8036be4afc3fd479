from pathlib import Path

import pytest

from tests.evidence.refusals import assert_refused
from tests.videos import make_video
from workstation.cases.case import Case
from workstation.evidence.frames import Frame, read_frames
from workstation.evidence.intake import add_exhibit

HLS = '#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXT-X-MAP:URI="{0}"\n#EXTINF:9,\n{0}\n#EXT-X-ENDLIST\n'
CONCAT = "ffconcat version 1.0\nfile '{0}'\n"


@pytest.mark.parametrize("text", [HLS, CONCAT])
@pytest.mark.parametrize("name", ["list.mp4", "list.m3u8", "list.ffconcat"])
def test_a_list_of_files_makes_nothing_be_read(tmp_path: Path, text: str, name: str) -> None:
    make_video(tmp_path / "other.mp4", frames=4)
    (tmp_path / name).write_text(text.format(tmp_path / "other.mp4"), encoding="utf-8")
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        assert_refused(case, tmp_path / name, "names other files")


def test_a_folder_whose_name_is_a_pattern_hides_no_picture(tmp_path: Path) -> None:
    still = make_video(tmp_path / "still.png", frames=1, codec="png", pixel_format="rgb24")
    with Case.create(tmp_path / "Case {7}*%03d", number="1", examiner="A. Examiner") as case:
        exhibit = add_exhibit(case, still)
        index = case.exhibits.index(exhibit.number)
        (frame,) = read_frames(case.folder / exhibit.stored_name, index, 0, 1)
    assert exhibit.facts["format"] == "png_pipe"
    assert isinstance(frame, Frame)


def test_a_file_larger_than_the_disk_is_refused_at_once(tmp_path: Path) -> None:
    huge = tmp_path / "huge.mp4"
    with huge.open("wb") as file:
        file.truncate(2**42)
    with Case.create(tmp_path / "case", number="1", examiner="A. Examiner") as case:
        assert_refused(case, huge, "larger than the room left")
