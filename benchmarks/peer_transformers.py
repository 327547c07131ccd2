"""The peer of the training benchmarks: Transformers' GlmForCausalLM with PEFT prefix tuning, on our numbers.

In: a model folder in the original's layout and an unrotated prefix. Out: a PEFT model with the same weights and the
same attention to its prefix, and the seconds and loss of each training step. Imports nothing of glmkit; train_cpu.py
calls it. PEFT refuses gradient checkpointing together with prefix tuning (Cache objects), so there is none.
"""

from __future__ import annotations

import json
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from peft import PeftModel, PrefixTuningConfig, TaskType, get_peft_model
from safetensors.torch import load_file
from transformers import GlmConfig, GlmForCausalLM, PrinterCallback, Trainer, TrainerCallback, TrainingArguments

IGNORE_INDEX = -100
ROTARY_BASE = 10000.0


class Example(NamedTuple):
    """One conversation; the label of a token stands at the token, as both sides expect it."""

    input_ids: list[int]
    labels: list[int]


class Step(NamedTuple):
    seconds: float
    loss: float


class Recipe(NamedTuple):
    """One contender: who runs the loop, how many samples a forward pass takes, and what they are padded to."""

    name: str
    loop: Callable[..., list[Step]]
    batch_size: int
    pad_to: int | None  # None: the longest of the batch


def load_peer(folder: Path) -> GlmForCausalLM:
    """Read a folder of the original's layout (one safetensors file) into Transformers' class, in float32."""
    original = json.loads((folder / "config.json").read_text())
    heads, groups, width = (original[k] for k in ("num_attention_heads", "multi_query_group_num", "kv_channels"))
    config = GlmConfig(
        vocab_size=original["padded_vocab_size"],
        hidden_size=original["hidden_size"],
        intermediate_size=original["ffn_hidden_size"],
        num_hidden_layers=original["num_layers"],
        num_attention_heads=heads,
        num_key_value_heads=groups,
        head_dim=width,
        max_position_embeddings=original["seq_length"],
        rms_norm_eps=original["layernorm_epsilon"],
        attention_bias=original["add_qkv_bias"],
        pad_token_id=0,
        eos_token_id=2,
        rope_parameters={
            "rope_type": "default",
            "rope_theta": ROTARY_BASE * original.get("rope_ratio", 1),
            "partial_rotary_factor": 0.5,
        },
    )
    peer = GlmForCausalLM(config)
    peer.load_state_dict(transformers_names(load_file(folder / "model.safetensors"), heads * width, groups * width))
    return peer


def transformers_names(original: dict[str, torch.Tensor], num_q: int, num_kv: int) -> dict[str, torch.Tensor]:
    """Rename the original's tensors; the fused rows of query, key and value become three tensors."""
    table = {
        "transformer.embedding.word_embeddings": "model.embed_tokens",
        "transformer.encoder.final_layernorm": "model.norm",
        "transformer.output_layer": "lm_head",
        "transformer.encoder.layers": "model.layers",
        "self_attention.dense": "self_attn.o_proj",
        "self_attention": "self_attn",
        "dense_h_to_4h": "gate_up_proj",
        "dense_4h_to_h": "down_proj",
    }
    renamed = {}
    for name, tensor in original.items():
        for theirs, here in table.items():
            name = name.replace(theirs, here)
        if "query_key_value" in name:
            for part, rows in zip("qkv", tensor.split([num_q, num_kv, num_kv]), strict=True):
                renamed[name.replace("query_key_value", f"{part}_proj")] = rows.clone()
        else:
            renamed[name] = tensor
    return renamed


def add_prefix(peer: GlmForCausalLM, prefix: torch.Tensor) -> PeftModel:
    """Wrap the peer in PEFT prefix tuning that starts from ``prefix`` [L, 2, P, K, d] (0 = key, 1 = value).

    The original leaves prefix keys unrotated and begins text at position 0; PEFT's text begins at P. Rotary attention
    sees distances only, so keys rotated by P positions give the same attention.
    """
    prefix_len = prefix.shape[2]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # PEFT asks Transformers under a name that will go
        model = get_peft_model(peer, PrefixTuningConfig(task_type=TaskType.CAUSAL_LM, num_virtual_tokens=prefix_len))
    base = peer.config.rope_parameters["rope_theta"]
    rotated = torch.stack((rotate(prefix[:, 0], prefix_len, base), prefix[:, 1]), dim=1)
    flat = rotated.permute(2, 0, 1, 3, 4).reshape(prefix_len, -1)  # [P, L * 2 * K * d]
    weight = model.prompt_encoder.default.embedding.weight
    assert weight.shape == flat.shape, (weight.shape, flat.shape)
    weight.data.copy_(flat)
    return model


