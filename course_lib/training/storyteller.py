"""The course's own run: what it trains, where a learner's runs are kept, and the model that later chapters use."""

from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from statistics import mean, median
from time import perf_counter

import torch

from course_lib import bpe, stories
from course_lib.attention import CausalSelfAttention, listen
from course_lib.batches import stream
from course_lib.bigram import Bigram, NGram, Unigram, bits_per_byte
from course_lib.bpe import BPE, END
from course_lib.classroom import ROOT
from course_lib.device import device, preset
from course_lib.gpt import GPT, Config
from course_lib.recurrent import LSTMCell, RNNCell, carry_on
from course_lib.text import CharTokenizer
from course_lib.training.checkpoints import JSON, once, pack, read_tensors, write_atomically
from course_lib.training.folders import load
from course_lib.training.history import Recipe
from course_lib.training.loop import train

RELEASED = Path(__file__).parents[1] / "data" / "storyteller.json"
WINDOW = 256  # tokens: 99 % of the stories fit, and so does an instruction with its story
CHAT = ("<|user|>", "<|assistant|>", "<|system|>")  # who speaks in a conversation
SEEDS = 3
SCORED = 300  # held-out stories behind each figure of the ladder


@dataclass(frozen=True)
class Plan:
    """A run on the stories: the model's config, how many stories it may read, for how long, and how.

    config: gpt.Config   recipe: Recipe   steps, batch_size: see `train`   stories: how many to learn from
    """

    config: Config
    recipe: Recipe
    steps: int
    batch_size: int
    stories: int


USUAL = Recipe(rate=3e-3)
LIFTED = Recipe(rate=5e-3, embedding_rate=2e-2, betas=(0.9, 0.99), hold=0.5, short=176)


def plan(lifted=True, name=None):
    """What the course trains at a preset: the usual recipe, or the one that lifts it off its plateau.

    name: "smoke", "cpu" or "gpu"; None asks `device.preset()`
    """
    chosen = preset() if name is None else type(preset())(name)
    d_model, n_layers, n_heads = chosen.pick(smoke=(32, 2, 2), cpu=(128, 3, 4), gpu=(384, 6, 6))
    config = Config(vocab_size=vocabulary().vocab_size, context_length=WINDOW, d_model=d_model,
                    n_heads=n_heads, n_layers=n_layers, init="spread" if lifted else "gpt2")
    steps, batch_size, texts = chosen.pick(smoke=(20, 8, 500), cpu=(2661, 9, 20_000), gpu=(6000, 64, 400_000))
    return Plan(config, LIFTED if lifted else USUAL, steps, batch_size, texts)


def vocabulary(special=(END, *CHAT)):
    """The vocabulary of the storyteller: that of the stories, and after it the names of who speaks in a conversation.

    special: the names at the end; no id before them depends on these
    """
    stories = bpe.story_vocabulary()
    return BPE(stories.merges, special, stories.pattern)


def runs(name="storyteller"):
    """The folder of a run, work/runs/<name>; a smoke run has one of its own, so that it never replaces a trained model.

    >>> runs("mine").name in ("mine", "mine-smoke")
    True
    """
    return ROOT / "work" / "runs" / (f"{name}-smoke" if preset().name == "smoke" else name)


def tell(plan, seed=0, **options):
    """A training run on sampled text: imagine the stories of a plan, build the model, train it.

    options: those of `train`
    returns: model, tokenizer, History
    """
    tokenizer = vocabulary()
    told, unseen = stories.texts("train", plan.stories, seed=seed), stories.texts("validation", SCORED)
    torch.manual_seed(seed)
    model = GPT(plan.config).to(device())
    model.tokenizer = tokenizer  # so that a widget needs no more than the model and a text
    options = {"batch_size": plan.batch_size, "recipe": plan.recipe, "seed": seed, **options}
    return model, tokenizer, train(model, tokenizer, told, unseen, steps=plan.steps, **options)


def storyteller(context=0, tokens=()):
    """A model that tells stories, and its tokenizer: the learner's own from work/runs/storyteller, else the course's.

    context: how many tokens its window must hold   tokens: special tokens that it must know, such as "<|user|>"
    returns: model in eval mode on `device()`, tokenizer. Says in one line whose it is, and why not the learner's.
    raises: ValueError when the course's own has not what is asked for either
    """
    own = ROOT / "work" / "runs" / "storyteller"
    if (own / JSON).is_file():
        try:
            found = load(own)
        except (ValueError, OSError) as error:
            print(f"Your storyteller cannot be used: {error}")
        else:
            if not (lack := lacking(*found[:2], context, tokens)):
                return told_of("your own storyteller", *found)
            print(f"Your storyteller has {lack}. `course train --fresh` trains it anew, and keeps the old one")
    found = load(RELEASED, vocabulary(read_tensors(RELEASED)[1].get("special", (END,))))
    if lack := lacking(*found[:2], context, tokens):
        raise ValueError(f"the course's storyteller has {lack}: this copy of the course is older than what asks for it")
    return told_of("the course's storyteller", *found)


