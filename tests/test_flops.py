"""The counter of floating-point operations: by hand, against torch's own where that works, and what it leaves out."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from torch.utils.flop_counter import FlopCounterMode, flop_registry, register_flop_formula

from genbench.flops import FlopCounter
from genbench.flops import counter as flops

if TYPE_CHECKING:
    from collections.abc import Callable

N = 4  # rows


def _count(work: Callable[[], object]) -> tuple[int, tuple[str, ...]]:
    counter = FlopCounter()
    with counter:
        work()
    return counter.total, counter.uncounted


def _mlp(activation: nn.Module | None = None) -> nn.Sequential:
    return nn.Sequential(nn.Linear(5, 7), activation or nn.ReLU(), nn.Linear(7, 3))


def _step(model: nn.Module, x: torch.Tensor) -> None:
    model(x).square().mean().backward()


def _penalise(critic: nn.Module, x: torch.Tensor) -> None:
    """Gulrajani et al. 2017, arXiv:1704.00028, equation 3: the penalty alone."""
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    (gradient.flatten(1).norm(dim=1) - 1).square().mean().backward()


# By hand


def test_an_mlp_step_is_forward_twice_and_the_input_gradients() -> None:
    """Kills: the backward pass is not counted (the mode is left before it), or the first layer's input gradient is."""
    first, second = 2 * N * 5 * 7, 2 * N * 7 * 3
    assert _count(lambda: _step(_mlp(), torch.ones(N, 5))) == (2 * first + 3 * second, ())


def test_several_entries_add_up() -> None:
    """Kills: the total starts again at each `with`."""
    counter, model = FlopCounter(), _mlp()
    for _ in range(3):
        with counter:
            model(torch.ones(N, 5))
    assert counter.total == 3 * 2 * N * (5 * 7 + 7 * 3)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("wants_input", [False, True])
