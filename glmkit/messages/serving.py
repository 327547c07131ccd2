"""Sentences of the serving room."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    "serving-prompt-empty": (
        "the prompt has no tokens; a model needs at least one to continue",
        "提示不含任何词元；模型至少需要一个词元才能续写",
    ),
    "serving-prompt-too-long": (
        "the prompt has {found} tokens, but the context holds {limit}, one of them for the reply",
        "提示有 {found} 个词元，而上下文只能容纳 {limit} 个（其中至少一个留给回答）",
    ),
    "serving-unknown-id": (
        "the prompt holds id {id} at position {position}; this model's ids are 0 to {last}",
        "提示的第 {position} 个位置是编号 {id}；该模型的编号范围是 0 到 {last}",
        "is this the tokenizer that belongs to the model?",
        "分词器与模型是否配套？",
    ),
    "serving-not-finite": (
        "the model's scores after {tokens} tokens are not finite numbers; no token can be chosen from them",
        "模型在 {tokens} 个词元之后给出的分数不是有限数值，无法从中选出词元",
        "try --dtype float32; if it stays, the weights or the adapter are damaged",
        "请尝试 --dtype float32；若仍出现，说明权重或适配器已损坏",
    ),
    "serving-default-model": (
        "no model named: this is {name}, the small one that comes with glmkit; it shows the method, not a 6B's quality",
        "未指定模型：使用随 glmkit 附带的小模型 {name}；它只用于演示方法，质量不及 6B 模型",
    ),
    "serving-model-comes-first": (
        'a question stands behind the model: glmkit chat {name} "your question"',
        '问题写在模型之后：glmkit chat {name} "你的问题"',
    ),
    "serving-logit-bias": (
        "each bias must be a number from -100 to 100, found {value}",
        "每个偏置必须是 -100 到 100 之间的数值，实际为 {value}",
    ),
    "serving-bias-id": (
        "a bias is for id {id}; this model's ids are 0 to {last}",
        "偏置针对编号 {id}；该模型的编号范围是 0 到 {last}",
    ),
    "serving-stop": (
        "stop texts must not be empty and at most {most}, found {value!r}",
        "停止文本不能为空，且最多 {most} 个，实际为 {value!r}",
    ),
    "serving-stop-needs-tokenizer": (
        "the request has stop texts, but the engine has no tokenizer to read the reply with",
        "请求带有停止文本，但引擎没有可用于读取回答的分词器",
    ),
    "serving-nothing-allowed": (
        "nothing is allowed after {tokens} tokens: the constraint and the other settings of the request leave no token",
        "在 {tokens} 个词元之后没有任何词元可选：约束与请求的其他设置排除了全部词元",
    ),
    "serving-constraint-failed": (
        "the constraint of the request failed after {tokens} tokens: {reason}",
        "请求的约束在 {tokens} 个词元之后出错：{reason}",
    ),
    "serving-no-pages": (
        "the request needs more than the {limit} pages of {size} tokens that the engine has for keys and values",
        "请求需要的页数超出引擎用于存放键和值的 {limit} 页（每页 {size} 个词元）",
        "shorten the prompt or the reply, or give the engine more pages",
        "请缩短提示或回答，或为引擎分配更多页",
    ),
    "serving-too-few-pages": (
        "{value} pages of {size} tokens are too few: one request of {tokens} tokens with the prefix needs {needed}",
        "{value} 页（每页 {size} 个词元）太少：一个 {tokens} 词元的请求连同前缀需要 {needed} 页",
    ),
    "serving-adapter-name-taken": (
        "an adapter named {name!r} is loaded already",
        "名为 {name!r} 的适配器已加载",
        "unload it first, or choose another name",
        "请先卸载它，或换一个名称",
    ),
    "serving-unknown-adapter": (
        "there is no adapter named {name!r}; loaded are: {known}",
        "没有名为 {name!r} 的适配器；已加载：{known}",
    ),
    "serving-adapter-no-pages": (
        "adapter {name!r} needs {needed} pages, but only {available} can be given to it",
        "适配器 {name!r} 需要 {needed} 页，但只能分配 {available} 页",
        "unload another adapter, or give the engine more pages",
        "请卸载其他适配器，或为引擎分配更多页",
    ),
    "serving-adapter-shape": (
        "adapter {name!r} holds a prefix of shape {found}; this model takes {expected}",
        "适配器 {name!r} 的前缀形状为 {found}；该模型需要 {expected}",
    ),
    "serving-no-prompt": (
        "there is nothing to answer: the prompt is empty",
        "没有可回答的内容：提示为空",
        'glmkit chat MODEL_OR_RUN "your question", or pipe text into it',
        '用法：glmkit chat 模型 "你的问题"，或通过管道输入文字',
    ),
    "serving-not-text": (
        "the prompt is not valid UTF-8 text: {reason}",
        "提示不是有效的 UTF-8 文本：{reason}",
    ),
    "serving-welcome": (
        "Talk to the model. /help lists the commands; Ctrl-D or /exit leaves, Ctrl-C stops a reply.",
        "开始对话。/help 列出命令；Ctrl-D 或 /exit 退出，Ctrl-C 中断回答。",
    ),
    "serving-help": (
        "/clear         forget the conversation, keep the system prompt\n"
        "/system TEXT   set the system prompt; without TEXT remove it\n"
        "/help          show this list\n"
        "/exit          leave (also Ctrl-D)",
        "/clear         清空对话，保留系统提示词\n"
        "/system 文本   设置系统提示词；不带文本则取消\n"
        "/help          显示本列表\n"
        "/exit          退出（也可按 Ctrl-D）",
    ),
    "serving-unknown-command": (
        "unknown command {command}; /help lists the commands",
        "未知命令 {command}；/help 列出可用命令",
    ),
    "serving-cleared": ("The conversation is empty again.", "对话已清空。"),
    "serving-system-set": ("System prompt: {text}", "系统提示词：{text}"),
    "serving-system-removed": ("No system prompt.", "已取消系统提示词。"),
    "serving-interrupted": ("(reply stopped)", "（已中断回答）"),
    "serving-how-to-leave": (
        "Press Ctrl-C again, Ctrl-D or type /exit to leave.",
        "再按一次 Ctrl-C、按 Ctrl-D 或输入 /exit 即可退出。",
    ),
    "serving-cut-at-max-tokens": (
        "(reply cut after {limit} tokens; --max-tokens sets the limit)",
        "（回答在 {limit} 个词元处被截断；可用 --max-tokens 调整上限）",
    ),
    "serving-cut-at-context": (
        "(reply cut: the conversation fills the context of {limit} tokens)",
        "（回答被截断：对话已占满 {limit} 个词元的上下文）",
    ),
    "serving-empty-reply": ("(the model ended its turn without a word)", "（模型未作回答便结束了本轮）"),
    "serving-not-sent": ("Your message was not sent.", "消息未发送。"),
    "serving-clear-helps": ("/clear starts a new conversation.", "/clear 可开始新对话。"),
    "serving-tool-call": (
        "(the model calls a tool; tools are not run here)",
        "（模型请求调用工具；此处不会执行工具）",
    ),
    "serving-type-result": (
        "(the model calls a tool; tools are not run here: the next line you type is sent as its result)",
        "（模型请求调用工具；此处不会执行：下一行输入将作为工具结果发送）",
    ),
    "serving-no-llguidance": (
        "constrained replies (tools, JSON) need the package llguidance, which is not installed",
        "受约束的回答（工具调用、JSON）需要 llguidance 软件包，但尚未安装",
        "pip install 'glmkit[serve]'",
        "pip install 'glmkit[serve]'",
    ),
    "serving-tool-unknown": (
        "{field}: there is no tool {value} among the request's tools ({known})",
        "{field}：请求的工具（{known}）中没有 {value}",
    ),
    "serving-tools-none": (
        "{field}: a call is required, but the request has no tools",
        "{field}：要求调用工具，但请求中没有工具",
    ),
    "serving-tools-many": (
        "{field}: {found} tools are too many; a request may have {limit}",
        "{field}：工具过多（{found} 个）；一次请求最多 {limit} 个",
    ),
    "serving-schema-shape": ("{field}: expected {expected}", "{field}：应为 {expected}"),
    "serving-schema-value": (
        "{field}: {value} cannot be written as JSON text",
        "{field}：{value} 无法写成 JSON 文本",
    ),
    "serving-schema-large": (
        "{field}: the schema is too large; it asks for more than {limit} parts",
        "{field}：模式过大，超过 {limit} 个部分",
    ),
    "serving-schema-deep": (
        "{field}: the schema is nested too deeply; at most {limit} levels of JSON",
        "{field}：模式嵌套过深；JSON 最多 {limit} 层",
    ),
    "serving-schema-rules": (
        "{field}: the schema needs more than {limit} grammar rules",
        "{field}：模式需要的语法规则超过 {limit} 条",
    ),
    "serving-schema-choices": (
        "{field}: {found} values are too many; an enum may have {limit}",
        "{field}：取值过多（{found} 个）；枚举最多 {limit} 个",
    ),
    "serving-schema-alternatives": (
        "{field}: anyOf, oneOf and allOf combine to more than {limit} alternatives",
        "{field}：anyOf、oneOf 与 allOf 组合后超过 {limit} 种情形",
    ),
    "serving-schema-reference": (
        "{field}: {value} points to nothing in this schema; only references such as #/$defs/name are followed",
        "{field}：{value} 在该模式中没有对应内容；只支持 #/$defs/名称 这样的引用",
    ),
    "serving-schema-loop": (
        "{field}: {value} leads back to itself without a property or an item between",
        "{field}：{value} 未经过任何属性或元素就指回了自身",
    ),
    "serving-schema-impossible": (
        "{field}: no arguments can fit this schema",
        "{field}：没有任何参数能符合该模式",
    ),
    "serving-schema-pattern-long": (
        "{field}: the pattern is longer than {limit} characters",
        "{field}：正则表达式超过 {limit} 个字符",
    ),
    "serving-schema-refused": (
        "{field}: no grammar can be made of this: {reason}",
        "{field}：无法由此生成语法：{reason}",
    ),
    "serving-grammar-stuck": (
        "the reply cannot go on within its grammar: {reason}",
        "回答无法在其语法内继续：{reason}",
    ),
    "serving-grammar-token": (
        "token {token} is not allowed here by the reply's grammar",
        "此处的回答语法不允许词元 {token}",
    ),
}
