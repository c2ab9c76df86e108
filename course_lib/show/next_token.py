"""NextToken: a model writes, one token at a time, and shows each time what else it might have written."""

import math
import threading

import torch
import traitlets

from .charts import bars
from .looking import is_whole, logits_of, named, read
from .picture import drawable
from .widget import Widget

SHOWN = 12  # candidates
KEPT, GREEDY, TOP_K, TOP_P, MIN_P = range(5)  # what became of a candidate
WORDS = ("kept", "temperature 0", "top-k", "top-p", "min-p")


class NextToken(Widget, assets="next_token"):
    """Step-by-step generation: the likeliest next tokens as bars, sliders that cut them, and a click takes one.

    model: called as model(ids) -> logits (B, T, V)     tokenizer: default `model.tokenizer`
    prompt: a text, read after the end of text as the model is used to; "" lets it begin by itself; or ids
    temperature, top_k, top_p, min_p: where the sliders stand, with `sampling.distribution`'s meaning; None: not cut
    seed: of the draws, so that a notebook run again tells the same

    `take(id)`, `draw()` and `undo()` do what the page's buttons do; `ids` and `text` are what stands there by now.
    """

    temperature = traitlets.Float(1.0).tag(sync=True)
    top_k = traitlets.Int(None, allow_none=True).tag(sync=True)
    top_p = traitlets.Float(None, allow_none=True).tag(sync=True)
    min_p = traitlets.Float(None, allow_none=True).tag(sync=True)
    state = traitlets.Dict().tag(sync=True)

    def __init__(self, model, prompt="", tokenizer=None, *, temperature=1.0, top_k=None, top_p=None, min_p=None,
                 seed=0):
        tokenizer = getattr(model, "tokenizer", None) if tokenizer is None else tokenizer
        self._reading = _begin(model, prompt, tokenizer)
        self._model, self._given = model, len(self._reading.ids)
        self._ids = self._reading.ids.tolist()
        self._end = getattr(tokenizer, "end", None)
        self._random = torch.Generator().manual_seed(seed)
        self._turn = threading.RLock()  # a page's messages may be answered in another thread than the cell's
        self._look()
        super().__init__(temperature=temperature, top_k=top_k, top_p=top_p, min_p=min_p)
        self._tell()
        self.observe(self._moved, ["temperature", "top_k", "top_p", "min_p"])
        self.on_msg(self._asked)

    # -- what one can do --------------------------------------------------------------------------------------------

    @property
    def ids(self) -> list:
        """The tokens by now, the prompt's first."""
        return list(self._ids)

    @property
    def text(self) -> str:
        """The prompt and what was added, as text."""
        start = int(self._end is not None and self._ids[:1] == [self._end])
        if self._reading.tokenizer is None:
            return " ".join(map(str, self._ids))
        return self._reading.tokenizer.decode(self._ids[start:])

    def probs(self):
        """The chances of the next token after all cuts, (V,): what `sampling.distribution` gives."""
        return cut(self._logits, self.temperature, self.top_k, self.top_p, self.min_p)[0]

    def take(self, number):
        """Put a token behind the text, an id."""
        V = len(self._logits)
        if not is_whole(number) or not 0 <= number < V:
            raise ValueError(f"there is no token {number!r}; this model has the ids 0 to {V - 1}")
        with self._turn:
            if self._full():
                raise ValueError(f"the model sees {self._window()} tokens at a time, and there are as many: undo some")
            self._ids.append(int(number))
            self._look()
            self._tell()

    def draw(self):
        """Let chance take a token, each as often as its bar says."""
        with self._turn:
            self.take(int(torch.multinomial(self.probs(), 1, generator=self._random)))

    def undo(self):
        """Take the last token back; the prompt stays."""
        with self._turn:
            if len(self._ids) > self._given:
                self._ids.pop()
                self._look()
                self._tell()

    def restart(self):
        """Go back to the prompt."""
        with self._turn:
            del self._ids[self._given :]
            self._look()
            self._tell()

    # -- the rest ---------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def _look(self):
        """Run the model once: the next token's logits, and what each token before was worth, leave its device."""
        model, mode = self._model, self._model.training
        try:
            model.eval()
            logits = logits_of(model, torch.tensor([self._ids]))[0].float()  # (T, V)
        finally:
            model.train(mode)
        if not logits[-1].amax().isfinite():    # which is NaN if any of them is
            raise ValueError("the logits are NaN or infinite: the model's weights are broken, most likely its training "
                             "diverged")
        log_probs = logits.log_softmax(-1)
        bits = entropy(log_probs.exp())  # (T,)
        came = log_probs[:-1].gather(-1, torch.tensor(self._ids[1:], device=logits.device)[:, None])[:, 0]  # (T - 1,)
        self._logits = logits[-1].cpu()
        self._entropies = bits.tolist()
        self._surprises = [None, *(-came / math.log(2)).tolist()]

    def _window(self):
        return getattr(getattr(self._model, "config", None), "context_length", None)

    def _full(self):
        return self._window() is not None and len(self._ids) >= self._window()

    def _tell(self):
        """Send the page what it draws, all of it at once."""
        own = self._logits.softmax(-1)
        probs, reasons, order = cut(self._logits, self.temperature, self.top_k, self.top_p, self.min_p)
        top = order[:SHOWN].tolist()
        rows = [[i, self._reading.token(i), own[i].item(), probs[i].item(), WORDS[reasons[i]]] for i in top]
        tokens = [[i, self._reading.token(i), None if n == 0 else self._entropies[n - 1], self._surprises[n]]
                  for n, i in enumerate(self._ids)]
        # The entropy that belongs to a token is the model's doubt before it came.
        self.state = {
            "tokens": tokens, "given": self._given, "bars": rows, "kept": int((probs > 0).sum()), "size": len(own),
            "rest": [own.sum().item() - sum(row[2] for row in rows), probs.sum().item() - sum(row[3] for row in rows)],
            "entropy": self._entropies[-1], "after": entropy(probs).item(), "full": self._full(),
            "ended": len(self._ids) > self._given and self._ids[-1] == self._end,
        }  # fmt: skip

    def _moved(self, change):
        with self._turn:
            self._tell()

    def _asked(self, _, content, buffers):
        with self._turn:
            if isinstance(content, int):
                self.take(content)
            elif content == "draw" and not self.state["full"] and not self.state["ended"]:
                self.draw()
            elif content in ("undo", "restart"):
                getattr(self, content)()

    @traitlets.validate("temperature", "top_k", "top_p", "min_p")
    def _sensible(self, proposal):
        name, value = proposal["trait"].name, proposal["value"]
        least, most = {"temperature": (0, math.inf), "top_k": (1, math.inf), "top_p": (1e-9, 1), "min_p": (0, 1)}[name]
        if value is not None and not least <= value <= most:
            wanted = {"temperature": "0, which is greedy, or more", "top_k": "1 or more, or None",
                      "top_p": "above 0 and at most 1, or None", "min_p": "between 0 and 1, or None"}[name]
            raise ValueError(f"{name} is {value}; it must be {wanted}")
        return value

    def picture(self):
        """The likeliest tokens, and what the cuts left of them."""
        state = self.state
        names = [row[1] for row in state["bars"]]
        own, left = ([row[n] for row in state["bars"]] for n in (2, 3))
        words = drawable(" ".join(self.text.split()))
        words = "…" + words[-24:] if len(words) > 25 else words
        drawn = bars(names, own, after=None if own == left else left, labels=("model", "after the cuts"),
                     title=f"Next after “{words}”" if words else "How it begins", top=SHOWN)
        drawn.alt += (f" {state['size'] - len(names)} more tokens are not drawn. {state['kept']} tokens may come. "
                      f"The model's entropy is {state['entropy']:.2f} bits, after the cuts {state['after']:.2f}.")
        return drawn

    def __repr__(self):
        given = f"{self._given} token{'s' if self._given != 1 else ''} given"
        return f"NextToken({type(self._model).__name__}, {given})"


