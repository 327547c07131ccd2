"""The API inside the process that uses it: its key, its failures, its end."""

from __future__ import annotations

import json
import threading
import urllib.error
import urllib.request
from typing import Any

import pytest
import torch

from glmkit.chat.tokenizer import Tokenizer
from glmkit.errors import GlmkitError
from glmkit.model.glm import GLM
from glmkit.serving.api.local import LocalApi, local_api


def ask(local: LocalApi, key: str) -> dict[str, Any]:
    body = {"model": "model", "messages": [{"role": "user", "content": "hello"}], "temperature": 0}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(f"{local.base_url}/chat/completions", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


def test_it_answers_who_has_the_key_and_is_gone_afterwards(talking_glm: GLM, small_tokenizer: Tokenizer) -> None:
    before = threading.active_count()
    with local_api(talking_glm, small_tokenizer, "as_is") as local:
        assert local.base_url.startswith("http://127.0.0.1:") and local.max_seq_len == 256
        assert ask(local, local.key)["choices"][0]["message"]["content"] == "The quick 🙂 fox."
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(local, "guess")
    assert threading.active_count() == before
    with pytest.raises(urllib.error.URLError, match="refused"):
        ask(local, local.key)


def test_two_have_ports_and_keys_of_their_own(talking_glm: GLM, small_tokenizer: Tokenizer) -> None:
    with (
        local_api(talking_glm, small_tokenizer, "as_is") as one,
        local_api(talking_glm, small_tokenizer, "as_is") as two,
    ):
        assert one.base_url != two.base_url and one.key != two.key
        with pytest.raises(urllib.error.HTTPError, match="401"):
            ask(two, one.key)


def test_an_engine_that_cannot_be_built_is_told(
    talking_glm: GLM, small_tokenizer: Tokenizer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch, "zeros", lambda *args, **kwargs: torch.empty(10**18))
    with pytest.raises((GlmkitError, RuntimeError)), local_api(talking_glm, small_tokenizer, "as_is"):
        pytest.fail("there is no engine")
