"""The serving benchmark: its peer is the same model, and all servers take turns.

The peer's prompts have our ids, and its replies are ours, greedily.
"""

from __future__ import annotations

import json
from importlib import import_module
from pathlib import Path
from types import ModuleType

import pytest
import torch

pytest.importorskip("transformers", reason="needs the extra [test]")
pytest.importorskip("peft", reason="needs the extra [test]")
BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def serve_peer(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return import_module("serve_peer")


def test_the_peer_reads_and_writes_what_glmkit_does(tmp_path: Path, serve_peer: ModuleType) -> None:
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


def test_every_server_is_at_every_place_once_in_as_many_rounds(serve_peer: ModuleType) -> None:
    orders = [serve_peer.order_of(["a", "b", "c"], round) for round in range(4)]
    assert orders == [["a", "b", "c"], ["b", "c", "a"], ["c", "a", "b"], ["a", "b", "c"]]


def test_ratios_are_of_the_same_round(serve_peer: ModuleType) -> None:
    def rounds(*rates: float) -> list[dict[str, float]]:
        return [{"generated_tokens_per_s": rate} for rate in rates]

    plain, batching = serve_peer.PEERS
    compared = serve_peer.compare(
        {serve_peer.OURS: rounds(100, 60, 90), plain: rounds(50, 10, 30), batching: rounds(0, 0, 0)}
    )
    assert compared["tokens_per_s"][serve_peer.OURS] == {"median": 90, "lowest": 60, "highest": 100}
    assert compared["ratios"][plain] == {"median": 3, "lowest": 2, "highest": 6, "rounds": [2, 6, 3]}
    assert compared["ratios"][batching] is None  # a peer that answered nothing is no measure


@pytest.mark.slow
@pytest.mark.long
def test_a_small_run_measures_all_servers_in_turns(tmp_path: Path, serve_peer: ModuleType) -> None:
    output = tmp_path / "result.json"
    small = ["--requests", "4", "--peer-requests", "2", "--concurrency", "2", "--max-tokens", "4", "--streams", "6"]
    assert serve_peer.main([*small, "--rounds", "2", "--output", str(output)]) == 0
    result = json.loads(output.read_text())
    ours, *peers = result["order"][0]
    assert result["order"][1] == [*peers, ours] and [*result["ratios"]] == peers
    assert [len(result["figures"][name]) for name in (ours, *peers, serve_peer.MANY)] == [2, 2, 2, 1]
    for name, rounds in result["figures"].items():
        assert all(figures["errors"] == 0 and figures["mean_reply_tokens"] == 4 for figures in rounds), name
        assert all(figures["cached_tokens"] == 0 for figures in rounds if name == ours)
