"""What every Directory must do."""

from __future__ import annotations

import pytest

from neuralgraph.errors import ClosedError, DiskError
from neuralgraph.storage.disk import MemoryDirectory, OsDirectory
from tests.support.faulty_directory import FaultyDirectory


@pytest.fixture(params=["memory", "os", "faulty"])
def directory(request, tmp_path):
    if request.param == "os":
        return OsDirectory(str(tmp_path))
    return MemoryDirectory() if request.param == "memory" else FaultyDirectory()


def test_a_file_is_made_only_when_asked_for(directory):
    assert not directory.exists("a")
    with pytest.raises(DiskError, match="a"):
        directory.open("a")
    directory.open("a", create=True).close()
    assert directory.exists("a")
    assert directory.names() == ["a"]


def test_what_is_written_is_read_by_every_handle(directory):
    one = directory.open("a", create=True)
    one.write_at(3, b"abc")
    two = directory.open("a")
    assert two.size() == 6
    assert two.read_at(0, 100) == b"\0\0\0abc"
    assert two.read_at(4, 1) == b"b"
    assert two.read_at(100, 5) == b""
    two.write_at(0, memoryview(b"xy"))
    assert one.read_at(0, 3) == b"xy\0"
    one.sync()
    one.close()
    two.close()


def test_contents_survive_closing(directory):
    file = directory.open("a", create=True)
    file.write_at(0, b"kept")
    file.sync()
    file.close()
    assert directory.open("a").read_at(0, 4) == b"kept"


def test_truncating_and_extending_gives_zeros(directory):
    file = directory.open("a", create=True)
    file.write_at(0, b"abcdef")
    file.truncate(2)
    assert file.size() == 2
    file.truncate(4)
    assert file.read_at(0, 9) == b"ab\0\0"
    file.preallocate(3)
    assert file.size() == 4
    file.preallocate(200_000)
    assert file.read_at(199_998, 9) == b"\0\0"
    file.close()


def test_a_mapping_outlives_growth_and_closing(directory):
    file = directory.open("a", create=True)
    file.write_at(0, b"0123456789")
    view = file.map(2, 3)
    assert view.readonly
    assert bytes(view) == b"234"
    for step in range(1, 6):
        file.preallocate(step * 300_000)
        assert bytes(file.map(step * 300_000 - 1, 1)) == b"\0"
    file.write_at(700_000, b"late")
    assert bytes(file.map(700_000, 4)) == b"late"
    file.close()
    assert bytes(view) == b"234"


def test_mapping_what_is_not_there_is_refused(directory):
    file = directory.open("a", create=True)
    file.write_at(0, b"abc")
    assert bytes(file.map(3, 0)) == b""
    with pytest.raises(DiskError, match="ends at 3"):
        file.map(2, 2)
    file.close()


def test_a_closed_file_says_so(directory):
    file = directory.open("a", create=True)
    file.close()
    file.close()
    with pytest.raises(ClosedError):
        file.read_at(0, 1)


def test_renaming_replaces(directory):
    for name in ("a", "b"):
        file = directory.open(name, create=True)
        file.write_at(0, name.encode())
        file.close()
    directory.rename("a", "b")
    assert directory.names() == ["b"]
    assert directory.open("b").read_at(0, 1) == b"a"


def test_removing(directory):
    directory.open("a", create=True).close()
    directory.remove("a")
    directory.sync()
    assert not directory.exists("a")
    with pytest.raises(DiskError, match="a"):
        directory.remove("a")
    with pytest.raises(DiskError, match="a"):
        directory.rename("a", "b")


def test_a_lock_is_one_owners_until_he_lets_go(directory):
    one, other = directory.locks("a"), directory.locks("a")
    assert one.try_lock(5, 3)
    assert one.try_lock(5, 3)
    assert not other.try_lock(7)
    assert other.is_locked(0, 100)
    assert not one.is_locked(0, 100)
    assert other.try_lock(8)
    assert not one.try_lock(6, 10)
    one.unlock(6)
    assert other.try_lock(6)
    assert not other.try_lock(5)
    assert not other.try_lock(7)
    one.release()
    one.release()
    assert other.try_lock(5, 3)
    other.release()
    assert directory.exists("a")


def test_words_are_shared_by_whoever_asks(directory):
    with pytest.raises(DiskError):
        directory.words("w")
    assert not directory.exists("w")
    one, other = directory.words("w", create=True), directory.words("w")
    assert one[3] == 0
    one[3] = 2**62
    assert other[3] == 2**62
    assert directory.words("w", create=True)[3] == 2**62
    assert directory.words("v", create=True)[3] == 0


def test_a_note_is_replaced_whole(directory):
    assert directory.note("n") == b""
    directory.leave_note("n", b"a long one")
    directory.leave_note("n", b"short")
    assert directory.note("n") == b"short"


def test_children_are_directories(directory):
    with pytest.raises(DiskError, match="log"):
        directory.child("log")
    child = directory.child("log", create=True)
    child.open("a", create=True).close()
    assert directory.has_child("log")
    assert directory.names() == []
    assert directory.child("log").names() == ["a"]
    directory.remove_child("log")
    directory.remove_child("log")
    assert not directory.has_child("log")


def test_a_directory_opened_for_reading_refuses_every_change(tmp_path):
    OsDirectory(str(tmp_path)).open("a", create=True).close()
    directory = OsDirectory(str(tmp_path), read_only=True)
    file = directory.open("a")
    for change in (
        lambda: file.write_at(0, b"x"),
        lambda: directory.open("b", create=True),
        lambda: directory.remove("a"),
        lambda: directory.rename("a", "b"),
        lambda: directory.child("c", create=True),
        lambda: directory.remove_child("c"),
    ):
        with pytest.raises(DiskError):
            change()
    file.close()
    assert directory.names() == ["a"]


def test_what_is_no_regular_file_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(DiskError, match="folder"):
        OsDirectory(str(tmp_path)).open("folder")
    with pytest.raises(DiskError, match="missing"):
        OsDirectory(str(tmp_path / "missing")).open("a", create=True)


def test_a_temporary_file_has_no_name_and_is_nobody_elses(directory):
    names = directory.names()
    one, other = directory.temporary(), directory.temporary()
    one.write_at(0, b"one")
    other.preallocate(100_000)
    other.write_at(99_998, b"ab")
    assert one.read_at(0, 9) == b"one"
    view = other.map(99_998, 2)
    assert directory.names() == names
    one.close()
    other.close()
    assert bytes(view) == b"ab"
    assert directory.names() == names
