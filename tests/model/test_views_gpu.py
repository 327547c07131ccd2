"""PackedView on an NVIDIA card: the variable-length kernel against SDPA and against float64."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from glmkit.model import GLM, PackedView, token_losses
from glmkit.model.views import _EqualLengths, has_varlen_kernel

pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA card")]

LENGTHS = [1, 130, 64, 64, 7, 400, 256, 2]
GROUPS = [(32, 2), (8, 8), (6, 3)]  # query heads, key/value heads
D = 128

# bfloat16 keeps 8 bits: inputs rounded, products summed in float32. Observed below 0.005.
TOLERANCE = 0.01


def stream(H: int, K: int, prefix_len: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(H + prefix_len)
    T = sum(LENGTHS)
    shapes = [(T, H, D), (T, K, D), (T, K, D), (1, 2, prefix_len, K, D)]
    made = [torch.randn(shape, generator=generator).cuda() for shape in shapes]
    return [made[0].bfloat16(), made[1].bfloat16(), made[2].bfloat16(), made[3].bfloat16().float()]


def values_and_gradients(
    attend: Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor], inputs: list[Tensor], prefix_len: int
) -> list[Tensor]:
    """The output, then the gradients of q, k, v and of the prefix if there is one."""
    inputs = [x.detach().clone().requires_grad_() for x in (inputs if prefix_len else inputs[:3])]
    output = attend(*inputs[:3], inputs[3] if prefix_len else None)
    weights = torch.randn(output.shape, generator=torch.Generator().manual_seed(1)).cuda()
    return [output.detach(), *torch.autograd.grad((output * weights.to(output.dtype)).sum(), inputs)]


def through_view(q: Tensor, k: Tensor, v: Tensor, prefix: Tensor | None) -> Tensor:
    return PackedView(LENGTHS, "cuda", prefix).attend(0, q, k, v)


def through_sdpa(q: Tensor, k: Tensor, v: Tensor, prefix: Tensor | None) -> Tensor:
    groups = _EqualLengths(LENGTHS, torch.device("cuda"))
    return groups.attend(q, k, v, None if prefix is None else prefix[0])


def relative_error(found: Tensor, wanted: Tensor) -> float:
    return float((found.double() - wanted.double()).norm() / wanted.double().norm())


@pytest.mark.parametrize("prefix_len", [0, 128])
@pytest.mark.parametrize(("H", "K"), GROUPS)
def test_the_kernel_equals_sdpa_and_float64_forward_and_backward(H: int, K: int, prefix_len: int) -> None:
    inputs = stream(H, K, prefix_len)
    assert has_varlen_kernel(inputs[0])
    found = values_and_gradients(through_view, inputs, prefix_len)
    sdpa = values_and_gradients(through_sdpa, inputs, prefix_len)
    exact = values_and_gradients(through_sdpa, [x.double() for x in inputs], prefix_len)
    names = ["output", "q.grad", "k.grad", "v.grad", "prefix.grad"]
    errors = {name: relative_error(*pair) for name, *pair in zip(names, found, exact, strict=False)}
    sdpa_errors = {name: relative_error(*pair) for name, *pair in zip(names, sdpa, exact, strict=False)}
    print(f"\nH={H} K={K} P={prefix_len} varlen {errors} sdpa {sdpa_errors}")
    assert max(errors.values()) < TOLERANCE
    assert max(sdpa_errors.values()) < TOLERANCE
    assert found[-1].dtype == (torch.float32 if prefix_len else torch.bfloat16)


def test_float32_and_old_cards_take_sdpa(make_glm: Callable[..., GLM]) -> None:
    assert not has_varlen_kernel(torch.zeros(1, 1, 8, device="cuda"))
    model = make_glm(prefix_len=3).cuda()
    ids = torch.arange(20, device="cuda")[None]
    with torch.no_grad():
        wanted = make_glm(prefix_len=3).logits(ids.cpu())
        torch.testing.assert_close(model.logits(ids).cpu(), wanted, atol=1e-3, rtol=1e-3)  # cuBLAS may use TF32


@pytest.mark.parametrize("prefix_len", [0, 5])
def test_a_training_step_equals_the_cpus(make_glm: Callable[..., GLM], prefix_len: int) -> None:
    """Loss and prefix gradient in bfloat16 on the card against float64 on the CPU."""
    lengths = [5, 9, 9, 1]
    ids, targets = torch.arange(24), torch.arange(24).roll(-1)
    positions = torch.cat([torch.arange(n) for n in lengths])
    results = []
    for device, dtype in (("cpu", torch.float64), ("cuda", torch.bfloat16)):
        model = make_glm(prefix_len=prefix_len).to(device, dtype)
        if model.prefix is not None:
            model.prefix.float()
        view = PackedView(lengths, device, None if model.prefix is None else model.prefix())
        hidden = model(ids.to(device), positions.to(device), view)
        loss, _ = token_losses(model, hidden, targets.to(device), torch.full((24,), 1 / 24, device=device))
        loss.backward()
        trained = model.embed_tokens.weight if model.prefix is None else model.prefix.embedding.weight
        results.append((loss.detach().cpu(), trained.grad.cpu()))
    (loss, gradient), (loss_card, gradient_card) = results
    assert loss_card.item() == pytest.approx(loss.item(), rel=0.01)
    assert relative_error(gradient_card, gradient) < 0.05  # two layers of bfloat16
