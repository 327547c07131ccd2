"""Tiny models for the serving tests: random ones, the original's, and one that has learned a few replies by heart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from torch.nn.functional import cross_entropy

from glmkit.chat.conversation import Conversation, Message, ToolCall
from glmkit.chat.protocol import encode_conversation
from glmkit.chat.sample import IGNORE_INDEX
from glmkit.chat.tokenizer import Tokenizer
from glmkit.model.config import ModelConfig
from glmkit.model.glm import GLM
from glmkit.model.prefix import PrefixEncoder
from glmkit.model.views import PackedView
from glmkit.model.weights import load_model_folder


def random_glm(vocab_size: int, max_seq_len: int = 256, seed: int = 0) -> GLM:
    """A GLM of 2 layers whose weights are large enough for its tokens to vary."""
    torch.set_num_threads(1)
    config = ModelConfig(
        num_layers=2,
        hidden_size=32,
        num_heads=4,
        num_kv_heads=2,
        head_dim=8,
        intermediate_size=48,
        vocab_size=vocab_size,
        max_seq_len=max_seq_len,
        qkv_bias=True,
    )
    model = GLM(config)
    model.init_weights(std=0.5, seed=seed)
    return model.eval()


@pytest.fixture
def glm(small_tokenizer: Tokenizer) -> GLM:
    """A random GLM over the ids of ``small_tokenizer``, context 256."""
    return random_glm(small_tokenizer.vocab_size)


@pytest.fixture
def prefixed_glm(glm: GLM) -> GLM:
    """The same with a random prefix of 5 positions, strong enough to change what is generated."""
    glm.prefix = PrefixEncoder(glm.config, prefix_len=5)
    glm.prefix.init_normal(std=1.0, generator=torch.Generator().manual_seed(1))
    return glm


@pytest.fixture(scope="session", params=["tiny-chatglm3", "tiny-chatglm3-32k-projection"])
def golden_folder(golden: Path, request: pytest.FixtureRequest) -> Path:
    """Each folder of the original's outputs in turn."""
    return golden / str(request.param)


@pytest.fixture
def golden_glm(golden_folder: Path) -> GLM:
    """The model of ``golden_folder``, float32."""
    return load_model_folder(golden_folder, dtype=torch.float32, device="cpu")


# What `talking_glm` has learned by heart.
CONVERSATIONS = [
    [("user", "hello"), ("assistant", "The quick 🙂 fox."), ("user", "again"), ("assistant", "你好，谢谢！")],
    [("system", "brief"), ("user", "hello"), ("assistant", "ok")],
    [("user", "run"), ("assistant", "interpreter\n```python\nprint('hello')\n```")],
    [("user", "nothing"), ("assistant", "")],
    [("user", "escape"), ("assistant", "a\x1b[2J\x9b")],
]
WEATHER = Conversation(
    messages=(
        Message(role="user", content="weather"),
        Message(role="assistant", content="I look."),
        Message(role="assistant", call=ToolCall(name="get_weather", arguments={"city": "北京", "days": 3})),
        Message(role="observation", content="21.5"),
        Message(role="assistant", content="It is 21.5"),
    )
)


def conversation(turns: list[tuple[str, str]]) -> Conversation:
    messages = []
    for role, content in turns:
        metadata = "interpreter" if content.startswith("interpreter\n") else ""
        messages.append(Message(role=role, metadata=metadata, content=content.removeprefix("interpreter\n")))
    return Conversation(messages=tuple(messages))


Learn = Callable[[Sequence[Conversation], int], GLM]


@pytest.fixture(scope="session")
def learn(small_tokenizer: Tokenizer) -> Learn:
    """Make tiny GLMs, of the context given, that have learned conversations by heart: their replies are known."""

    def learn(conversations: Sequence[Conversation], max_seq_len: int) -> GLM:
        model = random_glm(small_tokenizer.vocab_size, max_seq_len)
        model.init_weights(std=0.1)
        samples = [encode_conversation(item, small_tokenizer, max_seq_len) for item in conversations]
        view = PackedView([len(sample.input_ids) for sample in samples], "cpu")
        input_ids = torch.tensor([token for sample in samples for token in sample.input_ids])
        position_ids = torch.cat([torch.arange(len(sample.input_ids)) for sample in samples])
        targets = torch.tensor([token for sample in samples for token in [*sample.labels[1:], IGNORE_INDEX]])
        rows = (targets != IGNORE_INDEX).nonzero().squeeze(-1)
        optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
        for _ in range(200):
            hidden = model(input_ids, position_ids, view, rows=rows)
            loss = cross_entropy(model.logits_of(hidden), targets[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if loss < 0.01:
                return model
        pytest.fail(f"the test model has not learned its conversations: loss {loss.item()}")

    return learn


@pytest.fixture(scope="session")
def talking_glm(learn: Learn) -> GLM:
    """A tiny GLM that has learned CONVERSATIONS and WEATHER by heart."""
    return learn([*map(conversation, CONVERSATIONS), WEATHER], 256)


@pytest.fixture(scope="session")
def mini_tokenizer() -> Tokenizer:
    """The tokenizer of the bundled model."""
    return Tokenizer.from_file(Path(__file__).parents[2] / "glmkit" / "bundled" / "glmkit-mini")
