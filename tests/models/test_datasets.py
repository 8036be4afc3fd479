"""Every data set's layout, whole, half downloaded and wrong."""

import json
from collections import Counter

import pytest

from models.training.datasets import DATASETS, DataError, list_recordings
from tests.models import layouts


def by_name(listing):
    return {recording.path.rsplit("/", 1)[-1]: recording for recording in listing.recordings}


def test_faceforensics_gives_people_pairs_compressions_and_official_sides(tmp_path):
    listing = list_recordings(layouts.faceforensics(tmp_path))
    assert listing.dataset == "faceforensics"
    assert len(listing.recordings) == 2 * (12 + 2 * 12) + 12
    assert Counter(recording.compression for recording in listing.recordings) == {
        "c23": 36,
        "c40": 36,
        "raw": 12,
    }
    paths = {recording.path: recording for recording in listing.recordings}
    swap = paths["manipulated_sequences/Deepfakes/c40/videos/001_000.mp4"]
    assert (swap.fake, swap.method, swap.source) == (True, "Deepfakes", "FF++")
    assert swap.people == ("ff/001", "ff/000")
    original = paths["original_sequences/youtube/c23/videos/001.mp4"]
    assert (original.fake, original.method, original.people) == (False, "-", ("ff/001",))
    assert original.clip == swap.clip
    sides = {
        name: paths[f"original_sequences/youtube/c23/videos/{name}.mp4"].official
        for name in ("000", "008", "011")
    }
    assert sides == {"000": "train", "008": "validation", "011": "test"}


def test_faceforensics_actors_are_other_people_without_an_official_side(tmp_path):
    found = by_name(list_recordings(layouts.faceforensics(tmp_path)))
    fake = found["06_01__exit_phone_room__YVGY8LO6.mp4"]
    assert (fake.method, fake.source, fake.official) == ("DFD", "FF++ DFD", "")
    assert fake.people == ("dfd/06", "dfd/01")
    assert fake.clip == found["06__exit_phone_room.mp4"].clip == "dfd/06__exit_phone_room"


def test_faceforensics_says_what_is_missing(tmp_path):
    layouts.faceforensics(tmp_path, official=False)
    place = tmp_path / "manipulated_sequences" / "Deepfakes" / "c23" / "videos"
    (place / "000_001.mp4").write_bytes(b"")
    (place / "001_000.mp4.part").write_bytes(b"half")
    layouts.touch(place, "odd name.mp4", "._002_003.mp4")
    listing = list_recordings(tmp_path)
    said = "\n".join(listing.notes)
    assert "manipulated_sequences/Deepfakes/c23: 12 of 1000" in said
    assert "manipulated_sequences/FaceShifter/c23: 0 of 1000" in said
    assert "2 downloads did not finish" in said
    assert "000_001.mp4, 001_000.mp4.part" in said
    assert "odd name.mp4" in said
    assert "train.json, val.json, test.json are not here" in said
    assert all(recording.official == "" for recording in listing.recordings)


def test_faceforensics_as_pictures_is_refused(tmp_path):
    layouts.touch(tmp_path / "original_sequences" / "youtube" / "c23" / "images" / "000", "1.png")
    with pytest.raises(DataError, match=r"No recordings.*only videos are read"):
        list_recordings(tmp_path)


def test_a_damaged_split_file_is_refused(tmp_path):
    layouts.faceforensics(tmp_path)
    (tmp_path / "splits" / "val.json").write_text('[["720", "672"], ["1"')
    with pytest.raises(DataError, match=r"val\.json cannot be read"):
        list_recordings(tmp_path)


def test_celeb_df_gives_people_and_the_testing_list(tmp_path):
    listing = list_recordings(layouts.celeb_df(tmp_path))
    assert listing.dataset == "celeb_df"
    found = by_name(listing)
    fake = found["id1_id0_0000.mp4"]
    assert (fake.fake, fake.people, fake.official) == (True, ("celeb/id1", "celeb/id0"), "test")
    assert fake.clip == found["id1_0000.mp4"].clip
    assert found["00003.mp4"].official == "test"
    assert found["00003.mp4"].people == ("celeb-youtube/00003",)
    assert [name for name, r in found.items() if r.official] == [
        "id0_0001.mp4",
        "id1_id0_0000.mp4",
        "00003.mp4",
    ]
    assert "Celeb-synthesis: 132 of 5639 videos are here." in listing.notes


