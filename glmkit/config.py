"""The settings of every command: one frozen dataclass each, the only source of flags, YAML keys, help and defaults.

A field is declared with ``option(default, "help", "帮助")``; the entries of a field that is a list or a mapping are
dataclasses of the same kind. Ranges and combinations are checked in ``__post_init__``,
all faults at once, before anything is loaded; what needs files or a card is checked first thing by the command.
``glmkit.settings`` turns defaults, a YAML file and flags into one of these. Nothing here imports torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from glmkit.errors import Problem
from glmkit.option import REQUIRED, Checks, option
from glmkit.settings import read_entry

Method = Literal["ptuning", "full"]
LossAverage = Literal["token", "sample"]
Truncation = Literal["history", "right"]
ToolsLayout = Literal["as_is", "schema", "original", "natural"]
TargetFormat = Literal["conversations", "openai", "sharegpt", "alpaca", "prompt_response", "toolalpaca"]
Schedule = Literal["linear", "cosine", "constant"]
DType = Literal["auto", "float32", "bfloat16"]
Device = Literal["auto", "cpu", "cuda"]

# Training, its check and its preview cut alike.
TRUNCATE = (
    "history",
    "what a long sample loses: its oldest turns (history), or its end (right)",
    "超长样本舍去什么：最早的几轮 (history) 或末尾 (right)",
)

TOOLS_LAYOUT = (
    "as_is",
    "how tool lists are written: as in the data, or as JSON schemas, the original demo's params, natural language",
    "工具列表的写法：与数据相同 (as_is)、JSON schema、原版演示的 params，或自然语言 (natural)",
)

LEARNING_RATES: Mapping[str, float] = {"ptuning": 2e-2, "full": 2e-5}

SKIP_BAD = (
    "go on without rows that have faults; they are written to this file with the reasons",
    "略去有问题的行并继续；这些行连同原因写入此文件",
)

SOURCE_FORMATS = "conversations, sharegpt, openai, toolalpaca, alpaca, prompt_response"
SOURCE_FORMAT_HELP = (
    f"format of the data: {SOURCE_FORMATS} (default: detected)",
    f"数据格式：{SOURCE_FORMATS}（默认自动识别）",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFile:
    """An entry of ``TrainConfig.data``."""

    path: str = option(REQUIRED, "a data file, or a pattern that matches some", "数据文件，或匹配多个文件的通配符")
    weight: float = option(1.0, "how often an epoch takes each of its samples", "每轮中每个样本出现的次数")


@dataclass(frozen=True, kw_only=True, slots=True)
class Replay:
    """``TrainConfig.replay``: general data mixed in, so that the model keeps what it knew."""

    path: str = option(REQUIRED, "a data file, or a pattern that matches some", "数据文件，或匹配多个文件的通配符")
    share: float = option(
        REQUIRED, "its share of all samples, between 0 and 1", "在全部样本中所占的比例（0 到 1 之间）"
    )
    distill: float = option(
        0.0,
        "ptuning: keep what the base model says there, all over the text, with this weight, instead of learning labels",
        "ptuning：在这些数据的全文上保持基座模型自身的输出而不学习标签，此值为其权重",
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainConfig:
    """`glmkit train`: fine-tune a GLM on files of conversations.

    ``data`` may be given as a path or pattern, or as a list of these and of {"path": ..., "weight": ...}. It is kept as
    the path where it is a single one with weight 1, and as a tuple of DataFile otherwise.
    """

    model: str = option(REQUIRED, "base model: a folder or a hub id", "基座模型：文件夹或模型仓库名", short="-m")
    data: str | Sequence[str | DataFile | Mapping[str, Any]] = option(
        "",
        'training file (.json, .jsonl or .csv), "*.jsonl", or "{path: FILE, weight: 0.5}"; may be given several times',
        '训练数据文件（.json、.jsonl 或 .csv）、"*.jsonl" 或 "{path: 文件, weight: 0.5}"；可多次给出',
        short="-d",
    )
    replay: Replay | Mapping[str, Any] | None = option(
        None,
        "general data mixed in against forgetting; share is its part of all samples",
        "混入通用数据以减轻遗忘；share 是它在全部样本中的比例",
    )
    tokenizer: str = option(
        "", "folder or tokenizer.model, if not in the model folder", "分词器所在文件夹或文件（默认在模型文件夹中）"
    )
    source_format: str = option("", *SOURCE_FORMAT_HELP)
    skip_bad: str = option("", *SKIP_BAD)
    output_dir: str = option("runs", "folder that holds the runs", "存放各次训练结果的文件夹", short="-o")
    name: str = option("", "name of this run (default: from data and method)", "本次训练的名字（默认取自数据和方法）")
    restart: bool = option(
        False, "start anew; an earlier run of that name is moved aside", "重新开始；同名的旧结果会被移开保留"
    )

    method: Method = option(
        "ptuning", "what is trained: a prefix, or all weights", "训练方法：前缀 (P-Tuning v2) 或全部权重"
    )
    prefix_len: int = option(128, "ptuning: number of prefix positions", "ptuning：前缀长度")
    prefix_projection: bool = option(False, "ptuning: pass the prefix through an MLP", "ptuning：前缀经过 MLP 重参数化")
    prefix_init: Literal["tokens", "normal"] = option(
        "tokens",
        "ptuning: start from real tokens run through the model, or from N(0, 0.02)",
        "ptuning：用真实文本的键值初始化，或用 N(0, 0.02)",
    )
    prefix_dropout: float = option(
        0.1, "ptuning: dropout on the prefix while training", "ptuning：训练时前缀的 dropout"
    )
    init_adapter: str = option("", "ptuning: adapter to start from", "ptuning：从已有的适配器开始")
    from_scratch: bool = option(
        False, "full: random weights of the shape in MODEL/config.json", "full：按 config.json 随机初始化，从零训练"
    )

    max_seq_len: int = option(
        2048, "longest sample in tokens; longer ones are cut", "样本最大长度（词元数），超出部分截断"
    )
    truncate: Truncation = option(*TRUNCATE)
    tools_layout: ToolsLayout = option(*TOOLS_LAYOUT)
    samples_per_step: int = option(16, "samples in one optimizer step", "每个优化步的样本数")
    max_tokens_per_row: int = option(
        8192, "samples are packed into rows of at most this many tokens", "样本打包成行，每行最多的词元数"
    )
    shuffle: bool = option(True, "shuffle the samples in every epoch", "每轮打乱样本")
    epochs: float = option(3.0, "passes over the data, when steps is 0", "训练轮数（steps 为 0 时有效）")
    steps: int = option(0, "optimizer steps; 0 means as many as epochs needs", "优化步数；0 表示按轮数计算")

    learning_rate: float | None = option(
        None, "peak learning rate (default: 2e-2 ptuning, 2e-5 full)", "最大学习率（默认 ptuning 2e-2，full 2e-5）"
    )
    schedule: Schedule = option("linear", "how the learning rate falls", "学习率下降方式")
    warmup_steps: int = option(0, "steps over which the learning rate rises", "学习率预热步数")
    weight_decay: float = option(0.0, "AdamW weight decay", "AdamW 权重衰减")
    max_grad_norm: float = option(1.0, "clip the gradient to this norm", "梯度裁剪的范数上限")
    loss_average: LossAverage = option(
        "token", "mean over a step's labelled tokens, or over its samples", "损失按词元平均，或先按样本平均"
    )

    eval_data: str = option("", "file to evaluate on while training", "训练中用于评估的数据文件")
    validation: float = option(
        0.0,
        "share of data held out to evaluate on; samples with a tool in common stay on one side",
        "从 data 中划出多少比例用于评估；共用工具的样本划到同一侧",
    )
    eval_every: int = option(
        0, "steps between two evaluations; 0 means at every save", "每隔多少步评估一次；0 表示每次保存时"
    )
    eval_generate: int = option(
        0,
        "conversations whose turns are also generated and compared; 0 measures the loss only",
        "同时生成回答并比较的对话数；0 表示只计算损失",
    )
    keep_best: bool = option(
        False,
        "save the step with the lowest evaluation loss, too; the file best names it",
        "另外保存评估损失最低的一步，由文件 best 指出",
    )

    dtype: DType = option("auto", "number type of the computation", "计算所用的数值类型")
    device: Device = option("auto", "where to compute", "计算设备")
    threads: int = option(0, "CPU threads; 0 leaves the choice to PyTorch", "CPU 线程数；0 表示由 PyTorch 决定")
    seed: int = option(42, "seed of order, initialisation and dropout", "随机种子（顺序、初始化、dropout）")
    save_every: int = option(500, "steps between two checkpoints", "每隔多少步保存一次")
    log_every: int = option(1, "steps between two logged lines off a terminal", "非终端下每隔多少步输出一行")
    allow_data_change: bool = option(
        False, "continue a run although its data file has changed", "数据文件改变后仍继续训练"
    )

    def __post_init__(self) -> None:
        checks = Checks(self)
        checks.required("model", "output_dir")
        for name in ("prefix_len", "max_seq_len", "samples_per_step", "max_tokens_per_row", "save_every", "log_every"):
            checks.at_least(name, 1)
        for name in ("steps", "warmup_steps", "threads", "seed", "weight_decay", "eval_every", "eval_generate"):
            checks.at_least(name, 0)
        for name in ("epochs", "learning_rate", "max_grad_norm"):
            checks.above(name, 0)
        if not 0 <= self.prefix_dropout < 1:
            checks.reject("cli-out-of-range", "prefix_dropout", low=0, high="1 (exclusive)")
        if "/" in self.name or "\\" in self.name or self.name in {".", ".."}:
            checks.reject("cli-name-is-path", "name")
        checks.only_with(
            self.method == "ptuning",
            "method: ptuning",
            *("prefix_len", "prefix_projection", "prefix_init", "prefix_dropout", "init_adapter"),
        )
        checks.only_with(self.method == "full", "method: full", "from_scratch")
        self._check_data(checks)
        if not 0 <= self.validation < 1:
            checks.reject("cli-out-of-range", "validation", low=0, high="1 (exclusive)")
        checks.only_with(not self.eval_data, "no eval_data", "validation")
        checks.only_with(self.is_evaluated, "eval_data or validation", "eval_every", "eval_generate", "keep_best")
        checks.done()

    def _check_data(self, checks: Checks) -> None:
        """Check the entries of ``data`` and ``replay``, and keep them as DataFile and Replay."""
        entries = [] if isinstance(self.data, str) else list(self.data)
        files = [read_entry(DataFile, entry, f"data[{i}]", checks.problems) for i, entry in enumerate(entries)]
        for i, file in enumerate(files):
            if file is not None and not 0 < file.weight < float("inf"):
                checks.problems.append(Problem("cli-not-above", f"data[{i}].weight", {"value": file.weight, "low": 0}))
        if entries:
            alone = files[0] if len(files) == 1 else None
            checks.store("data", alone.path if alone is not None and alone.weight == 1 else tuple(files))
        elif not isinstance(self.data, str):
            checks.store("data", "")
        if self.replay is not None:
            checks.store("replay", read_entry(Replay, self.replay, "replay", checks.problems))
            if isinstance(self.replay, Replay) and not 0 < self.replay.share < 1:
                values = {"value": self.replay.share, "low": "0 (exclusive)", "high": "1 (exclusive)"}
                checks.problems.append(Problem("cli-out-of-range", "replay.share", values))
            if isinstance(self.replay, Replay):
                self._check_distill(self.replay.distill, checks)

    def _check_distill(self, weight: float, checks: Checks) -> None:
        """The base model is at hand only where it stays as it was."""
        if not 0 <= weight < float("inf"):
            checks.problems.append(Problem("cli-too-small", "replay.distill", {"value": weight, "low": 0}))
        elif weight and self.method != "ptuning":
            values = {"value": weight, "because": "method: ptuning"}
            checks.problems.append(Problem("cli-has-no-effect", "replay.distill", values))

    @property
    def data_files(self) -> tuple[DataFile, ...]:
        """The entries of ``data``; patterns stand as they are."""
        if isinstance(self.data, str):
            return (DataFile(path=self.data),) if self.data else ()
        return tuple(self.data)  # type: ignore[arg-type]  # __post_init__ has made them DataFiles

    @property
    def replayed(self) -> Replay | None:
        """``replay`` as it is kept."""
        return self.replay  # type: ignore[return-value]  # __post_init__ has made it a Replay

    @property
    def is_evaluated(self) -> bool:
        """Whether the run is evaluated on the way."""
        return bool(self.eval_data or self.validation)

    @property
    def peak_learning_rate(self) -> float:
        """The learning rate asked for, or the method's usual one."""
        return LEARNING_RATES[self.method] if self.learning_rate is None else self.learning_rate


