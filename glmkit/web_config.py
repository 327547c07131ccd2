"""The settings of `glmkit web`, declared as those in ``glmkit.config``. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from glmkit.config import Device, DType
from glmkit.option import Checks, option

Sandbox = Literal["auto", "full", "restricted", "none", "off"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WebConfig:
    """`glmkit web`: a page in the browser, and the API behind it."""

    model: str = option(
        "",
        "a model folder, a hub id or a run (default: glmkit-mini)",
        "模型文件夹、模型仓库名或训练结果文件夹（默认 glmkit-mini）",
        argument=True,
        env="MODEL_PATH",
    )
    adapter: str | Sequence[str] = option(
        "",
        "NAME=PATH, or a path: a run, a step folder, or the original's; may be given several times",
        "名字=路径，或路径：训练结果、某一步或原版保存的适配器；可多次给出",
        short="-a",
        env="PT_PATH",
    )
    tokenizer: str = option(
        "",
        "folder or tokenizer.model, if not in the model folder",
        "分词器（默认在模型文件夹中）",
        env="TOKENIZER_PATH",
    )
    api: str = option(
        "",
        "use this OpenAI-compatible server instead of a model, such as http://127.0.0.1:8000/v1",
        "改用这个兼容 OpenAI 的服务，例如 http://127.0.0.1:8000/v1",
    )
    api_key_file: str = option(
        "",
        "file that holds that server's key (default: GLMKIT_API_KEY)",
        "保存该服务密钥的文件（默认用 GLMKIT_API_KEY）",
    )
    port: int = option(8501, "port of the page; 0 takes a free one", "页面的端口；0 表示任选空闲端口", short="-p")
    tools: str | Sequence[str] = option(
        "", "Python file of @tool functions; may be given several times", "含 @tool 函数的 Python 文件；可多次给出"
    )
    mcp: str = option("", "JSON file of MCP servers (mcpServers)", "MCP 服务器的 JSON 文件（mcpServers）")
    sandbox: Sandbox = option(
        "auto",
        "how code is confined; auto: as well as this machine can; none: not at all; off: no code interpreter",
        "代码的隔离级别；auto：本机能做到的最强；none：不隔离；off：不提供代码解释器",
    )
    accept_unsandboxed: bool = option(
        False,
        "run the model's code even where there is no sandbox: it can then read and delete your files",
        "没有沙箱时也运行模型的代码：它将能读取和删除你的文件",
        flag="--i-accept-unsandboxed-code",
    )
    dtype: DType = option("auto", "number type of the weights", "权重的数值类型")
    device: Device = option("auto", "where to compute", "计算设备")
    threads: int = option(0, "CPU threads; 0 leaves the choice to PyTorch", "CPU 线程数；0 表示由 PyTorch 决定")

    def __post_init__(self) -> None:
        checks = Checks(self)
        for name in ("adapter", "tools"):
            given = getattr(self, name)
            entries = [given] if isinstance(given, str) else list(given)
            checks.store(name, tuple(str(entry) for entry in entries if entry))
        checks.between("port", 0, 65535)
        checks.at_least("threads", 0)
        if self.sandbox == "none" and not self.accept_unsandboxed:
            checks.reject("sandbox-none-wanted", "sandbox")
        checks.only_with(self.sandbox in ("auto", "none"), "sandbox: none", "accept_unsandboxed")
        checks.only_with(bool(self.api), "api", "api_key_file")
        checks.only_with(not self.api, "model", "dtype", "device", "threads")
        checks.done()