def test_celeb_df_with_a_folder_videos_in_each_part(tmp_path):
    layouts.celeb_df(tmp_path)
    for part in ("Celeb-real", "Celeb-synthesis", "YouTube-real"):
        inner = tmp_path / part / "videos"
        inner.mkdir()
        for path in (tmp_path / part).glob("*.mp4"):
            path.rename(inner / path.name)
    (tmp_path / "YouTube-real").rename(tmp_path / "Youtube-real")
    listing = list_recordings(tmp_path)
    assert len(listing.recordings) == 24 + 132 + 6
    assert sum(recording.official == "test" for recording in listing.recordings) == 3


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 Celeb-real/id0_0000.mp4", "1 means real"),
        ("1 Celeb-synthesis/id0_id1_0000.mp4", "1 means real"),
        ("yes Celeb-real/id0_0000.mp4", "Line 1"),
    ],
)
def test_a_testing_list_read_the_wrong_way_round_is_noticed(tmp_path, line, said):
    layouts.celeb_df(tmp_path)
    (tmp_path / "List_of_testing_videos.txt").write_text(line + "\n")
    with pytest.raises(DataError, match=said):
        list_recordings(tmp_path)


@pytest.mark.parametrize("below", [".", "train"])
def test_dfdc_joins_fakes_to_their_originals(tmp_path, below):
    layouts.dfdc(tmp_path / below)
    listing = list_recordings(tmp_path)
    assert (listing.dataset, len(listing.recordings)) == ("dfdc", 36)
    found = by_name(listing)
    assert found["fake12a.mp4"].fake
    assert found["fake12a.mp4"].clip == found["real12.mp4"].clip == "dfdc/real12"
    assert found["fake12a.mp4"].group == "dfdc/dfdc_train_part_1"
    assert "4 of 50 parts are here." in listing.notes


def test_dfdc_names_missing_videos_and_parts_without_labels(tmp_path):
    layouts.dfdc(tmp_path)
    (tmp_path / "dfdc_train_part_2" / "fake20b.mp4").unlink()
    (tmp_path / "dfdc_train_part_3" / "metadata.json").unlink()
    said = "\n".join(list_recordings(tmp_path).notes)
    assert "dfdc_train_part_2: 8 of 9 videos are here; missing: fake20b.mp4." in said
    assert "dfdc_train_part_3 has no metadata.json" in said


@pytest.mark.parametrize(
    "facts", [{"a.mp4": {"label": "MAYBE"}}, {"a.mp4": {"label": "FAKE"}}, ["a.mp4"]]
)
def test_dfdc_metadata_that_says_nothing_is_refused(tmp_path, facts):
    layouts.dfdc(tmp_path)
    (tmp_path / "dfdc_train_part_0" / "metadata.json").write_text(json.dumps(facts))
    with pytest.raises(DataError, match=r"dfdc_train_part_0/metadata\.json cannot be read"):
        list_recordings(tmp_path)


def test_a_single_part_of_dfdc_will_do(tmp_path):
    listing = list_recordings(layouts.dfdc(tmp_path) / "dfdc_train_part_1")
    assert len(listing.recordings) == 9


ROWS = [
    {"file": "a.mp4", "label": "real", "identity": "actor01"},
    {"file": "b.mp4", "label": "fake", "identity": "actor02<-11"},
    {"file": "c.mp4", "label": "fake", "identity": "585_599"},
    {"file": "d.mp4", "label": "real", "identity": "WDA_Somebody_000"},
    {"file": "e.mp4", "label": "fake", "identity": "vasa10"},
]


def test_a_manifest_names_one_person_or_two(tmp_path):
    listing = list_recordings(layouts.manifest(tmp_path, ROWS))
    assert listing.dataset == "manifest"
    assert [recording.people for recording in listing.recordings] == [
        ("actor01",),
        ("actor02", "actor11"),
        ("585", "599"),
        ("WDA_Somebody_000",),
        ("vasa10",),
    ]
    assert listing.notes == ()


def test_a_manifest_may_give_sides_and_says_which_clips_are_missing(tmp_path):
    layouts.manifest(tmp_path, [row | {"split": "test", "method": "swap"} for row in ROWS])
    (tmp_path / "c.mp4").unlink()
    listing = list_recordings(tmp_path)
    assert {recording.official for recording in listing.recordings} == {"test"}
    assert {recording.method for recording in listing.recordings} == {"-", "swap"}
    assert listing.notes == ("1 of 5 listed clips are missing: c.mp4.",)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([{"file": "a.mp4", "label": "maybe"}], "Line 2"),
        ([{"file": "a.mp4", "label": "real", "split": "dev"}], "train, validation or test"),
        ([{"file": "a.mp4", "kind": "real"}], "columns file and label"),
        (
            [{"file": "a.mp4", "label": "real"}, {"file": "a.mp4", "label": "fake"}],
            "more than once",
        ),
    ],
)
def test_a_manifest_that_cannot_be_right_is_refused(tmp_path, rows, said):
    with pytest.raises(DataError, match=said):
        list_recordings(layouts.manifest(tmp_path, rows))


