"""Chat: what the page and a cell ask of a conversation, what the page is told, and what stays in a saved notebook."""

import re
import threading
import time

import pytest
import torch

from course_lib import show
from course_lib.chat import Conversation
from course_lib.gpt import GPT, Config
from course_lib.show import widget
from course_lib.training.storyteller import vocabulary

TOKENIZER = vocabulary()


def conversation(**settings):
    torch.manual_seed(0)
    model = GPT(Config(TOKENIZER.vocab_size, context_length=64, d_model=8, n_heads=2, n_layers=1))
    return Conversation(model, TOKENIZER, **{"max_tokens": 6, "seed": 0, "temperature": 1.0, **settings})


class Slow:
    """Stands for a conversation: pieces come when the test lets them."""

    def __init__(self):
        self.messages, self.settings, self.model, self.finish = [], conversation().settings, torch.nn.Identity(), None
        self.go, self.stopped, self.wrong = threading.Semaphore(0), threading.Event(), None

    def say(self, text):
        if self.wrong:
            raise self.wrong
        told = ""
        self.stopped.clear()
        for _ in range(100):
            assert self.go.acquire(timeout=20)
            if self.stopped.is_set():
                break
            told += "word "
            yield "word "
        self.finish = "stopped" if self.stopped.is_set() else "length"
        self.messages = [*self.messages, {"role": "user", "content": text}, {"role": "assistant", "content": told}]

    def stop(self):
        self.stopped.set()
        self.go.release()

    def new(self):
        self.messages = []

    def set(self, **settings):
        self.changed = settings

    def saw(self):
        return {"ids": [1]} if self.messages else None


def until_true(what):
    end = time.monotonic() + 20
    while not what():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)


def test_a_cell_says_something_and_has_the_reply():
    talk, same = conversation(), conversation()
    view = show.Chat(talk)
    assert view.messages == [] and view.temperature == 1.0 and view.saw == {}
    assert view.say("Who?") == "".join(same.say("Who?"))
    assert view.messages == talk.messages and view.saw == talk.saw() and view.status == "ready" and view.reply == ""
    assert view.note.startswith("The reply was cut")
    view.new()
    assert view.messages == [] == talk.messages and view.saw == {} and view.note == ""


def test_the_page_is_told_while_a_reply_is_written_and_may_stop_it():
    talk = Slow()
    view = show.Chat(talk)
    view._asked(view, {"say": "Go on"}, [])
    until_true(lambda: view.status == "writing")
    assert view.messages == [{"role": "user", "content": "Go on"}]
    for _ in range(3):
        time.sleep(0.08)
        talk.go.release()
    until_true(lambda: view.reply.startswith("word word"))
    view._asked(view, {"say": "At once?"}, [])
    view._asked(view, "new", [])
    with pytest.raises(RuntimeError, match="is being written"):
        view.say("From a cell?")
    assert view.status == "writing" and len(view.messages) == 1
    view._asked(view, "stop", [])
    until_true(lambda: view.status == "ready")
    assert view.note == "Stopped." and view.messages == talk.messages and view.reply == "" and view.saw == {"ids": [1]}
    view._asked(view, "stop", [])
    assert view.status == "ready"


def test_a_stop_that_comes_before_the_first_piece_counts():
    talk = Slow()
    view = show.Chat(talk)
    begun = talk.say
    talk.stop = lambda: None if not talk.finish and not started else Slow.stop(talk)
    started = []

    def say(text):
        for piece in begun(text):
            started.append(1)
            yield piece

    talk.say = say
    view._asked(view, {"say": "Go on"}, [])
    until_true(lambda: view.status == "writing")
    view._asked(view, "stop", [])  # as if the conversation had not begun yet: it hears nothing
    talk.go.release()
    until_true(lambda: view.status == "ready")
    assert talk.finish == "stopped"


def test_errors_are_shown_on_the_page_and_raised_in_a_cell():
    talk = Slow()
    view = show.Chat(talk)
    talk.wrong = ValueError("say it in fewer words")
    view._asked(view, {"say": "Go on"}, [])
    until_true(lambda: view.note)
    until_true(lambda: view.status == "ready")
    assert view.note == "say it in fewer words" and view.messages == []
    with pytest.raises(ValueError, match="fewer words"):
        view.say("Go on")
    talk.wrong = None
    assert view.status == "ready"


@pytest.mark.parametrize("content", [None, 3, "nonsense", {}, {"say": 3}, {"say": None}, ["say"]])
def test_other_messages_change_nothing(content):
    view = show.Chat(Slow())
    view._asked(view, content, [])
    assert view.status == "ready" and view.messages == [] and view.note == ""


def test_the_slider_sets_the_temperature():
    talk = conversation()
    view = show.Chat(talk)
    view.temperature = 0.25
    assert talk.settings.temperature == 0.25 and talk.settings.max_tokens == 6
    for wrong in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="temperature is"):
            view.temperature = wrong
    assert talk.settings.temperature == 0.25


def test_only_a_conversation_will_do():
    for wrong in ("talk", None, torch.nn.Linear(1, 1)):
        with pytest.raises(TypeError, match="wanted is one such as chat.Conversation"):
            show.Chat(wrong)


def test_it_is_small_asks_for_nothing_and_text_stays_text():
    module, style = show.Chat._esm, show.Chat._css
    assert len((module + style).encode("utf-8")) < widget.LARGEST
    assert not re.search(r"^\s*import\b|\bimport\(|fetch\(|XMLHttp|WebSocket|https?:", module, re.M)
    assert not re.search(r"url\(|@import", style)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", module)
    for rule in re.findall(r"[{;\s]color:\s*([^;}]+)", widget.asset("chat.css")):
        assert rule.strip().startswith(("var(--sw-", "inherit", "color-mix(in srgb, var(--sw-")), rule


@pytest.mark.filterwarnings("error")
def test_what_stays(tmp_path):
    talk = Slow()
    view = show.Chat(talk)
    assert "Nothing has been said yet." in view.picture().alt and view.picture().png()
    talk.messages = [{"role": "system", "content": "Be brief."}]
    odd = ["$a_1$ <img onerror>\n\n\tdone", "\x00\u202e" + "日" * 300, "W" * 400, ""]
    talk.messages += [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(odd * 6)]
    view.messages = talk.messages
    picture = view.picture()
    [axes] = picture.figure.axes
    boxes = [text.get_window_extent() for text in axes.texts]
    assert max(box.x1 for box in boxes) <= picture.figure.bbox.x1 and len(axes.texts) <= 2 * show.chat.LINES
    assert "Model: " in picture.alt and len(picture.alt) < 1700
    bundle, facts = view._repr_mimebundle_()
    assert bundle["text/plain"] == repr(view) == "Chat(Identity)" and facts["image/png"]["alt"] == picture.alt
    view.save(tmp_path / "talk.svg")