def test_convolution(groups: int, wants_input: bool) -> None:
    """Kills: torch's formula of the weight's gradient, which forgets the groups."""
    layer = nn.Conv2d(6, 8, 3, stride=2, padding=1, groups=groups)  # [6, 9, 9] => [8, 5, 5]
    x = torch.ones(N, 6, 9, 9, requires_grad=wants_input)
    forward = 2 * N * (5 * 5) * 8 * (6 // groups) * (3 * 3)
    assert _count(lambda: _step(layer, x)) == (forward * (2 + wants_input), ())


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("wants_input", [False, True])
def test_transposed_convolution(groups: int, wants_input: bool) -> None:
    """Kills: the filter is laid at every place of the output instead of the input, a factor of stride squared."""
    layer = nn.ConvTranspose2d(6, 4, 4, stride=2, padding=1, groups=groups)  # [6, 5, 5] => [4, 10, 10]
    x = torch.ones(N, 6, 5, 5, requires_grad=wants_input)
    forward = 2 * N * (5 * 5) * 6 * (4 // groups) * (4 * 4)
    assert _count(lambda: _step(layer, x)) == (forward * (2 + wants_input), ())


def test_gradient_penalty_of_an_mlp() -> None:
    """Kills: the second backward pass is not counted, which is 8 of its 13 products."""
    hidden, out = 2 * N * 5 * 7, 2 * N * 7
    critic = nn.Sequential(nn.Linear(5, 7), nn.Tanh(), nn.Linear(7, 1))
    forward = hidden + out
    gradient = out + hidden  # to the input alone
    # Through the gradient: of its two factors in the first layer, of the one that has parameters in the second; then
    # through the activation, whose slope depends on the first layer, to that layer's weight and to the input.
    penalty = 2 * hidden + out + 2 * hidden
    assert _count(lambda: _penalise(critic, torch.randn(N, 5))) == (forward + gradient + penalty, ())


def test_gradient_penalty_of_a_convolution() -> None:
    """Kills: the gradient of `convolution_backward` is taken for free."""
    critic = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Tanh())  # [3, 6, 6] => [4, 4, 4]
    layer = 2 * N * (4 * 4) * 4 * 3 * (3 * 3)
    forward, gradient, penalty = layer, layer, 4 * layer
    assert _count(lambda: _penalise(critic, torch.randn(N, 3, 6, 6))) == (forward + gradient + penalty, ())


def test_attention() -> None:
    """Kills: attention on the CPU, for which torch has no formula, is not counted."""
    batch, heads, queries, keys, width = 2, 3, 5, 7, 8
    q = torch.randn(batch, heads, queries, width, requires_grad=True)
    k, v = (torch.randn(batch, heads, keys, width, requires_grad=True) for _ in range(2))
    product = 2 * batch * heads * queries * keys * width
    total = _count(lambda: functional.scaled_dot_product_attention(q, k, v).sum().backward())
    assert total == ((2 + 5) * product, ())  # scores are computed again on the way back, and four gradients


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (lambda: torch.mv(torch.ones(3, 4), torch.ones(4)), 2 * 12),
        (lambda: torch.ones(3, 4) @ torch.ones(4), 2 * 12),
        (lambda: torch.addmv(torch.ones(3), torch.ones(3, 4), torch.ones(4)), 2 * 12),
        (lambda: torch.dot(torch.ones(4), torch.ones(4)), 2 * 4),
        (lambda: torch.vdot(torch.ones(4), torch.ones(4)), 2 * 4),
        (lambda: torch.baddbmm(torch.ones(2, 3, 5), torch.ones(2, 3, 4), torch.ones(2, 4, 5)), 2 * 2 * 3 * 4 * 5),
        (lambda: torch.addbmm(torch.ones(3, 5), torch.ones(2, 3, 4), torch.ones(2, 4, 5)), 2 * 2 * 3 * 4 * 5),
        (lambda: torch.ones(3, 5).addmm_(torch.ones(3, 4), torch.ones(4, 5)), 2 * 3 * 4 * 5),
        (lambda: torch.ones(2, 3, 5).baddbmm_(torch.ones(2, 3, 4), torch.ones(2, 4, 5)), 2 * 2 * 3 * 4 * 5),
        (lambda: torch.mm(torch.ones(3, 4), torch.ones(4, 5), out=torch.empty(3, 5)), 2 * 3 * 4 * 5),
        (lambda: torch.einsum("bi,ij,bj->b", torch.ones(N, 3), torch.ones(3, 5), torch.ones(N, 5)), 2 * N * (15 + 5)),
        (lambda: torch.outer(torch.ones(3), torch.ones(4)), 0),
    ],
)
def test_products(work: Callable[[], object], expected: int) -> None:
    """Kills: products with a vector, products in place and sums of products are passed over, as by torch's counter."""
    assert _count(work) == (expected, ())


def test_a_fused_lstm_meets_every_matrix_once_a_step() -> None:
    """Kills: a fused recurrent layer is not counted, or once for the whole sequence."""
    steps, layer = 6, nn.LSTM(5, 7, num_layers=2)
    forward = 2 * steps * N * 4 * 7 * (5 + 7 + 7 + 7)
    assert _count(lambda: layer(torch.ones(steps, N, 5))) == (forward, ())
    assert _count(lambda: layer(torch.ones(steps, N, 5))[0].sum().backward()) == (3 * forward, ())


def test_cudnn_keeps_its_weights_in_a_list() -> None:
    """Kills: the formula of the CPU's layer, which takes its weights one by one, is used for both."""
    weights = [torch.ones(28, 5), torch.ones(28, 7), torch.ones(28), torch.ones(28)]
    rows = torch.ones(6, N, 5)
    assert flops.ADDED["aten._cudnn_rnn"](rows, weights, 4) == 2 * 6 * N * 28 * (5 + 7)
    assert flops.ADDED["aten._cudnn_rnn_backward"](rows, weights, 4) == 2 * 2 * 6 * N * 28 * (5 + 7)


def test_a_gru_is_made_of_products() -> None:
    steps, layer = 6, nn.GRU(5, 7)
    assert _count(lambda: layer(torch.ones(steps, N, 5))) == (2 * steps * N * 3 * 7 * (5 + 7), ())


