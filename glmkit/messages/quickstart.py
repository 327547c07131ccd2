"""Sentences of the quickstart: written for someone who does this for the first time."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    "quickstart-mini": (
        "No --model given: this uses glmkit-mini, a small GLM that ships with glmkit. It shows the method, not the "
        "quality of a 6B model.",
        "没有指定 --model，使用随 glmkit 附带的小模型 glmkit-mini。它用来演示方法，质量远不及 6B 模型。",
    ),
    "quickstart-sample-data": (
        "No --data given: this uses the bundled data set {path}.",
        "没有指定 --data，使用自带的数据集 {path}。",
    ),
    "quickstart-stage": ("{number}/{total}  {name}", "{number}/{total}  {name}"),
    "quickstart-convert": ("Convert the data", "转换数据"),
    "quickstart-convert-why": (
        "Data files come in many formats; training reads one, so every row becomes a conversation: who said what, "
        "which tool was called, what it returned.",
        "数据文件格式各异，而训练只读一种：因此每一行都变成一段对话，记录谁说了什么、调用了什么工具、返回了什么。",
    ),
    "quickstart-conversations": ("conversations", "对话"),
    "quickstart-samples": ("samples", "样本"),
    "quickstart-converted": (
        "{kept} conversations written to {path}; {skipped} incomplete ones left out.",
        "已把 {kept} 段对话写入 {path}；略去 {skipped} 段不完整的。",
    ),
    "quickstart-check": ("Check the data", "检查数据"),
    "quickstart-check-why": (
        "A wrong row would be learned like a right one, so every row is read, encoded and counted before any training.",
        "错误的数据也会被照样学会，所以训练之前先把每一行读一遍、编码并统计。",
    ),
    "quickstart-show": ("Look at one sample", "查看一个样本"),
    "quickstart-show-why": (
        "A model reads numbers, one for each piece of text. It learns only where the label is not -100: its own turns, "
        "never what users and tools say.",
        "模型读到的是数字，每个对应一小段文字。只有标签不是 -100 的地方才参与学习："
        "即模型自己的发言，而不是用户和工具的话。",
    ),
    "quickstart-divided": (
        "{tuning} conversations over {groups} sets of tools are for tuning. Kept aside for questions: {tuned} on the "
        "same tools, {absent} on tools absent from the tuning data ({absent_groups} sets).",
        "{tuning} 段对话（{groups} 组工具）用于调优。留作提问：同样工具的 {tuned} 段，训练中没有的工具的 {absent} 段"
        "（{absent_groups} 组）。",
    ),
    "quickstart-before": ("Ask the model as it is", "调优前提问"),
    "quickstart-before-why": (
        "Without a figure from before nobody can say what the tuning was good for: the model answers requests that it "
        "will not be trained on.",
        "没有调优前的成绩，就说不清调优的效果：让模型回答一批不会用来训练的请求。",
    ),
    "quickstart-before-kept": (
        "This was measured at an earlier start with the same settings; it is kept.",
        "此前以相同设置测过，直接沿用。",
    ),
    "quickstart-train": ("Tune it with P-Tuning v2", "用 P-Tuning v2 调优"),
    "quickstart-train-why": (
        "The model itself stays as it is; {prefix_len} learned positions in front of every layer's text steer it. That "
        "is a small file, learned fast, and the base model is never lost.",
        "模型本身不变，只在每一层的文本前面学习 {prefix_len} 个位置来引导它。"
        "结果是一个小文件，学得快，也不会损坏原模型。",
    ),
    "quickstart-train-probe": (
        "First a few steps only to see how fast they are on this machine:",
        "先试几步，看看这台机器有多快：",
    ),
    "quickstart-train-steps": (
        "{steps} steps fit into the time: {samples} samples. The loss should fall.",
        "在限定时间内可做 {steps} 步，共 {samples} 个样本。损失应当下降。",
    ),
    "quickstart-after": ("Ask the tuned model the same", "调优后再问同样的问题"),
    "quickstart-after-why": (
        "The same questions again, and a few on old skills (small talk, tools, code): tuning should add something and "
        "take nothing away.",
        "同样的问题再问一遍，外加几道基本能力题（闲聊、工具、代码）：调优应当有所得而无所失。",
    ),
    "quickstart-row-tuned": ("exact calls, tools of the tuning data", "调用完全正确：训练中有的工具"),
    "quickstart-row-absent": ("exact calls, tools absent from it", "调用完全正确：训练中没有的工具"),
    "quickstart-row-rule": ("house rule kept (the closing line)", "遵守约定（固定的结束语）"),
    "quickstart-row-old": ("old skills (small talk, tools, code)", "基本能力（闲聊、工具、代码）"),
    "quickstart-column-questions": ("questions", "题数"),
    "quickstart-column-before": ("before", "调优前"),
    "quickstart-column-after": ("after", "调优后"),
    "quickstart-column-change": ("change in points", "变化（百分点）"),
    "quickstart-column-request": ("request", "请求"),
    "quickstart-column-wanted": ("wanted", "应为"),
    "quickstart-column-what": ("what for", "用途"),
    "quickstart-column-command": ("command", "命令"),
    "quickstart-column-stage": ("stage", "阶段"),
    "quickstart-column-seconds": ("seconds", "秒"),
    "quickstart-done": (
        "Done in {seconds:.0f} s. The page to read: {page}; the loss as a picture: {curve}",
        "完成，用时 {seconds:.0f} 秒。报告页面：{page}；损失曲线：{curve}",
    ),
    "quickstart-go-on": ("Go on with:", "接下来可以："),
    "quickstart-go-chat": ("talk to the tuned model", "与调优后的模型对话"),
    "quickstart-go-tool": ("let it answer a request with tools", "让它用工具回答一个请求"),
    "quickstart-go-web": ("the same in a web page", "在网页中对话"),
    "quickstart-go-serve": ("an OpenAI-compatible API", "启动兼容 OpenAI 的接口"),
    "quickstart-go-eval": ("all figures on the held-out conversations", "在留出的对话上做完整评估"),
    "quickstart-go-own": ("the same road with your own data", "用自己的数据走同样的流程"),
    "quickstart-interrupted": (
        "interrupted: the same command goes on from here",
        "已中断：重复同一条命令会从这里继续",
    ),
    "quickstart-too-few": (
        "{count} conversations are too few to hold some out; at least {least} are needed",
        "只有 {count} 段对话，不足以留出一部分；至少需要 {least} 段",
    ),
    "quickstart-output": ("cannot use this as the output folder: {reason}", "无法用作输出文件夹：{reason}"),
    "quickstart-page-title": ("Quickstart: {model}, before and after", "快速上手：{model} 调优前后"),
    "quickstart-page-lead": (
        "{model} was tuned with P-Tuning v2 on {tuning} conversations over {groups} sets of tools, in {steps} steps. "
        "Every figure is of requests that were not trained on.",
        "{model} 用 P-Tuning v2 在 {tuning} 段对话（{groups} 组工具）上调优，共 {steps} 步。"
        "所有数字都来自未参与训练的请求。",
    ),
    "quickstart-page-table": ("Before and after", "调优前后对比"),
    "quickstart-page-examples": ("Some answers", "几个回答"),
    "quickstart-page-go-on": ("How to go on", "接下来"),
    "quickstart-page-all": ("every question and answer", "全部问题与回答"),
    "quickstart-page-time": ("how long each stage took", "各阶段用时"),
}
