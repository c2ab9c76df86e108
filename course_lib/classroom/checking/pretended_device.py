"""A device that is not there: tensors remember that they live on it, and compute where they are.

Code that mixes it with the CPU is refused as torch refuses it, and everything else works, looks at values too: an
`assert`, `.item()`, a check for NaN. So honest code passes on a machine without a GPU, as it would with one.
"""

import torch
from torch.overrides import TorchFunctionMode

AWAY = torch.device("cuda", 7)      # no machine of a learner's has eight of them
TO_CPU, FROM_LISTS = {"cpu"}, {"tensor", "as_tensor"}
ALLOWED = {      # what torch lets two devices meet in
    "__getitem__", "__setitem__", "copy_", "to", "type_as", "__get__", "__set__", "tensor", "as_tensor",
    "_has_compatible_shallow_copy_type",
}  # fmt: skip


class PretendedDevice(TorchFunctionMode):
    """While it is on, AWAY is a device like another."""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs, name = dict(kwargs or {}), getattr(func, "__name__", "")
        tensors = list(tensors_in((args, kwargs)))
        away = [x for x in tensors if lives_away(x)]
        if asked := property_of(name, func, args, away):
            return asked[0]
        if away and name in ("numpy", "__array__"):
            raise TypeError(f"can't convert {AWAY} device type tensor to numpy. Use Tensor.cpu() to copy the tensor to "
                            "host memory first.")
        if away and name not in ALLOWED and any(x.dim() for x in tensors if not lives_away(x)):
            raise RuntimeError("Expected all tensors to be on the same device, but found at least two devices, "
                               f"{AWAY} and cpu!")
        if name in ("__getitem__", "__setitem__") and not lives_away(args[0]) and any(
                lives_away(x) and x.dim() for x in tensors_in(args[1])):
            raise RuntimeError("indices should be either on cpu or on the same device as the indexed tensor (cpu)")
        wanted, args, kwargs = destination(name, args, kwargs)
        out = func(*args, **kwargs)
        if name == "__set__":
            if func == torch.Tensor.data.__set__:
                mark(args[0], lives_away(args[1]))
            return out
        if wanted is None:
            wanted = lives_away(args[0]) if args and in_place(name) else bool(away)
            if name in FROM_LISTS and not isinstance(next(iter(args), None), torch.Tensor):
                wanted = False
        return marked(out, wanted, tensors)


def property_of(name, func, args, away):
    """[the answer] where a tensor that lives away is asked where it lives, else None."""
    if not away or name not in ("__get__", "get_device"):
        return None
    answers = {
        torch.Tensor.device.__get__: AWAY,
        torch.Tensor.is_cuda.__get__: True,
        torch.Tensor.is_cpu.__get__: False,
    }
    return [AWAY.index] if name == "get_device" else [answers[func]] if func in answers else None


def destination(name, args, kwargs):
    """(is it away, the arguments without it): where a call says that its result shall live; None where it does not."""
    if name in TO_CPU:
        return False, args, kwargs
    if name == "type_as" or name == "to" and len(args) > 1 and torch.is_tensor(args[1]):
        return lives_away(args[1]), args, kwargs
    wanted = kwargs.get("device")
    if name == "to" and len(args) > 1 and isinstance(args[1], (str, torch.device)):
        wanted = args[1]
    if wanted is None:
        return None, args, kwargs
    is_away = wanted == AWAY.index or isinstance(wanted, (str, torch.device)) and torch.device(wanted) == AWAY
    if is_away and name == "to" and len(args) > 1 and isinstance(args[1], (str, torch.device)):
        args = (args[0], "cpu", *args[2:])
    if is_away and "device" in kwargs:
        kwargs = {**kwargs, "device": "cpu"}
    return is_away, args, kwargs


def in_place(name):
    return name.endswith("_") and not name.endswith("__")


def marked(out, away, given):
    """A result with where it lives written on it. What came in keeps its mark: then an alias is marked in its place."""
    if isinstance(out, torch.Tensor):
        if lives_away(out) == away:
            return out
        if any(out is x for x in given):
            out = out.view_as(out)
        return mark(out, away)
    if isinstance(out, (tuple, list)) and any(isinstance(x, torch.Tensor) for x in out):
        items = [marked(x, away, given) for x in out]
        return type(out)(items) if type(out) in (tuple, list) or hasattr(out, "n_fields") else type(out)(*items)
    return out


def mark(tensor, away):
    tensor.lives_away = away
    return tensor


def lives_away(tensor):
    return getattr(tensor, "lives_away", False)


def tensors_in(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from tensors_in(item)


def moved(thing):
    """A tensor as it would be on the other device; a module is moved itself."""
    if isinstance(thing, torch.Tensor):
        return mark(thing.detach().clone(), True)
    for tensor in (*thing.parameters(), *thing.buffers()):
        mark(tensor, True)
    return thing


def located(out):
    """A result in which each tensor stands beside the name of its device."""
    if isinstance(out, torch.Tensor):
        return {"device": str(AWAY if lives_away(out) else out.device), "numbers": out}
    return [located(item) for item in out] if isinstance(out, (list, tuple)) else out
