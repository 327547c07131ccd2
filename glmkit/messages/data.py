"""Sentences of the data room."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    # The file
    "data-missing": ("there is no such file", "文件不存在"),
    "data-no-match": (
        "no file matches {pattern!r}, nor anything like it in {folder}",
        "没有文件匹配 {pattern!r}，{folder} 中也没有相近的名字",
    ),
    "data-no-match-near": (
        "no file matches {pattern!r}; what comes near it in {folder}: {near}",
        "没有文件匹配 {pattern!r}；{folder} 中相近的有：{near}",
    ),
    "data-file-twice": (
        "{path} is in {earlier} already; a file that is to come twice as often gets weight 2",
        "{path} 已经在 {earlier} 中；要让它出现两倍的次数，请把权重设为 2",
    ),
    "data-is-folder": (
        "is a folder; give a .json, .jsonl or .csv file",
        "是文件夹；请给出 .json、.jsonl 或 .csv 文件",
    ),
    "data-not-plain-file": (
        "is a pipe, socket or device; give a plain file",
        "是管道、套接字或设备；请给出普通文件",
    ),
    "data-unreadable": ("cannot be read: {reason}", "无法读取：{reason}"),
    "data-empty": ("holds no rows", "没有任何数据"),
    "data-gzip-damaged": (
        "is not a whole gzip file: {reason}",
        "不是完整的 gzip 文件：{reason}",
        "copy or pack it again; `gzip -t` tests such a file",
        "请重新复制或压缩；`gzip -t` 可检验文件",
    ),
    "data-gzip-bomb": (
        "unpacks to more than {limit} bytes, far more than text of its size would",
        "解压后超过 {limit} 字节，远多于同样大小的压缩文本",
        "if that is right, unpack it with gunzip and give the unpacked file",
        "如果确实如此，请先用 gunzip 解压，再给出解压后的文件",
    ),
    "data-format-name": (
        "'{value}' is not a format; the formats are {choices}",
        "没有名为 '{value}' 的格式；可用的格式：{choices}",
    ),
    "data-format-unknown": (
        "no row is in a known format; this one has the keys {keys}, the known formats are {choices}",
        "没有任何一行属于已知格式；这一行的键是 {keys}，已知格式有 {choices}",
        'a conversation is {{"conversations": [{{"role": "user", "content": "..."}}, ...]}}',
        '对话的写法是 {{"conversations": [{{"role": "user", "content": "..."}}, ...]}}',
    ),
    "data-utf16": (
        "the file is UTF-16; save it as UTF-8",
        "文件是 UTF-16 编码；请另存为 UTF-8",
    ),
    # JSON
    "data-broken-json": ("not JSON ({reason}): {text}", "不是合法的 JSON（{reason}）：{text}"),
    "data-not-utf8": (
        "byte {offset} of the file, {byte}, is not UTF-8",
        "文件的第 {offset} 字节 {byte} 不是 UTF-8 编码",
        "save the file as UTF-8",
        "请将文件另存为 UTF-8 编码",
    ),
    "data-row-too-long": (
        "the row has {size} bytes; a row may have {limit} at most",
        "这一行有 {size} 字节；一行最多 {limit} 字节",
    ),
    "data-row-not-object": (
        "the row is {value}; it must be a JSON object",
        "这一行是 {value}；应为 JSON 对象",
    ),
    "data-duplicate-key": (
        "key '{key}' stands {count} times in one object; once is right",
        "键 '{key}' 在同一个对象中出现了 {count} 次；只能出现一次",
    ),
    "data-not-a-number": (
        "{value} is not a JSON number; use a finite number or null",
        "{value} 不是 JSON 数值；请用有限的数值或 null",
    ),
    "data-number-too-long": (
        "holds an integer of thousands of digits; write it as text",
        "含有几千位的整数；请写成字符串",
    ),
    "data-too-deep": (
        "brackets are nested more than {limit} deep",
        "括号嵌套超过 {limit} 层",
    ),
    "data-nul": (
        "the text of {path} holds a NUL character (\\u0000); remove it",
        "{path} 的文本含有 NUL 字符 (\\u0000)；请删除",
    ),
    "data-surrogate": (
        "the text of {path} holds {half}, half of a character; write both halves of the pair or the character itself",
        "{path} 的文本含有半个字符 {half}；请写出完整的代理对或字符本身",
    ),
    # CSV
    "data-csv-broken": ("not CSV ({reason})", "不是合法的 CSV（{reason}）"),
    "data-csv-cells": (
        "the number of cells is {found}; the header names {expected} columns",
        "这条记录有 {found} 个单元格；表头有 {expected} 列",
        "a cell with a comma, a quote or a line break stands in double quotes",
        "含有逗号、引号或换行的单元格要放在双引号中",
    ),
    "data-csv-unnamed": (
        "column {number} has no name; the first line names every column",
        "第 {number} 列没有名字；第一行应写出每一列的名字",
    ),
    "data-csv-repeated": (
        "two columns are called '{column}'; names must differ",
        "有两列都叫 '{column}'；列名不能重复",
    ),
    # Fields
    "data-field-missing": ("{field} is missing", "缺少 {field}"),
    "data-not-a-list": ("{field} is {value}; it must be a list", "{field} 是 {value}；应为列表"),
    "data-not-an-object": ("{field} is {value}; it must be a JSON object", "{field} 是 {value}；应为 JSON 对象"),
    "data-not-text": ("{field} is {value}; it must be text", "{field} 是 {value}；应为文本"),
    "data-role-unknown": ("{field} is {value}; the roles are {choices}", "{field} 是 {value}；角色只能是 {choices}"),
    "data-call-arguments": (
        "{field} is {value}, which is not JSON ({reason}); it must be a JSON object as text",
        "{field} 是 {value}，不是合法的 JSON（{reason}）；应为 JSON 对象的文本",
    ),
    "data-weight": ("{field} is {value}; a weight is 0 or 1", "{field} 是 {value}；weight 只能是 0 或 1"),
    "data-history-pair": (
        "{field} is {value}; an earlier turn is [question, answer]",
        "{field} 是 {value}；历史中的一轮应为 [问题, 回答]",
    ),
    "data-one-pair": (
        "the row has {value}; it must have one question and its answer: {choices}",
        "这一行含有 {value}；应只有一组问题和回答：{choices}",
    ),
    # OpenAI's format
    "data-openai-tool": (
        '{field} is {value}; a tool is {{"type": "function", "function": {{"name": ..., "parameters": ...}}}}',
        '{field} 是 {value}；工具的写法是 {{"type": "function", "function": {{"name": ..., "parameters": ...}}}}',
    ),
    "data-openai-call": (
        '{field} is {value}; a call is {{"id": ..., "function": {{"name": ..., "arguments": "{{...}}"}}}}',
        '{field} 是 {value}；调用的写法是 {{"id": ..., "function": {{"name": ..., "arguments": "{{...}}"}}}}',
    ),
    "data-openai-id-repeated": (
        "{field} is '{id}', which another call of this message has; ids must differ",
        "{field} 是 '{id}'，与本条消息的另一个调用重复；每个调用的 id 应不同",
    ),
    "data-openai-unanswered": (
        "{field}: call '{id}' has no answer; a tool message with this tool_call_id must follow",
        "{field}: 调用 '{id}' 没有结果；后面应有带此 tool_call_id 的 tool 消息",
    ),
    "data-openai-answer": (
        "{field} is {value}, which no call waits for; the waiting calls are {waiting}",
        "{field} 是 {value}，没有调用在等待它；等待中的调用：{waiting}",
    ),
    "data-openai-answered-twice": (
        "{field}: call '{id}' is answered twice; once is right",
        "{field}: 调用 '{id}' 有两个结果；只能有一个",
    ),
    # ShareGPT's format
    "data-sharegpt-tools": (
        "{field} is {value}, which is not JSON ({reason}); it must be a list of tools, or that list as text",
        "{field} 是 {value}，不是合法的 JSON（{reason}）；应为工具的列表，或该列表的 JSON 文本",
    ),
    "data-sharegpt-broken-call": (
        '{field} is {value}, which is not JSON ({reason}); a call is {{"name": ..., "arguments": {{...}}}} as text',
        '{field} 是 {value}，不是合法的 JSON（{reason}）；调用的写法是 {{"name": ..., "arguments": {{...}}}} 的文本',
    ),
    "data-sharegpt-call": (
        '{field} is {value}; a call is {{"name": ..., "arguments": {{...}}}}',
        '{field} 是 {value}；调用的写法是 {{"name": ..., "arguments": {{...}}}}',
    ),
    "data-sharegpt-calls": (
        "{field} holds {count} calls; one call, followed by its observation, is right",
        "{field} 含有 {count} 个调用；每条消息只能有一个调用，后面跟着它的 observation",
    ),
    "data-sharegpt-unanswered": (
        "{field} calls '{name}' without an answer; an observation must follow",
        "{field} 调用了 '{name}' 而没有结果；后面应有 observation",
    ),
    # Parts left out
    "data-skip-missing": ("'{field}' is missing", "缺少 '{field}'"),
    "data-skip-tool-input": ("a tool input is not JSON", "工具输入不是 JSON"),
    "data-skip-form": ("a field has the wrong form", "字段的形式不对"),
    "data-skipped": (
        "{path}: left out {count} incomplete episodes; the first is {place}: {reason}",
        "{path}：略去 {count} 段不完整的记录；第一段是 {place}：{reason}",
    ),
    "data-nothing-left": (
        "no conversation is left: {count} were left out",
        "没有可用的对话：略去了 {count} 段",
    ),
    # Large files and the token cache
    "data-workers": (
        "is {value}; it must be a positive integer, the number of processes that read a large file",
        "是 {value}；应为正整数，即读取大文件的进程数",
    ),
    "data-changed-meanwhile": (
        "the file has changed since it was read at the start of this run",
        "本次运行开始读取之后，文件发生了变化",
    ),
    "data-worker-lost": (
        "a process that read the data was ended from outside (status {status}), as a machine out of memory does",
        "读取数据的一个进程被外部终止（状态 {status}），机器内存不足时会如此",
        "{variable}=1 reads it in one process",
        "设置 {variable}=1 可只用一个进程读取",
    ),
    "data-cache-unusable": (
        "the token cache {folder} cannot be used ({reason}); this run goes on without it "
        "(GLMKIT_CACHE names another folder)",
        "无法使用词元缓存 {folder}（{reason}）；本次运行不使用缓存（可用 GLMKIT_CACHE 指定其他文件夹）",
    ),
    "data-cache-damaged": (
        "{path}: this entry of the token cache is damaged; it is made anew",
        "{path}：词元缓存的这一项已损坏；将重新生成",
    ),
    # Samples
    "data-no-label": (
        "left out: nothing in it is trained on",
        "已略去：其中没有需要训练的内容",
    ),
    "data-label-cut": (
        "left out: cut to max_seq_len {max_seq_len}, its {num_tokens} tokens keep nothing that is trained on",
        "已略去：共 {num_tokens} 个词元，截短到 max_seq_len {max_seq_len} 后没有剩下需要训练的内容",
    ),
    "data-samples-cut": (
        "{count} of {total} samples are longer than max_seq_len {max_seq_len} and were cut; {tokens} tokens are lost, "
        "{labels} of them trained on",
        "{total} 个样本中有 {count} 个超过 max_seq_len {max_seq_len} 而被截断，共损失 {tokens} 个词元，"
        "其中 {labels} 个参与训练",
    ),
    "data-tools-kept": (
        "{count} of {total} conversations keep their tools as natural text; it cannot be turned into layout {layout}",
        "{total} 段对话中有 {count} 段保留了自然语言的工具说明，无法改写为 {layout}",
    ),
    "data-no-sample-left": (
        "none of the {count} conversations has anything to train on within {max_seq_len} tokens",
        "{count} 段对话在 {max_seq_len} 个词元之内都没有需要训练的内容",
        "a larger max_seq_len helps when answers are cut off; `glmkit data check` tells how long the samples are",
        "若是回答被截断，请增大 max_seq_len；`glmkit data check` 会给出样本长度",
    ),
    "data-step-without-label": (
        "none of the {count} samples of a step has a label; a loss over nothing is not defined",
        "一个优化步的 {count} 个样本都没有标签，无法计算损失",
    ),
    # Writing
    "data-same-file": (
        "is {other} itself, which is in use; name another file to write",
        "与正在使用的 {other} 是同一个文件；请换一个输出文件",
    ),
    "data-target-folder-missing": (
        "cannot be written: there is no folder {folder}",
        "无法写入：文件夹 {folder} 不存在",
    ),
    "data-target-is-folder": ("is a folder; name the file to write", "是文件夹；请给出要写入的文件名"),
    "data-target-closed": (
        "cannot be written: the folder {folder} is read-only for this user",
        "无法写入：当前用户对文件夹 {folder} 没有写权限",
    ),
    "data-write-failed": ("could not be written: {reason}", "写入失败：{reason}"),
    "data-target-csv": (
        "format {format} does not fit into a CSV file; those that do are {choices}",
        "{format} 格式无法写成 CSV 文件；可以写成 CSV 的格式有 {choices}",
        "name the file .jsonl, or choose another format with --to",
        "请将文件命名为 .jsonl，或用 --to 选择其他格式",
    ),
    # Rows that the target's format cannot hold
    "data-hold-answer": (
        "cannot be written as {format}: no text of the assistant ends the turn",
        "无法写成 {format}：这一轮没有以助手的文字回答结束",
    ),
    "data-hold-tools": (
        "cannot be written as {format}: it has no tools that can be described",
        "无法写成 {format}：没有可以描述的工具",
    ),
    "data-hold-trained": (
        "cannot be written as {format}: nothing that the format can mark as trained is",
        "无法写成 {format}：没有该格式能标记为训练的内容",
    ),
    "data-hold-cell": (
        "cannot be written as CSV: a cell would have {length} characters; {limit} is the most",
        "无法写成 CSV：单元格将有 {length} 个字符，上限为 {limit}",
    ),
    "data-hold-blank": (
        "cannot be written as CSV: all cells would be blank",
        "无法写成 CSV：所有单元格都是空白",
    ),
    # What the target's format cannot hold of a row
    "data-loss": ("  lost in {count}, first {place}: {what}", "  {count} 段有所损失，第一段 {place}：{what}"),
    "data-loss-fields": ("fields that the format does not know", "该格式没有的字段"),
    "data-loss-flags": ("loss flags; what was not to be trained on will be", "loss 标记；原本不训练的内容将参与训练"),
    "data-loss-header": ("header lines (metadata) of messages", "消息的标题行 (metadata)"),
    "data-loss-system": ("the system message", "system 消息"),
    "data-loss-system-tools": ("the place of tools inside the system message", "工具在 system 消息中的位置"),
    "data-loss-tools": ("the tools", "工具"),
    "data-loss-tools-form": ("the form of the tool list; it was rewritten", "工具列表的写法；已改写"),
    "data-loss-tools-text": (
        "the tools as a list; they became text of the system message",
        "工具列表；已成为 system 消息中的文字",
    ),
    "data-loss-calls": ("tool calls and their results", "工具调用及其结果"),
    "data-loss-observations": ("results that belong to no readable call", "不属于任何可读调用的结果"),
    "data-loss-turns": ("turns beside the one kept", "除保留的一轮之外的其他轮"),
    "data-loss-texts": ("texts of the assistant before the answer", "回答之前助手的文字"),
    "data-loss-thought": (
        "the exact thought before a call; it is joined, trimmed or empty",
        "调用之前思考的原文；已合并、去除首尾空白或为空",
    ),
    "data-loss-final-thought": (
        "the exact answer; an empty line was put before it for the final thought",
        "回答的原文；前面加了一行空的最终思考",
    ),
    # Reports
    "data-converted": (
        "{target}: kept {kept} conversations, skipped {skipped}",
        "{target}：保留 {kept} 段对话，略去 {skipped} 段",
    ),
    "data-skip-count": ("  skipped {count}: {reason}", "  略去 {count} 段：{reason}"),
    "data-skip-place": ("    {place}: {reason}", "    {place}：{reason}"),
    "data-histogram": ("messages in a conversation: {histogram}", "每段对话的消息数：{histogram}"),
    "data-check-rows": ("{path}: {count} conversations, format {format}", "{path}：{count} 段对话，格式 {format}"),
    "data-check-roles": ("messages: {roles}", "消息：{roles}"),
    "data-check-tools": ("tool calls: {tools}", "工具调用：{tools}"),
    "data-check-skipped": ("incomplete episodes left out: {count}", "略去的不完整记录：{count}"),
    "data-check-duplicates": (
        "exact duplicates: {count} (first: {place} repeats {earlier})",
        "完全重复的对话：{count}（第一处：{place} 重复了 {earlier}）",
    ),
    "data-check-no-duplicates": ("exact duplicates: 0", "完全重复的对话：0"),
    "data-check-tokens": ("length in tokens: {lengths}; {total:,} in all", "长度（词元）：{lengths}；共 {total:,}"),
    "data-check-characters": (
        "length in characters: {lengths}; {total:,} in all (tokens are counted with --tokenizer)",
        "长度（字符）：{lengths}；共 {total:,}（用 --tokenizer 可统计词元）",
    ),
    "data-check-labelled": (
        "trained on: {labelled:,} tokens, {share} of all",
        "参与训练的词元：{labelled:,}，占 {share}",
    ),
    "data-check-cut": (
        "max_seq_len {max_seq_len}, truncate {truncate}: cuts {count:,} samples, loses {tokens:,} tokens, "
        "{labels:,} of them trained on",
        "max_seq_len {max_seq_len}，truncate {truncate}：截断 {count:,} 个样本，损失 {tokens:,} 个词元，"
        "其中 {labels:,} 个参与训练",
    ),
    "data-check-lost": (
        "samples that lose everything they train on: {count} (first: {place})",
        "失去全部训练内容的样本：{count}（第一个：{place}）",
    ),
    "data-check-faults": ("faults: {count}", "问题：{count}"),
    "data-check-histogram": ("conversations by length in {unit}:", "各长度的对话数（{unit}）："),
    "data-check-page": ("page: {path}", "报告页面：{path}"),
    "data-show-title": (
        "sample {index} of {count}, {place}: {tokens} tokens, {labels} with a label, {cut} cut",
        "第 {index} 个样本（共 {count} 个），{place}：{tokens} 个词元，{labels} 个有标签，截去 {cut} 个",
    ),
    "data-show-index": (
        "is {value}; the file has {count} conversations, counted from 0",
        "是 {value}；文件有 {count} 段对话，从 0 数起",
    ),
    "data-show-more-labelled": ("{count} more tokens, trained on", "还有 {count} 个参与训练的词元"),
    "data-show-more-unlabelled": ("{count} more tokens, not trained on", "还有 {count} 个不参与训练的词元"),
    # held out for evaluation
    "data-split-one-group": (
        "nothing can be held out: all {count} conversations hang together by the tools they share",
        "无法划出验证数据：全部 {count} 个对话都通过共用的工具连在一起",
        "give a file of its own with --eval-data",
        "请用 --eval-data 给出单独的验证文件",
    ),
}
