"""Files that are sent to the page, through the browser and past it, straight to the server."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="needs the extra [test]")

from playwright.sync_api import FilePayload, Page, Request, expect
from running_page import RunningPage, choose, load, settle

pytestmark = pytest.mark.system
expect.set_options(timeout=20_000)

LIMIT_MB = 64


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the page makes its folders."""
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def running(temporary: Path) -> Iterator[RunningPage]:
    temporary.chmod(0o711)
    for folder in (temporary.parent, temporary.parent.parent):
        folder.chmod(0o711)  # cells run as a user of their own
    page = RunningPage(environment={"TMPDIR": str(temporary)})
    yield page
    page.kill()


def send(page: Page, name: str, content: bytes) -> None:
    """Upload a file in the mode of code, under any name."""
    payload: FilePayload = {"name": name, "mimeType": "application/octet-stream", "buffer": content}
    page.locator("input[type=file]").first.set_input_files(payload)


@pytest.mark.parametrize("name", ["../../x-escape.py", "/tmp/x-escape.py", "..\\x-escape.py"])
def test_a_name_with_a_path_reaches_nothing_outside(page: Page, temporary: Path, name: str) -> None:
    before = {*temporary.iterdir()}
    choose(page, "Code Interpreter")
    expect(page.get_by_text("Files for the code, in /mnt/data")).to_be_visible()
    (own,) = {
        *temporary.glob("glmkit-cells-*")
    } - before  # a folder of this session's own, with a name that nobody can guess
    assert re.fullmatch(r"glmkit-cells-\w{8}", own.name)
    send(page, name, b"print(1)\n")
    answer = page.get_by_role("alert").or_(page.get_by_role("button", name=re.compile("x-escape.py · ")))
    expect(answer).to_be_visible()
    assert [*Path("/").glob("x-escape*"), *Path("/tmp").glob("*x-escape*"), *own.glob("*x-escape*")] == []
    inside = [*(own / "data").iterdir()]
    assert all(file.name.endswith("x-escape.py") for file in inside)
    stored = [*(own / "uploads").iterdir()]
    assert len(stored) == len(inside)  # none where the name was refused
    for file in stored:
        assert re.fullmatch("[0-9a-f]{32}", file.name) and file.samefile(inside[0])


def test_a_zip_bomb_and_a_program_are_kept_as_plain_files(page: Page) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("zeros", bytes(200 << 20))
    choose(page, "Code Interpreter")
    send(page, "picture.png", packed.getvalue())  # of another kind than its name says
    download = page.get_by_role("button", name=re.compile(r"picture\.png · "))
    expect(download).to_contain_text(f"{len(packed.getvalue()) / 1000:.1f} kB")
    with page.expect_download() as started:
        download.click()
    assert Path(started.value.path()).read_bytes() == packed.getvalue()


def test_a_file_over_the_limit_is_refused_by_the_browser_and_by_the_server(
    page: Page, running: RunningPage, tmp_path: Path
) -> None:
    choose(page, "Code Interpreter")
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request) if "upload_file" in request.url else None)
    large = tmp_path / "large.bin"
    with large.open("wb") as file:
        file.truncate((LIMIT_MB << 20) + 1)
    page.locator("input[type=file]").first.set_input_files(large)
    expect(page.get_by_text(f"File must be {LIMIT_MB}.0MB or smaller.")).to_be_visible()
    assert sent == []
    send(page, "small.txt", b"x")
    expect(page.get_by_role("button", name=re.compile("small.txt · "))).to_be_visible()
    path = sent[0].url.removeprefix(running.url)
    headers = {name: value for name, value in sent[0].all_headers().items() if not name.startswith(":")}
    headers.pop("content-length", None)
    before = memory(running)
    for has_length in (True, False):
        connection = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=60)
        mark = headers["content-type"].partition("boundary=")[2]
        head = f'--{mark}\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'.encode()
        end = f"\r\n--{mark}--\r\n".encode()
        pieces = [head, *[bytes(1 << 20)] * (LIMIT_MB + 2), end]
        length = {"Content-Length": str(sum(map(len, pieces)))} if has_length else {}
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it answers before all has come
            connection.request("PUT", path, iter(pieces), {**headers, **length}, encode_chunked=not has_length)
        assert connection.getresponse().status == 413
        connection.close()
    assert memory(running) - before < 2 * LIMIT_MB


def memory(running: RunningPage) -> int:
    """Return the megabytes that the page's process holds."""
    status = Path(f"/proc/{running.pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) >> 10


def test_what_is_uploaded_is_not_kept_in_memory_beside_the_workspace(
    page: Page, running: RunningPage, tmp_path: Path
) -> None:
    choose(page, "Code Interpreter")
    before = memory(running)
    for number in range(6):
        file = tmp_path / f"part{number}.bin"
        file.write_bytes(bytes(40 << 20))
        page.locator("input[type=file]").first.set_input_files(file)
        expect(page.get_by_role("button", name=re.compile(f"part{number}.bin · "))).to_be_visible()
        settle(page)
    assert memory(running) - before < 3 * 40


def test_a_conversation_is_no_other_kind_of_file_by_name_or_content(page: Page, tmp_path: Path) -> None:
    program = tmp_path / "program.exe"
    program.write_bytes(b"MZ")
    load(page, program)
    expect(page.get_by_text(re.compile("files are not allowed"))).to_be_visible()
    for content in (b"\x89PNG\r\n\x1a\n" + bytes(100), b"PK\x03\x04" + bytes(100), json.dumps({"a": 1}).encode()):
        page.reload()
        page.get_by_test_id("stChatInputTextArea").wait_for(timeout=60_000)
        file = tmp_path / "conversation.json"
        file.write_bytes(content)
        load(page, file)
        expect(page.get_by_role("alert").filter(has_text=re.compile("no JSON|JSON|conversation"))).to_be_visible()
        expect(page.get_by_test_id("stChatMessage")).to_have_count(0)
