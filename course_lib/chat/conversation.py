"""A conversation with a model: what was said, and the next reply, piece by piece."""

import threading
from dataclasses import replace

from course_lib.bigram import evaluating
from course_lib.instructions import check_messages, template_of

from .reply import Reply, Settings


class Conversation:
    """Turns of a user and a model. `say` gives the reply as it is written.

    model: with `config.context_length`   tokenizer: default `model.tokenizer`
    template: of the chat; default the registered one whose special tokens the tokenizer has
    system: a message that stands before all turns and always stays in view, or None   settings: those of `Settings`
    raises: ValueError where the model has no chat template, or a setting is wrong

    >>> from course_lib.gpt import GPT, Config
    >>> from course_lib.training.storyteller import vocabulary
    >>> model = GPT(Config(vocab_size=2051, context_length=64, d_model=8, n_heads=2, n_layers=1))
    >>> talk = Conversation(model, vocabulary(), max_tokens=5)
    >>> reply = "".join(talk.say("Who has the lamp?"))
    >>> [message["role"] for message in talk.messages]
    ['user', 'assistant']
    """

    def __init__(self, model, tokenizer=None, *, template=None, system=None, **settings):
        self.model = model
        self.tokenizer = getattr(model, "tokenizer", None) if tokenizer is None else tokenizer
        self.template = template_of(self.tokenizer) if template is None else template
        if self.template is None:
            raise ValueError(f"{type(model).__name__} has no chat template: its vocabulary has the special tokens of "
                             "none, such as <|user|> and <|assistant|>")
        self.system, self.settings = system, Settings(**settings)
        if system is not None:
            check_messages(self._opening(), self.tokenizer, template=self.template)
        self._writing = threading.Lock()
        self.new()

    def new(self):
        """Forget what was said and begin anew, with the seed too. raises: RuntimeError while a reply is written"""
        self._begin()
        with evaluating(self.model) as device:
            self._chance = self.settings.generator(device)
        self.messages, self._reply = self._opening(), None
        self._writing.release()

    def set(self, **settings):
        """Change some settings; the next reply has them. A new seed counts at once."""
        self.settings = replace(self.settings, **settings)
        if "seed" in settings:
            with evaluating(self.model) as device:
                self._chance = self.settings.generator(device)

    def say(self, text):
        """Say something, and iterate over the reply, in pieces of whole characters.

        yields: str; the turn is in `messages` when the reply ends, also where one does not iterate to its end
        raises: ValueError for an empty text, or one that does not fit into the model's window; RuntimeError while
            another reply is being written. Nothing has been said then, as after any error of the model.
        """
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"you said {text!r:.40}; a message is a text, and not an empty one")
        self._begin()
        try:
            messages = [*self.messages, {"role": "user", "content": text}]
            self._reply = Reply(self.model, self.tokenizer, messages, self.settings, self.template, self._chance)
            try:
                yield from self._reply
            except GeneratorExit:
                self._reply.finish = "stopped"
                raise
            finally:
                if self._reply.finish:
                    self.messages = [*messages, {"role": "assistant", "content": self._reply.text}]
        finally:
            self._writing.release()

    def stop(self):
        """End the reply that is being written, if there is one. Any thread may call it."""
        if self._reply is not None:
            self._reply.stop()

    @property
    def finish(self):
        """Why the last reply ended, see `Reply`; None before the first, and while one is written."""
        return self._reply and self._reply.finish

    def saw(self):
        """What the model saw in the last reply, see `Reply.saw`; None before the first."""
        return self._reply and self._reply.saw()

    def _opening(self):
        return [] if self.system is None else [{"role": "system", "content": self.system}]

    def _begin(self):
        if not self._writing.acquire(blocking=False):
            raise RuntimeError("a reply is being written: let it come to its end, or call stop()")
