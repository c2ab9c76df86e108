"""The same mathematics, sooner: a model's own forward on weights cast once a step, with fused parts for taught ones.

Nothing here is needed to understand training. There is no second forward: `QuickLoss` runs the model as it is written,
on copies of its weights in bfloat16 if wanted. The fp32 weights stay the masters that the optimizer changes.
bfloat16 keeps fp32's range and 8 bits of its mantissa, so no loss scaling is needed.
(Kalamkar et al. 2019, A Study of BFLOAT16 for Deep Learning Training, section 3.)
"""

from contextlib import contextmanager, nullcontext
from functools import partial

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional

from course_lib.attention import CausalSelfAttention
from course_lib.block import DroppingAttention, LayerNorm
from course_lib.gpt import GPT, IGNORED, check_targets
from course_lib.training.head import HeadLoss

ATTENTIONS = ("own", "fused", "products")
HALVED = 256  # from so many tokens on in two halves: at 128 the second product cost more than it spared, at 256 less
FUSED = {way: {} for way in ATTENTIONS}  # for each way to attend {class of a taught part: its quicker forward}


def register_fused(part, forward, attention=ATTENTIONS):
    """Give a taught part a quicker forward, for every model that has the part in it.

    part: a class of modules; subclasses need an entry of their own
    forward: (module, *inputs) -> what the module's own forward gives
    attention: for which of an Engine's ways to attend
    In each model it is taken only where it agrees with the module's own forward on random weights.
    """
    for way in attention:
        FUSED[way][part] = forward


def fused_norm(norm, x):
    """What block.LayerNorm gives, in one or two steps in place of six."""
    if x.dtype == norm.weight.dtype == torch.float32:
        return functional.layer_norm(x, x.shape[-1:], norm.weight, norm.bias, norm.epsilon)
    # In bf16 torch's kernel for CPUs gets the gradients of its own weight and bias wrong, by up to 39 %.
    x = functional.layer_norm(x, x.shape[-1:], eps=norm.epsilon)
    return x * norm.weight if norm.bias is None else torch.addcmul(norm.bias, x, norm.weight)


def attend(mix, attention, x, positions=None):
    """What an attention gives whose weights are softmax(q · k / √D) over the past, with another way to mix."""
    return attention.merge(mix(*attention.project(x, positions)))


def attend_or_drop(mix, attention, x, positions=None):
    """The same for an attention that drops some of its weights while training: no quick mix does that for it."""
    if attention.training and attention.dropout.p:
        return type(attention).forward(attention, x, positions)
    return attend(mix, attention, x, positions)


