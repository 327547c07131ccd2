"""Files in and out: what cells leave is listed and handed out, and nothing that only looks like a file of theirs."""

from __future__ import annotations

import io
import os
import re
import resource
import zipfile
from pathlib import Path

import pytest

from glmkit.agent.sandbox import Done, Interpreter, Limits
from glmkit.errors import ConfigError, StorageError
from tests.agent.sandbox.conftest import printed, run


def test_an_upload_is_read_by_a_cell_and_its_product_downloaded(shared_python: Interpreter) -> None:
    shared_python.add_file("数据.csv", b"a,b\n1,2\n")
    code = "import csv, os\nrows = list(csv.reader(open('数据.csv')))\nos.makedirs('sums', exist_ok=True)\n"
    events = run(shared_python, code + "open('sums/all.txt', 'w').write(str(sum(map(int, rows[1]))))\nprint(rows[0])")
    assert printed(events) == "['a', 'b']\n"
    assert isinstance(events[-1], Done) and events[-1].files == ("sums/all.txt",)
    assert {"数据.csv": 8, "sums/all.txt": 1}.items() <= {
        file.name: file.size for file in shared_python.files()
    }.items()
    with shared_python.open_file("sums/all.txt") as file:
        assert file.read() == b"3"
    shared_python.add_file("数据.csv", b"new")
    assert printed(run(shared_python, "print(open('/mnt/data/数据.csv').read())")) == "new\n"
    run(shared_python, "open('数据.csv', 'a').write('er')")  # what was uploaded may be changed
    with shared_python.open_file("数据.csv") as file:
        assert file.read() == b"newer"


def test_links_pipes_and_folders_are_neither_listed_nor_handed_out(shared_python: Interpreter, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("canary")
    code = f"""
import os
os.symlink({str(tmp_path / "secret")!r}, 'link'); os.symlink({str(tmp_path)!r}, 'folder-link'); os.mkfifo('pipe')
os.makedirs('shut', 0); open('twice', 'w').write('x'); os.link('twice', 'two'); open('line\\nbreak', 'w')
os.symlink('/', 'root')
"""
    run(shared_python, code)
    listed = {file.name for file in shared_python.files()}
    assert not listed & {"link", "pipe", "twice", "two", "shut", "line\nbreak"}
    assert not any(name.startswith(("folder-link", "root")) for name in listed)
    for name in ("link", "folder-link/secret", "pipe", "shut", "twice", "root/etc/hostname", "missing", "sums"):
        with pytest.raises(ConfigError, match=r"no such file|not a plain file"):
            shared_python.open_file(name)
    # an upload replaces the link, and writes nothing through it
    shared_python.add_file("link", b"mine")
    assert (tmp_path / "secret").read_text() == "canary"
    with shared_python.open_file("link") as file:
        assert file.read() == b"mine"


def test_an_upload_is_stored_under_a_random_name_and_used_under_its_own(level: str) -> None:
    with Interpreter(level=level) as python:  # type: ignore[arg-type]
        stored = python.folder.parent / "uploads"
        python.add_file("data.csv", b"a\n1\n")
        (first,) = os.listdir(stored)
        assert re.fullmatch("[0-9a-f]{32}", first)
        assert os.path.samefile(stored / first, python.folder / "data.csv")
        code = "import os\nprint(os.listdir('.'), os.path.islink('data.csv'), open('/mnt/data/data.csv').read())"
        assert printed(run(python, code)) == "['data.csv'] False a\n1\n\n"
        run(python, "open('data.csv', 'a').write('2\\n')")
        assert [(file.name, file.size) for file in python.files()] == [("data.csv", 6)]
        with python.open_file("data.csv") as file:
            assert file.read() == b"a\n1\n2\n"
        if level != "none":  # where nothing confines a cell, it does what its user can
            assert "Error" in str(run(python, f"os.listdir({str(stored)!r})"))
        python.restart()
        python.add_file("data.csv", b"new")  # one of the same name takes its place
        (second,) = os.listdir(stored)
        assert second != first
        assert printed(run(python, "import os; print(open('data.csv').read())")) == "new\n"
        run(python, "os.link('data.csv', 'other'); os.rename('data.csv', 'renamed')")
        assert python.files() == ()  # a third name is none that we gave
        run(python, "os.remove('other')")
        assert [file.name for file in python.files()] == ["renamed"]
        run(python, "os.remove('renamed')")
        python.add_file("next", b"")  # what a cell removed is given free
        assert len(os.listdir(stored)) == 1


def test_an_upload_that_does_not_come_whole_replaces_nothing(level: str) -> None:
    with Interpreter(level=level) as python:  # type: ignore[arg-type]
        python.add_file("data.csv", b"old")
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))  # as a disk that is full
        try:
            with pytest.raises(StorageError, match="the folder for files cannot be used: File too large"):
                python.add_file("data.csv", bytes(2000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        with python.open_file("data.csv") as file:
            assert file.read() == b"old"
        assert len(os.listdir(python.folder.parent / "uploads")) == 1


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a\0b", "a\nb", "x" * 2000, "a/"]
)
def test_names_that_lead_elsewhere_are_refused(shared_python: Interpreter, name: str) -> None:
    with pytest.raises(ConfigError, match="not a name for a file here"):
        shared_python.open_file(name)
    with pytest.raises(ConfigError, match="not a name for a file here"):
        shared_python.add_file(name, b"")


def test_uploads_have_plain_names_and_a_limit(level: str) -> None:
    with Interpreter(level=level, limits=Limits(file_bytes=1 << 20)) as python:  # type: ignore[arg-type]
        with pytest.raises(ConfigError, match="not a name for a file here"):
            python.add_file("folder/x", b"")
        with pytest.raises(ConfigError, match="1,048,577 bytes; the limit is 1 MB"):
            python.add_file("x", bytes((1 << 20) + 1))
        run(python, "import os; os.mkdir('taken')")
        with pytest.raises(StorageError, match="cannot be used"):
            python.add_file("taken", b"")


def test_uploads_fill_the_folder_to_its_limit_and_no_further(level: str) -> None:
    limits = Limits(workspace_bytes=4 << 20, workspace_files=40)
    with Interpreter(level=level, limits=limits) as python:  # type: ignore[arg-type]
        python.add_file("large", bytes(3 << 20))
        with pytest.raises(ConfigError, match="no room for it: at most 4 MB and 40 files"):
            python.add_file("another", bytes(2 << 20))
        with pytest.raises(ConfigError, match="no room for it"):
            for number in range(50):  # Python's own temporary files count as well
                python.add_file(f"{number}", b"")
        assert 20 < len(python.files()) <= 40
        run(python, "import os\nfor name in os.listdir(): os.remove(name)")
        python.add_file("another", bytes(2 << 20))


def test_a_zip_bomb_stays_what_it_is_until_a_cell_unpacks_it_and_meets_the_limits(level: str) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bomb:
        bomb.writestr("zeros", bytes(60 << 20))
    assert len(packed.getvalue()) < 1 << 20
    limits = Limits(memory_bytes=600 << 20, file_bytes=32 << 20)
    with Interpreter(level=level, limits=limits) as python:  # type: ignore[arg-type]
        python.add_file("bomb.zip", packed.getvalue())
        assert [file.name for file in python.files()] == ["bomb.zip"]
        run(python, "import zipfile; bomb = zipfile.ZipFile('bomb.zip')")
        assert "File too large" in str(run(python, "bomb.extractall()")[0])
        assert "MemoryError" in str(run(python, "x = [bomb.read('zeros') for _ in range(20)]")[0])
        assert all(file.size <= 32 << 20 for file in python.files())


def test_a_folder_that_is_given_is_kept(level: str, tmp_path: Path) -> None:
    folder = tmp_path / "conversation"
    folder.mkdir()
    (folder / "before.txt").write_text("before")
    with Interpreter(level=level, workspace=folder) as python:  # type: ignore[arg-type]
        assert printed(run(python, "print(open('before.txt').read())")) == "before\n"
        python.add_file("before.txt", b"uploaded")
        run(python, "open('after.txt', 'w').write('after')")
    assert sorted(os.listdir(folder)) == ["after.txt", "before.txt"]
    assert (folder / "before.txt").read_text() == "uploaded"
    with Interpreter(level=level, workspace=folder) as python:  # type: ignore[arg-type]
        assert printed(run(python, "print(open('/mnt/data/after.txt').read())")) == "after\n"


def test_a_folder_that_cannot_be_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="file: the folder for files cannot be used"):
        Interpreter(workspace=tmp_path / "file")


