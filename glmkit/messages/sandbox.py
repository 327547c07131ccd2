"""Sentences of the code sandbox: what its walls are, why it refuses, how a cell ended."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str] | tuple[str, str, str, str]] = {
    # The walls
    "sandbox-level": ("sandbox: {level}", "沙箱：{level}"),
    "sandbox-level-full": ("full", "完整"),
    "sandbox-level-restricted": ("restricted", "受限"),
    "sandbox-level-none": ("none", "无"),
    "sandbox-layer-there": ("ok", "正常"),
    "sandbox-layer-missing": ("missing", "缺失"),
    "sandbox-landlock-there": ("version {version}", "版本 {version}"),
    "sandbox-landlock-off": ("built into the kernel but switched off at boot", "内核已内置，但启动时未启用"),
    "sandbox-landlock-off-fix": (
        "on the machine itself, add landlock to the kernel's boot setting lsm=, for example lsm=landlock,yama,apparmor",
        "在宿主机的内核启动参数 lsm= 中加入 landlock，例如 lsm=landlock,yama,apparmor",
    ),
    "sandbox-landlock-old": ("this kernel has none", "当前内核不支持"),
    "sandbox-landlock-old-fix": (
        "use Linux 5.13 or later, built with CONFIG_SECURITY_LANDLOCK",
        "请使用启用了 CONFIG_SECURITY_LANDLOCK 的 Linux 5.13 或更高版本",
    ),
    "sandbox-landlock-refused": ("the container refuses it: {reason}", "容器拒绝使用：{reason}"),
    "sandbox-landlock-refused-fix": (
        "start the container with --security-opt seccomp=unconfined, or with a profile that allows "
        "landlock_create_ruleset, landlock_add_rule and landlock_restrict_self, on Linux 5.13 or later",
        "在 Linux 5.13 或更高版本上启动容器时加上 --security-opt seccomp=unconfined，或使用允许 "
        "landlock_create_ruleset、landlock_add_rule 和 landlock_restrict_self 的配置",
    ),
    "sandbox-seccomp-there": ("no network, no other programs", "禁止网络和其他程序"),
    "sandbox-seccomp-missing": (
        "not for {machine}: it needs Linux on x86_64 or aarch64 with CONFIG_SECCOMP_FILTER",
        "不支持 {machine}：需要 x86_64 或 aarch64 上启用 CONFIG_SECCOMP_FILTER 的 Linux",
    ),
    "sandbox-bubblewrap-there": ("nothing is visible but Python and the workspace", "只能看到 Python 和工作目录"),
    "sandbox-bubblewrap-missing": (
        "not installed: files outside are protected by Landlock alone",
        "未安装：工作目录之外的文件仅由 Landlock 保护",
    ),
    "sandbox-bubblewrap-install": ("install it: {command}", "安装：{command}"),
    "sandbox-bubblewrap-fails": (
        "installed, but: {reason}. Files outside are protected by Landlock alone",
        "已安装，但无法使用：{reason}。工作目录之外的文件仅由 Landlock 保护",
    ),
    "sandbox-bubblewrap-apparmor": (
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile that allows bwrap userns",
        "运行 sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0，"
        "或添加允许 bwrap 使用 userns 的 AppArmor 规则",
    ),
    "sandbox-bubblewrap-userns": (
        "sudo sysctl kernel.unprivileged_userns_clone=1",
        "运行 sudo sysctl kernel.unprivileged_userns_clone=1",
    ),
    "sandbox-bubblewrap-max-userns": (
        "sysctl user.max_user_namespaces is 0; as root: sysctl user.max_user_namespaces=15000",
        "sysctl user.max_user_namespaces 为 0；请以 root 运行 sysctl user.max_user_namespaces=15000",
    ),
    "sandbox-bubblewrap-container-root": (
        "start the container with --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined, or leave it at this level",
        "启动容器时加上 --cap-add SYS_ADMIN --cap-add NET_ADMIN --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined，或保持当前级别",
    ),
    "sandbox-bubblewrap-container": (
        "start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined, or leave it "
        "at this level",
        "启动容器时加上 --security-opt seccomp=unconfined --security-opt apparmor=unconfined，或保持当前级别",
    ),
    "sandbox-user-ordinary": ("cells run as user {uid}", "代码以用户 {uid} 运行"),
    "sandbox-user-own": (
        "cells run as users of their own, {first} to {last}",
        "代码以专用用户运行（{first} 到 {last}）",
    ),
    "sandbox-user-search": (
        "cells run as users of their own, {first} to {last}; Python lies where only root may look, so without "
        "bubblewrap they keep the right to look there",
        "代码以专用用户运行（{first} 到 {last}）；Python 位于仅 root 可访问的目录，因此没有 bubblewrap 时保留查找权限",
    ),
    "sandbox-user-root": (
        "cells run as root without its rights: this container has no other user",
        "代码以无特权的 root 运行：该容器没有其他用户",
    ),
    "sandbox-user-root-fix": ("start glmkit as an ordinary user", "请以普通用户启动 glmkit"),
    # Refusals
    "sandbox-not-linux": (
        "running a model's code needs Linux; this is {system}",
        "运行模型生成的代码需要 Linux；当前系统是 {system}",
        "on Windows use WSL 2, on a Mac a Linux container",
        "Windows 请使用 WSL 2，Mac 请使用 Linux 容器",
    ),
    "sandbox-not-linux-fix": (
        "on Windows use WSL 2, on a Mac a Linux container",
        "Windows 请使用 WSL 2，Mac 请使用 Linux 容器",
    ),
    "sandbox-none": (
        "there is no sandbox on this machine, so no code of a model is run: {reasons}",
        "本机没有可用的沙箱，因此不会运行模型生成的代码：{reasons}",
        "mend that, or accept the risk with --i-accept-unsandboxed-code: code could then read and delete your files",
        "请先解决上述问题；或用 --i-accept-unsandboxed-code 自担风险：代码将能读取和删除你的文件",
    ),
    "sandbox-none-wanted": (
        "at level none a model's code could read and delete your files",
        "级别 none 下，模型生成的代码能读取和删除你的文件",
        "leave the level out, or accept the risk with --i-accept-unsandboxed-code",
        "不要指定该级别；或用 --i-accept-unsandboxed-code 自担风险",
    ),
    "sandbox-none-root": (
        "without a sandbox, no code of a model is run for root: {detail}",
        "没有沙箱时，不会为 root 运行模型生成的代码：{detail}",
        "start glmkit as an ordinary user",
        "请以普通用户启动 glmkit",
    ),
    "sandbox-level-missing": (
        "sandbox level {level} cannot be had here, {best} can: {reasons}",
        "本机无法使用沙箱级别 {level}，可用的是 {best}：{reasons}",
    ),
    "sandbox-unknown-level": (
        "{found!r} is no sandbox level; it must be full, restricted or none",
        "{found!r} 不是沙箱级别，应为 full、restricted 或 none",
    ),
    "sandbox-no-ipython": (
        "running code needs the package ipython",
        "运行代码需要安装 ipython",
        "pip install 'glmkit[web]'",
        "pip install 'glmkit[web]'",
    ),
    "sandbox-not-started": ("the Python process did not start: {reason}", "Python 进程未能启动：{reason}"),
    "sandbox-no-reason": ("it ended without a word", "进程已退出，没有任何输出"),
    "sandbox-closed": ("this interpreter has been closed", "该解释器已关闭"),
    # Files
    "sandbox-workspace": ("the folder for files cannot be used: {reason}", "文件目录无法使用：{reason}"),
    "sandbox-bad-name": (
        "not a name for a file here: it must be relative, without '..', and can be shown",
        "不能用作文件名：应为相对路径，不含 '..' 和不可见字符",
    ),
    "sandbox-no-file": ("no such file in the workspace: {reason}", "工作目录中没有该文件：{reason}"),
    "sandbox-not-plain": (
        "not a plain file: links, pipes and devices are not handed out",
        "不是普通文件：不提供链接、管道和设备",
    ),
    "sandbox-file-large": (
        "the file has {found:,} bytes; the limit is {megabytes} MB",
        "文件有 {found:,} 字节，上限为 {megabytes} MB",
    ),
    "sandbox-workspace-full": (
        "there is no room for it: at most {megabytes} MB and {files:,} files",
        "空间不足：最多 {megabytes} MB 和 {files:,} 个文件",
        "remove files with code, for example import os; os.remove('NAME')",
        "请用代码删除文件，例如 import os; os.remove('文件名')",
    ),
    # How a cell ended
    "sandbox-state-lost": (
        "Python was restarted, so variables and imports are gone; files are kept.",
        "Python 已重新启动，变量和导入的模块已丢失，文件仍保留。",
    ),
    "sandbox-state-kept": ("Variables are kept.", "变量仍保留。"),
    "sandbox-timeout": ("timed out after {seconds:g} s. {state}", "运行超过 {seconds:g} 秒，已停止。{state}"),
    "sandbox-killed": ("stopped. {state}", "已停止。{state}"),
    "sandbox-died": ("the Python process ended unexpectedly. {state}", "Python 进程意外退出。{state}"),
    "sandbox-quota": (
        "stopped: more than {megabytes} MB or {files:,} files in the workspace, or the disk is nearly full. {state}",
        "已停止：工作目录超过 {megabytes} MB 或 {files:,} 个文件，或磁盘将满。{state}",
    ),
    "sandbox-code-long": (
        "the code has {count:,} characters; the limit is {limit:,}",
        "代码有 {count:,} 个字符，上限为 {limit:,}",
    ),
    "sandbox-no-programs": (
        "only Python runs here: programs, pip and the network are not available",
        "这里只能运行 Python：不能使用其他程序、pip 和网络",
    ),
    "sandbox-no-font": (
        "The figure has characters that no font on this machine can draw. For Chinese: apt-get install fonts-noto-cjk",
        "图中有本机字体无法显示的字符。中文字体可这样安装：apt-get install fonts-noto-cjk",
    ),
    "sandbox-cut": ("[{count:,} characters cut]", "[省略 {count:,} 个字符]"),
    "sandbox-output-cut": (
        "[cut: more than {count:,} characters were printed]",
        "[已截断：输出超过 {count:,} 个字符]",
    ),
    "sandbox-result-cut": (
        "[cut: the result is longer than {count:,} characters]",
        "[已截断：结果超过 {count:,} 个字符]",
    ),
    "sandbox-results-cut": ("[cut: too many or too long results]", "[已截断：结果过多或过长]"),
    "sandbox-images-cut": ("[cut: more than {count} figures]", "[已截断：图像超过 {count} 幅]"),
    "sandbox-image-large": (
        "[figure of {width} × {height} pixels left out: too large]",
        "[{width} × {height} 像素的图像过大，已略去]",
    ),
}
