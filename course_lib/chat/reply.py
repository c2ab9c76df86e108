"""One reply: a model reads a conversation and writes the next message, token by token, in the window that it has."""

import threading
from dataclasses import dataclass

import torch

from course_lib.batches import whole
from course_lib.bigram import evaluating
from course_lib.instructions import STORY, check_messages, render
from course_lib.sampling import Cache, after, choose, distribution
from course_lib.show.looking import spelled

from .streaming import until, whole_characters


@dataclass(frozen=True)
class Settings:
    """How a reply is sampled. temperature, top_p, min_p: those of `sampling.distribution`

    max_tokens: of a reply; it is cut there   stop: texts at which a reply ends; they are not part of it
    seed: for the same replies each time, or None
    raises: ValueError that names what is not as it should be
    """

    temperature: float = 0.5
    top_p: float | None = None
    min_p: float | None = None
    max_tokens: int = 250
    stop: tuple = ()
    seed: int | None = None

    def __post_init__(self):
        distribution(torch.zeros(1, 2), self.temperature, None, self.top_p, self.min_p)
        whole("max_tokens", self.max_tokens, 1)
        if self.seed is not None and not -(2**63) <= whole("seed", self.seed, -(2**63)) < 2**63:
            raise ValueError(f"seed is {self.seed}: it must fit into 64 bits")
        if isinstance(self.stop, str) or not all(isinstance(text, str) and text for text in self.stop):
            raise ValueError(f"stop is {self.stop!r:.60}; it should be a tuple of texts, none of them empty")

    def generator(self, device):
        """Where chances come from, on a device."""
        chance = torch.Generator(device)
        chance.seed() if self.seed is None else chance.manual_seed(self.seed)
        return chance


class Reply:
    """The assistant's next message, written while one iterates: `for piece in reply` gives whole characters.

    messages: a conversation that ends with a message of user   settings: Settings   template: see `render`
    generator: where chances come from, on the model's device; None makes one from the settings' seed
    stopping: a threading.Event that ends the reply when it is set; default one of its own, see `stop`
    raises: ValueError for what is no conversation, and for messages that do not fit into the model's window

    When the window is full the oldest turns leave it, also in the middle of the reply; the system message and the last
    of user stay. When only these are left the reply ends.
    Has text, so far; written, its ids; prompt, the ids before it; dropped, how many of the oldest messages the model
    does not see; finish, None while it is written; then "stop" (the model was done, or came to a stop text),
    "length" (max_tokens, or the window is full) or "stopped" (somebody called `stop`).
    """

    def __init__(self, model, tokenizer, messages, settings=None, template=STORY, generator=None, stopping=None):
        self.model, self.tokenizer, self.template = model, tokenizer, template
        self.settings, self.window = settings or Settings(), model.config.context_length
        self.messages, self.generator = list(messages), generator
        check_messages(self.messages, tokenizer, True, template)
        self.text, self.written, self.finish, self.dropped, self._end = "", [], None, 0, []
        self._stop = threading.Event() if stopping is None else stopping
        if not self._fit():
            needed = len(self._rendered(self._oldest()))
            raise ValueError(f"the last message needs {needed} tokens with all that stays beside it, and this model "
                             f"sees {self.window} at a time: say it in fewer words")

    def stop(self):
        """End the reply after the token at hand. Any thread may call it, before the reply begins, too."""
        self._stop.set()

    def saw(self):
        """What the model saw when it wrote the last token, and that token, as plain data.

        returns: {"ids", "tokens": their texts, "special": which of them are special tokens, by their places,
        "prompt": where the reply begins, "dropped", "window"}
        """
        ids, special = [*self.prompt, *self.written, *self._end], {*self.tokenizer.special.values()}
        return {"ids": ids, "tokens": [spelled(self.tokenizer, id) for id in ids],
                "special": [place for place, id in enumerate(ids) if id in special],
                "prompt": len(self.prompt), "dropped": self.dropped, "window": self.window}

    def __iter__(self):
        pieces = until(whole_characters(self._ids(), self.tokenizer.token), self.settings.stop)
        while True:
            try:
                piece = next(pieces)
            except StopIteration as ended:
                if ended.value is not None:
                    self.finish = "stop"
                return
            self.text += piece
            yield piece

    def _ids(self):
        """The ids of the reply, one by one, without the one that ends it."""
        model, settings = self.model, self.settings
        kept = Cache(self.window) if hasattr(model, "blocks") else None
        special = {*self.tokenizer.special.values()}  # a token that no text has ends the message, whichever it is
        with evaluating(model) as device:
            pass
        chance = settings.generator(device) if self.generator is None else self.generator
        while not self._stop.is_set():
            if len(self.written) == settings.max_tokens:
                self.finish = "length"
                return
            if len(self.prompt) + len(self.written) > self.window:
                if not self._fit():
                    self.finish = "length"
                    return
                if kept is not None:
                    kept.clear()
            with evaluating(model):  # not around the loop: between two tokens whoever iterates does what they like
                logits = after(model, torch.tensor([self.prompt + self.written], device=device), kept)  # (1, V)
                probs = distribution(logits, settings.temperature, None, settings.top_p, settings.min_p)  # (1, V)
                u = torch.rand(1, generator=chance, device=device)  # (1,)
            id = choose(probs[0].tolist(), u.item())
            if id in special:
                self._end, self.finish = [id], "stop"
                return
            self.written.append(id)
            yield id
        self.finish = "stopped"

    def _fit(self):
        """Leave out as few of the oldest turns as will do, and no fewer than before. returns: whether that is enough"""
        for dropped in range(self.dropped, self._oldest() + 1, 2):
            ids = self._rendered(dropped)
            if len(ids) + len(self.written) <= self.window:
                self.prompt, self.dropped = ids, dropped
                return True
        return False

    def _oldest(self):
        """How many messages can be left out at most."""
        return len(self.messages) - 1 - self._system()

    def _system(self):
        return int(self.messages[0]["role"] == "system")

    def _rendered(self, dropped):
        first = self._system()
        kept = self.messages[:first] + self.messages[first + dropped :]
        return render(kept, self.tokenizer, True, self.template)
