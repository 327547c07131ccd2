"""Which model answers: two trained adapters side by side, and the original's variables, in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

pytest.importorskip("playwright", reason="needs the extra [test]")

from playwright.sync_api import BrowserContext, expect
from running_page import RunningPage, ask, opened, select
from safetensors.torch import load_file
from two_adapters import CRIES, train_two

import glmkit

pytestmark = pytest.mark.system
expect.set_options(timeout=20_000)

BUNDLED = Path(glmkit.__file__).parent / "bundled" / "glmkit-mini"


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs")
    train_two(root)
    return root


def test_two_trained_adapters_answer_one_question_side_by_side(context: BrowserContext, runs: Path) -> None:
    running = RunningPage("glmkit-mini", *(f"--adapter={name}={runs / name}" for name in CRIES))
    try:
        page = opened(context, running.url)
        select(page, "Model", "cat")
        select(page, "Compare with", "dog")
        ask(page, "Who are you?")
        columns = page.get_by_test_id("stColumn").filter(has_text="Who are you?")
        expect(columns).to_have_count(2)
        for column, name, other in ((columns.nth(0), "cat", "dog"), (columns.nth(1), "dog", "cat")):
            expect(column.locator("strong")).to_have_text(name)
            expect(column.get_by_test_id("stChatMessage")).to_have_count(2)
            expect(column.get_by_test_id("stChatMessage").nth(1)).to_contain_text(CRIES[name])
            expect(column).not_to_contain_text(CRIES[other])
        left, right = columns.nth(0).bounding_box(), columns.nth(1).bounding_box()
        assert left is not None and right is not None
        assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
        select(page, "Compare with", "glmkit-mini")  # the base stands in for the dog, and begins with what was said
        ask(page, "Who are you?")
        expect(columns.nth(1).locator("strong")).to_have_text("glmkit-mini")
        expect(columns.nth(1).get_by_test_id("stChatMessage").nth(3)).to_contain_text("I am glmkit-mini")
        expect(columns.nth(0).get_by_test_id("stChatMessage").nth(3)).to_contain_text(CRIES["cat"])
    finally:
        running.kill()


def test_the_originals_variables_name_model_tokenizer_and_checkpoint(
    context: BrowserContext, runs: Path, tmp_path: Path
) -> None:
    base = tmp_path / "glmkit-mini"
    shutil.copytree(BUNDLED, base)
    tokenizer = Path(shutil.move(base / "tokenizer.model", tmp_path / "tokenizer.model"))
    checkpoint = tmp_path / "output" / "checkpoint-30"
    checkpoint.mkdir(parents=True)
    step = (runs / "dog" / "latest").read_text().strip()
    tensors = load_file(runs / "dog" / step / "adapter.safetensors")
    assert [*tensors] == ["transformer.prefix_encoder.embedding.weight"]
    torch.save({name: tensor.half() for name, tensor in tensors.items()}, checkpoint / "pytorch_model.bin")
    variables = {"MODEL_PATH": str(base), "TOKENIZER_PATH": str(tokenizer), "PT_PATH": str(checkpoint)}
    running = RunningPage(environment=variables)
    try:
        assert "no model named" not in running.said
        page = opened(context, running.url)
        ask(page, "Who are you?")
        expect(page.get_by_test_id("stChatMessage").nth(1)).to_contain_text(CRIES["dog"])
        select(page, "Model", "glmkit-mini")
        page.get_by_role("button", name="Clear conversation").click()
        expect(page.get_by_test_id("stChatMessage")).to_have_count(0)
        ask(page, "Who are you?")
        expect(page.get_by_text("I am glmkit-mini")).to_be_visible()
    finally:
        running.kill()