def cut(logits, temperature=1.0, top_k=None, top_p=None, min_p=None):
    """The chances of the next token, and for each token what took it away.

    logits: (V,)     returns: probs (V,), reasons (V,) as numbers of `WORDS`, order (V,), the likeliest first

    The cuts are those of `sampling.distribution`, in its order, each on what the last one left; it is in a rung, and
    widgets stand on the floor. A test holds the two together.
    """
    logits = (logits - logits.max()) / (temperature or 1.0)
    order = logits.argsort(descending=True, stable=True)  # (V,)
    reasons = torch.zeros_like(order)

    def drop(gone, reason):
        reasons[gone & (reasons == KEPT)] = reason
        return logits.masked_fill(reasons != KEPT, -torch.inf)

    place = torch.empty_like(order).scatter(0, order, torch.arange(len(order)))  # (V,) each token's place in the order
    left = logits
    if temperature == 0:
        left = drop(place > 0, GREEDY)
    if top_k is not None:
        left = drop(place >= top_k, TOP_K)
    if top_p is not None and top_p < 1:
        probs = left.softmax(-1)[order]  # (V,)
        left = drop(((probs.cumsum(-1) - probs) >= top_p)[place], TOP_P)
    if min_p is not None:
        probs = left.softmax(-1)  # (V,)
        left = drop(probs < min_p * probs.max(), MIN_P)
    return left.softmax(-1), reasons, order


def entropy(probs):
    """How unsure a distribution is, in bits. probs: (..., V)   returns: (...)"""
    return torch.special.entr(probs).sum(-1).clamp(min=0) / math.log(2)


def _begin(model, prompt, tokenizer):
    if isinstance(prompt, str) and not prompt:  # the model begins by itself
        end = getattr(tokenizer, "end", None)
        if end is None:
            raise ValueError("the prompt is empty, and without a tokenizer that has `end` there is nothing to begin "
                             "with: give a prompt, or the tokenizer as well, NextToken(model, prompt, tokenizer)")
        return read(model, [end], tokenizer)
    if prompt is None:
        raise TypeError(f"the prompt is {named(prompt)}; give a text, or \"\" to let the model begin by itself")
    return read(model, prompt, tokenizer)
