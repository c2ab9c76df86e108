"""Chat: a conversation to be had in a notebook. The model answers as one reads, and what it saw can be unfolded."""

import math
import textwrap
import threading
import time

import traitlets

from .looking import named
from .picture import INK, QUIET, Picture, drawable, figure, style
from .widget import Widget

EVERY = 0.06  # seconds between two looks at a reply that is being written
WHO = {"user": "You", "assistant": "Model", "system": "System"}
ENDS = {"length": "The reply was cut: it was as long as it may be, or the model's window was full.",
        "stopped": "Stopped."}  # fmt: skip
LINES, WIDTH = 26, 92  # of the picture that stays: lines, and letters in each
MONO = ["DejaVu Sans Mono", "DejaVu Sans"]  # the second for what the first has no sign for


class Chat(Widget, assets="chat"):
    """Talk to a model: it answers piece by piece, can be stopped, forgets on a button, and shows what it saw.

    conversation: such as `chat.Conversation(model, tokenizer, seed=0)`; its temperature is where the slider stands

    What the page asks is answered in a thread of its own, so Stop works while a reply is written. While a cell runs,
    a kernel may hear nothing from the page: then a message waits until the cell is done, and the page says so.
    `say(text)` and `new()` do the same from a cell; `say` waits for the reply and returns it.
    """

    messages = traitlets.List().tag(sync=True)
    reply = traitlets.Unicode("").tag(sync=True)
    status = traitlets.Unicode("ready").tag(sync=True)
    note = traitlets.Unicode("").tag(sync=True)
    saw = traitlets.Dict().tag(sync=True)
    temperature = traitlets.Float(0.0).tag(sync=True)

    def __init__(self, conversation):
        if not all(hasattr(conversation, name) for name in ("say", "stop", "new", "set", "messages", "settings")):
            raise TypeError(f"the conversation is {named(conversation)}; wanted is one such as "
                            "chat.Conversation(model, tokenizer)")
        self._conversation, self._asked_to_stop, self._writing = conversation, False, threading.Lock()
        super().__init__(messages=conversation.messages, saw=conversation.saw() or {},
                         temperature=conversation.settings.temperature)
        self.observe(lambda change: conversation.set(temperature=change["new"]), "temperature")
        self.on_msg(self._asked)

    def say(self, text) -> str:
        """Say something and wait for the reply.

        raises: RuntimeError while another is written, and what the conversation's `say` raises
        """
        self._begin()
        talk, told, shown, self._asked_to_stop = self._conversation, "", time.monotonic(), False
        try:
            with self.hold_sync():
                self.status, self.note, self.reply = "writing", "", ""
                self.messages = [*talk.messages, {"role": "user", "content": text}]
            for piece in talk.say(text):
                told += piece
                if self._asked_to_stop:
                    talk.stop()
                if time.monotonic() - shown > EVERY:
                    self.reply, shown = told, time.monotonic()
            return told
        finally:
            with self.hold_sync():
                self.messages, self.saw = list(talk.messages), talk.saw() or {}
                self.reply, self.status, self.note = "", "ready", ENDS.get(talk.finish, "")
            self._writing.release()

    def new(self):
        """Forget what was said and begin anew. raises: RuntimeError while a reply is being written"""
        self._begin()
        try:
            self._conversation.new()
            with self.hold_sync():
                self.messages, self.saw, self.note = list(self._conversation.messages), {}, ""
        finally:
            self._writing.release()

    def _begin(self):
        if not self._writing.acquire(blocking=False):
            raise RuntimeError("a reply is being written: wait for its end, or stop it")

    def _asked(self, _, content, buffers):
        if content == "stop" and self.status != "ready":
            self._asked_to_stop, self.status = True, "stopping"
            self._conversation.stop()
        elif content == "new":
            self._tried(self.new)
        elif isinstance(content, dict) and isinstance(content.get("say"), str) and self.status == "ready":
            threading.Thread(target=self._tried, args=(self.say, content["say"]), daemon=True).start()

    def _tried(self, do, *arguments):
        """Nobody waits for an error here: the page shows it."""
        try:
            do(*arguments)
        except Exception as error:
            self.note = f"{error}"[:500]

    @traitlets.validate("temperature")
    def _sensible(self, proposal):
        if not 0 <= proposal["value"] < math.inf:
            raise ValueError(f"temperature is {proposal['value']}; it must be 0, which is greedy, or more")
        return proposal["value"]

    def picture(self):
        """The end of the conversation, as much as there is room for."""
        lines = []  # (who or "", text)
        for message in self.messages:
            who = WHO[message["role"]]
            for line in drawable_lines(message["content"]):
                lines.append((who, line))
                who = ""
            lines.append(("", ""))
        lines = lines[:-1] or [("", "Nothing has been said yet.")]
        if len(lines) > LINES:
            lines = [("", "…"), *lines[1 - LINES :]]
        with style():
            sheet, axes = figure(8.4, 0.2 * len(lines) + 0.3)
            for y, (who, line) in enumerate(lines):
                axes.text(0, y, who, fontsize=9, color=QUIET, va="center", weight="bold")
                axes.text(9, y, line, fontsize=9, color=INK, va="center", family=MONO)
            axes.set(xlim=(0, 9 + WIDTH), ylim=(len(lines) - 0.4, -0.6))
            axes.set_axis_off()
        said = " ".join(f"{WHO[message['role']]}: {' '.join(message['content'].split())}" for message in self.messages)
        said = "…" + said[-1500:] if len(said) > 1500 else said
        return Picture(sheet, "A conversation with a model", said or "Nothing has been said yet.")

    def __repr__(self):
        return f"Chat({type(self._conversation.model).__name__})"


def drawable_lines(text):
    """A message as lines that fit into the picture, one at least."""
    lines = [line for part in text.split("\n") for line in textwrap.wrap(drawable(part.replace("\t", " ")), WIDTH)]
    return lines or [""]
