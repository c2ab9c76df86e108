"""Replies: what a model writes token by token in its window, against a loop that computes everything anew."""

import threading

import pytest
import torch
from hypothesis import example, given, settings, strategies
from talking import random_model, until_true

from course_lib.bpe import story_vocabulary
from course_lib.chat import Conversation, Reply, Settings
from course_lib.chat.streaming import until, whole_characters
from course_lib.instructions import render
from course_lib.sampling import distribution, generate

HELLO = [{"role": "user", "content": "Who has the lamp?"}]


def slowly(model, tokenizer, messages, n, temperature=1.0, seed=0):
    """The view at the last token, and the ids of a reply: no cache, and each view looked for from the beginning."""
    chance, written, first = torch.Generator().manual_seed(seed), [], int(messages[0]["role"] == "system")
    window, seen = model.config.context_length, None
    while len(written) < n:
        views = (render(messages[:first] + messages[first + d :], tokenizer, True)
                 for d in range(0, len(messages) - first, 2))
        prompt = next((view for view in views if len(view) + len(written) <= window), None)
        if prompt is None:
            break
        seen = prompt
        probs = distribution(model(torch.tensor([prompt + written]))[0, -1].detach(), temperature)
        u = torch.rand(1, generator=chance).item()
        id = int((probs.double().cumsum(0) <= u).sum())
        if id >= tokenizer.end:
            break
        written.append(id)
    return seen, written


def turns(count, system=False, words="the lamp lay under the old bridge"):
    said = [{"role": "system", "content": "Be brief."}] * system
    return said + [{"role": ("user", "assistant")[n % 2], "content": f"{n} {words}"} for n in range(count)]


@pytest.mark.parametrize("system", [False, True])
@pytest.mark.parametrize("count", [1, 3, 7, 15])
@pytest.mark.parametrize("temperature", [0, 1.0])
def test_a_reply_is_what_the_slow_loop_writes_also_past_the_windows_edge(model, tokenizer, count, system, temperature):
    messages = turns(count, system)
    reply = Reply(model, tokenizer, messages, Settings(temperature=temperature, max_tokens=80, seed=3))
    text = "".join(reply)
    prompt, written = slowly(model, tokenizer, messages, 80, temperature, seed=3)
    assert reply.written == written and reply.prompt == prompt and len(written) > 5
    assert text == reply.text == tokenizer.decode(written)
    assert reply.finish == ("length" if len(prompt) + len(written) > 64 or len(written) == 80 else "stop")


def test_inside_the_window_it_is_what_generate_writes(model, tokenizer):
    chance = torch.Generator().manual_seed(5)
    prompt = render(HELLO, tokenizer, reply=True)
    [row] = generate(model, [prompt], 40, end=tokenizer.end, generator=chance)
    reply = Reply(model, tokenizer, HELLO, Settings(temperature=1.0, max_tokens=40, seed=5))
    list(reply)
    assert prompt + reply.written == [id for id in row if id < tokenizer.end or row.index(id) < len(prompt)]


def test_oldest_turns_leave_in_the_middle_of_a_reply_and_the_system_message_stays(scripted, tokenizer):
    model = scripted("lamp " * 9, endless=True, window=64)
    messages = turns(5, system=True)
    reply = Reply(model, tokenizer, messages, Settings(max_tokens=500))
    dropped = []
    for _ in reply:
        dropped.append(reply.dropped)
        seen = model.asked[-1]
        assert len(seen) <= 64 and seen[: seen.index(2048)] == render(messages[:1], tokenizer)
        assert seen == reply.prompt + reply.written[:-1]
    assert sorted(dropped) == dropped and set(dropped) == {0, 2, 4} and reply.finish == "length"
    alone = render([messages[0], messages[-1]], tokenizer, True)
    assert reply.prompt == alone and len(alone) + len(reply.written) == 64 + 1, "the last one written is read no more"
    assert reply.saw()["dropped"] == 4 and reply.saw()["window"] == 64


def test_exactly_at_the_edge(model, tokenizer):
    room = len(render([{"role": "user", "content": ""}], tokenizer, True))
    word = tokenizer.encode(" lamp")
    assert len(word) == 1
    full = Reply(model, tokenizer, [{"role": "user", "content": " lamp" * (64 - room)}], Settings(temperature=0))
    list(full)
    assert len(full.prompt) == 64 and len(full.written) <= 1
    with pytest.raises(ValueError, match="needs 65 tokens .* sees 64 at a time: say it in fewer words"):
        Reply(model, tokenizer, [{"role": "user", "content": " lamp" * (65 - room)}])
    old = [*turns(2), {"role": "user", "content": " lamp" * (64 - room)}]
    assert Reply(model, tokenizer, old).dropped == 2
    with pytest.raises(ValueError, match="needs"):
        Reply(model, tokenizer, [{"role": "system", "content": "Be brief."}, *old])