@dataclass(frozen=True, kw_only=True, slots=True)
class EvalConfig:
    """`glmkit eval`: loss, and answers compared with the recorded ones, on a file; or on the suite of basic skills."""

    model: str = option(
        REQUIRED, "a model folder, a hub id or a run", "模型文件夹、模型仓库名或训练结果文件夹", argument=True
    )
    data: str = option(
        "", "file of conversations (.json, .jsonl or .csv)", "对话数据文件（.json、.jsonl 或 .csv）", short="-d"
    )
    suite: bool = option(False, "ask the bundled questions (chat, tools, code)", "使用内置题目（闲聊、工具、代码）")
    compare: str = option("", "suite: saved result to compare with", "suite：与此前保存的结果比较")
    adapter: str = option("", "adapter: run, step, or the original's", "适配器：训练结果、某一步或原版的", short="-a")
    tokenizer: str = option("", "folder or tokenizer.model, if not in the model folder", "分词器（默认在模型文件夹中）")
    source_format: str = option("", *SOURCE_FORMAT_HELP)
    limit: int = option(0, "conversations of a file, drawn by seed; 0 is all", "每个文件按种子抽取的对话数；0 表示全部")
    generate: bool = option(True, "generate every trained turn; or only the loss", "生成每一轮回答；否则只计算损失")
    failures: int = option(5, "wrong answers to show, drawn by seed", "展示几个答错的例子（按种子抽取）")
    output: str = option("", "file for figures and answers (.json)", "保存数字和回答的文件（.json）", short="-o")
    max_tokens: int = option(512, "longest answer in tokens", "回答的最大长度（词元数）")
    max_batch: int = option(16, "answers generated at once", "同时生成的回答数")
    max_seq_len: int = option(
        2048, "loss: longest sample in tokens; longer ones are cut", "损失：样本最大长度（词元数），超出部分截断"
    )
    truncate: Truncation = option(*TRUNCATE)
    seed: int = option(42, "seed of what is drawn", "抽取所用的随机种子")
    dtype: DType = option("auto", "number type of the weights", "权重的数值类型")
    device: Device = option("auto", "where to compute", "计算设备")
    threads: int = option(0, "CPU threads; 0 leaves the choice to PyTorch", "CPU 线程数；0 表示由 PyTorch 决定")

    def __post_init__(self) -> None:
        checks = Checks(self)
        checks.required("model")
        if bool(self.data) == self.suite:
            checks.reject("cli-data-or-suite", "data")
        for name in ("max_tokens", "max_batch", "max_seq_len"):
            checks.at_least(name, 1)
        for name in ("limit", "failures", "seed", "threads"):
            checks.at_least(name, 0)
        checks.only_with(self.suite, "suite: true", "compare")
        checks.only_with(not self.suite, "data", "source_format", "generate", "max_seq_len", "truncate")
        checks.only_with(self.generate, "generate: true", "failures", "max_tokens", "max_batch")
        checks.done()


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvertConfig:
    """`glmkit data convert`: turn any supported file into another format."""

    source: str = option(REQUIRED, "file to read", "要读取的文件", argument=True)
    target: str = option(
        REQUIRED,
        "file to write (.jsonl, .csv for the flat formats; .gz packs it)",
        "要写出的文件（.jsonl，单轮格式也可用 .csv；加 .gz 则压缩）",
        argument=True,
    )
    source_format: str = option("", *SOURCE_FORMAT_HELP, flag="--from")
    target_format: TargetFormat = option("conversations", "format to write", "要写出的格式", flag="--to")
    tools_layout: ToolsLayout = option(*TOOLS_LAYOUT)
    skip_bad: str = option("", *SKIP_BAD)

    def __post_init__(self) -> None:
        checks = Checks(self)
        checks.required("source", "target")
        checks.only_with(self.target_format == "conversations", "target_format: conversations", "tools_layout")
        checks.done()


