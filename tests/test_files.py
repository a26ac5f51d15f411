"""A file is replaced in one step: it is the old one or the new one, and nothing is left over."""

import os

import pytest

from conftest import small_disk
from lecture_utils._files import replace_file


@pytest.mark.parametrize("content", ["ü\r\n\n", b"\x00\xff"])
def test_a_new_file_holds_what_it_is_given_and_has_the_mode_of_any_other(content, tmp_path):
    replace_file(str(tmp_path / "new"), content)
    (tmp_path / "other").touch()
    new, other = (tmp_path / name for name in ("new", "other"))
    assert new.read_bytes() == (content if isinstance(content, bytes) else content.encode())
    assert new.stat().st_mode == other.stat().st_mode
    assert set(tmp_path.iterdir()) == {new, other}


@pytest.mark.parametrize("mode", [0o640, 0o444])
def test_a_link_stays_a_link_and_a_mode_stays_a_mode(mode, tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    old, link = folder / "old", tmp_path / "link"
    old.write_text("old")
    old.chmod(mode)
    link.symlink_to(old)
    replace_file(link, "new")
    assert link.is_symlink() and old.read_text() == "new"
    assert old.stat().st_mode & 0o777 == mode


def test_a_link_to_a_file_that_is_not_there_yet_makes_it(tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "new")
    replace_file(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "new").read_text() == "new"


def test_a_file_that_does_not_fit_leaves_the_old_one_and_no_rest(tmp_path):
    path = tmp_path / "old"
    path.write_text("old")
    with small_disk(), pytest.raises(OSError, match="File too large: .*old'"):
        replace_file(path, 2000 * "x")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["old"]


@pytest.mark.parametrize(
    ("name", "error"),
    [
        (".", IsADirectoryError),
        ("none/new", FileNotFoundError),
        ("old/new", NotADirectoryError),
    ],
)
def test_a_place_where_no_file_can_be_is_told_by_its_name(name, error, tmp_path):
    (tmp_path / "old").write_text("old")
    with pytest.raises(error) as raised:
        replace_file(tmp_path / name, "new")
    assert raised.value.filename == str(tmp_path / name)
    assert (tmp_path / "old").read_text() == "old" and os.listdir(tmp_path) == ["old"]
