"""Sentences of the training room."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    # settings
    "training-no-data": (
        "no training data: give a file",
        "没有训练数据：请给出文件",
        "add --data FILE",
        "加上 --data 文件",
    ),
    "training-no-card": (
        "cuda was asked for, but PyTorch {torch} sees no NVIDIA card here",
        "要求使用 cuda，但 PyTorch {torch} 在这里找不到 NVIDIA 显卡",
    ),
    "training-card-unused": (
        "there is an NVIDIA card ({card}), but PyTorch {torch} cannot use it, and the CPU is not taken unasked",
        "这里有 NVIDIA 显卡（{card}），但 PyTorch {torch} 无法使用；不会自动改用 CPU 训练",
        "install a PyTorch built for CUDA and your driver, or give --device cpu",
        "请安装与驱动匹配的 CUDA 版 PyTorch，或者加上 --device cpu",
    ),
    "training-model-is-adapter": (
        "{path} is an adapter; train it further with model: {base} and init_adapter: {path}",
        "{path} 是适配器；要继续训练它，请设置 model: {base} 和 init_adapter: {path}",
    ),
    "training-adapter-fit": (
        "the adapter does not fit the settings: {name} is {found} in the adapter, {expected} in the settings",
        "适配器与设置不符：适配器的 {name} 是 {found}，设置中是 {expected}",
    ),
    "training-base-has-prefix": (
        "this base model's weights already hold a P-Tuning prefix of {found} positions",
        "这个基座模型的权重里已经带有长度为 {found} 的 P-Tuning 前缀",
        "train from the plain base model, and give the prefix with --init-adapter to go on from it",
        "请用不带前缀的基座模型训练；要在该前缀上继续，用 --init-adapter 给出",
    ),
    "training-id-outside-model": (
        "a sample holds token id {found}, but the model knows {vocab_size} tokens: the tokenizer is not this model's",
        "样本中有编号为 {found} 的词元，而模型只有 {vocab_size} 个词元：分词器与模型不匹配",
    ),
    "training-no-samples": ("there is not a single sample to train on", "没有可训练的样本"),
    # run folder
    "training-folder-unusable": ("this folder cannot be used: {reason}", "无法使用这个文件夹：{reason}"),
    "training-folder-is-link": (
        "this is a link to {target}; a run folder and its steps are never followed through links",
        "这是指向 {target} 的链接；训练文件夹和其中的步骤不能是链接",
    ),
    "training-folder-in-use": (
        "another training is using this folder: {holder}",
        "另一个训练正在使用这个文件夹：{holder}",
        "wait for it, stop it, or give another --name",
        "请等待或停止它，或者用 --name 换一个名字",
    ),
    "training-moved-aside": ("the earlier run was moved to {folder}", "旧的训练结果已移到 {folder}"),
    "training-log-failed": (
        "cannot write {path} ({reason}); training goes on, this warning comes once",
        "无法写入 {path}（{reason}）；训练继续，此提示只出现一次",
    ),
    "training-report-failed": ("cannot write {path}: {reason}", "无法写出 {path}：{reason}"),
    # checkpoints
    "training-file-missing": ("the file is missing", "文件缺失"),
    "training-file-unexpected": ("the file does not belong here", "多余的文件"),
    "training-file-size": (
        "the file has {found} bytes, {expected} were saved",
        "文件有 {found} 字节，保存时为 {expected} 字节",
    ),
    "training-file-altered": (
        "the content is not what was saved (sha256 differs)",
        "内容与保存时不同（sha256 不一致）",
    ),
    "training-file-unreadable": ("the file cannot be read: {reason}", "文件无法读取：{reason}"),
    "training-manifest-unreadable": ("the list of saved files cannot be read", "无法读取文件清单"),
    "training-checkpoint-skipped": ("skipped a damaged checkpoint: {fault}", "跳过损坏的检查点：{fault}"),
    "training-no-whole-checkpoint": (
        "none of the checkpoints is whole, so this run cannot be continued",
        "没有完整的检查点，无法继续这次训练",
        "start anew with --restart (the old folder is kept) or another --name",
        "用 --restart 重新开始（旧文件夹会保留），或用 --name 换一个名字",
    ),
    "training-state-missing": (
        "{name} is not in this checkpoint; going on without it would be another training",
        "检查点中没有 {name}；缺少它继续训练，结果会不同",
        "start a new run from it with --init-adapter (ptuning) or --model (full)",
        "可以用 --init-adapter（ptuning）或 --model（full）从它开始新的训练",
    ),
    "training-optimizer-tensor": (
        "{name} has shape {found}, the run needs {expected}",
        "{name} 的形状是 {found}，应为 {expected}",
    ),
    "training-setting-changed": (
        "this run exists already; its {name} was {old!r} when it began, is {new!r} now",
        "这次训练已经存在；开始时 {name} 是 {old!r}，现在是 {new!r}",
        "take the old value to continue, or begin another run with --name NAME or --restart",
        "用旧值继续，或用 --name 名字、--restart 开始新的训练",
    ),
    "training-base-changed": (
        "the base model is not the one this run began with (then {old}, now {new})",
        "基座模型与训练开始时不同（当时 {old}，现在 {new}）",
        "begin another run with --name NAME or --restart",
        "用 --name 名字或 --restart 开始新的训练",
    ),
    "training-data-changed": (
        "the file has changed since this run began: "
        "then {old_count} samples in {old_bytes} bytes (sha256 {old_sha256}), "
        "now {new_count} samples in {new_bytes} bytes (sha256 {new_sha256})",
        "文件在训练开始后变了：当时 {old_bytes} 字节（sha256 {old_sha256}）、{old_count} 个样本，"
        "现在 {new_bytes} 字节（sha256 {new_sha256}）、{new_count} 个样本",
        "bring the old file back, or give --allow-data-change, --restart or another --name",
        "请恢复原来的文件，或使用 --allow-data-change、--restart，或用 --name 换一个名字",
    ),
    "training-data-other": (
        "was {old!r} ({old_count} samples) when this run began, is {new!r} ({new_count} samples) now",
        "训练开始时是 {old!r}（{old_count} 个样本），现在是 {new!r}（{new_count} 个样本）",
        "take the old file to continue, or give --allow-data-change, --restart or another --name",
        "用原来的文件继续，或使用 --allow-data-change、--restart，或用 --name 换一个名字",
    ),
    "training-data-added": (
        "this file with {count} samples was not among the data when this run began",
        "训练开始时的数据中没有这个文件（{count} 个样本）",
        "take the files it began with, or give --allow-data-change, --restart or another --name",
        "用开始时的那些文件继续，或使用 --allow-data-change、--restart，或用 --name 换一个名字",
    ),
    "training-data-removed": (
        "this file with {count} samples was among the data when this run began and is not now",
        "训练开始时的数据中有这个文件（{count} 个样本），现在没有了",
        "take the files it began with, or give --allow-data-change, --restart or another --name",
        "用开始时的那些文件继续，或使用 --allow-data-change、--restart，或用 --name 换一个名字",
    ),
    "training-data-weight": (
        "its {name} was {old:g} when this run began, is {new:g} now",
        "训练开始时它的 {name} 是 {old:g}，现在是 {new:g}",
        "take the old value to continue, or give --allow-data-change, --restart or another --name",
        "用旧值继续，或使用 --allow-data-change、--restart，或用 --name 换一个名字",
    ),
    "training-data-order": (
        "the same files in another order: {old} when this run began, {new} now",
        "文件相同而顺序不同：训练开始时是 {old}，现在是 {new}",
        "take the old order to continue, or give --allow-data-change, --restart or another --name",
        "用原来的顺序继续，或使用 --allow-data-change、--restart，或用 --name 换一个名字",
    ),
    "training-samples-other": (
        "these are not the samples this run began with: {old_count} then, {new_count} now; no file has changed",
        "样本与训练开始时不同：当时 {old_count} 个，现在 {new_count} 个；文件没有变化",
        "take the tokenizer it began with, or give --allow-data-change, --restart or another --name",
        "请使用开始时的分词器，或使用 --allow-data-change、--restart，或用 --name 换一个名字",
    ),
    "training-data-change-allowed": (
        "going on with other data, as allowed: {old_count} samples before, {new_count} now",
        "按要求使用改变后的数据继续：之前 {old_count} 个样本，现在 {new_count} 个",
    ),
    "training-saved": ("saved {folder}", "已保存 {folder}"),
    "training-save-failed": (
        "could not save {folder}: {reason} (needs about {needed} bytes, {free} are free); "
        "training goes on and tries again at the next save",
        "无法保存 {folder}：{reason}（约需 {needed} 字节，剩余 {free} 字节）；训练继续，下次保存时再试",
    ),
    "training-save-given-up": (
        "could not save: {reason} (needs about {needed} bytes, {free} are free; failures in a row: {count})",
        "无法保存：{reason}（约需 {needed} 字节，剩余 {free} 字节；连续失败 {count} 次）",
        "free some space and run the same command: it continues from the last saved step",
        "清理磁盘后重复同一条命令，会从最后保存的一步继续",
    ),
    # the run as it goes
    "training-settings": ("settings", "设置"),
    "training-parameters": (
        "trainable parameters: {trained}, all parameters: {all}, trainable: {percent} %",
        "可训练参数：{trained}，全部参数：{all}，占 {percent} %",
    ),
    "training-samples": (
        "{samples} samples with {tokens} tokens, {labels} of them labelled; "
        "{steps} steps of {samples_per_step} samples, {epochs} epochs",
        "{samples} 个样本，{tokens} 个词元，其中 {labels} 个参与训练；"
        "共 {steps} 步，每步 {samples_per_step} 个样本，{epochs} 轮",
    ),
    "training-file": (
        "{path}: {samples} samples with {tokens} tokens, weight {weight}: {per_epoch} samples an epoch",
        "{path}：{samples} 个样本，{tokens} 个词元，权重 {weight}：每轮 {per_epoch} 个样本",
    ),
    "training-file-replayed": (
        "{path}: {samples} samples with {tokens} tokens, replayed, share {weight}: {per_epoch} samples an epoch",
        "{path}：{samples} 个样本，{tokens} 个词元，按 {weight} 的比例混入：每轮 {per_epoch} 个样本",
    ),
    "training-doubles": (
        "{count} samples stand in more than one file, word for word; the first is {first}, the same as {second}",
        "{count} 个样本在多个文件中逐字重复；第一个是 {first}，与 {second} 相同",
    ),
    "training-resumed": ("continuing after step {step} from {folder}", "从 {folder} 继续，已完成 {step} 步"),
    "training-step": (
        "step {step}/{total}  loss {loss}  lr {learning_rate}  {rate} tokens/s  {left} left",
        "步 {step}/{total}  损失 {loss}  学习率 {learning_rate}  {rate} 词元/秒  剩余 {left}",
    ),
    "training-already-done": (
        "this run is complete: {steps} steps in {folder}; nothing to train",
        "这次训练已经完成：{folder} 中有 {steps} 步；没有可训练的了",
    ),
    "training-done": ("done, last loss {loss}: {folder}", "完成，最后的损失为 {loss}：{folder}"),
    "training-try": ("talk to it: {command}", "与它对话：{command}"),
    # evaluations on the way
    "training-no-evaluate": (
        "the settings ask for an evaluation, but no function for it was handed in",
        "设置中要求评估，但没有传入评估函数",
        "call glmkit.train, which brings one",
        "请调用 glmkit.train，它自带评估函数",
    ),
    "training-validation-needs-data": (
        "a share can only be held out of a data file, and samples were handed in",
        "只能从数据文件中划出验证数据，而这里传入的是样本",
        "give the evaluation's own file with eval_data",
        "请用 eval_data 给出单独的评估文件",
    ),
    "training-eval": (
        "evaluation after step {step}: loss {loss}{others}  ({seconds} s)",
        "第 {step} 步后的评估：损失 {loss}{others}（{seconds} 秒）",
    ),
    "training-eval-failed": (
        "the evaluation after step {step} failed ({kind}: {reason}); training goes on",
        "第 {step} 步后的评估失败（{kind}：{reason}）；训练继续",
    ),
    "training-eval-best": (
        "lowest evaluation loss: {loss} after step {step}",
        "最低的评估损失：{loss}（第 {step} 步之后）",
    ),
    # trouble on the way
    "training-not-finite": (
        "step {step} is not finite (loss {loss}, gradient norm {grad_norm}) and was not applied; samples: {samples}",
        "第 {step} 步的损失为 {loss}，梯度范数为 {grad_norm}：不是有限的数，这一步没有生效；涉及的样本：{samples}",
        "look at these samples, or lower --learning-rate; the last saved step is untouched",
        "请检查这些样本，或降低 --learning-rate；最后保存的一步没有受影响",
    ),
    "training-out-of-memory": (
        "out of memory in a step whose longest row has {tokens} tokens",
        "内存不足：这一步最长的一行有 {tokens} 个词元",
        "lower --max-tokens-per-row (now {max_tokens_per_row}; changes no result) or --max-seq-len (now {max_seq_len})",
        "减小 --max-tokens-per-row（现在 {max_tokens_per_row}，结果不变）或 --max-seq-len（现在 {max_seq_len}）",
    ),
    "training-model-out-of-memory": (
        "this model does not fit into the memory of {device} ({method}, {dtype})",
        "模型放不进 {device} 的内存（{method}，{dtype}）",
    ),
    "training-stopping": (
        "stopping: this step is finished and saved first; a second signal stops at once",
        "正在停止：先完成并保存这一步；再次发送信号则立即停止",
    ),
    "training-stopped": (
        "stopped on request after step {step}, which is saved",
        "已按要求在第 {step} 步之后停止，进度已保存",
        "continue with: {command}",
        "继续训练：{command}",
    ),
}