# -- text out of tokens -----------------------------------------------------------------------------------------------


@settings(max_examples=50)
@given(strategies.lists(strategies.binary(max_size=5), max_size=12))
@example(["é".encode()[:1], "é".encode()[1:]])
@example(["🦊".encode()[:3]])
def test_characters_come_whole_and_joined_they_are_the_text(tokens):
    pieces = list(whole_characters(range(len(tokens)), tokens.__getitem__))
    assert "".join(pieces) == b"".join(tokens).decode("utf-8", "replace") and "" not in pieces


def test_a_character_of_many_tokens_is_held_back(tokenizer, scripted):
    text = "a🦊é日"
    assert len(tokenizer.encode(text)) == 10
    assert list(Reply(scripted(text), tokenizer, HELLO)) == list(text)
    cut = Reply(scripted(text), tokenizer, HELLO, Settings(max_tokens=3))
    assert "".join(cut) == "a�" == tokenizer.decode(cut.written) and cut.finish == "length"


@settings(max_examples=50)
@given(text=strategies.text("ab", max_size=12), cuts=strategies.lists(strategies.integers(0, 12), max_size=4),
       stops=strategies.lists(strategies.text("ab", min_size=1, max_size=4), max_size=3))  # fmt: skip
@example(text="aab", cuts=[1, 2], stops=["ab"])
@example(text="ababb", cuts=[2, 4], stops=["abb"])
def test_a_stop_text_is_found_wherever_it_is_cut(text, cuts, stops):
    places = [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in zip(places, places[1:], strict=False)]
    complete = ([end - len(stop) for stop in stops if text[:end].endswith(stop)] for end in range(len(text) + 1))
    assert "".join(until(pieces, stops)) == text[: min(next(filter(None, complete), [len(text)]))]


def test_what_cannot_be_a_stop_text_is_not_held_back():
    given = iter(["one ", "two st", "ep"])
    told = until(given, ("stop",))
    assert [next(told), next(told)] == ["one ", "two "]


def test_stop_texts_end_a_reply_and_are_not_part_of_it(tokenizer, scripted):
    reply = Reply(scripted("one two three"), tokenizer, HELLO, Settings(stop=("o th", "zzz")))
    assert "".join(reply) == reply.text == "one tw" and reply.finish == "stop"


@pytest.mark.parametrize("name", ["<|endoftext|>", "<|user|>", "<|assistant|>", "<|system|>"])
def test_any_special_token_ends_the_reply_and_is_no_text(tokenizer, scripted, name):
    model = scripted("yes")
    model.script = [*tokenizer.encode("yes"), tokenizer.special[name], *tokenizer.encode("no")]
    reply = Reply(model, tokenizer, HELLO)
    assert "".join(reply) == "yes" and reply.finish == "stop"
    seen = reply.saw()
    assert seen["ids"][-1] == tokenizer.special[name] and seen["tokens"][-1] == name


# -- conversations ----------------------------------------------------------------------------------------------------


def test_turns_are_remembered_and_what_the_model_saw_can_be_said(tokenizer, scripted):
    model = scripted("the lamp")
    talk = Conversation(model, tokenizer, system="Be brief.")
    assert talk.saw() is None and talk.finish is None
    assert "".join(talk.say("What <|user|> now?")) == "the lamp"
    assert talk.finish == "stop"
    said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What <|user|> now?"},
            {"role": "assistant", "content": "the lamp"}]  # fmt: skip
    assert talk.messages == said
    seen = talk.saw()
    assert seen["ids"] == render(said, tokenizer) and seen["ids"][:-1] == model.asked[-1]
    assert seen["tokens"][0] == "<|system|>" and "".join(seen["tokens"]) == tokenizer.decode(seen["ids"])
    assert [seen["tokens"][place] for place in seen["special"]] == ["<|system|>", "<|user|>", "<|assistant|>",
                                                                    "<|endoftext|>"]
    assert seen["tokens"][seen["prompt"] :] == ["t", "he", " lamp", "<|endoftext|>"] and seen["dropped"] == 0
    list(talk.say("And?"))
    assert model.asked[-1][: len(seen["ids"])] == seen["ids"]
    talk.new()
    assert talk.messages == said[:1] and talk.saw() is None