def rotate(keys: torch.Tensor, position: int, base: float) -> torch.Tensor:
    """Turn the first half of the channels of ``keys`` [..., d], adjacent pairs, by one position's angles."""
    rotary_dim = keys.shape[-1] // 2
    angles = position * base ** (-torch.arange(0, rotary_dim, 2, dtype=torch.float64) / rotary_dim)
    cos, sin = angles.cos().to(keys.dtype), angles.sin().to(keys.dtype)
    a, b = keys[..., 0:rotary_dim:2], keys[..., 1:rotary_dim:2]
    turned = torch.stack((a * cos - b * sin, b * cos + a * sin), dim=-1).flatten(-2)
    return torch.cat((turned, keys[..., rotary_dim:]), dim=-1)


def pad_right(examples: Sequence[Example], pad_to: int | None) -> dict[str, torch.Tensor]:
    """Collate to [B, length] with padding on the right, as the original's data set does."""
    length = pad_to or max(len(example.input_ids) for example in examples)

    def rows(values: list[list[int]], filler: int) -> torch.Tensor:
        return torch.tensor([row + [filler] * (length - len(row)) for row in values])

    return {
        "input_ids": rows([e.input_ids for e in examples], 0),
        "attention_mask": rows([[1] * len(e.input_ids) for e in examples], 0),
        "labels": rows([e.labels for e in examples], IGNORE_INDEX),
    }


def train_bare(
    model: PeftModel, examples: Sequence[Example], recipe: Recipe, *, steps: int, samples_per_step: int, lr: float
) -> list[Step]:
    """A plain PyTorch loop: the same arithmetic as the Trainer's without what surrounds it."""
    weights = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=lr, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
    model.train()
    record = []
    for step in range(steps):
        start = time.perf_counter()
        chosen = examples[step * samples_per_step : (step + 1) * samples_per_step]
        num_labels = sum(label != IGNORE_INDEX for example in chosen for label in example.labels[1:])
        total = 0.0
        for first in range(0, samples_per_step, recipe.batch_size):
            batch = pad_right(chosen[first : first + recipe.batch_size], recipe.pad_to)
            loss = model(**batch, num_items_in_batch=num_labels).loss
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        record.append(Step(time.perf_counter() - start, total))
    return record


class Stopwatch(TrainerCallback):
    """Notes when each optimiser step ended."""

    def __init__(self) -> None:
        self.times = [time.perf_counter()]

    def on_train_begin(self, *_: Any, **__: Any) -> None:
        self.times = [time.perf_counter()]

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.times.append(time.perf_counter())


def train_with_trainer(
    model: PeftModel, examples: Sequence[Example], recipe: Recipe, *, steps: int, samples_per_step: int, lr: float
) -> list[Step]:
    """Hugging Face's Trainer with the settings that users take, in the samples' order, on the CPU."""
    stopwatch = Stopwatch()
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            max_steps=steps,
            per_device_train_batch_size=recipe.batch_size,
            gradient_accumulation_steps=samples_per_step // recipe.batch_size,
            learning_rate=lr,
            lr_scheduler_type="linear",
            weight_decay=0.0,
            max_grad_norm=1.0,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            use_cpu=True,
            disable_tqdm=True,
            train_sampling_strategy="sequential",
            remove_unused_columns=False,
            dataloader_pin_memory=False,
        )
        trainer = Trainer(
            model=model,
            args=arguments,
            train_dataset=list(examples),
            data_collator=lambda batch: pad_right(batch, recipe.pad_to),
            callbacks=[stopwatch],
        )
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    seconds = [after - before for before, after in zip(stopwatch.times, stopwatch.times[1:], strict=False)]
    return [Step(*pair) for pair in zip(seconds, losses, strict=True)]
