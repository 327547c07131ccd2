"""Sentences of the model room, and of finding and downloading models."""

from __future__ import annotations

_DOWNLOAD_AGAIN = (
    "the download may be incomplete (a git clone without LFS leaves small text files); download the folder again",
    "下载可能不完整（未启用 LFS 的 git clone 只留下很小的文本文件），请重新下载该文件夹",
)

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    # config.json
    "model-config-missing": ("no model here: {file} is missing", "此处没有模型：缺少 {file}"),
    "model-config-unreadable": ("cannot be read as a model configuration: {reason}", "无法作为模型配置读取：{reason}"),
    "model-config-key-missing": ("{key} is missing", "缺少 {key}"),
    "model-config-unsupported": (
        "{key} is {found!r}; only {expected!r} is supported",
        "{key} 的值为 {found!r}；仅支持 {expected!r}",
    ),
    "model-config-value": ("{key} is {found}; it must be {expected}", "{key} 的值为 {found}；应为 {expected}"),
    # weights
    "model-weights-missing": (
        "no weights here: none of {files} is there",
        "此处没有权重文件：找不到 {files} 中的任何一个",
    ),
    "model-index-unreadable": (
        "cannot be read as an index of weight files: {reason}",
        "无法作为权重索引读取：{reason}",
    ),
    "model-index-outside": (
        "names the weight file {name}; only files of this folder are read",
        "指向权重文件 {name}；只读取本文件夹内的文件",
    ),
    "model-shard-missing": (
        "{name} is missing, {index} names it",
        "缺少 {index} 中列出的 {name}",
        *_DOWNLOAD_AGAIN,
    ),
    "model-file-damaged": (
        "cannot be read as a file of tensors: {reason}",
        "无法作为张量文件读取：{reason}",
        *_DOWNLOAD_AGAIN,
    ),
    "model-file-unsafe": (
        "holds {name}, which is no tensor; the file was not executed and is refused",
        "含有 {name}，它不是张量；该文件没有被执行，已拒绝读取",
        "get the weights as .safetensors, or from a source you trust",
        "请使用 .safetensors 格式的权重，或从可信来源重新获取",
    ),
    "model-file-content": ("is not a table of named tensors", "内容不是带名字的张量表"),
    "model-tensor-twice": ("{name} stands in two weight files", "{name} 出现在两个权重文件中"),
    "model-tensor-missing": ("tensor {name} is missing", "缺少张量 {name}"),
    "model-tensor-unknown": (
        "tensor {name} {shape} has no place in this model",
        "模型中没有张量 {name} {shape} 的位置",
    ),
    "model-tensor-shape": (
        "tensor {name} is {found}, config.json asks for {expected}",
        "张量 {name} 为 {found}，而 config.json 要求 {expected}",
    ),
    # prefix and adapters
    "model-prefix-token-count": (
        "a prefix of {expected} positions starts from {expected} tokens, got {found}",
        "长度为 {expected} 的前缀需要 {expected} 个词元来初始化，实际为 {found} 个",
    ),
    "model-tools-layout": (
        "tools_layout is {found}; this release knows {expected}",
        "tools_layout 是 {found}；本版本支持 {expected}",
    ),
    "model-record-unreadable": ("cannot be read: {reason}", "无法读取：{reason}"),
    "model-adapter-missing": ("no adapter here: the path does not exist", "此处没有适配器：路径不存在"),
    "model-adapter-files-missing": (
        "no adapter here: none of {files} is there",
        "此处没有适配器：找不到 {files} 中的任何一个",
    ),
    "model-adapter-unreadable": (
        "cannot be read as an adapter's description: {reason}",
        "无法作为适配器说明读取：{reason}",
    ),
    "model-adapter-unknown": (
        "{key} is {found}; this release reads {expected}",
        "{key} 的值为 {found}；本版本只能读取 {expected}",
    ),
    "model-adapter-is-not-one": (
        "is not an adapter: it holds {name} besides the prefix",
        "不是适配器：除前缀外还含有 {name}",
    ),
    "model-adapter-embedding": (
        "{name} must be a table of numbers [positions, width]; found {found}",
        "{name} 应为数值表 [位置数, 宽度]；实际为 {found}",
    ),
    "model-adapter-width": (
        "the adapter does not fit this model: its positions hold {found} numbers, the model's hold {expected} "
        "({num_layers} layers * 2 * {num_kv_heads} key/value heads * {head_dim})",
        "适配器与模型不符：适配器每个位置有 {found} 个数，而模型需要 {expected} 个"
        "（{num_layers} 层 * 2 * {num_kv_heads} 个键值头 * {head_dim}）",
    ),
    "model-adapter-size": (
        "the adapter does not fit this model: {key} is {found} in the adapter, {expected} in the model",
        "适配器与模型不符：{key} 在适配器中为 {found}，在模型中为 {expected}",
    ),
    "model-adapter-contradiction": (
        "adapter.json says {key} is {found}, its tensors say {held}",
        "adapter.json 中 {key} 为 {found}，而其张量表明为 {held}",
    ),
    "model-adapter-not-finite": (
        "tensor {name} holds NaN or infinity; the training that wrote it had failed",
        "张量 {name} 含有 NaN 或无穷大；写出它的训练已经失败",
    ),
    "model-adapter-base": (
        "the adapter was trained on another base model: {base} with fingerprint {expected}; this one's is {found}",
        "适配器是在另一个基座模型上训练的：{base}，指纹 {expected}；当前模型的指纹为 {found}",
    ),
    # finding models
    "model-path-missing": ("no such model or run; looked for {looked}", "找不到该模型或训练结果；查找位置：{looked}"),
    "model-path-missing-similar": (
        "no such model or run; looked for {looked}; did you mean {similar}?",
        "找不到该模型或训练结果；查找位置：{looked}；是否想用 {similar}？",
    ),
    "model-not-a-folder": ("is a file; a model is a folder", "是文件；模型应为文件夹"),
    "model-folder-incomplete": ("not a model folder: {missing} is missing", "不是模型文件夹：缺少 {missing}"),
    "model-run-without-step": (
        "this run has not saved a step yet",
        "该训练尚未保存任何一步",
        "run the same `glmkit train` command again; it continues",
        "再次运行同一条 `glmkit train` 命令即可继续",
    ),
    "model-run-unreadable": ("cannot be read as a run's settings: {reason}", "无法作为训练设置读取：{reason}"),
    "model-is-adapter": (
        "is an adapter and does not name its base model",
        "是适配器，且没有写明其基座模型",
        "give the base model, and this as --adapter",
        "请指定基座模型，并用 --adapter 指定它",
    ),
    "model-base-missing": (
        "the base model of this adapter is gone; looked for {bases}",
        "该适配器的基座模型不存在；查找位置：{bases}",
        "give the base model's new place, and this as --adapter",
        "请指定基座模型的新位置，并用 --adapter 指定它",
    ),
    "model-base-is-adapter": (
        "its base {base} is an adapter itself; an adapter stands before a whole model",
        "其基座 {base} 本身也是适配器；适配器只能用于完整的模型",
    ),
    "model-two-adapters": (
        "has a prefix of its own, adapter {adapter} cannot be added to it",
        "自带前缀，不能再加适配器 {adapter}",
        "give the base model ({base}) with --adapter, or leave --adapter out",
        "请对基座模型 ({base}) 使用 --adapter，或去掉 --adapter",
    ),
    "model-adapter-is-model": (
        "is a whole model, not an adapter",
        "是完整的模型，不是适配器",
        "use it as the model, without --adapter",
        "请直接把它作为模型使用，不加 --adapter",
    ),
    "model-adapter-not-found": ("holds no adapter", "其中没有适配器"),
    "model-tokenizer-missing": (
        "no tokenizer here: {file} is missing",
        "此处没有分词器：缺少 {file}",
        "give its place with --tokenizer",
        "请用 --tokenizer 指定其位置",
    ),
    "model-dtype-unknown": (
        "there is no dtype {found}; known are {expected}",
        "没有数据类型 {found}；可用的有 {expected}",
    ),
    "model-hub-looking": ("{name} is not on this disk; asking {hub}", "本机没有 {name}；正在向 {hub} 查询"),
    "model-hub-failed": (
        "{name} is neither a folder here nor to be had from a hub ({reasons})",
        "本机没有文件夹 {name}，也无法从模型仓库获取（{reasons}）",
    ),
}
