"""`glmkit chat`: joins the terminal with a model, straight to the engine for plain talk, through an API for the agent.

The agent speaks to models through an OpenAI-compatible API only; where no ``--api`` names one, it is started here, in
this process. What can be wrong is found before any weight is loaded: the prompt, the tools, the sandbox.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from glmkit.chat_config import ChatConfig
from glmkit.errors import ConfigError, ModelError, Problem, message, notice
from glmkit.terminal import read_prompt

if TYPE_CHECKING:
    from glmkit.agent.api import Api
    from glmkit.agent.sandbox import Interpreter
    from glmkit.agent.toolbox import Toolbox, ToolSource
    from glmkit.chat.tokenizer import Tokenizer
    from glmkit.model.glm import GLM

KEY_VARIABLE = "GLMKIT_API_KEY"
SHIPPED_WORD = "shipped"
PICTURES = Path("glmkit-pictures")  # in the current folder


def run_chat_command(config: ChatConfig) -> int:
    """Answer once or hold a conversation; return the exit code.

    Raises:
        ConfigError, ModelError, RequestError: settings that cannot work, files that are missing or do not fit.
    """
    config = replace(config, prompt=read_prompt(config.prompt, sys.stdin) or "")  # an empty pipe is refused first
    if config.uses_agent:
        return _run_agent(config)
    from glmkit.serving.engine import Engine
    from glmkit.serving.terminal import run_chat

    model, tokenizer, layout = _load(config)
    engine = Engine(model, tokenizer, tools_layout=layout, max_batch=1)
    return run_chat(engine, tokenizer, config, sys.stdin, sys.stdout, sys.stderr)


def _load(config: ChatConfig) -> tuple[GLM, Tokenizer, str]:
    """Return the model with its adapter, its tokenizer, and the layout its tools were in."""
    import torch

    from glmkit.loading import BUNDLED_MODEL, load_model, load_tokenizer, tools_layout_of

    if not config.model:
        notice("serving-default-model", name=BUNDLED_MODEL)
        config = replace(config, model=BUNDLED_MODEL)
    if config.threads:
        torch.set_num_threads(config.threads)
    try:
        tokenizer = load_tokenizer(config.tokenizer or config.model)
    except ModelError as error:
        if config.prompt or not error.code.startswith("model-path-missing"):
            raise
        raise ModelError(
            [*error.problems, Problem("serving-model-comes-first", values={"name": BUNDLED_MODEL})]
        ) from error
    dtype = None if config.dtype == "auto" else getattr(torch, config.dtype)
    device = None if config.device == "auto" else config.device
    model = load_model(config.model, adapter=config.adapter or None, dtype=dtype, device=device)
    return model, tokenizer, tools_layout_of(config.model, adapter=config.adapter or None)


def _run_agent(config: ChatConfig) -> int:
    from glmkit.agent.api import Sampling
    from glmkit.agent.terminal_chat import TerminalChat

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that cannot show a character still gets the rest
    with ExitStack() as stack:
        tools = _open_tools(config.tools, stack)
        interpreter = _open_interpreter(config, stack) if config.code else None
        api, max_tokens = _open_api(config, stack)
        sampling = Sampling(
            temperature=config.temperature,
            top_p=config.top_p,
            # not of OpenAI's API: a server that does not know it is not troubled by its default
            repetition_penalty=config.repetition_penalty if config.repetition_penalty != 1 else None,
            max_tokens=max_tokens,
            seed=config.seed,
        )
        streams = sys.stdin, sys.stdout, sys.stderr
        chat = TerminalChat(api, tools, interpreter, sampling, config.system, streams, PICTURES)
        if config.prompt:
            return chat.answer(config.prompt)
        if tools.tools:
            notice("agent-chat-tools", tools=", ".join(tool.name for tool in tools.tools))
        return chat.converse()


def _open_tools(given: str | Sequence[str], stack: ExitStack) -> Toolbox:
    """Return the tools of every source given; all Python files share a worker. Raises ConfigError."""
    from glmkit.agent.mcp_tools import McpTools
    from glmkit.agent.python_tools import SHIPPED, PythonTools
    from glmkit.agent.toolbox import Toolbox

    entries = [given] if isinstance(given, str) else [*given]
    problems = [
        Problem("agent-chat-tools-kind", "tools", {"value": repr(entry)})
        for entry in entries
        if entry != SHIPPED_WORD and not entry.endswith((".py", ".json"))
    ]
    if problems:
        raise ConfigError(problems)
    python = [SHIPPED if entry == SHIPPED_WORD else entry for entry in entries if not entry.endswith(".json")]
    sources: list[ToolSource] = []
    if python:
        sources.append(PythonTools(*python))
        stack.callback(sources[-1].close)
    for entry in entries:
        if entry.endswith(".json"):
            sources.append(McpTools(entry))
            stack.callback(sources[-1].close)
    return Toolbox(sources)


def _open_interpreter(config: ChatConfig, stack: ExitStack) -> Interpreter:
    """Start the sandbox and say its level; below the full one, also what is missing and how to mend it.

    Raises:
        ConfigError: there is no sandbox here and the risk was not accepted.
    """
    from glmkit.agent.sandbox import Interpreter, probe

    interpreter = stack.enter_context(Interpreter(accept_unsandboxed=config.accept_unsandboxed))
    lines = probe().lines()
    print(*lines[: 1 if interpreter.level == "full" else None], sep="\n", file=sys.stderr, flush=True)
    if interpreter.level == "none":
        print(message("agent-chat-unsandboxed"), file=sys.stderr, flush=True)
    return interpreter


def _open_api(config: ChatConfig, stack: ExitStack) -> tuple[Api, int]:
    """Return the model's API, and how many tokens a reply may have.

    A server refuses what may not fit its context, so a reply of our own server may fill half of that at most.

    Raises:
        ConfigError: the address is none, or its server has no such model. ApiError: the server cannot be reached.
    """
    from glmkit.agent.api import Api

    if config.api:
        api = Api(config.api, model=config.model, key=os.environ.get(KEY_VARIABLE, "").strip())
        stack.callback(api.close)
        known = api.models()
        if config.model and config.model not in known:
            first, every = (known or ["MODEL"])[0], ", ".join(known) or "-"
            raise ConfigError("agent-chat-unknown-model", url=config.api, model=config.model, known=every, first=first)
        return api, config.max_tokens
    from glmkit.serving.api import require_packages

    require_packages()
    Api("http://127.0.0.1")  # its library is missing before the wait for the weights
    from glmkit.serving.api.local import local_api

    model, tokenizer, layout = _load(config)
    local = stack.enter_context(local_api(model, tokenizer, layout))
    api = Api(local.base_url, key=local.key)
    stack.callback(api.close)
    return api, min(config.max_tokens, max(1, local.max_seq_len // 2))
