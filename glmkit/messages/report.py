"""Sentences of pages that report on data and runs."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    # Any page
    "report-more": ("and {count:,} more", "另有 {count:,} 项"),
    "report-numbers": ("the numbers", "具体数字"),
    "report-range": ("from – to", "范围"),
    "report-share": ("share", "占比"),
    "report-count": ("count", "数量"),
    "report-labelled": ("trained on", "参与训练"),
    "report-unlabelled": ("only read", "仅作上文"),
    "report-special": ("a control token, which no text can become", "控制词元，文本无法冒充"),
    "report-tokens-labelled": ("{count:,} more, trained on", "另有 {count:,} 个参与训练的词元"),
    "report-tokens-unlabelled": ("{count:,} more, only read", "另有 {count:,} 个仅作上文的词元"),
    "report-tokens-behind": ("{count:,} more tokens", "其后还有 {count:,} 个词元"),
    "report-foot": (
        "Made by glmkit. This page holds everything it shows; it runs no scripts and loads nothing.",
        "由 glmkit 生成。页面自带全部内容，不含脚本，不加载任何外部资源。",
    ),
    # A data file
    "report-data-title": ("{name}: what is in this data", "{name}：数据概览"),
    "report-data-tokens": (
        "{path} holds {conversations:,} conversations in the format {format}: {messages:,} messages, {total:,} tokens, "
        "{share} of them trained on.",
        "{path} 含有 {conversations:,} 段对话，格式 {format}：{messages:,} 条消息，{total:,} 个词元，"
        "其中 {share} 参与训练。",
    ),
    "report-data-characters": (
        "{path} holds {conversations:,} conversations in the format {format}: {messages:,} messages, {total:,} "
        "characters.",
        "{path} 含有 {conversations:,} 段对话，格式 {format}：{messages:,} 条消息，{total:,} 个字符。",
    ),
    "report-data-no-tokenizer": (
        "No tokenizer was given, so lengths are in characters, and what is trained on, cut by a limit and packed into "
        "rows is not known; --tokenizer adds all of that.",
        "没有给出分词器，因此长度以字符计，无法统计参与训练的词元、被截断的样本和打包情况；用 --tokenizer 即可得到。",
    ),
    "report-data-good": ("No faults: training takes this file as it is.", "没有问题：可以直接用于训练。"),
    "report-data-bad": (
        "Faults: {count:,}. Training refuses this file until they are mended.",
        "{count:,} 处问题：改正之前无法用于训练。",
    ),
    "report-conversations": ("conversations", "对话"),
    "report-messages": ("messages", "消息"),
    "report-tokens": ("tokens", "词元"),
    "report-characters": ("characters", "字符"),
    "report-cut": ("samples cut", "被截断的样本"),
    "report-duplicates": ("exact duplicates", "完全重复"),
    "report-faults": ("faults", "问题"),
    "report-skipped": ("incomplete episodes left out", "略去的不完整记录"),
    "report-remarks": ("worth a look", "值得留意"),
    "report-place": ("place", "位置"),
    "report-what": ("what is wrong", "问题所在"),
    "report-reason": ("reason", "原因"),
    "report-lengths": ("How long the conversations are", "对话长度"),
    "report-lengths-picture": (
        "histogram of {count:,} lengths in {unit}, from {low:,} to {high:,}",
        "{count:,} 个长度的直方图，单位：{unit}，从 {low:,} 到 {high:,}",
    ),
    "report-lengths-axis": ("length in {unit}; the height is conversations", "横轴：长度（{unit}）；纵轴：对话数"),
    "report-limit-cuts": (
        "max_seq_len {max_seq_len:,} (truncate {truncate}) cuts {count:,} of {total:,} samples and loses {tokens:,} "
        "tokens, {labels:,} of them trained on.",
        "max_seq_len {max_seq_len:,}（truncate {truncate}）截断 {total:,} 个样本中的 {count:,} 个，"
        "损失 {tokens:,} 个词元，其中 {labels:,} 个参与训练。",
    ),
    "report-limit-fits": (
        "Every sample fits into max_seq_len {max_seq_len:,}.",
        "所有样本都不超过 max_seq_len {max_seq_len:,}。",
    ),
    "report-lost": (
        "Samples with nothing to train on within the limit: {count:,}; the first is {place}.",
        "{count:,} 个样本在上限之内没有可训练的内容；第一个是 {place}。",
    ),
    "report-percentile": ("of the conversations", "对话中的"),
    "report-length": ("are at most so many {unit}", "不超过（{unit}）"),
    "report-fill": ("How full the rows get", "打包后的填充率"),
    "report-fill-how": (
        "Training packs the {samples} samples of a step into rows of at most max_tokens_per_row tokens, each rounded "
        "up to {round_to}. What is not filled is computed for nothing. Planned here over {steps:,} steps in the order "
        "of the default seed.",
        "训练把每步的 {samples} 个样本打包成行，每行最多 max_tokens_per_row 个词元，并补齐到 {round_to} 的倍数；"
        "未填满的部分是白算的。这里按默认随机种子的顺序规划了 {steps:,} 步。",
    ),
    "report-fill-share": ("filled", "填充率"),
    "report-fill-rows": ("rows in a step", "每步行数"),
    "report-fill-length": ("tokens in a row", "每行词元数"),
    "report-fill-default": ("{value:,} (default)", "{value:,}（默认）"),
    "report-labels": ("What is trained on", "参与训练的部分"),
    "report-labels-all": (
        "{labelled:,} of {total:,} tokens are trained on, {share} of all.",
        "{total:,} 个词元中有 {labelled:,} 个参与训练，占 {share}。",
    ),
    "report-labels-picture": (
        "histogram of the share of tokens trained on in each of {count:,} samples",
        "{count:,} 个样本中参与训练的词元占比的直方图",
    ),
    "report-labels-axis": (
        "percent of a sample's tokens that are trained on; the height is samples",
        "横轴：样本中参与训练的词元百分比；纵轴：样本数",
    ),
    "report-roles": ("Who speaks", "角色与轮次"),
    "report-role": ("role", "角色"),
    "report-turns-axis": (
        "messages in a conversation, a call and its result counting as one; the height is conversations",
        "横轴：每段对话的消息数（一次调用连同结果算一条）；纵轴：对话数",
    ),
    "report-turns-picture": ("histogram of messages in a conversation", "每段对话消息数的直方图"),
    "report-tools": ("Tools that are called", "被调用的工具"),
    "report-tool": ("tool", "工具"),
    "report-calls": ("calls", "调用次数"),
    "report-tools-all": ("{calls:,} calls of {tools:,} tools.", "{tools:,} 个工具共被调用 {calls:,} 次。"),
    "report-tools-every": ("every tool", "全部工具"),
    "report-patterns": ("In which order they speak, with an example each", "对话顺序与示例"),
    "report-pattern": ("roles in order, repetitions taken out", "角色顺序（去除重复）"),
    "report-patterns-other": (
        "{count:,} more conversations follow orders that are too many to tell apart.",
        "另有 {count:,} 段对话的顺序过于零散，未单独统计。",
    ),
    "report-example": (
        "{place}: {tokens:,} tokens, {labels:,} trained on, {cut:,} cut",
        "{place}：{tokens:,} 个词元，{labels:,} 个参与训练，截去 {cut:,} 个",
    ),
    "report-repeats": ("repeats", "重复了"),
    # A run
    "report-run-title": ("{name}: how the training went", "{name}：训练报告"),
    "report-run-done": (
        "{model} was trained on {data} by {method}: {steps:,} steps, {epochs} passes over the data.",
        "以 {method} 方法在 {data} 上训练了 {model}：{steps:,} 步，遍历数据 {epochs} 轮。",
    ),
    "report-run-part": (
        "{model} is trained on {data} by {method}: {steps:,} of {total:,} steps are done, {epochs} passes "
        "over the data.",
        "以 {method} 方法在 {data} 上训练 {model}：完成 {total:,} 步中的 {steps:,} 步，遍历数据 {epochs} 轮。",
    ),
    "report-run-steps": ("steps", "步数"),
    "report-run-step": ("step", "步"),
    "report-run-loss": ("loss of a step", "每步的损失"),
    "report-run-step-loss": ("loss", "损失"),
    "report-run-loss-first": ("loss at first", "起始损失"),
    "report-run-loss-last": ("loss at last", "最终损失"),
    "report-run-loss-picture": ("loss over the steps, from {first} to {last}", "损失曲线，从 {first} 到 {last}"),
    "report-run-raw": ("each step", "单步"),
    "report-run-smoothed": ("smoothed", "平滑后"),
    "report-run-axis": ("optimizer step", "优化步"),
    "report-run-tokens": ("tokens", "词元"),
    "report-run-rate": ("tokens a second", "词元/秒"),
    "report-run-time": ("time in steps", "训练用时"),
    "report-run-lr": ("learning rate", "学习率"),
    "report-run-norm": ("gradient norm before clipping", "裁剪前的梯度范数"),
    "report-run-settings": ("settings", "设置"),
    "report-run-setting": ("setting", "设置项"),
    "report-run-value": ("value", "值"),
    "report-run-some-steps": ("some of the steps", "部分步骤的数字"),
}
