"""The page of a run says what metrics.jsonl and the settings say."""

from __future__ import annotations

import re
from typing import Any

from glmkit.config import TrainConfig
from glmkit.errors import set_language
from glmkit.training.run_page import MAX_STEPS_SHOWN, render_run_page

CONFIG = TrainConfig(model="base<1>", data="train.jsonl", name="mine", learning_rate=0.5, steps=3)


def row(step: int, **changed: Any) -> dict[str, Any]:
    numbers = {"loss": 4.0 / step, "lr": 0.1, "grad_norm": 0.5, "tokens": 1000, "labels": 250, "seconds": 0.5}
    return {"step": step, **numbers, "tokens_per_s": 2000.0, "epoch": step / 2, **changed}


def test_figures_settings_and_steps_are_those_of_the_run() -> None:
    page = render_run_page(CONFIG, [row(1), row(2), row(3)], 3)
    assert "base&lt;1&gt; was trained on train.jsonl by ptuning: 3 steps, 1.5 passes over the data." in page
    assert re.findall(r"<dd>(.*?)</dd>", page) == ["3", "3", "1.667", "3,000", "25.0%", "2,000", "0:02"]
    assert '<th scope="row">learning_rate</th><td>0.5</td>' in page
    assert '<th scope="row" class="num">3</th><td>1.3333</td><td>0.1</td><td>0.5</td><td class="num">1,000</td>' in page
    assert page.count("<polyline") == 4
    assert not re.search(r"<script|src=|href=|url\(", page)


def test_a_run_that_was_stopped_says_how_far_it_came() -> None:
    page = render_run_page(CONFIG, [row(1)], 3)
    assert "is trained on train.jsonl by ptuning: 1 of 3 steps are done, 0.5 passes over the data." in page


def test_a_long_run_has_a_small_page_with_its_first_and_last_step() -> None:
    page = render_run_page(CONFIG, [row(step) for step in range(1, 50_001)], 50_000)
    assert len(page.encode()) < 200_000
    steps = re.findall(r'<th scope="row" class="num">([\d,]+)</th>', page)
    assert len(steps) == MAX_STEPS_SHOWN
    assert (steps[0], steps[-1]) == ("1", "50,000")


def test_a_chinese_page() -> None:
    set_language("zh")
    page = render_run_page(CONFIG, [row(1)], 1)
    assert '<html lang="zh-CN">' in page
    assert "以 ptuning 方法在 train.jsonl 上训练了 base&lt;1&gt;：1 步" in page
