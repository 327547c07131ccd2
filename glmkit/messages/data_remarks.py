"""Sentences of the data room about tools and calls, remarks, and rows moved aside."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    # Tools and calls
    "data-tool-unnamed": (
        '{field} is {value}, which has no name; a tool is {{"name": ..., "description": ..., "parameters": {{...}}}}',
        '{field} 是 {value}，没有名字；工具的写法是 {{"name": ..., "description": ..., "parameters": {{...}}}}',
    ),
    "data-tool-repeated": (
        "{field} declares the tool '{tool}' a second time; names must differ",
        "{field} 重复声明了工具 '{tool}'；名字不能重复",
    ),
    "data-tool-schema": (
        "{field}, tool '{tool}': {path} is {value}; in a JSON Schema it is: {expected}",
        "{field}，工具 '{tool}'：{path} 是 {value}；JSON Schema 中应为：{expected}",
    ),
    "data-call-undeclared": (
        "{field} calls '{tool}', which the row does not declare; its tools are {known}",
        "{field} 调用了未声明的工具 '{tool}'；已声明的工具：{known}",
    ),
    "data-call-missing": (
        "{field} calls '{tool}' without '{argument}', which that tool requires",
        "{field} 调用 '{tool}' 时缺少必需的参数 '{argument}'",
    ),
    "data-call-unknown": (
        "{field} calls '{tool}' with '{argument}', which that tool does not allow; it knows {known}",
        "{field} 调用 '{tool}' 时给出了不允许的参数 '{argument}'；可用的参数：{known}",
    ),
    "data-call-type": (
        "{field} calls '{tool}' with {argument} = {value}; the type of '{argument}' is {expected}",
        "{field} 调用 '{tool}' 时 {argument} = {value}；'{argument}' 的类型应为 {expected}",
    ),
    "data-call-enum": (
        "{field} calls '{tool}' with {argument} = {value}; '{argument}' is one of: {choices}",
        "{field} 调用 '{tool}' 时 {argument} = {value}；'{argument}' 只能是：{choices}",
    ),
    "data-call-form": (
        "{field} calls '{tool}' with {argument} = {value}, which fits none of the forms of '{argument}': {expected}",
        "{field} 调用 '{tool}' 时 {argument} = {value}，不符合 '{argument}' 的任何一种形式：{expected}",
    ),
    # Remarks
    "data-remark-empty-turn": ("{field}: the turn of role {role} is empty", "{field}：角色 {role} 的消息为空"),
    "data-remark-long-turn": (
        "{field} has {characters:,} characters; more than {limit:,} are unusual in one turn",
        "{field} 有 {characters:,} 个字符；一条消息很少超过 {limit:,} 个",
    ),
    "data-remark-many-tokens": (
        "turn {number}, of role {role}, has {tokens:,} tokens, alone more than max_seq_len {limit:,}",
        "第 {number} 条消息（角色 {role}）有 {tokens:,} 个词元，一条就超过 max_seq_len {limit:,}",
    ),
    "data-remark-role-token": (
        "{field} has {token} in its text; it is kept as text and never becomes the special token",
        "{field} 的文本含有 {token}；它作为普通文本保留，不会成为特殊词元",
    ),
    "data-remark-argument-name": (
        "{field} calls '{tool}' with the argument name {argument}, which is not a Python name; glmkit writes and reads "
        "it, the original cannot read such a call",
        "{field} 调用 '{tool}' 的参数名 {argument} 不是合法的 Python 标识符；glmkit 可以读写，原版无法解析这样的调用",
    ),
    "data-remark-tool-name": (
        "{field} is called {tool}; other programs want letters, digits, _ and - in the name of a tool",
        "{field} 的名字是 {tool}；其他程序要求工具名只含字母、数字、_ 和 -",
    ),
    "data-remark-extra-argument": (
        "{field} calls '{tool}' with '{argument}', which its schema neither knows nor forbids; it knows {known}",
        "{field} 调用 '{tool}' 时给出了参数定义中没有（但未禁止）的 '{argument}'；已定义的参数：{known}",
    ),
    "data-remark-unreadable-call": (
        "{field} spells out a call of '{tool}' that cannot be read back: {reason}",
        "{field} 中写出的 '{tool}' 调用无法解析：{reason}",
    ),
    "data-kind-empty-turn": ("empty turns", "空消息"),
    "data-kind-long-turn": ("over-long turns", "过长的消息"),
    "data-kind-role-token": ("role tokens in text", "文本中的角色标记"),
    "data-kind-argument-name": ("argument names that are no Python names", "非标识符的参数名"),
    "data-kind-tool-name": ("tool names with other characters", "含其他字符的工具名"),
    "data-kind-extra-argument": ("arguments the schema does not know", "参数定义之外的参数"),
    "data-kind-unreadable-call": ("calls that cannot be read back", "无法解析的调用"),
    "data-remarks": (
        "{path}: {count:,} remarks, nothing is left out for them: {kinds} (`glmkit data check` shows where)",
        "{path}：{count:,} 条提示，不影响训练：{kinds}（用 `glmkit data check` 查看位置）",
    ),
    "data-check-remarks": ("remarks: {count:,}", "提示：{count:,}"),
    "data-check-remark": ("  {kind}: {count:,} (first: {first})", "  {kind}：{count:,}（第一处：{first}）"),
    # Rows moved aside
    "data-bad-rows-other": (
        "exists and is not a list of bad rows, so it is not replaced; name another file",
        "已存在，且不是本程序写出的坏行列表，不会被覆盖；请换一个文件名",
    ),
    "data-bad-rows": (
        "{count:,} rows with faults were left out and written to {path}:",
        "{count:,} 行有问题，已略去并写入 {path}：",
    ),
    "data-bad-kind": ("  {count:,} (first: {first})", "  {count:,}（第一处：{first}）"),
}