# Against torch, and whatever way the code is run


def _everything() -> None:
    """Whatever torch counts rightly, forward and backward."""
    convolutions = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.LeakyReLU(0.2), nn.ConvTranspose2d(8, 4, 4, stride=2)
    )
    features = convolutions(torch.ones(N, 3, 6, 6)).flatten(1)  # [n, 784]
    hidden = nn.Linear(784, 6)(features).relu()
    scores = torch.baddbmm(torch.ones(N, 2, 2), hidden.view(N, 2, 3), hidden.view(N, 3, 2))
    torch.einsum("bij,bjk->bik", scores, scores).sum().backward()


def test_equal_to_torch_where_that_works() -> None:
    with FlopCounterMode(display=False) as expected:
        _everything()
    assert _count(_everything) == (expected.get_total_flops(), ())


def test_autocast_counts_the_same() -> None:
    """Kills: the casts are counted, or the products on bfloat16 are not."""

    def cast() -> None:
        with torch.autocast("cpu", torch.bfloat16):
            _everything()

    assert _count(cast) == _count(_everything)


def test_inference_mode_is_decomposed() -> None:
    """Kills: `linear` and `conv2d`, which arrive whole there, are not taken apart."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(64, 2)).requires_grad_(False)
    x = torch.ones(N, 3, 6, 6)
    expected = _count(lambda: model(x))

    def infer() -> None:
        with torch.inference_mode():
            model(x)

    assert _count(infer) == expected == (2 * N * (16 * 4 * 27 + 64 * 2), ())


def test_what_is_computed_again_is_counted_again() -> None:
    model, x = _mlp(), torch.ones(N, 5)
    extra = 2 * N * 5 * 7  # torch stops computing again once it has all that was to be saved, before the last product
    plain, _ = _count(lambda: _step(model, x))
    assert _count(lambda: checkpoint(model, x, use_reentrant=False).sum().backward()) == (plain + extra, ())


@pytest.mark.parametrize("fullgraph", [False, True])
def test_a_compiled_function_is_counted_and_compiled_later(fullgraph: bool) -> None:
    """Kills: counting first marks the function as never to be compiled, and its speed is then that of eager code."""
    compilations: list[int] = []

    def backend(graph: Any, _: Any) -> Any:
        compilations.append(1)
        return graph.forward

    torch._dynamo.reset()
    model = _mlp().requires_grad_(False)
    compiled = torch.compile(model, backend=backend, fullgraph=fullgraph)
    expected = (2 * N * (5 * 7 + 7 * 3), ())
    assert _count(lambda: compiled(torch.ones(N, 5))) == expected
    assert not compilations
    compiled(torch.ones(N, 5))
    assert len(compilations) == 1
    assert _count(lambda: compiled(torch.ones(N, 5))) == expected


def _trained(counter: FlopCounter | None) -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    encoder = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Dropout(0.3), nn.Flatten(2))
    model = nn.ModuleDict({"encoder": encoder, "lstm": nn.LSTM(16, 8), "attention": nn.MultiheadAttention(8, 2)})
    optimizer = torch.optim.Adam(model.parameters())
    for _ in range(3):
        if counter is not None:
            counter.__enter__()
        rows = model["lstm"](model["encoder"](torch.randn(N, 3, 6, 6)))[0]
        optimizer.zero_grad()
        model["attention"](rows, rows, rows)[0].square().mean().backward()
        optimizer.step()
        if counter is not None:
            counter.__exit__(None, None, None)
    return model.state_dict()


def test_looking_does_not_touch() -> None:
    """Kills: an operation is run twice, which moves the random generator and the running statistics."""
    counter = FlopCounter()
    seen, unseen = _trained(counter), _trained(None)
    assert counter.total > 0
    assert all(torch.equal(seen[name], unseen[name]) for name in unseen)


# The convention


def _optimise(**options: bool) -> None:
    model = nn.Linear(3, 4)
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    torch.optim.Adam(model.parameters(), **options).step()


@pytest.mark.parametrize(
    "work",
    [
        lambda x: functional.batch_norm(x, None, None, training=True).sum().backward(),
        lambda x: nn.BatchNorm2d(4).eval()(x).sum().backward(),
        lambda x: (nn.GroupNorm(2, 4)(x) + nn.LayerNorm(8)(x) + nn.InstanceNorm2d(4)(x)).sum().backward(),
        lambda x: nn.utils.parametrizations.weight_norm(nn.Linear(3, 4)).weight.sum().backward(),
        lambda x: nn.Embedding(5, 4)(torch.tensor([1, 2])).sum().backward(),
        lambda x: nn.EmbeddingBag(5, 4)(torch.tensor([[1, 2]])).sum().backward(),
        lambda x: (x.sort(), x.topk(2), x.argmax(), x.unique(), torch.searchsorted(torch.arange(3), torch.arange(3))),
        lambda x: (x.std(), x.var(0), x.norm(), x.logsumexp(1), x.softmax(1), x.cumsum(0), x.median(), x.prod()),
        lambda x: (functional.max_pool2d(x, 2) + functional.avg_pool2d(x, 2)).sum().backward(),
        lambda x: functional.interpolate(x, scale_factor=2, mode="bilinear").sum().backward(),
        lambda x: functional.pad(functional.pixel_shuffle(x, 2), (1, 1, 1, 1), "reflect").sum().backward(),
        lambda x: (functional.gelu(x) + functional.silu(x) + functional.softplus(x)).sum().backward(),
        lambda x: (functional.hardswish(x) + functional.elu(x) + functional.dropout(x)).sum().backward(),
        lambda x: functional.binary_cross_entropy_with_logits(x, torch.ones_like(x)).backward(),
        lambda x: functional.cross_entropy(x, torch.zeros(2, 8, 8, dtype=torch.long)).backward(),
        lambda x: (x[x > 0], x.gather(0, torch.zeros_like(x).long()), torch.cat([x, x]), x.flip(0), x.bfloat16()),
        lambda x: (x.index_add(0, torch.tensor([0]), x[:1]), x[..., 0].sum().backward(), torch.where(x > 0)),
        lambda x: (x.view(-1), x.mT, x[0], x.chunk(2), x.expand(1, -1, -1, -1, -1), torch.complex(x, x).conj().imag),
        lambda x: (torch.randperm(3), torch.eye(3), torch.arange(3), torch.empty(3).uniform_(), torch.randn_like(x)),
        lambda x: (torch.multinomial(torch.ones(3), 2), torch.bernoulli(torch.ones(3)), torch.normal(torch.ones(3))),
        lambda x: _optimise(fused=True),
        lambda x: _optimise(foreach=True),
        lambda x: torch.nn.utils.clip_grad_norm_([nn.Parameter(torch.ones(3))], 1.0),
        lambda x: (torch.allclose(x, x), x.sum().item(), torch.isnan(x).any().item(), x // 2),
    ],
)  # fmt: skip
def test_free_by_convention(work: Callable[[torch.Tensor], object]) -> None:
    """Kills: noise in `uncounted`, under which a reader would overlook what matters."""
    x = torch.rand(2, 4, 8, 8, requires_grad=True)
    assert _count(lambda: work(x)) == (0, ())


@pytest.mark.parametrize(
    ("work", "names"),
    [
        (lambda: torch.linalg.svd(torch.eye(3)), ("aten._linalg_svd",)),
        (lambda: torch.linalg.cholesky(torch.eye(3)), ("aten.linalg_cholesky_ex",)),
        (lambda: torch.linalg.solve(torch.eye(3), torch.ones(3)), ("aten._linalg_solve_ex",)),
        (lambda: torch.fft.rfft(torch.ones(4)), ("aten._fft_r2c",)),
        (lambda: torch.cdist(torch.ones(3, 2), torch.ones(4, 2)), ("aten._cdist_forward",)),
        (lambda: nn.Bilinear(3, 4, 5)(torch.ones(N, 3), torch.ones(N, 4)), ("aten._trilinear",)),
    ],
)
def test_listed_by_name(work: Callable[[], object], names: tuple[str, ...]) -> None:
    """Kills: what this table does not know counts as free."""
    assert _count(work) == (0, names)


def test_a_transformer_layer_in_one_kernel_is_listed() -> None:
    layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True, dropout=0.0).eval().requires_grad_(False)
    assert _count(lambda: layer(torch.ones(N, 3, 8))) == (0, ("aten._transformer_encoder_layer_fwd",))


PRODUCTS = re.compile(
    r"(^|_)(addb?mm|baddbmm|b?mm|mv|matmul|linear|trilinear|conv\w*|rnn|lstm|gru|attention|cdist|pdist|solve|cholesky|svd"
    r"|eig\w*|qr|lu|inv|pinv|det|slogdet|lstsq|fft|matrix_exp)(_|$)"
)
HARMLESS = re.compile(r"flatten_weight|^_thnn_fused_|fftfreq|_from_|_to_|^conv(ert|olution)?_weight|upsample_")


def test_no_product_is_free() -> None:
    """Kills: a word in the table that means more than it should: `native` the attention, `tril` the trilinear form."""
    free = []
    for qualified in torch._C._dispatch_get_all_op_names():
        name, _, overload = qualified.removeprefix("aten::").partition(".")
        packet = getattr(torch.ops.aten, name, None) if qualified.startswith("aten::") else None
        func = getattr(packet, overload or "default", None)
        if func is not None and PRODUCTS.search(name) and not HARMLESS.search(name) and flops._is_free(func):
            free.append(qualified)
    assert free == []


# Custom operations


def _custom(function: Callable[[torch.Tensor], torch.Tensor]) -> Any:
    """Define an operation under a name of its own, so that tests do not meet in torch's registry."""
    return torch.library.custom_op(f"genbench_tests::square_{uuid.uuid4().hex[:8]}", function, mutates_args=())