def test_a_seed_says_the_same_again_and_settings_count_from_the_next_reply(model, tokenizer):
    def replies(**settings):
        talk = Conversation(model, tokenizer, max_tokens=10, **settings)
        return ["".join(talk.say(text)) for text in ("Who?", "Where?")], talk

    first, talk = replies(temperature=1.0, seed=4)
    assert replies(temperature=1.0, seed=4)[0] == first != replies(temperature=1.0, seed=5)[0]
    talk.new()
    assert ["".join(talk.say(text)) for text in ("Who?", "Where?")] == first
    talk.new()
    talk.set(temperature=0, max_tokens=3)
    list(talk.say("Who?"))
    assert talk._reply.written == slowly(model, tokenizer, [{"role": "user", "content": "Who?"}], 3, 0)[1]
    with pytest.raises(ValueError, match="temperature is -1"):
        talk.set(temperature=-1)
    assert talk.settings.temperature == 0


def test_stop_from_another_thread(tokenizer, scripted):
    talk = Conversation(scripted("word ", endless=True, seconds=0.005, window=4000), tokenizer, max_tokens=3000)
    pieces = []
    talk.stop()  # nothing is written: no reply is stopped by that
    worker = threading.Thread(target=lambda: pieces.extend(talk.say("Go on")))
    worker.start()
    until_true(lambda: len(pieces) > 3)
    with pytest.raises(RuntimeError, match="a reply is being written"):
        list(talk.say("Both?"))
    with pytest.raises(RuntimeError, match="a reply is being written"):
        talk.new()
    talk.stop()
    worker.join(20)
    assert not worker.is_alive() and talk.finish == "stopped" and 3 < len(pieces) < 3000
    assert talk.messages[1] == {"role": "assistant", "content": "".join(pieces)}
    talk.set(max_tokens=len(talk.model.script))
    assert "".join(talk.say("More")) == "word " and len(talk.messages) == 4


def test_a_reply_that_is_given_up_counts_as_far_as_it_came(tokenizer, scripted):
    talk = Conversation(scripted("one two three four"), tokenizer)
    for piece in talk.say("Count"):
        if "two" in piece:
            break
    del piece
    assert talk.messages[-1] == {"role": "assistant", "content": "one two"} and talk.finish == "stopped"
    assert "".join(talk.say("Again")) == "one two three four"


def test_after_an_error_nothing_has_been_said(tokenizer, scripted):
    model = scripted("one two three", fails_at=2)
    talk = Conversation(model, tokenizer)
    with pytest.raises(RuntimeError, match="weights are gone"):
        list(talk.say("Count"))
    assert talk.messages == []
    for wrong in ("", "  \n", None, 3, "lamp " * 100, "half \ud83e"):
        with pytest.raises(ValueError):
            list(talk.say(wrong))
    model.fails_at = None
    assert "".join(talk.say("Count")) == "one two three" and len(talk.messages) == 2


@pytest.mark.parametrize("settings, words", [
    ({"temperature": -1}, "temperature is -1"), ({"temperature": float("nan")}, "temperature is nan"),
    ({"temperature": "hot"}, "temperature is 'hot'"), ({"top_p": 1.5}, "1.5"), ({"min_p": -0.1}, "-0.1"),
    ({"max_tokens": 0}, "max_tokens is 0"), ({"max_tokens": 2.5}, "max_tokens is 2.5"), ({"seed": 2**64}, "64 bits"),
    ({"seed": "one"}, "seed is 'one'"), ({"stop": "one"}, "stop is 'one'"), ({"stop": ("",)}, "stop is"),
])
def test_wrong_settings_are_named(settings, words):
    with pytest.raises(ValueError, match=words):
        Settings(**settings)


def test_a_model_without_a_template_is_refused(model, tokenizer):
    with pytest.raises(ValueError, match="GPT has no chat template"):
        Conversation(model, story_vocabulary())
    with pytest.raises(ValueError, match="GPT has no chat template"):
        Conversation(model)
    with pytest.raises(ValueError, match="content 3"):
        Conversation(model, tokenizer, system=3)


def test_the_model_and_torch_are_left_as_they_were(tokenizer):
    model = random_model(tokenizer).train()
    state = torch.get_rng_state()
    talk = Conversation(model, tokenizer, max_tokens=4, temperature=1.0)
    for _ in talk.say("Who?"):
        assert model.training and torch.is_grad_enabled(), "whoever iterates may train meanwhile"
    assert torch.equal(torch.get_rng_state(), state)
