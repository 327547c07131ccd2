"""Sentences of the API: what `glmkit serve` says, and what a client is told."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    # What `glmkit serve` says.
    "api-not-installed": (
        "glmkit serve needs {package}, which is not installed",
        "glmkit serve 需要 {package}，但尚未安装",
        "pip install 'glmkit[serve]'",
        "pip install 'glmkit[serve]'",
    ),
    "api-loading": ("loading {model} ...", "正在加载 {model} ..."),
    "api-serving": (
        "serving {models} at {url} (Ctrl-C stops)",
        "已在 {url} 提供服务，模型：{models}（按 Ctrl-C 停止）",
    ),
    "api-tunnel": (
        "only this machine can reach it; from another one:  {command}",
        "仅限本机访问；从其他机器访问请运行：  {command}",
    ),
    "api-draining": (
        "stopping: {count} open requests may take up to {seconds:g} s; a second signal ends them at once",
        "正在停止：{count} 个未完成的请求最多再等 {seconds:g} 秒；再次发出信号则立即结束",
    ),
    "api-open-without-key": (
        "listening on {host} would let anyone in the network use the model: a key is needed",
        "监听 {host} 会让网络中的任何人都能使用该模型：需要设置密钥",
        "set {variable}, give --api-key-file FILE, or keep --host 127.0.0.1",
        "请设置 {variable}、使用 --api-key-file 文件，或保持 --host 127.0.0.1",
    ),
    "api-key-file": (
        "the key must be one line of printable ASCII: {reason}",
        "密钥必须是一行可打印的 ASCII 字符：{reason}",
    ),
    "api-cannot-bind": (
        "cannot listen on {host}, port {port}: {reason}",
        "无法监听 {host} 的端口 {port}：{reason}",
        "choose another one: --port 0 takes any that is free",
        "请换一个端口：--port 0 会自动选择空闲端口",
    ),
    "api-no-folder": ("no such folder: {value}", "文件夹不存在：{value}"),
    "api-adapter-name": (
        "{value} cannot be a model's name: letters, digits, '.', '_' and '-', up to 128, a letter or digit first",
        "{value} 不能作为模型名：只能用字母、数字、“.”、“_”和“-”，最多 128 个，且以字母或数字开头",
        "give it another one: --adapter NAME=PATH, --name NAME",
        "请另取名字：--adapter 名字=路径，--name 名字",
    ),
    "api-name-twice": (
        "two models would be called {name}",
        "有两个模型同名：{name}",
        "give one another name: --adapter NAME=PATH, --name NAME",
        "请为其中一个另取名字：--adapter 名字=路径，--name 名字",
    ),
    # What a client is told about its request.
    "api-not-http": ("no valid HTTP request: {reason}", "不是有效的 HTTP 请求：{reason}"),
    "api-path": ("there is no such path", "没有这个路径"),
    "api-method": ("this path does not take that method", "该路径不支持此方法"),
    "api-long-url": ("the URL is longer than {limit} bytes", "URL 超过 {limit} 字节"),
    "api-long-headers": (
        "the headers are more than {count} or longer than {limit} bytes",
        "请求头多于 {count} 个或超过 {limit} 字节",
    ),
    "api-host": ("the Host header names {value}, not this server", "Host 头为 {value}，不是本服务器"),
    "api-origin": (
        "pages of {value} may not use this server; --cors-origin allows them",
        "不允许 {value} 的网页使用本服务器；可用 --cors-origin 允许",
    ),
    "api-key": (
        "a valid key is needed: Authorization: Bearer KEY",
        "需要有效的密钥：Authorization: Bearer 密钥",
    ),
    "api-content-type": (
        "the content type must be application/json, not {value}",
        "内容类型必须是 application/json，而不是 {value}",
    ),
    "api-content-encoding": ("compressed bodies are not taken", "不接受压缩的请求体"),
    "api-body-too-large": ("the body is larger than {limit} bytes", "请求体超过 {limit} 字节"),
    "api-slow-sender": (
        "the body did not arrive: nothing came for {limit:g} s",
        "请求体未到达：{limit:g} 秒内没有收到数据",
    ),
    "api-slow-reader": (
        "the stream was not read: more than {limit} tokens waited to be sent",
        "流未被读取：待发送的词元超过 {limit} 个",
    ),
    "api-not-json": ("the body is not valid JSON: {reason}", "请求体不是有效的 JSON：{reason}"),
    "api-missing": ("{param} is missing", "缺少 {param}"),
    "api-invalid": ("{param}: {reason}; it is {value}", "{param} 无效：{reason}；收到的是 {value}"),
    "api-refused": ("{reason}", "{reason}"),
    "api-too-many": (
        "{param}: {found} is more than this server takes ({limit})",
        "{param}：{found} 超过了服务器的上限（{limit}）",
    ),
    "api-too-deep": ("{param} is nested deeper than {limit} levels", "{param} 的嵌套超过 {limit} 层"),
    "api-not-finite": ("{param} holds a number that is not finite", "{param} 含有非有限的数"),
    "api-too-long": (
        "the prompt has {prompt} tokens and the reply needs {reply}, but the context holds {limit}",
        "提示有 {prompt} 个词元，回答需要 {reply} 个，而上下文只能容纳 {limit} 个",
    ),
    "api-unknown-model": (
        "there is no model {name}; there are {known}",
        "没有名为 {name} 的模型；可用的有 {known}",
    ),
    "api-unsupported": ("{param} is not supported", "不支持 {param}"),
    "api-top-logprobs": ("top_logprobs needs logprobs: true", "top_logprobs 需要同时设置 logprobs: true"),
    "api-bias-id": (
        "logit_bias: {value} is no token id; they are 0 to {last}",
        "logit_bias：{value} 不是词元编号；编号范围是 0 到 {last}",
    ),
    "api-prompt-or-messages": ("give either prompt or messages", "prompt 与 messages 须且只能给出一个"),
    # Messages and tools.
    "api-no-messages": ("messages is empty", "messages 为空"),
    "api-last-assistant": (
        "the last message is the assistant's; the model answers a user or a tool",
        "最后一条消息来自 assistant；模型只回答用户或工具",
    ),
    "api-role": (
        "{param}: unknown role {value}; the roles are {known}",
        "{param}：未知角色 {value}；可用角色：{known}",
    ),
    "api-empty-content": ("{param} is empty", "{param} 为空"),
    "api-content": (
        "{param} must be text or a list of text parts, not {value}",
        "{param} 必须是文本或文本片段列表，而不是 {value}",
    ),
    "api-content-part": (
        "{param}: this model reads text; a part of type {value} is none",
        "{param}：该模型只读文本；类型为 {value} 的片段不是文本",
    ),
    "api-raw": (
        "{param} must be the raw of a response: text, or a list of texts and lists of ids",
        "{param} 必须是响应中的 raw：文本，或由文本和编号列表组成的列表",
    ),
    "api-arguments": (
        "{param} must be a JSON object as text, not {value}",
        "{param} 必须是 JSON 对象的文本，而不是 {value}",
    ),
    "api-tool-name": (
        "{param}: {value} is no tool name: one line of text without blanks around it",
        "{param}：{value} 不是工具名：应为一行文字，首尾无空格",
    ),
    "api-result-without-call": (
        "{param}: a message of role {role} must follow the assistant's",
        "{param}：角色为 {role} 的消息必须跟在 assistant 消息之后",
    ),
    "api-result-unknown-call": (
        "{param}: no call before it has the id {value}",
        "{param}：之前没有编号为 {value} 的调用",
    ),
    "api-tool-kind": ("{param}: tools must be functions, not {value}", "{param}：工具必须是函数，而不是 {value}"),
    "api-tool-choice": (
        "{param} must be one of {known}, or name a function, not {value}",
        "{param} 必须是 {known} 之一，或指定一个函数，而不是 {value}",
    ),
    "api-unknown-tool": (
        "{param} names {value}, which is not among the tools",
        "{param} 指定了 {value}，但工具中没有它",
    ),
    "api-choice-without-tools": (
        "{param} asks for a call, but {field} is empty",
        "{param} 要求调用工具，但 {field} 为空",
    ),
    "api-format": (
        "{param}.type must be one of {known}; {param} is {value}",
        "{param}.type 必须是 {known} 之一；收到的 {param} 是 {value}",
    ),
    "api-format-and-tools": (
        "{param} and a tool_choice that demands a call exclude each other",
        "{param} 与要求调用工具的 tool_choice 不能同时使用",
    ),
    "api-held-reply": (
        "{param} cannot be kept: with tools or a response_format the reply ends where it is complete",
        "无法满足 {param}：给出 tools 或 response_format 时，回答在完整处结束",
    ),
    "api-quarantined": (
        "this request was running each of the last {times} times the engine failed; it is not tried again for a while",
        "引擎最近 {times} 次故障时都在处理此请求；暂时不再重试",
    ),
    # Adapters.
    "api-adapters-fixed": (
        "adapters of this server do not change; --allow-adapter-changes turns that on",
        "本服务器不允许更换适配器；可用 --allow-adapter-changes 打开",
    ),
    "api-unknown-adapter": ("{param}: there is no adapter {name}", "{param}：没有名为 {name} 的适配器"),
    "api-adapter-loaded": ("{param}: a model {name} is being served already", "{param}：模型 {name} 已在服务中"),
    "api-model-unavailable": (
        "{param}: the adapter of {name} could not be loaded again when the engine was restarted;"
        " the server's log tells why",
        "{param}：引擎重启时无法重新加载 {name} 的适配器；原因见服务器日志",
    ),
    "api-last-model": ("{param}: {name} is the only model of this server", "{param}：{name} 是本服务器唯一的模型"),
    # The server's own trouble.
    "api-queue-full": (
        "{limit} requests are open, which is all this server takes; try again soon",
        "已有 {limit} 个请求，达到服务器上限；请稍后再试",
    ),
    "api-not-ready": ("the engine is not ready; try again soon", "引擎尚未就绪；请稍后再试"),
    "api-shutting-down": ("the server is shutting down", "服务器正在关闭"),
    "api-engine-died": (
        "the engine failed ({kind}) and is being restarted; this request is lost",
        "引擎出错（{kind}），正在重启；该请求已丢失",
    ),
    "api-engine-restarts": (
        "the engine has ended ({reason}); open requests got an error, another engine starts in {seconds} s",
        "引擎已终止（{reason}）；未完成的请求已收到错误，{seconds} 秒后启动新的引擎",
    ),
    "api-engine-without-adapter": (
        "the engine runs again, but without the adapter {name}: {reason}; requests for it get an error,"
        " and the next engine tries it again",
        "引擎已恢复，但缺少适配器 {name}：{reason}；对它的请求会收到错误，下次启动引擎时再尝试加载",
    ),
    "api-engine-given-up": (
        "the engine has failed {count} times in a row, the last time with: {reason}; the server gives up",
        "引擎已连续 {count} 次出错，最近一次：{reason}；服务器不再重试",
    ),
    "api-failed": ("{reason}", "{reason}"),
    "api-unexpected": (
        "something unexpected happened ({kind}); the server's log tells more",
        "发生意外错误（{kind}）；详见服务器日志",
    ),
}
