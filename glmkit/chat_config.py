"""The settings of `glmkit chat`, declared as those in ``glmkit.config``. Nothing here imports torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from glmkit.config import Device, DType
from glmkit.option import Checks, option


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatConfig:
    """`glmkit chat`: talk to a model or a run in the terminal; without a model, to the one that comes with glmkit."""

    model: str = option(
        "",
        "a model folder, a hub id or a run (default: glmkit-mini, which comes with glmkit)",
        "模型文件夹、模型仓库名或训练结果文件夹（默认为随 glmkit 附带的 glmkit-mini）",
        argument=True,
    )
    prompt: str = option(
        "",
        "ask once and print only the reply ('-' reads stdin)",
        "只问一次，只输出回答（'-' 表示读标准输入）",
        argument=True,
    )
    adapter: str = option(
        "", "adapter: a run, a step folder, or the original's", "适配器：训练结果、某一步或原版保存的", short="-a"
    )
    tokenizer: str = option("", "folder or tokenizer.model, if not in the model folder", "分词器（默认在模型文件夹中）")
    system: str = option("", "system prompt", "系统提示词", short="-s")
    max_tokens: int = option(1024, "longest reply in tokens", "回答的最大长度（词元数）")
    temperature: float = option(0.8, "0 always takes the likeliest token", "温度；0 表示总取最可能的词元", short="-t")
    top_p: float = option(0.8, "sample from the likeliest tokens that make up this share", "核采样的概率总和")
    repetition_penalty: float = option(1.0, "above 1 discourages repetition", "大于 1 时抑制重复")
    seed: int | None = option(None, "the same seed gives the same reply", "相同的种子给出相同的回答")
    tools: str | Sequence[str] = option(
        "",
        "'shipped', a Python file of @tool functions, or a JSON file of mcpServers; may be given several times",
        "shipped（附带的工具）、含 @tool 函数的 Python 文件，或含 mcpServers 的 JSON 文件；可多次给出",
    )
    code: bool = option(False, "let the model run Python in a sandbox", "允许模型在沙箱中运行 Python")
    accept_unsandboxed: bool = option(
        False,
        "run the model's code even where there is no sandbox: it can then read and delete your files",
        "没有沙箱时也运行模型的代码：它将能读取和删除你的文件",
        flag="--i-accept-unsandboxed-code",
    )
    api: str = option(
        "",
        "talk to the model behind this OpenAI-compatible API; GLMKIT_API_KEY holds its key",
        "与该 OpenAI 兼容接口中的模型对话；密钥取自 GLMKIT_API_KEY",
    )
    dtype: DType = option("auto", "number type of the weights", "权重的数值类型")
    device: Device = option("auto", "where to compute", "计算设备")
    threads: int = option(0, "CPU threads; 0 leaves the choice to PyTorch", "CPU 线程数；0 表示由 PyTorch 决定")

    def __post_init__(self) -> None:
        checks = Checks(self)
        given = [self.tools] if isinstance(self.tools, str) else list(self.tools)
        checks.store("tools", tuple(str(entry) for entry in given if entry))
        checks.at_least("max_tokens", 1)
        checks.at_least("threads", 0)
        checks.at_least("seed", 0)
        checks.between("temperature", 0, 2)
        checks.above("repetition_penalty", 0)
        checks.between("repetition_penalty", 0, 2)
        checks.above("top_p", 0)
        checks.between("top_p", 0, 1)
        checks.only_with(self.code, "code: true", "accept_unsandboxed")
        checks.only_with(not self.api, "no api", "adapter", "tokenizer", "dtype", "device", "threads")
        checks.done()

    @property
    def uses_agent(self) -> bool:
        """Whether replies come through an API and may call tools and run code; else straight from the engine."""
        return bool(self.tools or self.code or self.api)