def lacking(model, tokenizer, context, tokens):
    """What a storyteller has not, in words; "" where it has everything that is asked for."""
    window, unknown = model.config.context_length, [name for name in tokens if name not in tokenizer.special]
    short = [f"a window of {window} tokens, and {context} are needed here"] if window < context else []
    return "; ".join([*short, *([f"no token {', '.join(unknown)}, which is needed here"] if unknown else [])])


def told_of(whose, model, tokenizer, history):
    bits = f"{history.best:.3f} bits per byte" if history.bits else "never looked at"
    print(f"{whose}: {history.tokens:,} tokens read, {bits}")
    return model, tokenizer


def release(**options):
    """Train the course's own storyteller and write it to course_lib/data, with weights in bf16. returns: its facts"""
    model, tokenizer, history = tell(plan(name="cpu"), **options)
    weights = {f"model.{name}": value.bfloat16() for name, value in once(model.state_dict()).items()}
    model.load_state_dict({name[6:]: value.float() for name, value in weights.items()}, strict=False)
    scored = stories.plots("validation", SCORED)
    seen = {name: getattr(history, name) for name in ("steps", "train", "validation", "bits", "honest", "tokens")}
    facts = {
        "task": {"model": "GPT", "config": asdict(model.config)},
        "history": {**seen, "seconds": round(history.seconds)},
        "environment": history.environment, "vocabulary": digest(bpe.STORIES), "special": list(tokenizer.special),
        "held_out": {"stories": SCORED, "floor": stories.floor(scored),
                     "bits_per_byte": bits_per_byte(model, tokenizer, [stories.tell(plot) for plot in scored])},
    }  # fmt: skip
    file, data, text = pack(weights, "storyteller.safetensors", facts)
    write_atomically(RELEASED.parent / file, data)
    write_atomically(RELEASED, text)
    return facts


def digest(path):
    """The SHA-256 of a text file, whose line ends may have been changed on the way."""
    return sha256(Path(path).read_bytes().replace(b"\r\n", b"\n")).hexdigest()


def measure_ladder(console=None, only=None, more=()):
    """Measure the rungs built so far on the same held-out stories, three seeds each: what `ladder.write` takes.

    A seed decides which stories a model learns from, and in what order. console: rich's, to say how far it is
    only: the name of one rung, for that one alone. raises: LookupError where none built so far is called so
    more: {name: function of a seed that gives a trained model} of rungs above this one
    """
    say = print if console is None else console.print
    tokenizer, scored = bpe.story_vocabulary(), stories.plots("validation", SCORED)
    unseen = [stories.tell(plot) for plot in scored]

    def counting(kind, letters=False):
        def build(seed):
            told = stories.texts("train", plan(name="cpu").stories, seed=seed)
            cut = CharTokenizer(told) if letters else tokenizer
            model = kind(stream(told, cut), cut.vocab_size)
            model.tokenizer = cut
            return model
        return build

    def trained(name, build):
        results = []
        for seed in range(SEEDS):
            began = perf_counter()
            model = build(seed)
            seconds = perf_counter() - began
            results.append((bits_per_byte(model, getattr(model, "tokenizer", tokenizer), unseen), seconds))
            say(f"{name}, seed {seed}: {results[-1][0]:.4f} bits per byte, {seconds:.0f} s")
        return results

    builders = {"characters": counting(Unigram, letters=True), "counting": counting(Unigram),
                "bigram": counting(Bigram), "fivegram": counting(NGram),
                "rnn": lambda seed: carry_on(RNNCell, tokenizer, seed=seed),
                "lstm": lambda seed: carry_on(LSTMCell, tokenizer, seed=seed),
                "attention": lambda seed: listen(CausalSelfAttention, tokenizer, seed=seed),
                "gpt": lambda seed: tell(plan(name="cpu"), seed, progress=False)[0], **dict(more)}
    known = ["uniform", *builders, "floor"]
    if only is not None and only not in known:
        raise LookupError(f"no rung built so far is called {only!r}; there are {', '.join(known)}")
    results = {"uniform": lambda: [(8.0, 0.0)], "floor": lambda: [(stories.floor(scored), 0.0)]}
    results |= {name: lambda name=name, build=build: trained(name, build) for name, build in builders.items()}
    return {name: rung(results[name]()) for name in known if only in (None, name)}


def rung(results):
    """One entry of the ladder out of pairs (bits per byte, seconds), one for each of the seeds 0, 1, …"""
    found, seconds = zip(*results, strict=True)
    middle = mean(found)
    return {"bits_per_byte": round(middle, 4), "seconds": round(median(seconds), 1), "preset": "cpu",
            "seeds": list(range(len(results))), "spread": round(max(abs(one - middle) for one in found), 4)}
