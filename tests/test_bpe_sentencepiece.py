"""What chapter 2 says of SentencePiece is so, and without the package the chapter goes on."""

import re
import sys
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from course_lib.bpe import BPE, bytes_per_token
from course_lib.classroom import layout
from course_lib.stories import texts

HELD_OUT = texts("validation", 40)
ROW = re.compile(r"(\w+) +(\S+) bytes per token, +(\d+) of 40 stories come back, (.+)")


def run(capsys):
    """What the chapter's two cells print, and the names that they make."""
    cells = {cell["id"]: layout.source(cell) for cell in layout.find_chapter("bpe").cells()}
    space = {"texts": texts, "BPE": BPE, "bytes_per_token": bytes_per_token, "held_out": {"stories": HELD_OUT}}
    for name in "setup", "sentencepiece-learn", "sentencepiece-compared":
        exec(cells[name], space)
    return capsys.readouterr().out, space


@pytest.fixture
def families(capsys):
    pytest.importorskip("sentencepiece")
    return run(capsys)[1]["families"]


def as_sentencepiece_cleans(text):
    """Its default, said by Python's own means: NFKC, white space runs as one space, none at the ends."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def test_the_rows_say_what_is_so(capsys):
    pytest.importorskip("sentencepiece")
    out, space = run(capsys)
    rows = {name: (float(length), int(same), back) for name, length, same, back in ROW.findall(out)}
    size = sum(len(text.encode()) for text in HELD_OUT)
    assert rows.keys() == space["families"].keys() == {"ours", "SentencePiece", "careful"}
    for name, vocabulary in space["families"].items():
        tokens = sum(len(vocabulary.encode(text)) for text in HELD_OUT)
        assert rows[name][0] == pytest.approx(size / tokens, abs=0.006)
    assert [rows[name][1] for name in ("ours", "SentencePiece", "careful")] == [40, 0, 40]
    assert rows["ours"][2] == rows["careful"][2] == repr(space["strange"]) != rows["SentencePiece"][2]
    assert rows["SentencePiece"][0] > rows["ours"][0] > rows["careful"][0], "the prose has this order"
    assert "▁lamp" in out.splitlines()[0]


def test_as_it_comes_it_cleans_and_has_no_piece_for_the_rarest_characters(families):
    vocabulary, ours = families["SentencePiece"], families["ours"]
    assert vocabulary.get_piece_size() == families["careful"].get_piece_size() == ours.vocab_size == 1024
    cleaned = [as_sentencepiece_cleans(text) for text in HELD_OUT]
    back = [vocabulary.decode(vocabulary.encode(text)) for text in HELD_OUT]
    unknown = [re.sub("[QUY]", " ⁇ ", text) for text in cleaned]
    assert back == unknown != cleaned
    for text in "  a\tb  c\n", "the ﬁrst", "a\u00a0b\u3000c", "", " ":
        assert vocabulary.decode(vocabulary.encode(text)) == as_sentencepiece_cleans(text)
    assert vocabulary.unk_id() in vocabulary.encode("😀")


def test_with_the_cleaning_off_every_text_comes_back_but_for_the_sign_of_the_space(families):
    careful = families["careful"]

    @given(st.text())
    @example("Mia  saw\tthe ﬁrst lamp.\r\n😀")
    @example(" e\u0301 \ufeff\0 <unk> <0x41> </s>")
    @settings(deadline=None, max_examples=300)
    def comes_back(text):
        assert careful.decode(careful.encode(text)) == text.replace("▁", " ")

    comes_back()


def test_letters_stand_in_the_careful_vocabulary_twice(families):
    careful = families["careful"]
    pieces = {careful.id_to_piece(id) for id in range(1024)}
    letters = set("".join(texts("train", 100))) - {" "}
    twice = [letter for letter in letters if letter in pieces and f"<0x{ord(letter):02X}>" in pieces]
    assert len(twice) > 45


def test_a_unigram_model_of_2048_pieces_is_too_many_for_the_stories(families):
    import sentencepiece

    with pytest.raises(RuntimeError, match="Vocabulary size too high"):
        sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(texts("train", 2_000)), vocab_size=2048,
                                                 model_writer=sys.stdout, minloglevel=2)


def test_without_the_package_the_chapter_says_so_and_goes_on(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    out, space = run(capsys)
    assert "pip install sentencepiece" in out.splitlines()[0] and space["families"].keys() == {"ours"}
    assert [name for name, *_ in ROW.findall(out)] == ["ours"]
