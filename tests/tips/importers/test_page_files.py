"""Which files are read, and what makes one refused."""

import os
from pathlib import Path

import pytest

from desk.files import UnusableFileError
from tips.importers import page_files


def refusal_of(path):
    with pytest.raises(UnusableFileError) as caught:
        page_files.read(str(path))
    return str(caught.value)


def written(path, data):
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_it_reads_any_kind_of_line_end_and_a_byte_order_mark(tmp_path, end):
    path = written(tmp_path / "a.txt", b"\xef\xbb\xbfone" + end + b"two" + end)
    assert page_files.read(str(path)) == ("one\ntwo\n", [])


@pytest.mark.parametrize("data", [b"", b"  \r\n\n", "\ufeff\u00a0\n".encode()])
def test_it_refuses_an_empty_file(tmp_path, data):
    assert "empty" in refusal_of(written(tmp_path / "a.txt", data))


def test_it_refuses_a_binary_file(tmp_path):
    message = refusal_of(written(tmp_path / "a.txt", b"ab\ncd\0"))
    assert "binary" in message
    assert "byte 6, in line 2" in message
    assert "binary" in refusal_of(written(tmp_path / "b.txt", b"\x01\x02\x03abc"))


@pytest.mark.parametrize("data", [b"one\ntw\xf6\n", b"one\r\nw\xf6\n", b"one\rtw\xf6"])
def test_it_says_where_a_file_is_not_utf8(tmp_path, data):
    message = refusal_of(written(tmp_path / "a.txt", data))
    assert "not UTF-8: byte 7, in line 2, is 0xf6" in message


def test_it_names_another_unicode(tmp_path):
    assert "not UTF-8: byte 1, in line 1, begins UTF-16" in refusal_of(
        written(tmp_path / "a.txt", "tip".encode("utf-16"))
    )


def test_it_refuses_a_file_over_the_limit_and_takes_one_at_it(tmp_path):
    assert "20 MB" in refusal_of(written(tmp_path / "a.txt", b"a" * (page_files.LARGEST + 1)))
    assert page_files.read(str(written(tmp_path / "b.txt", b"a" * page_files.LARGEST)))


def test_it_refuses_what_is_no_regular_file_without_waiting_for_it(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    assert "no regular file" in refusal_of(tmp_path / "a.txt")


def test_it_leaves_out_stray_control_characters_and_says_so(tmp_path):
    path = written(tmp_path / "a.txt", b"name\n" + b"word " * 20 + b"\x1b[31m")
    text, [warning] = page_files.read(str(path))
    assert text.endswith("word [31m")
    assert warning.line == 2


def test_a_folder_means_its_text_files_and_those_below_in_order(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / ".git").mkdir()
    for name in ("b.txt", "a.TXT", "sub/c.txt", "notes.md", "._a.txt", ".git/d.txt"):
        (tmp_path / name).write_text("x")
    names, refused = page_files.find([tmp_path])
    assert [os.path.relpath(name, tmp_path) for name in names] == ["a.TXT", "b.txt", "sub/c.txt"]
    assert refused == []


def test_a_file_given_twice_is_read_once(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("x")
    (tmp_path / "link.txt").symlink_to(path)
    names, _ = page_files.find([path, tmp_path, f"{tmp_path}/./a.txt"])
    assert names == [str(path)]


def test_it_refuses_a_path_that_is_not_there_and_a_folder_without_text_files(tmp_path):
    names, refused = page_files.find([tmp_path / "gone.txt", tmp_path, "nul\0.txt"])
    assert names == []
    assert [refusal.file for refusal in refused] == [str(tmp_path / "gone.txt"), str(tmp_path), "nul\0.txt"]
    assert "no such file" in refused[0].message
    assert "no .txt file" in refused[1].message


def test_it_refuses_a_file_that_it_may_not_read(tmp_path, monkeypatch):
    def forbidden(*args):
        raise PermissionError(13, "Permission denied")

    path = written(tmp_path / "a.txt", b"x")
    monkeypatch.setattr(Path, "open", forbidden)
    assert "permission denied" in refusal_of(path)
