"""Chat, in a notebook and on the page of `course chat --web`: a reply streams, can be stopped, and stays text."""

import os
import re
import subprocess
import sys

import pytest

SETUP = """
import time, types, torch
from course_lib import show
from course_lib.chat import ChatModel, Conversation, Settings
from course_lib.instructions import STORY
from course_lib.training.storyteller import vocabulary
tokenizer = vocabulary()
class Slow(torch.nn.Module):
    "Who says 'long' gets words without end, anybody else a short reply."
    config = types.SimpleNamespace(context_length=256, vocab_size=tokenizer.vocab_size)
    words = tokenizer.encode("word ")
    short = [*tokenizer.encode("yes 🦊 <img src=x onerror=alert(1)> <|user|>"), tokenizer.end]
    def forward(self, ids):
        time.sleep(0.03)
        row = ids[0].tolist()
        at = len(row) - 1 - max(n for n, id in enumerate(row) if id == tokenizer.special["<|assistant|>"])
        asked = tokenizer.decode(row[max(n for n, id in enumerate(row) if id == tokenizer.special["<|user|>"]) + 1:])
        logits = torch.full((1, len(row), tokenizer.vocab_size), -100.0)
        said = self.words if asked.startswith("long") else self.short
        logits[0, -1, said[at % len(said)]] = 100.0
        return logits
"""
SERVE = SETUP + """
from course_lib.chat.server import serve
serve(ChatModel("slow", Slow(), tokenizer, STORY), 0, lambda line: print(line, flush=True), Settings(), "Be brief.")
"""
VIEW = 1
REPLY = "yes 🦊 <img src=x onerror=alert(1)> <|user|>"


def say(place, text):
    area = place.get_by_role("textbox")
    area.fill(text)
    area.press("Enter")


def last(place):
    return place.locator(".ch-one").last.locator(".ch-text")


def said(place, text):
    """Say it, and wait until the reply is there."""
    count = place.locator(".ch-one").count()
    say(place, text)
    place.locator(".ch-one").nth(count + 1).wait_for()
    ready(place)


def ready(place):
    place.get_by_role("button", name="Send the message").wait_for()


def saw(place):
    """What is shown as seen by the model: its tokens, and those of them that are special."""
    if place.locator("details:not([open])").count():
        place.locator("summary").click()
    place.locator(".ch-token").first.wait_for()
    return (place.locator(".ch-token .sw-token").all_inner_texts(),
            place.locator(".ch-special .sw-token").all_inner_texts())


def check_a_reply(place):
    said(place, "Is it <b>here</b>?")
    assert last(place).inner_text() == REPLY and place.locator("img, .ch-log b").count() == 0
    tokens, special = saw(place)
    seen = REPLY.replace("🦊", r"\xf0\x9f\xa6\x8a")  # a token each, and no text alone
    assert "".join(tokens).replace("·", " ").endswith(f"<|user|>Is it <b>here</b>?<|assistant|>{seen}<|endoftext|>")
    assert special[-3:] == ["<|user|>", "<|assistant|>", "<|endoftext|>"], "the reply's own <|user|> is text"
    assert place.locator(".ch-id").first.inner_text() in ("2048", "2050")
    place.locator(".sw-live", has_text="yes").wait_for(state="attached")


def check_stop(place, page, by_key):
    say(place, "long")
    last(place).get_by_text(re.compile("word word")).wait_for()
    if by_key:
        place.get_by_role("textbox").press("Escape")
    else:
        place.get_by_role("button", name="Stop the reply").click()
    ready(place)
    place.get_by_text("Stopped.").first.wait_for()
    text = last(place).inner_text()
    assert text.startswith("word word") and len(text) < 250
    page.wait_for_timeout(400)
    assert last(place).inner_text() == text
    said(place, "Again?")
    assert last(place).inner_text() == REPLY


def check_refusal(place):
    long = "lamp " * 400
    before = place.locator(".ch-one").count()
    say(place, long)
    place.get_by_text(re.compile("sees 256 at a time: say it in fewer words")).first.wait_for()
    assert place.get_by_role("textbox").input_value() == long, "it is not lost"
    assert place.locator(".ch-one").count() == before
    place.get_by_role("textbox").fill("")


# -- in a notebook ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def view(_page):
    _page.size(1280, 800)
    _page.open([SETUP, "talk = Conversation(Slow(), tokenizer)\nview = show.Chat(talk)\nview", "time.sleep(4)"])
    _page.run()
    one = _page.out(VIEW).locator(".sw")
    one.wait_for()
    one.scroll_into_view_if_needed()
    return one


def ask(lab, what):
    return lab.kernel(f"print({what})").strip()


def test_a_reply_streams_and_what_the_model_saw_is_shown(lab, view):
    check_a_reply(view)
    assert ask(lab, "talk.messages[-1]['content']") == REPLY
    shown = view.locator(".ch-id").all_inner_texts()
    assert shown == ask(lab, "*talk.saw()['ids']").split()


@pytest.mark.parametrize("by_key", [False, True])
def test_stop_works_while_it_streams(lab, view, by_key):
    check_stop(view, lab.page, by_key)
    assert ask(lab, "talk.messages[-4]['content'] == 'long' or talk.messages[-4]") == "True"


def test_what_does_not_fit_is_said_and_not_lost(lab, view):
    check_refusal(view)


def test_while_a_cell_runs_a_message_waits_and_the_page_says_so(lab, view):
    lab.start(2)
    lab.page.wait_for_timeout(500)
    say(view, "Waiting?")
    told = view.get_by_text("The kernel is busy").or_(view.get_by_text("Waiting?"))  # some kernels hear it at once
    told.first.wait_for()
    lab.wait()
    last(view).get_by_text("yes").wait_for()
    ready(view)


