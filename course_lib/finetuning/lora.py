"""LoRA: the layers stay as they are, and beside each a small change is learned, of low rank.

Hu et al. 2021, LoRA: Low-Rank Adaptation of Large Language Models, section 4.
"""

import json

import safetensors
import safetensors.torch
import torch
from torch import nn


class LoRA(nn.Module):
    """A linear layer that stays as it is, and beside it a learned change of low rank.

    layer: an nn.Linear, frozen from now on   rank: r   alpha: how loud the change is
    x: (..., I)   returns: (..., O): what the layer gives, plus b · a · x times alpha / rank
    >>> lora, x = LoRA(nn.Linear(6, 5), 2, alpha=6), torch.ones(3, 6); _ = nn.init.ones_(lora.b)
    >>> lora(x).shape, torch.allclose(lora(x), lora.merged()(x), atol=1e-5)
    (torch.Size([3, 5]), True)
    """

    def __init__(self, layer, rank, alpha):
        super().__init__()
        self.layer, self.scale, I = layer.requires_grad_(False), alpha / rank, layer.in_features
        self.a = nn.Parameter(layer.weight.new_empty(rank, I).normal_(std=I**-0.5))
        self.b = nn.Parameter(layer.weight.new_zeros(layer.out_features, rank))

    def forward(self, x):
        return self.layer(x) + self.scale * (x @ self.a.T @ self.b.T)

    def merged(self):
        """One nn.Linear that computes the same, with numbers of its own."""
        O, I = self.layer.weight.shape
        one = nn.Linear(I, O, self.layer.bias is not None).to(self.layer.weight)
        with torch.no_grad():
            one.weight.copy_(self.layer.weight + self.scale * self.b @ self.a)
            if self.layer.bias is not None:
                one.bias.copy_(self.layer.bias)
        return one


def add_adapters(model, rank, alpha=None, kind=LoRA):
    """Put a LoRA in the place of every linear layer of a model's blocks; nothing else learns any more.

    alpha: None means as much as the rank, a scale of 1   kind: the class, LoRA or your own
    returns: how many numbers learn
    """
    model.requires_grad_(False)
    for part in list(model.blocks.modules()):
        for name, layer in list(part.named_children()):
            if isinstance(layer, nn.Linear):
                setattr(part, name, kind(layer, rank, rank if alpha is None else alpha))
    return sum(weight.numel() for weight in adapters(model).values())


def merge_adapters(model):
    """Put in place of every LoRA of a model the one layer that computes the same. returns: the model"""
    for part in list(model.modules()):
        for name, layer in list(part.named_children()):
            if hasattr(layer, "merged"):
                setattr(part, name, layer.merged())
    return model


def adapters(model):
    """What a LoRA has learned, and nothing of what it was put beside: {name: tensor}."""
    return {name: weight for name, weight in model.named_parameters() if name.rpartition(".")[2] in ("a", "b")
            and weight.requires_grad}


def save_adapters(path, model, rank, alpha=None):
    """Write the adapters of a model to a file of their own, in safetensors. returns: its size in bytes"""
    facts = {"rank": rank, "alpha": rank if alpha is None else alpha}
    tensors = {name: weight.detach().cpu().contiguous() for name, weight in adapters(model).items()}
    safetensors.torch.save_file(tensors, path, metadata={"adapters": json.dumps(facts)})
    return path.stat().st_size


def load_adapters(path, model, kind=LoRA):
    """Put saved adapters into a model that has none yet. returns: the model

    raises: ValueError where the file holds no adapters, or those of a model with other layers; the model is then
        as it was
    """
    with safetensors.safe_open(path, "pt") as file:
        said, tensors = (file.metadata() or {}).get("adapters"), {name: file.get_tensor(name) for name in file.keys()}
    if said is None:
        raise ValueError(f"{path} holds no adapters: give a file that save_adapters has written")
    facts = json.loads(said)
    layers = {name: part for name, part in model.blocks.named_modules(prefix="blocks") if isinstance(part, nn.Linear)}
    wanted = {f"{name}.{which}": size for name, part in layers.items()
              for which, size in (("a", (facts["rank"], part.in_features)), ("b", (part.out_features, facts["rank"])))}
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    if found != wanted:
        other = sorted(set(found.items()) ^ set(wanted.items()))[0]
        raise ValueError(f"{path} holds the adapters of another model: {other[0]} {other[1]} is in one of the two only")
    add_adapters(model, facts["rank"], facts["alpha"], kind)
    with torch.no_grad():
        for name, weight in adapters(model).items():
            weight.copy_(tensors[name])
    return model
