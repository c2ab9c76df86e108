"""TokenView: its spans are what the tokenizers say, and the merges replayed end where `encode` does."""

import re
import struct

import numpy as np
import pytest
import torch
from hypothesis import given, strategies

from course_lib import show
from course_lib.bpe import BPE, story_vocabulary
from course_lib.show import token_view
from course_lib.show.token_view import TokenView, replay
from course_lib.text import CharTokenizer, WordTokenizer

OURS = story_vocabulary()
TIKTOKEN = OURS.to_tiktoken()
HOSTILE = ["<img src=x onerror=alert(1)>", "<|endoftext|>", "你好 😀 é", "\x00\t\r\n", " " * 30, "a" * 700,
           "$x_1$ \\frac"]


def spans(view):
    """{name: [(id, bytes), …]} as a page reads them."""
    at, found = 0, {}
    for row in view.rows:
        found[row["name"]] = tokens = []
        for _ in range(row["shown"]):
            number, size = struct.unpack_from("<IH", view.tokens, at)
            tokens.append((number, view.tokens[at + 6 : at + 6 + size]))
            at += 6 + size
    assert at == len(view.tokens)
    return found


def test_spans_are_what_the_tokenizers_say():
    text = "Mia saw a hedgehog. 😀"
    characters, words = CharTokenizer([text]), WordTokenizer(["Mia saw"])
    view = show.TokenView({"ours": OURS, "tiktoken": TIKTOKEN, "characters": characters, "words": words}, text)
    found = spans(view)
    assert found["ours"] == found["tiktoken"] == [(n, OURS.token(n)) for n in OURS.encode(text)]
    assert b"".join(data for _, data in found["ours"]).decode("utf-8") == text
    assert [data.decode("utf-8") for _, data in found["characters"]] == list(text)
    assert [data for _, data in found["words"]][:3] == [b"Mia", b" saw", b" <unk>"]
    size = len(text.encode("utf-8"))
    assert view.figures()["ours"] == (len(OURS.encode(text)), pytest.approx(size / len(OURS.encode(text))))
    assert {row["name"]: row["lost"] for row in view.rows} == {
        "ours": False, "tiktoken": False, "characters": False, "words": True}  # fmt: skip
    assert [row["vocabulary"] for row in view.rows[:2]] == [OURS.vocab_size, TIKTOKEN.n_vocab]


def test_a_new_text_is_cut_anew():
    view = TokenView(OURS, "one")
    assert repr(view) == "TokenView(BPE)"
    view.text = "one two"
    assert spans(view)["BPE"] == [(n, OURS.token(n)) for n in OURS.encode("one two")]
    view.text = ""
    assert view.rows[0]["count"] == 0 and view.tokens == b"" and view.figures() == {"BPE": (0, 0.0)}
    view.picture()


def replayed(view):
    """A row's tokens after all its merges, done by hand on what the page gets."""
    row = view.rows[0]
    merges = list(struct.iter_unpack("<III", view.merges))
    assert len(merges) == row["merges"] and sum(row["pieces"]) == len(row["start"]) == row["bytes"]
    words, at = [], 0
    for size in row["pieces"]:
        words.append(row["start"][at : at + size])
        at += size
    for left, right, new in merges:
        for word in words:
            i = 0
            while i + 1 < len(word):
                if word[i : i + 2] == [left, right]:
                    word[i : i + 2] = [new]
                i += 1
    return [number for word in words for number in word]


@pytest.mark.parametrize("tokenizer", [OURS, TIKTOKEN], ids=["ours", "tiktoken"])
@pytest.mark.parametrize("text", ["Once upon a time there was a hedgehog.", "aaaa abab", *HOSTILE], ids=ascii)
def test_merges_end_at_the_tokens(tokenizer, text):
    assert replayed(TokenView(tokenizer, text)) == OURS.encode(text)


@given(strategies.text(max_size=40))
def test_merges_end_at_the_tokens_of_any_text(text):
    steps = replay(OURS, text)
    ranks = [new for *_, new in steps.merges]
    assert len(steps.start) == len(text.encode("utf-8"))
    assert len(set(ranks)) <= len(ranks)


def test_the_first_learned_goes_first():
    learned = BPE.train(["low low low lower lowest"], 262)
    steps = replay(learned, "lowest low")
    assert [new for *_, new in steps.merges] == sorted(new for *_, new in steps.merges)


def test_no_bpe_and_no_honest_bpe_have_no_replay():
    class Other(BPE):
        def encode(self, text, allow_special=False):
            return super().encode(text)[::-1]

    assert replay(CharTokenizer(["abc"]), "abc") is None
    assert replay(Other(OURS.merges), "one two") is None
    view = TokenView(OURS, "word " * 2000)
    assert "merges" not in view.rows[0] and view.merges == b""  # too long to follow
    assert view.rows[0]["count"] == len(OURS.encode("word " * 2000)) and view.rows[0]["shown"] <= token_view.SHOWN


def test_a_wrapped_encoding_is_replayed_as_well():
    from course_lib.bpe import FromTiktoken

    assert replay(FromTiktoken(TIKTOKEN), "Once upon").merges == replay(OURS, "Once upon").merges


def test_tokens_that_are_texts_are_shown_as_well():
    class Texts:
        def encode(self, text):
            return [0, 1]

        def token(self, number):
            return "né"[number]

    assert spans(TokenView(Texts(), "né"))["Texts"] == [(0, b"n"), (1, "é".encode())]


def test_one_broken_tokenizer_leaves_the_others():
    class Broken:
        vocab_size = 3

        def encode(self, text):
            raise NotImplementedError("not written yet")

    class Words:
        def encode(self, text):
            return text.split()

    class Tensors(CharTokenizer):
        def encode(self, text):
            return torch.tensor(super().encode(text))

    class Numpys(CharTokenizer):
        def encode(self, text):
            return list(np.array(super().encode(text)))

    rows = {"mine": Broken(), "ours": OURS, "texts": Words(), "tensors": Tensors(["one"]), "numpys": Numpys(["one"])}
    view = TokenView(rows, "one")
    assert "not written yet" in view.rows[0]["error"] and "whole numbers" in view.rows[2]["error"]
    assert list(spans(view).values())[1] == [(n, OURS.token(n)) for n in OURS.encode("one")]
    assert view.rows[3]["count"] == view.rows[4]["count"] == 3
    assert "not written yet" in view.picture().alt


@pytest.mark.parametrize("arguments, error, words", [
    (({}, "a"), ValueError, "empty"), (("cl100k", "a"), TypeError, "a str"), (([], "a"), TypeError, "a list"),
    ((None, "a"), TypeError, "None"), ((OURS, None), TypeError, "None"), ((OURS, b"a"), TypeError, "a bytes"),
])  # fmt: skip
def test_wrong_input_is_said(arguments, error, words):
    with pytest.raises(error, match=re.escape(words)):
        TokenView(*arguments)


def test_half_a_character_is_said_in_its_row():
    assert "surrogate" in TokenView(OURS, "a\ud800").rows[0]["error"]


@pytest.mark.slow
def test_what_stays(tmp_path):
    for text in HOSTILE:
        view = TokenView({"ours": OURS, "<b>": CharTokenizer(["abc"])}, text)
        bundle, facts = view._repr_mimebundle_()
        assert bundle["text/plain"] == "TokenView(ours, <b>)"
        assert "<img src=x" not in bundle["text/html"]  # in the alt text, escaped
        assert "bytes per token" in facts["image/png"]["alt"]
    view.save(tmp_path / "tokens.png")
