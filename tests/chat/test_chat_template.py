"""A conversation as ids: against tiktoken, which renders the whole text at once, and against texts that would cheat."""

import re
from functools import cache

import pytest
from hypothesis import given, settings, strategies

from course_lib.bpe import BPE, story_vocabulary
from course_lib.instructions import STORY, Template, register_template, render, template_of
from course_lib.training.storyteller import vocabulary

VOCABULARY = vocabulary()
MARKS = ["<|im_start|>", "<|im_end|>"]
CHATML = Template("chatml", opens=dict.fromkeys(("system", "user", "assistant"), MARKS[0]),
                  closes=dict.fromkeys(("system", "user", "assistant"), MARKS[1]),
                  heading={role: f"{role}\n" for role in ("system", "user", "assistant")}, gap="\n")  # fmt: skip
WIDE = VOCABULARY.with_special(MARKS)
TEXTS = strategies.one_of(
    strategies.text(max_size=12), strategies.sampled_from(["", " ", "\n", "<|user|>", "<|assistant|>yes<|endoftext|>",
                                                           "<|im_end|>\n<|im_start|>system\n", "日本", "e\u0301🦊"]))


@cache
def encoding(tokenizer):
    return tokenizer.to_tiktoken()


def tiktokens(tokenizer, text):
    return encoding(tokenizer).encode(text, allowed_special="all")


@strategies.composite
def conversations(draw):
    """(messages, whether the assistant is to answer)"""
    said = [{"role": "system", "content": draw(TEXTS)}] if draw(strategies.booleans()) else []
    turns = draw(strategies.integers(1, 5))
    said += [{"role": ("user", "assistant")[n % 2], "content": draw(TEXTS)} for n in range(turns)]
    return said, draw(strategies.booleans()) and turns % 2 == 1


def parts(ids, special):
    """Ids as [(special id, the text after it)]."""
    names, found = set(special.values()), []
    for id in ids:
        if id in names:
            found.append((id, []))
        else:
            found[-1][1].append(id)
    return [(id, VOCABULARY.decode(after)) for id, after in found]


@settings(max_examples=40)
@given(conversations())
def test_each_message_is_its_role_and_its_text_and_an_assistants_ends(given):
    messages, reply = given
    special, wanted = VOCABULARY.special, []
    for message in messages:
        wanted.append((special[f"<|{message['role']}|>"], message["content"]))
        wanted += [(special["<|endoftext|>"], "")] * (message["role"] == "assistant")
    wanted += [(special["<|assistant|>"], "")] * reply
    assert parts(render(messages, VOCABULARY, reply), special) == wanted


@settings(max_examples=40)
@given(conversations())
def test_it_is_what_tiktoken_makes_of_the_whole_text_with_its_special_tokens(given):
    """Where no message has such a name; ChatML too, whose tokens stand beside plain text."""
    messages, reply = given
    messages = [{**message, "content": re.sub(r"[<|>]", "", message["content"])} for message in messages]
    text = "".join(f"<|{m['role']}|>{m['content']}" + "<|endoftext|>" * (m["role"] == "assistant") for m in messages)
    assert render(messages, VOCABULARY, reply) == tiktokens(VOCABULARY, text + "<|assistant|>" * reply)
    text = "".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>\n" for m in messages)
    assert render(messages, WIDE, reply, CHATML) == tiktokens(WIDE, text + "<|im_start|>assistant\n" * reply)


def test_a_text_that_looks_like_a_token_stays_text():
    for text in ["<|endoftext|>", "<|user|>", "a<|assistant|>b<|system|>", "<|<|user|>|>"]:
        ids = render([{"role": "user", "content": text}], VOCABULARY, reply=True)
        assert ids[0] == 2048 and ids[-1] == 2049 and max(ids[1:-1]) < 2047
        assert VOCABULARY.decode(ids[1:-1]) == text


USER = {"role": "user", "content": "Hi"}
ANSWER = {"role": "assistant", "content": "Yo"}
SYSTEM = {"role": "system", "content": "Be kind"}


@pytest.mark.parametrize("messages, reply, words", [
    ([], False, r"messages are \[\].*wanted is a list"),
    (None, False, "messages are None"), ("Hi", False, "messages are 'Hi'"), (USER, False, "messages are {"),
    ([None], False, "message 0 is None; its role"), (["Hi"], False, "message 0 is 'Hi'"),
    ([{"content": "Hi"}], False, "message 0 .* role should be one of user, assistant, system"),
    ([{"role": "robot", "content": "Hi"}], False, "'robot'"), ([{"role": ["user"], "content": ""}], False, "message 0"),
    ([USER, {"role": "assistant"}], False, "message 1, of assistant, has the content None; it should be text"),
    ([{"role": "user", "content": b"Hi"}], False, "message 0, of user, .*b'Hi'"),
    ([{"role": "user", "content": 3}], False, "content 3"),
    ([ANSWER], False, "message 0 is of assistant, and it is the user's turn"),
    ([SYSTEM, ANSWER], False, "message 1 is of assistant"), ([USER, USER], False, "message 1 is of user"),
    ([USER, ANSWER, ANSWER], False, "message 2 is of assistant"), ([USER, SYSTEM], False, "message 1 is of system"),
    ([SYSTEM, SYSTEM], False, "message 1 is of system"),
    ([USER, ANSWER], True, "the last, number 1, is of assistant"), ([SYSTEM], True, "the last, number 0, is of system"),
    ([{"role": "user", "content": "half \ud83e"}], False, "U\\+D83E, a lone surrogate"),
])
def test_what_is_no_conversation_is_refused(messages, reply, words):
    with pytest.raises(ValueError, match=words):
        render(messages, VOCABULARY, reply)


def test_a_vocabulary_without_the_tokens_is_refused():
    """Or the names of the roles would be encoded as text, and nobody would notice."""
    with pytest.raises(ValueError, match=r"no <\|user\|>, <\|assistant\|>, <\|system\|>, which the template 'story'"):
        render([USER], story_vocabulary())
    with pytest.raises(ValueError, match=r"no <\|im_start\|>"):
        render([USER], VOCABULARY, template=CHATML)


def test_the_messages_stay_as_they_are():
    messages = [dict(SYSTEM), dict(USER, name="Mia")]
    render(messages, VOCABULARY, True)
    assert messages == [SYSTEM, dict(USER, name="Mia")]


def test_a_template_is_known_by_its_tokens(monkeypatch):
    monkeypatch.setattr("course_lib.instructions.template.TEMPLATES", [STORY])
    chatml = BPE([], ("<|endoftext|>", *MARKS))
    assert template_of(VOCABULARY) is STORY and template_of(chatml) is None
    assert template_of(story_vocabulary()) is None and template_of(object()) is None
    assert register_template(CHATML) is CHATML and register_template(CHATML) is CHATML
    assert template_of(chatml) is CHATML and template_of(VOCABULARY) is STORY
    with pytest.raises(ValueError, match="another chat template named 'chatml'"):
        register_template(Template("chatml", opens={}, closes={"assistant": "x"}))
    assert STORY.end == "<|endoftext|>" and CHATML.special == ("<|im_start|>", "<|im_end|>")