def test_what_a_killed_owner_left_is_removed_later(level: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    tmp_path.chmod(0o755)
    left = tmp_path / "glmkit-cells-left"
    (left / "data").mkdir(parents=True)
    with Interpreter(level=level) as one:  # type: ignore[arg-type]
        assert left.exists()  # too young to be sure that nobody is about to hold it
        for folder in (left, one.folder.parent):
            os.utime(folder, (1, 1))
        with Interpreter(level=level) as two:  # type: ignore[arg-type]
            assert not left.exists()
            assert one.folder.exists() and two.folder.exists()


def test_a_folder_that_vanishes_ends_a_cell_all_the_same(level: str, tmp_path: Path) -> None:
    folder = tmp_path / "conversation"
    with Interpreter(level=level, workspace=folder) as python:  # type: ignore[arg-type]
        events = python.run("import time\nprint('begun', flush=True)\ntime.sleep(.4)\nprint('ended')")
        next(events)
        folder.rmdir()
        assert printed(list(events)).endswith("ended\n")
        with pytest.raises(StorageError, match="conversation: the folder for files cannot be used: No such file"):
            python.run("1")


def test_two_sessions_see_nothing_of_each_other(level: str) -> None:
    with (
        Interpreter(level=level) as one,  # type: ignore[arg-type]
        Interpreter(level=level) as two,  # type: ignore[arg-type]
    ):
        run(one, "secret = 1; open('mine.txt', 'w').write('x')")
        assert printed(run(two, "import os; print('secret' in globals(), os.listdir('.'))")) == "False []\n"
        events = run(two, f"print(open({str(one.folder / 'mine.txt')!r}).read())")
        assert printed(events) == ""
        assert one.folder != two.folder
