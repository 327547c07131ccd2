"""Sentences of the agent room: declaring tools, calls and their results, MCP servers, the model's API, the terminal."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    # Declaring tools
    "agent-tool-docstring": (
        "the tool '{tool}' has no docstring; it tells the model what the tool does",
        "工具 '{tool}' 没有文档字符串；模型靠它了解工具的用途",
    ),
    "agent-tool-annotation": (
        "the parameter '{parameter}' of the tool '{tool}' has no type annotation",
        "工具 '{tool}' 的参数 '{parameter}' 没有类型标注",
    ),
    "agent-tool-type": (
        "the parameter '{parameter}' of the tool '{tool}' is annotated {annotation}, which is no JSON type; "
        "known are {known}",
        "工具 '{tool}' 的参数 '{parameter}' 标注为 {annotation}，不是 JSON 类型；可用：{known}",
    ),
    "agent-tool-hints": (
        "the annotations of the tool '{tool}' cannot be read: {reason}",
        "无法读取工具 '{tool}' 的类型标注：{reason}",
    ),
    "agent-tool-by-name": (
        "the parameter '{parameter}' of the tool '{tool}' cannot be given by name, as a model gives them all",
        "工具 '{tool}' 的参数 '{parameter}' 不能按名称传入；模型总是按名称给出参数",
    ),
    "agent-tool-default": (
        "the default {default} of the parameter '{parameter}' of the tool '{tool}' is no JSON value",
        "工具 '{tool}' 的参数 '{parameter}' 的默认值 {default} 不是 JSON 值",
    ),
    "agent-tool-name": (
        "{tool} cannot be a tool's name: letters, digits, _ and - only, at most {limit} of them",
        "{tool} 不能作为工具名：只能含字母、数字、_ 和 -，最多 {limit} 个字符",
    ),
    "agent-tool-reserved": (
        "'{tool}' is the code interpreter's name; give the tool another one",
        "'{tool}' 是代码解释器的名字；请为工具另取一个名字",
    ),
    "agent-tool-time": (
        "the time limit of the tool '{tool}' is {value}; it must be a number of seconds above 0",
        "工具 '{tool}' 的时限是 {value}；应为大于 0 的秒数",
    ),
    "agent-tool-repeated": (
        "two tools are called '{tool}'; names must differ",
        "有两个工具都叫 '{tool}'；名字不能重复",
    ),
    "agent-tools-missing": (
        "there is no such file of tools",
        "没有这个工具文件",
        "give a Python file whose functions are marked with @tool (from glmkit.agent import tool)",
        "请给出一个 Python 文件，其中的函数以 @tool 标注（from glmkit.agent import tool）",
    ),
    "agent-tools-none": (
        "no function here is marked with @tool",
        "这里没有用 @tool 标注的函数",
        "write `from glmkit.agent import tool` and `@tool` before each function that the model may call",
        "请写上 `from glmkit.agent import tool`，并在允许模型调用的每个函数前加 `@tool`",
    ),
    "agent-tools-broken": ("the file of tools cannot be loaded: {reason}", "无法加载工具文件：{reason}"),
    "agent-tools-crashed": (
        "the process that loads these tools ended: {sources}",
        "加载这些工具的进程已退出：{sources}",
    ),
    "agent-tools-slow": (
        "these tools did not load within {seconds} s: {sources}",
        "这些工具未能在 {seconds} 秒内加载完成：{sources}",
    ),
    # Calls, as the model and the user read them
    "agent-call-unknown": (
        "There is no tool '{tool}'. The tools are: {known}",
        "没有名为 '{tool}' 的工具。可用的工具：{known}",
    ),
    "agent-call-refused": (
        "'{tool}' was not called: {faults}. Its arguments are: {known}",
        "未调用 '{tool}'：{faults}。它的参数有：{known}",
    ),
    "agent-call-arguments": (
        "'{tool}' was not called: its arguments are not a JSON object",
        "未调用 '{tool}'：参数不是 JSON 对象",
    ),
    "agent-argument-missing": ("'{argument}' is missing", "缺少 '{argument}'"),
    "agent-argument-unknown": (
        "'{argument}' is not one of its arguments ({known})",
        "'{argument}' 不是它的参数（{known}）",
    ),
    "agent-argument-type": (
        "{argument} = {value}, but it must be {expected}",
        "{argument} = {value}，而它应为 {expected}",
    ),
    "agent-argument-enum": (
        "{argument} = {value}, but it must be one of: {choices}",
        "{argument} = {value}，而它只能是：{choices}",
    ),
    "agent-call-forbidden": ("The user does not allow the call of '{tool}'.", "用户不允许调用 '{tool}'。"),
    "agent-call-timeout": (
        "'{tool}' took longer than {seconds} s and was stopped.",
        "'{tool}' 运行超过 {seconds} 秒，已被终止。",
    ),
    "agent-call-crashed": ("The process of '{tool}' ended without a result.", "'{tool}' 的进程异常退出，没有结果。"),
    "agent-call-cancelled": ("The user stopped the call.", "用户已停止此次调用。"),
    "agent-code-none": ("There is no code interpreter here.", "此处没有代码解释器。"),
    "agent-code-arguments": (
        "The interpreter takes one argument, code, a text.",
        "解释器只接受一个参数 code，类型为文本。",
    ),
    "agent-code-state-lost": (
        "The interpreter was restarted: earlier variables are gone.",
        "解释器已重启：之前的变量已丢失。",
    ),
    # The tools that come along
    "agent-random-range": (
        "the range begins at {smallest} and ends at {largest}; the smaller number comes first",
        "范围从 {smallest} 到 {largest}；较小的数应在前",
    ),
    "agent-time-zone": (
        "there is no time zone {name}; names are such as Asia/Shanghai",
        "没有时区 {name}；时区名形如 Asia/Shanghai",
    ),
    "agent-unit-unknown": (
        "the unit {unit} is not known; quantities known are {known}",
        "未知的单位 {unit}；支持的量：{known}",
    ),
    "agent-unit-other": (
        "{source} cannot become {target}: they measure different things",
        "{source} 不能换算为 {target}：它们度量的不是同一种量",
    ),
    "agent-unit-cold": ("{value} {unit} is below absolute zero", "{value} {unit} 低于绝对零度"),
    "agent-sum-long": (
        "the expression has {count} characters; at most {limit} are read",
        "表达式有 {count} 个字符；最多读取 {limit} 个",
    ),
    "agent-sum-wrong": (
        "{expression} is no arithmetic that can be worked out: {reason}",
        "{expression} 不是可计算的算式：{reason}",
    ),
    "agent-sum-zero": ("{expression} divides by zero", "{expression} 中出现除以零"),
    "agent-sum-large": (
        "a number on the way is too large (more than {bits} bits, or infinite)",
        "计算过程中的数过大（超过 {bits} 位二进制，或为无穷大）",
    ),
    "agent-weather-city": ("{city} is no name of a city", "{city} 不是城市名"),
    "agent-weather-offline": (
        "the weather service {host} cannot be reached: {reason}",
        "无法连接天气服务 {host}：{reason}",
    ),
    "agent-weather-answer": (
        "the weather service has no weather of {city}",
        "天气服务没有 {city} 的天气信息",
    ),
    # Conversations from a file
    "agent-import-json": ("this is no JSON: {reason}", "这不是 JSON：{reason}"),
    "agent-import-none": (
        'there is no conversation here: expected {{"conversations": [...]}}, alone or in a list',
        '这里没有对话：应为 {{"conversations": [...]}}，或由它组成的列表',
    ),
    # MCP servers
    "agent-no-mcp": (
        "MCP servers need the package mcp: {reason}",
        "使用 MCP 服务器需要 mcp 包：{reason}",
        'pip install "glmkit[web]"',
        'pip install "glmkit[web]"',
    ),
    "agent-mcp-file": ("this file of MCP servers cannot be read: {reason}", "无法读取 MCP 服务器配置文件：{reason}"),
    "agent-mcp-none": (
        "no servers here: expected an object mcpServers with at least one entry",
        "这里没有服务器：应有对象 mcpServers，且至少包含一项",
    ),
    "agent-mcp-field": ("{field} is {value}; it must be {expected}", "{field} 是 {value}；应为 {expected}"),
    "agent-mcp-entry": (
        "mcpServers.{server} needs either a command or a url",
        "mcpServers.{server} 需要 command 或 url 其中之一",
    ),
    "agent-mcp-variable": (
        "{field} uses ${{{name}}}, which the environment does not have",
        "{field} 用到了 ${{{name}}}，但环境变量中没有它",
    ),
    "agent-mcp-start": (
        "the MCP server '{server}' cannot be used: {reason}",
        "MCP 服务器 '{server}' 无法使用：{reason}",
    ),
    "agent-mcp-slow": ("no answer within {seconds} s", "{seconds} 秒内没有响应"),
    # The model's server
    "agent-no-http": (
        "talking to an API needs the package httpx2: {reason}",
        "访问 API 需要 httpx2 包：{reason}",
        'pip install "glmkit[web]"',
        'pip install "glmkit[web]"',
    ),
    "agent-api-address": (
        "'{url}' is no address of an API; one looks like http://127.0.0.1:8000/v1",
        "'{url}' 不是 API 地址；地址形如 http://127.0.0.1:8000/v1",
    ),
    "agent-api-unreachable": (
        "no answer from {url}: {reason}",
        "{url} 没有响应：{reason}",
        "is the server running? `glmkit serve MODEL_OR_RUN` starts one",
        "服务是否已启动？可用 `glmkit serve 模型` 启动",
    ),
    "agent-api-key": (
        "{url} does not accept the key (status {status}): {reason}",
        "{url} 不接受该密钥（状态码 {status}）：{reason}",
    ),
    "agent-api-refused": ("{url} answered with status {status}: {reason}", "{url} 返回状态码 {status}：{reason}"),
    "agent-api-foreign": (
        "{url} does not answer as an OpenAI-compatible API does: {found}",
        "{url} 的响应不符合 OpenAI 兼容接口的格式：{found}",
    ),
    "agent-api-failed": ("{url} failed while it answered: {reason}", "{url} 在回答过程中出错：{reason}"),
    "agent-api-cut": ("{url} ended its answer in the middle", "{url} 的回答中途断开"),
    # The terminal
    "agent-shows-code": ("Python code:", "Python 代码："),
    "agent-shows-call": ("Call of {tool}:", "调用 {tool}："),
    "agent-shows-result": ("Result of {tool} ({seconds} s)", "{tool} 的结果（{seconds} 秒）"),
    "agent-shows-failure": ("{tool} failed ({seconds} s)", "{tool} 失败（{seconds} 秒）"),
    "agent-shows-more": ("... {count} more lines", "……另有 {count} 行"),
    "agent-shows-picture": ("Picture: {path}", "图片：{path}"),
    "agent-shows-cut": ("(reply cut at its limit of tokens)", "（回答达到词元上限，被截断）"),
    "agent-shows-cancelled": ("(reply stopped)", "（已中断回答）"),
    "agent-shows-rounds": (
        "(the model kept calling tools; it was asked for an answer without them)",
        "（模型一直在调用工具；已要求它直接回答）",
    ),
    "agent-asks": (
        "The model wants to call '{tool}', which may change something:",
        "模型想调用 '{tool}'，它可能会更改内容：",
    ),
    "agent-asks-more": ("(and {count} more characters)", "（另有 {count} 个字符）"),
    "agent-asks-how": (
        "Allow it? y: yes, a: always in this conversation, anything else: no",
        "允许吗？y：允许，a：本次对话中总是允许，其他：不允许",
    ),
}
