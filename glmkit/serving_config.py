"""The settings of `glmkit serve`, declared as those in ``glmkit.config``. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glmkit.config import Device, DType
from glmkit.option import REQUIRED, Checks, option


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeConfig:
    """`glmkit serve`: an OpenAI-compatible API in which every adapter is a model."""

    model: str = option(
        REQUIRED,
        "a model folder, a hub id or a run",
        "模型文件夹、模型仓库名或训练结果文件夹",
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
    adapters: str = option(
        "", "folder whose adapters and runs are all served", "文件夹，其中的适配器和训练结果全部提供服务"
    )
    name: str = option("", "the model's name in requests (default: its folder's)", "请求中的模型名（默认取自文件夹）")
    tokenizer: str = option(
        "",
        "folder or tokenizer.model, if not in the model folder",
        "分词器（默认在模型文件夹中）",
        env="TOKENIZER_PATH",
    )
    host: str = option("127.0.0.1", "address to listen on; any other needs a key", "监听的地址；监听其他地址需要密钥")
    port: int = option(8000, "port to listen on; 0 takes a free one", "监听的端口；0 表示任选空闲端口", short="-p")
    api_key_file: str = option(
        "", "file that holds the key (default: GLMKIT_API_KEY)", "保存密钥的文件（默认用 GLMKIT_API_KEY）"
    )
    allowed_hosts: str | Sequence[str] = option(
        "", "further name by which this server is called", "允许的其他主机名", flag="--allowed-host"
    )
    cors_origins: str | Sequence[str] = option(
        "", "web page that may use the API, such as https://chat.example", "允许使用 API 的网页", flag="--cors-origin"
    )
    allow_adapter_changes: bool = option(
        False, "load and unload what adapters holds while serving", "允许在服务中加载和卸载 adapters 中的适配器"
    )
    max_batch: int = option(32, "requests computed at once", "同时计算的请求数")
    max_seq_len: int = option(
        0,
        "tokens of a prompt and its reply together; 0 means the model's limit",
        "提示与回答的总长度；0 表示模型的上限",
    )
    max_queue: int = option(1024, "requests that may wait; more are refused", "最多等待的请求数；超出的被拒绝")
    drain_s: float = option(30.0, "seconds open requests may take when the server stops", "停止时未完成请求可用的秒数")
    watchdog_s: float = option(
        600.0,
        "seconds without progress after which the engine is ended and started again; 0 waits for ever",
        "引擎多少秒没有进展就结束并重新启动；0 表示一直等待",
    )
    dtype: DType = option("auto", "number type of the weights", "权重的数值类型")
    device: Device = option("auto", "where to compute", "计算设备")
    threads: int = option(0, "CPU threads; 0 leaves the choice to PyTorch", "CPU 线程数；0 表示由 PyTorch 决定")

    def __post_init__(self) -> None:
        checks = Checks(self)
        for name in ("adapter", "allowed_hosts", "cors_origins"):
            given = getattr(self, name)
            entries = [given] if isinstance(given, str) else list(given)
            checks.store(name, tuple(str(entry) for entry in entries if entry))
        checks.required("model", "host")
        checks.between("port", 0, 65535)
        checks.at_least("max_batch", 1)
        for name in ("max_seq_len", "max_queue", "drain_s", "watchdog_s", "threads"):
            checks.at_least(name, 0)
        checks.only_with(bool(self.adapters), "adapters", "allow_adapter_changes")
        checks.done()
