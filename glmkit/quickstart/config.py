"""The settings of `glmkit quickstart`, declared like all others; see ``glmkit.config``. Nothing here imports torch."""

from __future__ import annotations

from dataclasses import dataclass

from glmkit.config import SOURCE_FORMAT_HELP, Device, DType
from glmkit.option import Checks, option


@dataclass(frozen=True, kw_only=True, slots=True)
class QuickstartConfig:
    """`glmkit quickstart`: convert, check, measure, tune with P-Tuning v2, measure again, show."""

    model: str = option(
        "",
        "base model: a folder or a hub id (default: glmkit-mini)",
        "基座模型：文件夹或模型仓库名（默认 glmkit-mini）",
        short="-m",
    )
    data: str = option(
        "",
        "data file in any known format (default: the bundled one)",
        "任一支持格式的数据文件（默认用自带数据）",
        short="-d",
    )
    source_format: str = option("", *SOURCE_FORMAT_HELP)
    output: str = option("quickstart-output", "folder for everything that is made", "存放全部结果的文件夹", short="-o")
    seconds: int = option(
        150,
        "time for the training, about; fewer steps are made where they are slow",
        "训练大约用多少秒；较慢的机器上会减少步数",
    )
    steps: int = option(300, "optimizer steps, at most", "最多的优化步数")
    samples_per_step: int = option(4, "samples in one optimizer step", "每个优化步的样本数")
    prefix_len: int = option(32, "number of prefix positions", "前缀长度")
    learning_rate: float | None = option(
        None,
        "peak learning rate (default: 0.2 for glmkit-mini, else 2e-2)",
        "最大学习率（glmkit-mini 默认 0.2，其他 2e-2）",
    )
    replay: str = option(
        "",
        "general data mixed in against forgetting (default: bundled for glmkit-mini, none for others)",
        "混入的通用数据，减轻遗忘（glmkit-mini 默认用自带的，其他模型默认不用）",
    )
    questions: int = option(
        20,
        "held-out conversations asked before and after; half as many with tools absent from the tuning data",
        "调优前后各提问多少段留出的对话；另有一半数量使用训练中没有的工具",
    )
    max_tokens: int = option(160, "longest answer in tokens", "回答的最大长度（词元数）")
    dtype: DType = option("auto", "number type of the computation", "计算所用的数值类型")
    device: Device = option("auto", "where to compute", "计算设备")
    threads: int = option(0, "CPU threads; 0 leaves the choice to PyTorch", "CPU 线程数；0 表示由 PyTorch 决定")
    seed: int = option(3, "seed of what is held out, of order and initialisation", "随机种子（留出、顺序、初始化）")

    def __post_init__(self) -> None:
        checks = Checks(self)
        checks.required("output")
        for name in ("seconds", "steps", "samples_per_step", "prefix_len", "questions", "max_tokens"):
            checks.at_least(name, 1)
        checks.above("learning_rate", 0)
        checks.at_least("threads", 0)
        checks.at_least("seed", 0)
        checks.done()
