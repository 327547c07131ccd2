"""Sentences of the chat room: faults of rows and messages, tokenizer files, encoding settings, unreadable calls."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    # Rows and messages. Types are named as in JSON, in both languages.
    "chat-missing": ("{field} is missing", "缺少 {field}"),
    "chat-wrong-type": ("{field} must be {expected}, not {found}", "{field} 应为 {expected}，现在是 {found}"),
    "chat-not-json": (
        "{field} holds something that is no JSON value: {reason}",
        "{field} 含有不是 JSON 值的内容：{reason}",
    ),
    "chat-surrogate": (
        "{field} holds half a character ({character}, a lone surrogate) at position {position}; it cannot be encoded",
        "{field} 的第 {position} 个位置是半个字符（{character}，孤立的代理项），无法编码",
    ),
    "chat-unknown-role": ("{field} is {value}; the roles are {known}", "{field} 的值是 {value}；可用的角色有 {known}"),
    "chat-header-line": (
        "{field} is {value}; it becomes the header line of the message and must be one line",
        "{field} 的值是 {value}；它是消息的标题行，只能有一行",
    ),
    "chat-tool-name": (
        "{field} is {value}; a tool's name must be one line, not empty, without blanks around it",
        "{field} 的值是 {value}；工具名应为非空的一行，首尾不带空白",
    ),
    "chat-tools-role": (
        "{field} stands on a message of role {role}; only a system message lists tools",
        "{field} 出现在 {role} 消息中；只有 system 消息可以列出工具",
    ),
    "chat-call-role": (
        "a message of role {role} carries a tool call; only the assistant calls tools",
        "{role} 消息带有工具调用；只有 assistant 可以调用工具",
    ),
    "chat-call-beside-text": (
        "the message that calls {name!r} also has content or metadata; make the text a message of its own before it",
        "调用 {name!r} 的消息同时带有 content 或 metadata；请把文字放在它之前的另一条消息中",
    ),
    # Definitions of tools, where they are to be written in another layout
    "chat-tools-layout": (
        "{value} is not a layout of tools; the layouts are {known}",
        "没有名为 {value} 的工具写法；可用的写法：{known}",
    ),
    "chat-tools-parameters": (
        "{field} is {value}; the parameters of a tool are an object",
        "{field} 是 {value}；工具的参数应为 object",
    ),
    "chat-tools-repeated": (
        "{field} is {name!r}, which another one has; names must differ",
        "{field} 是 {name!r}，与另一个重名；名字不能重复",
    ),
    "chat-tools-key": (
        "{field} is {name!r} under the key {key!r}; both must be the tool's name",
        "{field} 是 {name!r}，而它的键是 {key!r}；两者都应为工具名",
    ),
    "chat-empty-conversation": ("{field} is empty; a row needs at least one message", "{field} 为空；至少需要一条消息"),
    "chat-system-not-first": (
        "{field} has role system after other messages; a system message comes first",
        "{field} 的角色是 system，却排在其他消息之后；system 消息应在最前面",
    ),
    "chat-second-system": (
        "{field} is a second system message; a conversation has at most one",
        "{field} 是第二条 system 消息；一段对话最多只有一条",
    ),
    "chat-user-after-user": (
        "{field} has role user right after another user message; the assistant must answer in between",
        "{field} 的角色是 user，紧跟在另一条 user 消息之后；中间应有 assistant 的回答",
    ),
    "chat-assistant-before-user": (
        "{field} has role {role} before any user message; the assistant answers, it does not begin",
        "{field} 的角色是 {role}，却出现在所有 user 消息之前；assistant 只能回答，不能开头",
    ),
    "chat-observation-without-assistant": (
        "{field} has role observation without an assistant message right before it; it must follow a call",
        "{field} 的角色是 observation，但前一条不是 assistant 消息；它应紧跟在调用之后",
    ),
    "chat-last-not-assistant": (
        "{field} ends the conversation with role {role}; the last message must be the assistant's",
        "对话以 {field}（角色 {role}）结束；最后一条应是 assistant 的消息",
    ),
    "chat-nothing-trained": (
        "{field} has no assistant message to learn from",
        "{field} 中没有可供学习的 assistant 消息",
        'every one of them is absent or has "loss": false',
        'assistant 消息不存在，或都标了 "loss": false',
    ),
    # Tokenizer files.
    "chat-tokenizer-missing": (
        "no tokenizer here: {file} is missing",
        "这里没有分词器：缺少 {file}",
        "give the file or the folder that holds it",
        "请给出该文件，或它所在的文件夹",
    ),
    "chat-tokenizer-unreadable": ("cannot read this tokenizer: {reason}", "无法读取分词器：{reason}"),
    "chat-tokenizer-broken": (
        "this is not a SentencePiece model, or it is damaged",
        "这不是 SentencePiece 模型，或文件已损坏",
        "a Git LFS pointer or a web page saved under this name looks the same: check the file's size",
        "若文件很小，可能只是 Git LFS 指针或误存的网页：请检查文件大小",
    ),
    "chat-tokenizer-no-end": (
        "this SentencePiece model has no end-of-text piece (</s>); conversations cannot be ended",
        "该 SentencePiece 模型没有结束符（</s>），无法结束对话",
    ),
    "chat-tokenizer-newline": (
        "this SentencePiece model loses line breaks, which end the header line of every message",
        "该 SentencePiece 模型会丢失换行符，而每条消息的标题行都以换行结束",
        "train it with normalization_rule_name=identity, remove_extra_whitespaces=false and byte_fallback=true",
        "训练时请使用 normalization_rule_name=identity、remove_extra_whitespaces=false 和 byte_fallback=true",
    ),
    # Settings of encoding.
    "chat-unknown-truncate": (
        "truncate is {value}; it must be one of: {known}",
        "truncate 的值是 {value}，应为：{known}",
    ),
    "chat-unknown-protocol": (
        "protocol is {value}; it must be one of: {known}",
        "protocol 的值是 {value}，应为：{known}",
    ),
    "chat-max-seq-len": ("max_seq_len must be at least 1, got {value}", "max_seq_len 至少应为 1，现在是 {value}"),
    # Calls that a model wrote and nobody can read.
    "chat-call-unfinished": ("the call ends in the middle", "调用没有写完"),
    "chat-call-too-long": (
        "the call has {found} characters; at most {limit} are read",
        "调用长达 {found} 个字符；最多读取 {limit} 个",
    ),
    "chat-call-too-deep": (
        "the call nests brackets more than {limit} deep; that is not read",
        "调用的括号嵌套超过 {limit} 层，不予读取",
    ),
    "chat-call-not-a-call": (
        "expected tool_call(...) and nothing else, found {found}",
        "应只有 tool_call(...)，却出现了 {found}",
    ),
    "chat-call-not-literal": (
        "the arguments of the call are not plain values: {reason}",
        "调用的参数不是普通的值：{reason}",
    ),
}
