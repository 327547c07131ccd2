"""Sentences of the evaluation room."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    "evaluation-title": ("{model} on {data}", "{model} 在 {data} 上的结果"),
    "evaluation-of": ("of turns", "共几轮"),
    "evaluation-loss": ("loss on labelled tokens", "有标签词元的损失"),
    "evaluation-perplexity": ("perplexity", "困惑度"),
    "evaluation-labels": ("labelled tokens", "有标签的词元数"),
    "evaluation-call-made": ("calls: a call that can be read", "调用：给出了可解析的调用"),
    "evaluation-call-valid": ("calls: valid, of a declared tool", "调用：合法，且工具已声明"),
    "evaluation-call-name": ("calls: the right tool", "调用：工具名正确"),
    "evaluation-call-exact": ("calls: exact (tool and all arguments)", "调用：完全正确（工具名和全部参数）"),
    "evaluation-key-precision": ("arguments given that are right", "给出的参数中正确的比例"),
    "evaluation-key-recall": ("arguments wanted that are right", "应有的参数中正确的比例"),
    "evaluation-key-f1": ("arguments by key, F1", "按键比较参数的 F1"),
    "evaluation-code-made": ("code: code that can be read", "代码：给出了可解析的代码"),
    "evaluation-code-exact": ("code: the same code", "代码：完全相同"),
    "evaluation-text-made": ("text: answered in words", "文本：用文字回答"),
    "evaluation-rouge-l": ("text: ROUGE-L F1 (0 to 1)", "文本：ROUGE-L F1（0 到 1）"),
    "evaluation-bleu": ("text: BLEU (0 to 100)", "文本：BLEU（0 到 100）"),
    "evaluation-answers-cut": ("answers cut at the limit of tokens", "因长度上限被截断的回答数"),
    "evaluation-answers-too-long": ("turns left out: longer than the context", "因超出上下文而略过的轮数"),
    "evaluation-failures": ("failures: {count} of {total}", "答错的例子：{total} 个中的 {count} 个"),
    "evaluation-wanted": ("wanted", "应为"),
    "evaluation-given": ("given", "实际"),
    "evaluation-nothing": ("(nothing)", "（空）"),
    "evaluation-phase-loss": ("loss", "损失"),
    "evaluation-phase-answers": ("answers", "回答"),
    "evaluation-no-bleu": (
        "BLEU was left out: it needs the package sacrebleu (pip install 'glmkit[eval]')",
        "未计算 BLEU：需要 sacrebleu 包（pip install 'glmkit[eval]'）",
    ),
    "evaluation-saved": ("written: {path}", "已写入：{path}"),
    "evaluation-interrupted": (
        "interrupted: the figures are of what had been measured by then",
        "已中断：以上数字只包括中断前完成的部分",
    ),
    "evaluation-output": ("cannot write the results: {reason}", "无法写入结果：{reason}"),
    "evaluation-is-folder": ("this is a folder", "这是文件夹"),
    "evaluation-no-folder": ("its folder does not exist", "所在的文件夹不存在"),
    "evaluation-not-finite": (
        "the loss of {count} samples from here on is {loss}, which is no finite number",
        "从这里开始的 {count} 个样本的损失为 {loss}，不是有限的数",
        "try --dtype float32; if it stays, the weights or the adapter are damaged",
        "请尝试 --dtype float32；若仍出现，说明权重或适配器已损坏",
    ),
    "evaluation-id-outside-model": (
        "a sample holds token id {found}, but the model knows {vocab_size} tokens: the tokenizer is not this model's",
        "样本中有编号为 {found} 的词元，而模型只有 {vocab_size} 个词元：分词器与模型不匹配",
    ),
}
