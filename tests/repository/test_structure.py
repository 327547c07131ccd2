"""The house itself: who imports whom, sizes, public names, messages, files named in the documents."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import pytest

import glmkit
from glmkit.errors import LANGUAGES
from glmkit.messages import TABLE

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "glmkit"
SOURCES = sorted(PACKAGE.rglob("*.py"))

# room or file -> what of ours it may import beyond itself; errors, messages and config are open to all.
OPEN = {"errors", "messages", "config", "chat_config", "serving_config", "web_config", "option", "settings"}
MAY_IMPORT = {
    "chat": set(),
    "data": {"chat", "report"},
    "model": set(),
    "loading": {"chat", "model", "hub"},
    "hub": set(),
    "report": set(),
    "training": {"chat", "data", "model", "report", "loading"},
    "terminal": set(),
    "serving": {"chat", "model", "loading", "terminal"},
    "evaluation": {"chat", "data", "model", "serving", "loading"},
    "agent": {"chat", "terminal"},
    "chat_command": {"agent", "chat", "loading", "model", "serving", "terminal"},
    "web": {"chat", "agent"},
    "tuning": {"chat", "training", "evaluation"},
    "config": set(),
    "chat_config": set(),
    "serving_config": set(),
    "web_config": set(),
    "option": set(),
    "settings": set(),
    "errors": set(),
    "messages": set(),
}
EVERYTHING = {"quickstart", "cli", "commands", "__init__", "__main__"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports_of(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            names = [node.module or ""]
            if node.module == "glmkit":
                names = [f"glmkit.{alias.name}" for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("glmkit.")}
    return rooms


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_its_neighbours(path: Path) -> None:
    room = room_of(path)
    if room in EVERYTHING:
        return
    assert imports_of(path) - {room} - OPEN <= MAY_IMPORT[room]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_and_functions_fit_in_the_head(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400
    tree = ast.parse(text)
    assert ast.get_docstring(tree) or not text.strip() or path.name == "__init__.py", "no module docstring"
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            assert node.end_lineno is not None
            limit = 150 if (room_of(path), node.name) == ("training", "train") else 80
            assert node.end_lineno - node.lineno + 1 <= limit, f"{path}:{node.lineno} {node.name}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_model_text_is_never_evaluated_and_pickles_are_never_trusted(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        assert name not in {"eval", "exec", "os.system", "pickle.load", "pickle.loads", "__import__"}
        if name == "torch.load":
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
            assert given.get("weights_only") == "True", f"{path}:{node.lineno}"


def test_every_public_name_resolves() -> None:
    for name in glmkit.__all__:
        assert getattr(glmkit, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        glmkit.nothing  # noqa: B018


@pytest.mark.parametrize("code", sorted(TABLE))
def test_a_message_says_the_same_in_both_languages(code: str) -> None:
    row = TABLE[code]
    assert len(row) in (len(LANGUAGES), 2 * len(LANGUAGES))
    names = [{name for _, name, _, _ in string.Formatter().parse(text) if name is not None} for text in row]
    assert names[0] == names[1]
    assert names[2:3] == names[3:4]
    assert re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)+", code)


def test_every_message_is_used_and_every_used_one_exists() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCES if "messages" not in path.parts}
    everything = "\n".join(texts.values())
    unused = [code for code in TABLE if f'"{code}"' not in everything]
    assert unused == []
    rooms = "cli|chat|data|model|training|serving|api|report|evaluation|agent|sandbox|quickstart|web"
    for path, text in texts.items():
        for call in ast.walk(ast.parse(text)):
            if not isinstance(call, ast.Call) or not call.args or not isinstance(call.args[0], ast.Constant):
                continue
            code = call.args[0].value
            target = ast.unparse(call.func).rpartition(".")[2]
            if target in {"message", "notice", "Problem"} or target.endswith("Error"):
                assert not isinstance(code, str) or code in TABLE or not re.match(f"({rooms})-", code), (
                    f"{path}: {code}"
                )


def test_the_repository_names_no_place_outside_itself() -> None:
    for path in [*SOURCES, *REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md"), *REPOSITORY.glob("tests/**/*.py")]:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            assert not re.search(r"(?<![\w.])/(work|root|farm)/", line), f"{path}:{number}: {line}"


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md", "CONTRIBUTING.md", "docs/tour.md"])
def test_files_named_in_the_documents_exist(document: str) -> None:
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    named = re.findall(r"(?:glmkit|tests|docs|examples|benchmarks|recipes|scripts)/[\w./-]*\w", text)
    assert named
    for name in named:
        assert (REPOSITORY / name).exists(), name


def test_every_dependency_has_its_reason() -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 and later read TOML")
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *[name for extra in project["optional-dependencies"].values() for name in extra],
    ]
    reasons = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    pinned = (REPOSITORY / "constraints.txt").read_text(encoding="utf-8").lower().replace("_", "-")
    for requirement in wanted:
        name = re.split(r"[<>=\[]", requirement)[0]
        if name == "glmkit":
            continue
        assert re.search(rf"^\|.*\b{re.escape(name)}\b", reasons, re.MULTILINE), name
        assert re.search(rf"^{re.escape(name.lower().replace('_', '-'))}==", pinned, re.MULTILINE), name