def _square(x: torch.Tensor) -> torch.Tensor:
    return x @ x


def test_a_custom_operation_is_listed_until_it_has_a_formula() -> None:
    """Kills: formulas are copied when the counter is made, so that one registered later is not honoured."""
    square, counter, x = _custom(_square), FlopCounter(), torch.ones(3, 3)
    packet = square._opoverload._overloadpacket
    with counter:
        square(x)
    assert (counter.total, counter.uncounted) == (0, (str(packet),))

    @register_flop_formula(packet)
    def _(shape: tuple[int, int], **_: Any) -> int:
        return 2 * shape[0] ** 3

    try:
        assert _count(lambda: square(x)) == (2 * 27, ())
        with counter:
            square(x)
        assert counter.total == 2 * 27
    finally:
        del flop_registry[packet]


def test_a_formula_that_fails_does_not_end_the_training() -> None:
    square, x = _custom(_square), torch.ones(3, 3)
    packet = square._opoverload._overloadpacket

    @register_flop_formula(packet)
    def _(*_: Any, **__: Any) -> int:
        raise AssertionError("these shapes are unknown")

    try:
        assert _count(lambda: square(x)) == (0, (str(packet),))
    finally:
        del flop_registry[packet]


def test_an_error_leaves_the_mode() -> None:
    counter = FlopCounter()
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"), counter:
        torch.ones(3, 4) @ torch.ones(3, 4)
    torch.ones(3, 4) @ torch.ones(4, 3)
    assert counter.total == 0


@pytest.mark.gpu
@pytest.mark.parametrize("make", [lambda: nn.LSTM(5, 7), lambda: nn.Linear(5, 7), lambda: nn.Conv1d(6, 4, 3, groups=2)])
def test_the_same_count_on_a_gpu(make: Callable[[], nn.Module]) -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")

    def step(device: str) -> None:
        out = make().to(device)(torch.ones(6, 6, 5, device=device))
        (out[0] if isinstance(out, tuple) else out).sum().backward()

    assert _count(lambda: step("cuda")) == _count(lambda: step("cpu"))