def mix_by_products(q, k, v):
    """One product, a softmax and one product, which on CPUs beats `mix_fused` in bf16. q, k, v: (B, H, T, D)

    In a long text each half of the queries by itself: the earlier sees no key of the later, which spares a quarter.
    """
    B, H, T, D = q.shape
    q, k, v = (part.reshape(B * H, T, D) for part in (q, k, v))
    hidden = torch.full((T, T), -torch.inf, dtype=q.dtype, device=q.device).triu(1)  # (T, T)
    parts = [(0, T // 2), (T // 2, T)] if T >= HALVED else [(0, T)]
    mixed = []
    for first, last in parts:
        scores = torch.baddbmm(hidden[first:last, :last], q[:, first:last], k[:, :last].mT, alpha=D**-0.5)
        mixed.append(scores.softmax(-1) @ v[:, :last])  # (B * H, last - first, D)
    return torch.cat(mixed, 1).view(B, H, T, D)


def mix_fused(q, k, v):
    """The same through torch's own kernel, which knows by itself what is hidden."""
    return functional.scaled_dot_product_attention(q, k, v, is_causal=True)


register_fused(LayerNorm, fused_norm)
for part, way in (CausalSelfAttention, attend), (DroppingAttention, attend_or_drop):
    register_fused(part, partial(way, mix_by_products), ["products"])
    register_fused(part, partial(way, mix_fused), ["fused"])


def own_loss(model):
    """A model's own `loss(ids, targets)`; for one that has none, the mean cross entropy of its logits."""
    return getattr(model, "loss", partial(GPT.loss, model))


class QuickLoss:
    """The function `(ids, targets) -> loss ()`: the model's own loss, its own forward, computed sooner.

    dtype: that of the copies of its weights   attention: one of ATTENTIONS
    At the first call it looks at the model: which parts have a fused forward that agrees, and whether the logits go
    from the head straight into a plain cross entropy, so that `HeadLoss` may take them a few rows at a time.
    Gradients reach the model's own parameters, in their own dtype.
    raises: ValueError at the first call, where the model cannot be run in this dtype
    """

    def __init__(self, model, dtype, attention):
        self.model, self.dtype, self.attention = model, dtype, attention
        self.parts = None

    def __call__(self, ids, targets):
        if self.parts is None:
            self._look_at(ids, targets)
        return self._compute(ids, targets)

    def _look_at(self, ids, targets):
        plain = "loss" not in vars(self.model) and getattr(type(self.model), "loss", GPT.loss) is GPT.loss
        parts, last = fused_parts(self.model, self.attention, ids)
        self.by_rows, self.mixed, self.parts = plain and last, False, parts
        if self.dtype == torch.float32:
            return
        try:
            self._try(ids, targets)
        except RuntimeError:  # something in it computes in fp32 whatever its weights are: let torch cast in between
            self.mixed = True
            try:
                self._try(ids, targets)
            except RuntimeError as error:
                self.parts = None
                raise ValueError(f"{type(self.model).__name__} does not run in {self.dtype}: {error}. "
                                 "Take an Engine of precision 'fp32'") from error

    def _try(self, ids, targets):
        buffers = {name: buffer.clone() for name, buffer in self.model.named_buffers()}
        with as_before(ids.device):
            learning = [weight for weight in self.model.parameters() if weight.requires_grad]
            torch.autograd.grad(self._compute(ids, targets, buffers), learning, allow_unused=True)

    def _compute(self, ids, targets, buffers=None):
        weights = {name: weight.to(self.dtype) for name, weight in self.model.named_parameters()}
        head = getattr(self.model, "head", None)
        casting = torch.autocast(ids.device.type, self.dtype) if self.mixed else nullcontext()
        if not self.by_rows:
            # the sum over V is taken in fp32: in bf16 many small probabilities would vanish beside a large one
            exact = {head: lambda *given, forward=head.forward: forward(*given).float()} if (
                isinstance(head, nn.Module)) else {}
            everything = {f"model.{name}": value for name, value in {**weights, **(buffers or {})}.items()}
            with forwards(self.parts | exact), casting:
                return functional_call(Scored(self.model), everything, (ids, targets))
        used = []

        def hold(x):
            used.extend((head.weight, head.bias))
            return x

        with forwards(self.parts | {head: hold}), casting:
            x = functional_call(self.model, {**weights, **(buffers or {})}, (ids,))  # (B, T, C)
        weight, bias = used
        x, targets = x.flatten(0, 1).to(weight.dtype), check_targets(targets, ids, len(weight)).flatten()
        counted = targets != IGNORED
        if not counted.all():
            x, targets = x[counted], targets[counted]
        return HeadLoss.apply(x, weight, targets, bias)


class Scored(nn.Module):
    """A model whose call gives its loss, for `functional_call` knows calls only."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, ids, targets):
        return own_loss(self.model)(ids, targets)


@contextmanager
def forwards(other):
    """Let modules compute by other forwards inside: {module: function of its inputs}."""
    before = {module: vars(module).get("forward") for module in other}
    try:
        for module, forward in other.items():
            module.forward = forward
        yield
    finally:
        for module, forward in before.items():
            del module.forward
            if forward is not None:  # the module had one of its own, beside its class's
                module.forward = forward


@contextmanager
def as_before(device):
    """Gradients on, and torch's random numbers afterwards as they were."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []), torch.enable_grad():
        torch.manual_seed(0)
        yield


def fused_parts(model, attention, ids):
    """Which parts of a model can be swapped: {module: fused forward}, and whether the head's output is the model's.

    Compared on random weights, for at the start many are zero and hide a difference, and over a whole window.
    """
    window = getattr(getattr(model, "config", None), "context_length", ids.shape[1])
    row = ids[:1].repeat(1, -(-window // ids.shape[1]))[:, :window]  # (1, window)
    dice = torch.Generator().manual_seed(0)
    weights = {name: (torch.randn(weight.shape, generator=dice) * 0.2).to(weight)
               for name, weight in model.named_parameters()}
    head, heard, seen = getattr(model, "head", None), [], {}
    modules = {name: module for name, module in model.named_modules() if type(module) in FUSED[attention]}

    def see(module, args, options, output):
        seen[module] = args, options

    hooks = [module.register_forward_hook(see, with_kwargs=True) for module in modules.values()]
    if type(head) is nn.Linear:
        hooks.append(head.register_forward_hook(lambda module, args, logits: heard.append(logits)))
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()}
    try:
        with as_before(ids.device), torch.no_grad():
            logits = functional_call(model, {**weights, **buffers}, (row,))
    finally:
        for hook in hooks:
            hook.remove()
    found = {}
    for name, module in modules.items():
        forward = partial(FUSED[attention][type(module)], module)
        own = {key[len(name) + 1:]: weight for key, weight in weights.items() if key.startswith(f"{name}.")}
        if module in seen and agrees(module, forward, own, *seen[module]):
            found[module] = forward
    return found, len(heard) == 1 and heard[0] is logits


def agrees(module, forward, weights, args, options):
    """Whether another forward gives what a module's own gives, and the same gradients of its inputs and weights."""
    own = results(module, weights, args, options)
    try:
        with forwards({module: forward}):
            other = results(module, weights, args, options)
    except (RuntimeError, TypeError, ValueError):
        return False
    return all((a is None) == (b is None) and (a is None or torch.allclose(
        a, b, rtol=1e-3, atol=1e-3 * a.abs().max().item())) for a, b in zip(own, other, strict=True))


def results(module, weights, args, options):
    """What a module gives for some inputs, and the gradients of the inputs and of its weights."""
    def fresh(value):
        floats = torch.is_tensor(value) and value.is_floating_point()
        return value.detach().clone().requires_grad_() if floats else value

    args, options = tuple(map(fresh, args)), {name: fresh(value) for name, value in options.items()}
    weights = {name: fresh(weight) for name, weight in weights.items()}
    inputs = [value for value in (*args, *options.values(), *weights.values())
              if torch.is_tensor(value) and value.requires_grad]
    with as_before(inputs[0].device):
        given = functional_call(module, weights, args, options)
        return given, *torch.autograd.grad(given, inputs, torch.randn_like(given), allow_unused=True)