@dataclass(frozen=True, kw_only=True, slots=True)
class CheckConfig:
    """`glmkit data check`: name every fault of a data file and say what is in it."""

    file: str = option(REQUIRED, "file to check", "要检查的文件", argument=True)
    source_format: str = option("", *SOURCE_FORMAT_HELP, flag="--from")
    skip_bad: str = option("", *SKIP_BAD)
    tokenizer: str = option(
        "", "model folder or tokenizer.model, to count tokens", "模型文件夹或 tokenizer.model，用于统计词元"
    )
    max_seq_len: int = option(2048, "limit in tokens whose effect is reported", "要评估的长度上限（词元数）")
    truncate: Truncation = option(*TRUNCATE)
    tools_layout: ToolsLayout = option(*TOOLS_LAYOUT)
    report: str = option("", "page to write (.html)", "要写出的报告页面（.html）")

    def __post_init__(self) -> None:
        checks = Checks(self)
        checks.required("file")
        checks.at_least("max_seq_len", 1)
        checks.done()


@dataclass(frozen=True, kw_only=True, slots=True)
class ShowConfig:
    """`glmkit data show`: print one sample token by token with ids and labels."""

    file: str = option(REQUIRED, "file to read", "要读取的文件", argument=True)
    index: int = option(0, "which sample, counted from 0", "第几个样本，从 0 数起", short="-i")
    source_format: str = option("", *SOURCE_FORMAT_HELP, flag="--from")
    skip_bad: str = option("", *SKIP_BAD)
    tokenizer: str = option(REQUIRED, "model folder or tokenizer.model", "模型文件夹或 tokenizer.model")
    max_seq_len: int = option(2048, "longest sample in tokens", "样本最大长度（词元数）")
    truncate: Truncation = option(*TRUNCATE)
    tools_layout: ToolsLayout = option(*TOOLS_LAYOUT)

    def __post_init__(self) -> None:
        checks = Checks(self)
        checks.required("file", "tokenizer")
        checks.at_least("index", 0)
        checks.at_least("max_seq_len", 1)
        checks.done()
