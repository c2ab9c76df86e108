"""The races of the modern parts: each alone against the classic model, and whole recipes against the classic one.

As in `training.races`, every run takes one thread and CPU seconds are counted.
"""

import runpy
import time
from dataclasses import asdict, replace

from course_lib import stories
from course_lib.batches import Batches, stream
from course_lib.bigram import bits_per_byte
from course_lib.classroom import ROOT
from course_lib.gpt import SPREAD_HEAD_STD
from course_lib.training import plan, recall, train_step
from course_lib.training.races import as_long, carry_out, engine, one_thread, read
from course_lib.training.storyteller import LIFTED, SCORED, vocabulary

from .model import CLASSIC, Modern, modern
from .muon import MuonRecipe

MUON = MuonRecipe(**asdict(LIFTED))


def silent_head(model):
    model.head.weight.normal_(std=SPREAD_HEAD_STD)


PARTS = {  # what differs from the classic model: (choices of its config, recipe, change before the first step)
    "classic": ({}, LIFTED, None),
    "RMSNorm": ({"norm": "rms"}, LIFTED, None),
    "no biases": ({"bias": False}, LIFTED, None),
    "RoPE": ({"positions": "rope"}, LIFTED, None),
    "SwiGLU": ({"mlp": "swiglu"}, LIFTED, None),
    "ReLU²": ({"mlp": "relu2"}, LIFTED, None),
    "grouped heads, 1 key head for 4": ({"n_kv_heads": 1}, LIFTED, None),
    "QK-norm": ({"qk_norm": True}, LIFTED, None),
    "untied head, begins almost silent": ({"tied": False}, LIFTED, silent_head),
    "untied head, begins as a copy": ({"tied": False}, LIFTED, None),
    "soft-cap 15": ({"softcap": 15.0}, LIFTED, None),
    "windows of 64, the 2nd and 3rd layer full": ({"window": 64}, LIFTED, None),
    "4 experts, 1 a token": ({"experts": 4}, LIFTED, None),
    "4 experts, 1 a token, no balance": ({"experts": 4, "balance": 0.0}, LIFTED, None),
    "4 experts, 2 a token": ({"experts": 4, "used": 2}, LIFTED, None),
    "half a cosine in place of the line": ({}, replace(LIFTED, hold=None), None),
    "Muon": ({}, MUON, None),
    "RoPE, Muon": ({"positions": "rope"}, MUON, None),
}


def variant(usual, choices, recipe):
    """The plan of a classic model with some parts exchanged; Muon computes in the precision that is quick here."""
    if isinstance(recipe, MuonRecipe):
        recipe = replace(recipe, muon_precision=engine().precision)
    return replace(usual, config=modern(usual.config, **{**CLASSIC, **choices}), recipe=recipe)


def prices(plans, repeats=8):
    """How long a training step of each plan takes: {name: CPU seconds}, the least of some, taken in turns.

    plans: {name: plan}, all with windows of one length
    """
    ways = {}
    for name, chosen in plans.items():
        batches = Batches(stream(stories.texts("train", 60), vocabulary()), chosen.batch_size,
                          chosen.config.context_length, 0, end=vocabulary().end)
        model = Modern(chosen.config)
        pair = [part[:, :chosen.recipe.short] for part in batches.at(0)]
        ways[name] = engine().loss(model), chosen.recipe.optimizer(model), pair
    least = dict.fromkeys(plans, float("inf"))
    with one_thread():
        for again in range(repeats + 2):  # the first two look at the model and warm up
            for name, (loss_of, optimizer, pair) in ways.items():
                began = time.process_time()
                train_step(loss_of, optimizer, *pair)
                if again > 1:
                    least[name] = min(least[name], time.process_time() - began)
    return least


def judged(chosen, seed, change=None):
    """Train a plan and say how good it is. returns: bits per byte, bits of a name told before, CPU seconds"""
    model, seconds = carry_out(chosen, seed, change, Modern)
    bits = bits_per_byte(model, model.tokenizer, stories.texts("validation", SCORED))
    return bits, recall(model, model.tokenizer, stories.texts("validation", 100, seed=1))[0], seconds


