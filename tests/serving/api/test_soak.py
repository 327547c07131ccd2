"""Hours of mixed traffic leave nothing behind: memory, files and tasks are as they were, wherever the engine is.

A minute by default; ``GLMKIT_SOAK_S=1800`` makes it the half hour in which memory may grow by 1 MB a minute at most.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shutil
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from api_server import ANSWER, TOOLS, Running, Start, counted, head, host_of

from glmkit.model.glm import GLM
from glmkit.model.weights import save_model_folder

PATH = "/v1/chat/completions"


def resident_kb(*pids: int) -> int:
    """Return the memory of this process and of others."""
    texts = [Path(f"/proc/{pid}/status").read_text() for pid in ("self", *pids)]
    return sum(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) for text in texts)  # type: ignore[index]


def traffic(server: Running, seconds: float, seed: int) -> None:
    """Send good, bad, held, dropped and late requests for so long."""
    draw = random.Random(seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        text = "".join(draw.choice("ab好 ") for _ in range(draw.randrange(1, 60)))
        body: dict[str, Any] = {"messages": [{"role": "user", "content": text}], "max_tokens": draw.randrange(1, 40)}
        kind = draw.randrange(6)
        if kind == 0:
            body["temperature"] = 99
        elif kind == 1:
            properties = {f"p{draw.randrange(10**6)}": {"type": "integer"}}
            function = {"name": "f", "parameters": {"type": "object", "properties": properties}}
            body |= {"tools": [{"type": "function", "function": function}], "tool_choice": "required"}
        elif kind == 2:
            body |= {"stream": True, "ignore_eos": True}
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                data = json.dumps(body).encode()
                connection.sendall(head(data) + data)
                connection.recv(300)
            continue
        elif kind == 3:
            body |= {"tools": TOOLS, "n": 2}
        status = server.post(PATH, body)[0]
        assert status == (400 if kind == 0 else 200)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads /proc")
@pytest.mark.parametrize("where", ["thread", "process"])
def test_a_soak_leaves_memory_files_and_tasks_as_they_were(
    start: Start, where: str, api_glm: GLM, tokenizer_file: Path, tmp_path: Path
) -> None:
    seconds = float(os.environ.get("GLMKIT_SOAK_S", "60"))
    save_model_folder(api_glm, tmp_path)
    shutil.copyfile(tokenizer_file, tmp_path / "tokenizer.model")
    host = host_of(tmp_path) if where == "process" else None
    with start(max_batch=8, host=host) as server:
        engine = () if host is None else (host.pid,)
        loop = server.server.servers[0].get_loop()

        def state() -> tuple[int, int]:
            server.wait_until(lambda: server.api.loop.num_open == 0)
            time.sleep(0.5)
            return len(os.listdir("/proc/self/fd")), len(asyncio.all_tasks(loop))

        def drive(duration: float, seed: int) -> None:
            with ThreadPoolExecutor(6) as pool:
                for future in [pool.submit(traffic, server, duration, 10 * seed + i) for i in range(6)]:
                    future.result()

        drive(max(10.0, seconds / 4), 0)
        before, memory = state(), resident_kb(*engine)
        drive(seconds, 1)
        files, tasks = state()
        growth = (resident_kb(*engine) - memory) / 1024
        print(f"engine in a {where}, {seconds:g} s: {growth:+.1f} MB of {memory / 1024:.0f}, files {before[0]} then")
        print(f"{files}, tasks {before[1]} then {tasks}; tokens {counted(server)}")
        assert files <= before[0] + 2 and tasks <= before[1] + 1
        # A minute is short: the allocator's last steps count as growth; over half an hour the slope must be 1 MB.
        assert growth < max(8.0, seconds / 60)
        assert host is None or engine == (host.pid,)  # no engine has failed
        assert threading.active_count() < 60
        assert server.chat()["message"]["content"] == ANSWER