def test_temperature_by_keyboard_and_a_line_break(lab, view):
    view.get_by_role("slider", name="temperature").press("Home")
    lab.page.wait_for_timeout(500)
    assert ask(lab, "talk.settings.temperature") == "0.0" and view.locator(".ch-out").inner_text() == "0 (greedy)"
    area = view.get_by_role("textbox")
    area.fill("one")
    area.press("Shift+Enter")
    area.type("two")
    assert area.input_value() == "one\ntwo"
    said(view, area.input_value())
    assert ask(lab, "repr(talk.messages[-2]['content'])") == "'one\\ntwo'"


def test_every_look_a_new_page_and_a_new_conversation(lab, view):
    for look in lab.looks():
        assert view.evaluate("node => node.scrollWidth <= node.clientWidth + 1"), look
    lab.size(1280, 800)
    room = lab.page.evaluate("() => window.courseTest.panel().content.node.clientHeight")
    assert view.evaluate("node => node.offsetHeight") <= room - 8
    lab.save()
    lab.reload()
    view = lab.out(VIEW).locator(".sw")
    last(view).get_by_text("yes").wait_for()
    view.get_by_role("button", name="Forget what was said").click()
    view.get_by_text("Nothing has been said yet.").wait_for()
    assert ask(lab, "talk.messages") == "[]"


# -- on the page ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def server_of_page():
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}
    process = subprocess.Popen([sys.executable, "-c", SERVE], stdout=subprocess.PIPE, text=True, encoding="utf-8",
                               env=environment)
    yield process, re.search(r"http://\S+", process.stdout.readline())[0]
    process.kill()
    process.wait(20)


@pytest.fixture(scope="module")
def faults():
    return []


@pytest.fixture(scope="module")
def page(browser, server_of_page, faults):
    address = server_of_page[1]
    home = address.split("/?")[0]
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(60_000)

    def gate(route):
        if route.request.url.startswith((home, "data:")):
            route.continue_()
        else:
            faults.append(route.request.url)
            route.abort()

    page.route("**/*", gate)
    page.on("console", lambda message: message.type == "error" and faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: faults.append("a dialog") or dialog.accept())
    page.goto(address)
    ready(page)
    yield page
    context.close()


@pytest.fixture(autouse=True)
def without_faults(faults):
    faults.clear()
    yield
    assert faults == []


def test_the_page_streams_a_reply_after_its_system_message(page):
    assert page.locator(".ch-one").inner_text().split("\n")[-1] == "Be brief." and "slow" in page.title()
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"
    check_a_reply(page)
    assert saw(page)[0][0] == "<|system|>"


@pytest.mark.parametrize("by_key", [False, True])
def test_stop_works_on_the_page(page, by_key):
    check_stop(page, page, by_key)


def test_the_page_says_what_does_not_fit(page, faults):
    check_refusal(page)
    assert len(faults) == 1 and "400 (Bad Request)" in faults.pop(), "the browser's own word of it"


def test_what_the_window_cannot_hold_is_said(page):
    for _ in range(8):
        said(page, "Is it here, or where the lamp was, under the bridge?")
    saw(page)
    assert re.search(r"The oldest \d+ messages were out of view", page.locator(".ch-facts").inner_text())
    assert saw(page)[0][:3] == ["<|system|>", "B", "e"], "the system message stays"
    log = page.get_by_role("log")
    assert log.evaluate("node => node.scrollTop + node.clientHeight >= node.scrollHeight - 2"), "the end is in sight"


def test_the_page_in_every_look(page):
    looks = {}
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for width, height in ((1280, 800), (390, 720)):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(300)
            across, down = page.evaluate("(({ scrollWidth, scrollHeight }) => [scrollWidth, scrollHeight])"
                                         "(document.documentElement)")
            assert across <= width and down <= height, (scheme, width)
            for name in ("Send the message", "Forget what was said and begin anew"):
                assert page.get_by_role("button", name=name).is_visible()
            box = page.get_by_role("textbox").bounding_box()
            assert box["y"] + box["height"] < height and box["width"] > width / 2
        looks[scheme] = page.evaluate("[getComputedStyle(document.querySelector('.sw')).backgroundColor, "
                                      "getComputedStyle(document.querySelector('.ch-text')).color]")
    assert looks["light"] == looks["dark"][::-1] or looks["light"][0] != looks["dark"][0]
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(color_scheme="light")


def test_a_tab_keeps_its_conversation_and_another_does_not_see_it(page, browser, server_of_page):
    count = page.locator(".ch-one").count()
    assert count > 3
    page.reload()
    last(page).get_by_text("yes").wait_for()
    assert page.locator(".ch-one").count() == count
    other = browser.new_page()
    other.goto(server_of_page[1])
    ready(other)
    assert other.locator(".ch-one").count() == 1
    other.close()
    page.get_by_role("button", name="Forget what was said").click()
    page.locator(".ch-one").nth(1).wait_for(state="detached")
    assert page.locator(".ch-one").count() == 1, "the system message"


def test_a_page_without_the_token_shows_nothing(browser, server_of_page):
    other = browser.new_page()
    answer = other.goto(server_of_page[1].split("?")[0])
    assert answer.status == 401 and "the token is missing or wrong" in other.content()
    other.close()


def test_a_server_that_is_gone_is_said(page, server_of_page, faults):
    process, _ = server_of_page
    process.kill()
    process.wait(20)
    say(page, "Is it here?")
    page.get_by_text("The server does not answer").first.wait_for()
    assert page.get_by_role("textbox").input_value() == "Is it here?"
    assert len(faults) == 1 and "ERR_CONNECTION_REFUSED" in faults.pop()