def parts(say, write, seed=0, share=0.2, only=None):
    """What each modern part costs and brings, alone, at equal tokens and equal seconds: a fifth of the course's run."""
    usual = plan(name="cpu")  # only: the names of some rows; classic is always among them
    plans = {name: variant(as_long(usual, share * read(usual)), choices, recipe)
             for name, (choices, recipe, _) in PARTS.items() if only is None or name in only or name == "classic"}
    cost = prices(plans)
    for name, seconds in cost.items():
        say(f"{name}: a step takes {1000 * seconds:.1f} CPU ms, {seconds / cost['classic']:.2f} of the classic one's")
    for name, chosen in plans.items():
        price = cost[name] / cost["classic"]
        rows = {"equal tokens": chosen}
        if abs(price - 1) > 0.03:  # else the two are the same within what a step's time is known to
            rows["equal seconds"] = replace(chosen, steps=round(chosen.steps / price))
        for what, one in rows.items():
            bits, again, seconds = judged(one, seed, PARTS[name][2])
            say(f"{name}, {what}: {bits:.4f} bits per byte, a name {again:.2f} bits, {one.steps} steps, "
                f"{seconds:.0f} CPU seconds")


RECIPES = {  # (choices of the config, recipe, change before the first step), as in PARTS
    "classic": ({}, LIFTED, None),
    "RoPE": ({"positions": "rope"}, LIFTED, None),
    "Muon": ({}, MUON, None),
    "RoPE, Muon": ({"positions": "rope"}, MUON, None),
    "RMSNorm, RoPE, no biases, SwiGLU, Muon": ({"norm": "rms", "positions": "rope", "bias": False, "mlp": "swiglu"},
                                               MUON, None),
}
OWN = ROOT / "work" / "speedrun.py"  # a learner's own recipe: `choices`, a dict, and `recipe`
LENGTHS = (0.5, 0.7, 0.85, 1.0)


def own_recipe(path=OWN):
    """The recipe in a learner's file, as an entry of RECIPES; {} where there is none.

    raises: ValueError where the file does not define both, or `choices` is not what a ModernConfig takes
    """
    if not path.is_file():
        return {}
    given = runpy.run_path(str(path))
    lacking = [name for name in ("choices", "recipe") if name not in given]
    if lacking:
        raise ValueError(f"{path.name} defines no `{lacking[0]}`. It wants two: choices, a dict of what a ModernConfig "
                         "takes beside the sizes, and recipe, a training.Recipe or a modern.MuonRecipe")
    try:
        variant(plan(name="cpu"), given["choices"], given["recipe"])
    except TypeError as error:
        raise ValueError(f"{path.name}: a ModernConfig cannot be made of its choices: {error}") from None
    return {f"yours, of {path.name}": (given["choices"], given["recipe"], None)}


def speedrun(say, write, seed=0, lengths=LENGTHS):
    """How soon does another recipe have the bits that the classic one ends with? Yours too: work/speedrun.py"""
    usual = plan(name="cpu")
    entries = {**RECIPES, **own_recipe()}
    goal, _, whole = judged(variant(usual, *entries.pop("classic")[:2]), seed)
    say(f"classic: {goal:.4f} bits per byte after {whole:.0f} CPU seconds; that is the goal")
    for name, (choices, recipe, change) in entries.items():
        for length in lengths:  # the rates come down at the end, so each length is a run of its own
            chosen = variant(as_long(usual, length * read(usual)), choices, recipe)
            bits, again, seconds = judged(chosen, seed, change)
            reached = f"there in {seconds / whole:.2f} of the time" if bits <= goal else "not there"
            say(f"{name}: {bits:.4f} bits per byte, a name {again:.2f} bits, {chosen.steps} steps, "
                f"{seconds:.0f} CPU seconds: {reached}")
            if bits <= goal:
                break


def modern_storyteller(seed):
    """The rung of the ladder: the course's own run with RoPE and Muon. returns: the model"""
    return carry_out(variant(plan(name="cpu"), *RECIPES["RoPE, Muon"][:2]), seed, make=Modern)[0]


RUNGS = {"modern": modern_storyteller}
RACES = {"modern": parts, "speedrun": speedrun}
