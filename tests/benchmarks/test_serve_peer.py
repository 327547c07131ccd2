"""The peer of the serving benchmark is the same model: its prompts have our ids, and its replies are ours, greedily."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers", reason="needs the extra [test]")
pytest.importorskip("peft", reason="needs the extra [test]")
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def test_the_peer_reads_and_writes_what_glmkit_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    import serve_peer
    import transformers

    import glmkit
    from glmkit.loading import resolve

    source = resolve("glmkit-mini").base
    serve_peer.write_peer(source, tmp_path, "float32")
    texts = ["Hello", "time year 今天 天气", "a\n\nb", " two  spaces ", "🙂"]
    bodies = [{"messages": [{"role": "user", "content": text}]} for text in texts]
    serve_peer.check_prompts(source, tmp_path, bodies)
    tokenizer = glmkit.load_tokenizer(source)
    prompt = glmkit.encode_chat(bodies[0]["messages"], tokenizer)
    model = glmkit.load_model(source, dtype="float32", device="cpu")
    ours = glmkit.Engine(model).generate([prompt], glmkit.SamplingParams(temperature=0, max_tokens=12))[0].ids
    peer = transformers.AutoModelForCausalLM.from_pretrained(tmp_path)
    theirs = peer.generate(torch.tensor([prompt]), max_new_tokens=12)[0, len(prompt) :].tolist()
    assert theirs == ours