def test_folders_real_and_fake_name_people_and_methods(tmp_path):
    layouts.touch(tmp_path / "real", "anna.mp4", "ben.mov", "carl/1.mp4", "carl/2.mp4")
    layouts.touch(tmp_path / "fake", "anna_ben.mp4", "FaceSwap/ben.mp4", "nobody.mp4", "notes.txt")
    listing = list_recordings(tmp_path)
    name = tmp_path.name
    found = {recording.path: recording for recording in listing.recordings}
    assert set(found) == {
        *("real/anna.mp4", "real/ben.mov", "real/carl/1.mp4", "real/carl/2.mp4"),
        *("fake/anna_ben.mp4", "fake/FaceSwap/ben.mp4", "fake/nobody.mp4"),
    }
    assert found["real/carl/1.mp4"].people == found["real/carl/2.mp4"].people == (f"{name}/carl",)
    assert found["fake/anna_ben.mp4"].people == (f"{name}/anna", f"{name}/ben")
    assert found["fake/FaceSwap/ben.mp4"].clip == found["real/ben.mov"].clip
    assert found["fake/FaceSwap/ben.mp4"].method == "FaceSwap"
    assert found["fake/nobody.mp4"].people == (f"{name}/nobody",)


def test_archives_that_are_known_and_archives_that_are_labelled(tmp_path):
    layouts.archive(tmp_path / "lfw.tar", {"lfw/A/1.jpg": b"-", "lfw/A/2.jpg": b"-"})
    layouts.archive(
        tmp_path / "mine.tar",
        {"mine/real/1.png": b"-", "mine/fake/Bea/2.png": b"-", "mine/fake/read.me": b"-"},
    )
    layouts.archive(tmp_path / "other.tar", {"pictures/1.png": b"-"})
    listing = list_recordings(tmp_path)
    assert listing.dataset == "stills"
    assert [(r.path, r.member, r.fake, r.target) for r in listing.recordings] == [
        ("lfw.tar", "lfw/A/1.jpg", False, "lfw/A"),
        ("lfw.tar", "lfw/A/2.jpg", False, "lfw/A"),
        ("mine.tar", "mine/fake/Bea/2.png", True, "mine/Bea"),
        ("mine.tar", "mine/real/1.png", False, "mine/1"),
    ]
    assert "other.tar is passed over" in listing.notes[0]
    alone = list_recordings(tmp_path / "lfw.tar")
    assert (len(alone.recordings), alone.folder) == (2, tmp_path)


def test_a_damaged_archive_is_refused(tmp_path):
    (tmp_path / "lfw.tar").write_bytes(b"no archive" * 100)
    with pytest.raises(DataError, match="Copy or download it again"):
        list_recordings(tmp_path)


def test_keys_are_unique_and_the_same_in_any_order(tmp_path):
    folders = [
        layouts.faceforensics(tmp_path / "a"),
        layouts.celeb_df(tmp_path / "b"),
        layouts.dfdc(tmp_path / "c"),
    ]
    keys = [r.key for folder in folders for r in list_recordings(folder).recordings]
    assert len(set(keys)) == len(keys)
    for folder in folders:
        listed = [recording.key for recording in list_recordings(folder).recordings]
        assert listed == sorted(listed)


def test_a_missing_folder_an_unknown_layout_and_the_folder_above(tmp_path):
    with pytest.raises(DataError, match="There is no folder"):
        list_recordings(tmp_path / "nowhere")
    (tmp_path / "notes.txt").write_text("nothing")
    with pytest.raises(DataError, match="laid out like no known data set") as refused:
        list_recordings(tmp_path)
    assert all(kind.layout in str(refused.value) for kind in DATASETS.values())
    layouts.celeb_df(tmp_path / "Celeb-DF-v2")
    with pytest.raises(DataError, match=r"Celeb-DF-v2 is one: name that folder"):
        list_recordings(tmp_path)


def test_another_layout_than_the_one_asked_for_is_refused(tmp_path):
    layouts.celeb_df(tmp_path)
    with pytest.raises(DataError, match=r"does not look like DFDC: .*metadata\.json is missing"):
        list_recordings(tmp_path, "dfdc")


def test_one_class_only_is_refused_unless_it_is_wanted(tmp_path):
    layouts.touch(tmp_path / "real", "a.mp4", "b.mp4")
    with pytest.raises(DataError, match="holds real recordings only: the fake ones are missing"):
        list_recordings(tmp_path)
    assert len(list_recordings(tmp_path, one_class=True).recordings) == 2


def test_a_half_downloaded_set_without_videos_says_what_is_missing(tmp_path):
    (tmp_path / "Celeb-real").mkdir()
    (tmp_path / "Celeb-real" / "id0_0000.mp4").write_bytes(b"")
    with pytest.raises(DataError, match=r"No recordings.*Celeb-real: 0 of 590.*did not finish"):
        list_recordings(tmp_path)
