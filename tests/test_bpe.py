"""course_lib.bpe against tokenizers and tiktoken, the taught algorithm against the fast one, and files gone wrong."""

import json
import os
import pickle
import random
import time
from importlib import import_module
from itertools import pairwise
from pydoc_data.topics import topics

import numpy as np
import pytest
import tiktoken
import tokenizers
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import models, pre_tokenizers, trainers

from course_lib import bpe
from course_lib.bpe import BPE, END, SPLIT, count_words, decode_ids, encode_piece, learn, learn_fast, merge

BYTES, LETTERS = (getattr(import_module("course_lib.bpe.gpt2"), name) for name in ("BYTES", "LETTERS"))
DOCS = [topics[name] for name in sorted(topics)]
EVERY = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x110000)]))
MIXED = ["naïve café – “quoted”…", "日本語のテキスト、中文文本。", "नमस्ते दुनिया"]
MIXED += [ "👩🏽‍🚀👨‍👩‍👧 🇩🇪🇯🇵", "١٢٣ ½ Ⅷ", "e\u0301 a\u0308", "\u200b\ufeff\0"]


@pytest.fixture(scope="module")
def vocabulary():
    """Of 1,500 tokens, some of which join bytes of several scripts."""
    return BPE.train(DOCS[:40] + MIXED * 20, 1500)


@pytest.fixture(scope="module")
def theirs(vocabulary):
    return vocabulary.to_tiktoken()


# ---- learning ------------------------------------------------------------------------------------------------------

few_letters = st.dictionaries(st.binary(min_size=1, max_size=9).map(lambda word: bytes(b % 3 + 97 for b in word)),
                              st.integers(1, 5), min_size=1, max_size=12)  # fmt: skip


@given(few_letters, st.integers(0, 25))
@example({b"aaaaa": 1, b"abababab": 2}, 20)
@settings(deadline=None, max_examples=400)
def test_the_fast_way_learns_what_the_taught_way_learns(words, n):
    assert list(learn_fast(words, n).items()) == list(learn(words, n).items())


def test_the_fast_way_learns_the_same_from_real_text():
    words = count_words(DOCS[:12] + MIXED)
    assert list(learn_fast(words, 120).items()) == list(learn(words, 120).items())


def in_their_words(words, n):
    """The merges that tokenizers learns from the same words, as pairs of strings of bytes.

    A byte becomes a letter of the private area, so that their order of the alphabet, which settles ties, is ours.
    """
    letters = [chr(0xE000 + byte) for byte in range(256)]
    model = tokenizers.Tokenizer(models.BPE())
    model.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=256 + n, initial_alphabet=letters, show_progress=False)
    model.train_from_iterator((" ".join(["".join(letters[b] for b in w)] * t) for w, t in words.items()), trainer)
    return [tuple(bytes(ord(letter) - 0xE000 for letter in half) for half in pair)
            for pair in json.loads(model.to_str())["model"]["merges"]]  # fmt: skip


def as_bytes(merges):
    tokens = [bytes([byte]) for byte in range(256)]
    for a, b in merges:
        tokens.append(tokens[a] + tokens[b])
    return [(tokens[a], tokens[b]) for a, b in merges]


@pytest.mark.parametrize("seed", range(6))
def test_merges_equal_those_of_tokenizers_down_to_the_ties(seed):
    rng = random.Random(seed)
    letters = b"abcd\xc3\xa9"[: 2 + seed]
    words = {bytes(rng.choices(letters, k=rng.randint(1, 14))): rng.randint(1, 4) for _ in range(80)}
    assert as_bytes(learn_fast(words, 150)) == in_their_words(words, 150)


def test_merges_equal_those_of_tokenizers_on_the_documentation_of_python():
    words = count_words(DOCS)
    assert as_bytes(learn_fast(words, 3000)) == in_their_words(words, 3000)


class Counting(str):
    """A word that counts the letters that are looked through: the work that a merge makes."""

    read = 0

    def __contains__(self, pair):
        Counting.read += len(self)
        return super().__contains__(pair)

    def replace(self, *pair):
        Counting.read += len(self)
        return Counting(super().replace(*pair))

    def find(self, letter, start=0):
        at = super().find(letter, start)
        Counting.read += (len(self) if at < 0 else at + 1) - start
        return at


class Word(bytes):
    def decode(self, *_):
        return Counting(super().decode("latin-1"))


@pytest.mark.parametrize("letters", ["ab", "a", "ACGT", "0123456789abcdef"])
def test_learning_from_one_long_piece_is_linear_in_it(letters):
    def work(n):
        text = letters * (n // len(letters)) if len(letters) < 3 else "".join(random.Random(0).choices(letters, k=n))
        Counting.read = 0
        merges = learn_fast({Word(text.encode()): 1}, 8)
        assert list(merges.items()) == list(learn({text.encode(): 1}, 8).items())
        return Counting.read

    once, twice = work(2_000), work(4_000)
    assert 0 < once < 2_000 * 8 * 4  # a few looks for each merge
    assert twice < 2.1 * once


def test_a_pair_inside_a_run_is_counted_at_every_place_and_merged_from_the_left():
    assert bpe.count_pairs({b"aaaa": 2}) == {(97, 97): 6}
    assert merge([7, 7, 7], (7, 7), 9) == [9, 7]
    assert merge((7, 7, 7, 7, 5), (7, 7), 9) == [9, 9, 5]
    assert merge(b"", (7, 7), 9) == [] and merge([7], (7, 7), 9) == [7]


def test_words_are_left_as_they_were():
    words = {b"abab": 2}
    learn(words, 2), learn_fast(words, 2)
    assert words == {b"abab": 2}


def test_too_little_text_gives_a_smaller_vocabulary():
    assert BPE.train(["abab abab"], 1000).vocab_size == 256 + 3 + 1  # ab, abab and, with the space, " abab"
    assert BPE.train([], 300).vocab_size == 257


def test_training_refuses_what_it_cannot_use():
    with pytest.raises(TypeError, match="list of texts"):
        BPE.train("one long text", 300)
    with pytest.raises(TypeError, match="this is bytes"):
        BPE.train([b"bytes"], 300)
    with pytest.raises(ValueError, match="vocab_size is 256.*257 or more"):
        BPE.train(["text"], 256)
    with pytest.raises(ValueError, match="character 2 of the text is U\\+DC80"):
        BPE.train(["fine", "ab\udc80c"], 300)


@pytest.mark.parametrize("merges, reason", [
    ([(97, 98), (98, 99), (256, 99), (97, 257)], "merge 3 is [(]97, 257[)], .* encode b'abc' as \\[258\\]"),
    ([(97, 98), (97, 98)], "merge 1 is [(]97, 98[)], .* encode b'ab' as \\[256\\]"),
    ([(98, 99), (97, 98), (257, 99)], "merge 2 is [(]257, 99[)], .* encode b'abc' as \\[97, 256\\]"),
    ([(97, 97), (97, 256)], "merge 1 .* encode b'aaa' as \\[256, 97\\]"),
])
def test_merges_whose_token_could_never_come_are_refused(merges, reason):
    with pytest.raises(ValueError, match=reason):
        BPE(merges)


@given(st.lists(st.tuples(st.integers(97, 98) | st.integers(256, 262), st.integers(97, 98) | st.integers(256, 262)),
                max_size=8))  # fmt: skip
@settings(deadline=None, max_examples=400)
def test_merges_are_taken_just_when_each_token_is_what_its_bytes_become(pairs):
    merges, tokens = {}, [bytes([byte]) for byte in range(256)]
    for a, b in pairs:
        if max(a, b) >= len(tokens):
            continue
        token = tokens[a] + tokens[b]
        proper = encode_piece(token, {**merges, (a, b): len(tokens)}) == [len(tokens)] and (a, b) not in merges
        try:
            BPE([*merges, (a, b)])
        except ValueError:
            assert not proper
        else:
            assert proper
        if proper:
            merges[a, b] = len(tokens)
            tokens.append(token)


@given(few_letters, st.integers(0, 60))
@settings(deadline=None, max_examples=200)
def test_what_is_learned_is_always_taken(words, n):
    assert BPE(learn(words, n)).vocab_size == 257 + len(learn(words, n))


# ---- pieces --------------------------------------------------------------------------------------------------------


def test_pieces_equal_those_of_gpt2_in_tokenizers():
    level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    text = "\n".join(DOCS) + " don't WE'LL I've  two   three\t\ttabs \n\n x 12ab3½ \u00a0x\x1cy"
    ours = bpe.pieces.pieces(text, bpe.pieces.compiled(SPLIT))
    assert ours == [text[start:end] for _, (start, end) in level.pre_tokenize_str(text)]


def test_a_pattern_must_be_one_and_cover_the_text():
    with pytest.raises(ValueError, match="no regular expression"):
        BPE([], pattern="(")
    with pytest.raises(ValueError, match="has a group"):
        BPE([], pattern=r"(\s)|\S")
    with pytest.raises(ValueError, match="leaves out a part"):
        BPE([], pattern=r"\w+").encode("two words")


def test_another_pattern_is_used_by_training_encoding_and_tiktoken():
    vocabulary = BPE.train(["ab ab ab 12 12"], 262, pattern=r"\d|\D+")
    assert b"12" not in vocabulary.ranks and any(b" " in token[1:-1] for token in vocabulary.ranks)
    assert vocabulary.to_tiktoken().encode_ordinary("ab ab 12 ab") == vocabulary.encode("ab ab 12 ab")


# ---- encoding ------------------------------------------------------------------------------------------------------

any_text = st.text() | st.text(alphabet="ab 'st\n12é😀", max_size=60)


@given(text=any_text)
@settings(deadline=None, max_examples=500)
def test_ids_equal_tiktokens_and_decode_to_the_text(vocabulary, theirs, text):
    ids = vocabulary.encode(text)
    assert ids == theirs.encode_ordinary(text)
    assert vocabulary.decode(ids) == text == theirs.decode(ids)
    assert vocabulary.decode_bytes(ids) == text.encode("utf-8")


@pytest.mark.slow
def test_ids_equal_tiktokens_for_every_character_there_is_or_may_be(vocabulary, theirs):
    for text in (EVERY, "a".join(EVERY), " 1".join(EVERY[:0x20000])):
        ids = vocabulary.encode(text)
        assert ids == theirs.encode_ordinary(text)
        assert vocabulary.decode(ids) == text


def test_a_vocabulary_learned_from_new_letters_still_agrees_with_tiktoken():
    letters = [chr(0x3FC00 + i) for i in range(64)] + list("ab1 \u0378\u0530\U0001fae9")  # some unknown to older tables
    rng = random.Random(0)
    texts = ["".join(rng.choices(letters, k=400)) for _ in range(40)]
    vocabulary = BPE.train(texts[:20], 1200)
    theirs = vocabulary.to_tiktoken()
    assert max(map(len, vocabulary.ranks)) > 7, "no token joins two of the new letters"
    assert [vocabulary.encode(text) for text in texts] == [theirs.encode_ordinary(text) for text in texts]


def test_ids_equal_those_of_tokenizers_on_text_never_seen(vocabulary):
    letters = {byte: chr(0xE000 + byte) for byte in range(256)}
    spelled = {id: "".join(letters[b] for b in token) for token, id in vocabulary.ranks.items()}
    merges = [(spelled[a], spelled[b]) for a, b in vocabulary.merges]
    model = tokenizers.Tokenizer(models.BPE({token: id for id, token in spelled.items()}, merges))
    model.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    for text in DOCS[40:60]:
        words = " ".join("".join(letters[b] for b in p.encode()) for p in bpe.pieces.pieces(text, vocabulary._split))
        assert model.encode(words).ids == vocabulary.encode(text)


@given(st.text(alphabet="ab", min_size=200, max_size=400) | st.text(alphabet="日本語", min_size=70, max_size=120))
@settings(deadline=None, max_examples=50)
def test_long_pieces_are_encoded_as_short_ones_are(text):
    vocabulary = BPE.train(["abababba" * 9, "日本語本日", "語日語日"], 400)
    assert vocabulary.encode(text) == encode_piece(text.encode("utf-8"), vocabulary.merges)


@pytest.mark.parametrize("letters", ["a", "ab", " ", "語", "😀", "9a", "etaoinshr"])
def test_long_pieces_take_no_long_time(vocabulary, theirs, letters):
    text = letters * 60_000 if len(letters) < 3 else "".join(random.Random(0).choices(letters, k=300_000))
    began = time.process_time()
    ids = vocabulary.encode(text)
    assert time.process_time() - began < 2
    assert vocabulary.decode(ids) == text
    assert ids == theirs.encode_ordinary(text)


@given(text=st.text(alphabet="ab '\n12é😀.\u3000\x1c", max_size=80), cuts=st.lists(st.integers(0, 80), max_size=12))
@settings(deadline=None, max_examples=300)
def test_a_text_in_parts_has_the_ids_of_the_whole(vocabulary, text, cuts):
    cuts = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    parts = [text[a:b] for a, b in pairwise(cuts)]
    assert list(vocabulary.encode_stream(parts)) == vocabulary.encode(text)
    assert list(vocabulary.encode_stream(iter(text))) == vocabulary.encode(text)


def test_a_text_in_parts_is_never_held_as_a_whole(vocabulary, monkeypatch):
    longest, encode = [0], BPE.encode
    monkeypatch.setattr(BPE, "encode", lambda self, text: longest.append(len(text)) or encode(self, text))
    lines = DOCS[3].splitlines(keepends=True) * 20
    assert len(list(vocabulary.encode_stream(lines))) > 1000
    assert max(longest) < 3 * max(map(len, lines)) < sum(map(len, lines)) / 50


def test_a_text_in_parts_is_refused_where_its_pieces_are_not_known(vocabulary):
    with pytest.raises(ValueError, match="pattern bpe.SPLIT"):
        next(BPE([], pattern=r"\d|\D+").encode_stream(["a b"]))
    with pytest.raises(TypeError, match=r"such as \[text\]"):
        next(vocabulary.encode_stream("a b"))


def test_long_pieces_are_not_remembered():
    small = BPE.train(["ab ab abc"], 270)
    assert small.encode("ab" * 500) == encode_piece(b"ab" * 500, small.merges) and not small._known


def test_a_lone_surrogate_is_refused_and_found(vocabulary):
    for text, place, name in [("\ud83d", 0, "U+D83D"), ("fine 😀 \udc00", 7, "U+DC00")]:
        with pytest.raises(ValueError, match=f"character {place} of the text is {name.replace('+', '[+]')}"):
            vocabulary.encode(text)
    with pytest.raises(TypeError, match="this is NoneType"):
        vocabulary.encode(None)


def test_remembered_pieces_are_forgotten_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(bpe.vocabulary, "FULL", 5)
    small = BPE.train(["ab ab abc"], 270)
    first = small.encode("a b c d e f g")
    assert small.encode("ab x y z") == small.to_tiktoken().encode_ordinary("ab x y z") and len(small._known) == 4
    assert small.encode("a b c d e f g") == first


def test_a_vocabulary_travels_to_another_process(vocabulary):
    again = pickle.loads(pickle.dumps(vocabulary))
    assert again.encode("The house") == vocabulary.encode("The house") and again.vocab_size == vocabulary.vocab_size


# ---- decoding ------------------------------------------------------------------------------------------------------


def test_decoding_joins_bytes_before_it_looks_for_characters(vocabulary):
    bare = BPE([])
    assert bare.decode(bare.encode("é😀")) == "é😀"
    assert bare.decode([0xF0, 0x9F]) == "\ufffd" and bare.decode_bytes([0xF0, 0x9F]) == b"\xf0\x9f"
    assert bare.decode([0xFF, 97]) == "\ufffda"
    assert vocabulary.decode([]) == "" and vocabulary.decode_bytes([]) == b""
    assert decode_ids((2, 0), [b"a", b"b", b"c"].__getitem__) == "ca"


@given(st.lists(st.integers(0, 1499)))
def test_any_ids_decode_as_tiktoken_decodes_them(vocabulary, theirs, ids):
    assert vocabulary.decode(ids) == theirs.decode(ids)


def test_ids_may_be_a_tensors_and_must_be_in_the_vocabulary(vocabulary):
    ids = vocabulary.encode("a tensor")
    assert vocabulary.decode(torch.tensor(ids)) == "a tensor"
    for id in (-1, 1500, 10**30):
        with pytest.raises(IndexError, match=f"no token {id}; this vocabulary has the ids 0 to 1499"):
            vocabulary.decode([97, id])
    for id, kind in [(97.0, "float"), ("2", "str"), (None, "NoneType")]:
        with pytest.raises(TypeError, match=f"an id is a whole number, and this is {id!r} [(]{kind}[)]"):
            vocabulary.decode([97, id])


# ---- special tokens ------------------------------------------------------------------------------------------------


def test_special_tokens_come_last_and_only_when_allowed(vocabulary, theirs):
    text = f"one{END}two <|end{END}"
    assert vocabulary.end == vocabulary.special[END] == 1499 == vocabulary.vocab_size - 1
    assert vocabulary.end not in vocabulary.encode(text)
    assert vocabulary.encode(text) == theirs.encode_ordinary(text)
    allowed = vocabulary.encode(text, allow_special=True)
    assert allowed == theirs.encode(text, allowed_special="all") and allowed.count(vocabulary.end) == 2
    assert vocabulary.decode(allowed) == text == vocabulary.decode(vocabulary.encode(text))
    assert vocabulary.encode(END, allow_special=True) == [vocabulary.end]
    assert vocabulary.token(vocabulary.end) == END.encode()


def test_several_special_tokens_and_none():
    chat = BPE.train(["abc abc"], 262, special=["<|user|>", "a+b", END])
    text = "abc<|user|>a+b<|user|>aab" + END
    assert chat.encode(text, allow_special=True) == chat.to_tiktoken().encode(text, allowed_special="all")
    assert list(chat.special.values()) == [259, 260, 261] and chat.end == 261
    plain = BPE.train(["abc abc"], 262, special=[])
    assert plain.encode(END, allow_special=True) == plain.encode(END) == plain.to_tiktoken().encode_ordinary(END)
    with pytest.raises(AttributeError, match="no <|endoftext|>"):
        _ = plain.end


CHAT = ["<|user|>", "<|assistant|>", "<|system|>"]


def test_special_tokens_are_added_later_and_no_old_id_moves(vocabulary, tmp_path):
    chat = vocabulary.with_special(CHAT)
    assert chat.special == {END: 1499, "<|user|>": 1500, "<|assistant|>": 1501, "<|system|>": 1502}
    assert (chat.vocab_size, vocabulary.vocab_size) == (1503, 1500) and list(vocabulary.special) == [END]
    assert chat.encode("The house\n") == vocabulary.encode("The house\n") and chat.end == vocabulary.end
    text = f"<|user|>Tell me.<|assistant|>One{END}"
    ids = chat.encode(text, allow_special=True)
    assert ids == chat.to_tiktoken().encode(text, allowed_special="all") and ids[0] == 1500 and ids[-1] == 1499
    assert chat.decode(ids) == text == chat.to_tiktoken().decode(ids) and chat.token(1502) == b"<|system|>"
    assert chat.encode(text) == vocabulary.encode(text)
    chat.save(tmp_path / "chat.json")
    again = BPE.load(tmp_path / "chat.json")
    assert again.special == chat.special and again.encode(text, allow_special=True) == ids
    assert pickle.loads(pickle.dumps(chat)).special == chat.special


def test_the_story_vocabulary_takes_chat_tokens_after_its_last_id():
    assert list(bpe.story_vocabulary().with_special(CHAT).special.items()) == [
        (END, 2047), ("<|user|>", 2048), ("<|assistant|>", 2049), ("<|system|>", 2050)]  # fmt: skip


def test_special_tokens_may_have_chosen_ids_with_gaps_between(tmp_path):
    one = BPE([(97, 98)], {END: 300, "<|b|>": 257})
    two = one.with_special({"<|c|>": 280})
    assert (one.vocab_size, two.special) == (301, {END: 300, "<|b|>": 257, "<|c|>": 280})
    assert two.encode(f"ab<|c|>{END}", allow_special=True) == [256, 280, 300]
    assert two.to_tiktoken().encode(f"ab<|c|>{END}", allowed_special="all") == [256, 280, 300]
    assert two.to_tiktoken().n_vocab == two.vocab_size and two.decode([280, 97]) == "<|c|>a"
    assert two.with_special(["<|d|>"]).special["<|d|>"] == 301
    two.save(tmp_path / "it.json")
    assert BPE.load(tmp_path / "it.json").special == two.special
    with pytest.raises(IndexError, match="no token 270; .* 0 to 300 and leaves some out"):
        two.decode([270])


@pytest.mark.parametrize("special, message", [
    ({"<|a|>": 256}, "'<|a|>' has the id 256; free are whole numbers from 257 on"),
    ({"<|a|>": 257, "<|b|>": 257}, "'<|a|>' and '<|b|>' both have the id 257"),
    ({"<|a|>": 2**31}, "has the id 2147483648"), ({"<|a|>": True}, "has the id True"), ({"<|a|>": "9"}, "id '9'"),
    ({"": 300}, "special is"), ({"a": 300, "ab": 301}, "'ab' begins with special token 'a'"),
])
def test_ids_that_special_tokens_cannot_have_are_refused(special, message):
    with pytest.raises(ValueError, match=message.replace("|", "[|]")):
        BPE([(97, 98)], special)


@pytest.mark.parametrize("special", [[END], {END: 400}, {"<|a|>": 257}, ["<|end"], ["<|endoftext|>s"], "<|a|>"])
def test_adding_refuses_names_and_ids_that_are_taken(special):
    with pytest.raises(ValueError, match="special"):
        BPE([(97, 98)]).with_special(special)


def test_a_chosen_set_is_allowed_and_the_rest_raises(vocabulary):
    chat = vocabulary.with_special(CHAT)
    theirs = chat.to_tiktoken()
    text = "a<|user|>b<|user|>"
    assert chat.encode(text, allow_special=["<|user|>"]) == theirs.encode(text, allowed_special={"<|user|>"})
    assert bpe.FromTiktoken(theirs).encode(text, allow_special={"<|user|>"}) == chat.encode(text, allow_special=True)
    for one in (chat, bpe.FromTiktoken(theirs)):
        for allow in (["<|user|>"], ()):
            with pytest.raises(ValueError, match="text has '<[|]endoftext[|]>' at character 2, which is not allowed"):
                one.encode(f"ab{END}", allow_special=allow)
        for allow in ("<|user|>", ["<|nobody|>"]):
            with pytest.raises(ValueError, match="allow_special is .*True, False or some names"):
                one.encode("ab", allow_special=allow)
        assert one.encode("plain", allow_special=()) == vocabulary.encode("plain")
        with pytest.raises(TypeError, match="this is NoneType"):
            one.encode(None, allow_special=True)


def test_the_names_of_special_tokens_never_enter_the_merges():
    texts = [f"one two{END}three", f"{END}one two<|user|>", "<|end one"] * 30
    clean = BPE.train(texts, 400, special=[END, "<|user|>"])
    assert clean.merges == BPE.train(["one two", "three", "", "one two", "", "<|end one"] * 30, 400, special=[]).merges
    assert not any(b"oftext" in token for token in clean.ranks)
    learned = BPE.train(texts, 400, special=[END, "<|user|>"], learn_special=True)
    assert b"endoftext" in learned.ranks
    assert BPE.train([f"a.b{END}"], 300, special={"a.b": 290, END: 291}).vocab_size == 292  # a name is no pattern
    with pytest.raises(ValueError, match="character 15 of the text"):
        BPE.train([f"a{END}b\ud800"], 300)


@pytest.mark.parametrize("special", [END, [""], [3], ["a", "ab"], ["a", "a"], ["\ud800"], None])
def test_special_names_that_cannot_be_told_apart_are_refused(special):
    with pytest.raises(ValueError):
        BPE([], special=special)


# ---- files ---------------------------------------------------------------------------------------------------------


def test_what_is_saved_is_loaded(vocabulary, tmp_path):
    for one in (vocabulary, BPE.train(["ab ab"], 300, special=["<|ü|>", END], pattern=r"\S+|\s"), BPE([], special=[])):
        one.save(tmp_path / "it.json")
        again = BPE.load(str(tmp_path / "it.json"))
        assert list(again.merges.items()) == list(one.merges.items())
        assert (again.ranks, again.special, again.pattern) == (one.ranks, one.special, one.pattern)
    assert os.listdir(tmp_path) == ["it.json"]


def test_ids_may_be_numpys_and_are_kept_as_pythons(tmp_path):
    one = BPE([(np.int64(97), np.uint8(98))], {END: np.int64(300)})
    one.save(tmp_path / "it.json")
    assert BPE.load(tmp_path / "it.json").encode(f"ab{END}", allow_special=True) == [256, 300]


def test_older_files_have_the_names_of_special_tokens_only(tmp_path):
    (tmp_path / "it.json").write_text(json.dumps(GOOD), encoding="utf-8")
    assert BPE.load(tmp_path / "it.json").special == {END: 258}
    (tmp_path / "it.json").write_text(json.dumps(GOOD | {"special": {END: 258, "<|b|>": 300}}), encoding="utf-8")
    assert BPE.load(tmp_path / "it.json").special == {END: 258, "<|b|>": 300}


def test_the_listing_has_a_line_for_each_merge_and_special_token():
    lines = BPE([(97, 98), (256, 10)], [END]).listing().splitlines()
    assert lines == ["   256  b'ab' = b'a' + b'b'", "   257  b'ab\\n' = b'ab' + b'\\n'", "   258  <|endoftext|>"]


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(vocabulary, tmp_path, monkeypatch):
    path = tmp_path / "it.json"
    BPE([]).save(path)
    before = path.read_bytes()
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        vocabulary.save(path)
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["it.json"]


def test_a_file_cut_short_anywhere_is_refused(tmp_path):
    BPE.train(["ab ab"], 259).save(tmp_path / "whole.json")
    whole = (tmp_path / "whole.json").read_bytes()
    for length in range(len(whole.rstrip())):
        (tmp_path / "part.json").write_bytes(whole[:length])
        with pytest.raises(ValueError, match="part.json is no vocabulary"):
            BPE.load(tmp_path / "part.json")


GOOD = {"kind": "bpe", "pattern": SPLIT, "special": [END], "merges": [[97, 98], [256, 99]]}
DOUBLING = [[97, 97]] + [[id, id] for id in range(256, 320)]


@pytest.mark.parametrize("change", [
    {"kind": "words"}, {"kind": None}, {"more": 1}, {"special": END}, {"special": None}, {"special": [1]},
    {"special": {"a": 1}}, {"special": ["\ud800"]}, {"pattern": "("}, {"pattern": None}, {"pattern": r"(a)|."},
    {"merges": None}, {"merges": {}}, {"merges": "ab"}, {"merges": [[97]]}, {"merges": [[97, 98, 99]]},
    {"merges": [97]}, {"merges": ["ab"]},
    {"merges": [[97, 256]]}, {"merges": [[-1, 98]]}, {"merges": [[97.0, 98]]}, {"merges": [[True, 98]]},
    {"merges": [["a", "b"]]}, {"merges": [[97, 98], [97, 98]]}, {"merges": DOUBLING},
    {"merges": [[98, 99], [97, 98], [257, 99]]},        # bc comes first, so abc is never ab and c
    {"merges": [[97, 98], [98, 99], [256, 99], [97, 257]]},                                  # abc made in two ways
], ids=lambda change: json.dumps(change)[:40])  # fmt: skip
def test_a_file_with_something_wrong_in_it_is_refused_in_words(change, tmp_path):
    (tmp_path / "it.json").write_text(json.dumps(GOOD), encoding="utf-8")
    assert BPE.load(tmp_path / "it.json").encode("abc") == [257]
    (tmp_path / "it.json").write_text(json.dumps(GOOD | change), encoding="utf-8")
    with pytest.raises(ValueError, match="it.json is no vocabulary of this course .*train one"):
        BPE.load(tmp_path / "it.json")


@pytest.mark.parametrize("content", [
    b"", b"null", b"[]", b"12", b'"text"', b"{}", b"\xff\xfe", b"[" * 100_000, b"import os\nos.abort()",
    b"\x80\x04\x95", pickle.dumps({"kind": "bpe"}), b'{"kind": "bpe", "pattern": "x", "special": []}',
], ids=repr)  # fmt: skip
def test_a_foreign_file_is_refused(content, tmp_path):
    (tmp_path / "it.json").write_bytes(content)
    with pytest.raises(ValueError, match="it.json is no vocabulary"):
        BPE.load(tmp_path / "it.json")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nothing.json"):
        BPE.load(tmp_path / "nothing.json")


# ---- the course's vocabulary, and GPT-2's --------------------------------------------------------------------------


def test_the_story_vocabulary_has_2048_tokens_and_covers_the_stories():
    vocabulary = bpe.story_vocabulary()
    assert vocabulary.vocab_size == 2048 and vocabulary.end == 2047 and list(vocabulary.special) == [END]
    from course_lib.stories import texts

    held_out = texts("validation", 50)
    assert [vocabulary.decode(vocabulary.encode(text)) for text in held_out] == held_out
    assert bpe.bytes_per_token(held_out, vocabulary.encode) > 2.5


@pytest.mark.slow
def test_the_story_vocabulary_is_learned_from_the_stories():
    mend = 'python -c "from course_lib import bpe; bpe.learn_story_vocabulary().save(bpe.STORIES)"'
    assert list(bpe.learn_story_vocabulary().merges) == list(bpe.story_vocabulary().merges), f"stories changed: {mend}"


def test_bytes_per_token_weighs_every_token_the_same():
    assert bpe.bytes_per_token(["aaaa", "é"], lambda text: [0] * (1 if text == "aaaa" else 5)) == 1.0


@pytest.fixture
def gpt2():
    try:
        return bpe.gpt2()
    except ConnectionError as error:
        pytest.skip(str(error))


def test_gpt2_knows_its_own_ids(gpt2):
    assert gpt2.encode("Hello, world! 😀") == [15496, 11, 995, 0, 30325, 222]
    assert gpt2.vocab_size == 50257 and gpt2.end == 50256 and gpt2.token(995) == b" world"
    assert gpt2.encode(f"a{END}") != gpt2.encode(f"a{END}", allow_special=True) == [64, 50256]
    assert gpt2.decode([30325, 222]) == " 😀" and gpt2.decode([30325]) == " \ufffd"
    for id in (-1, 50257):
        with pytest.raises(IndexError, match=f"no token {id}"):
            gpt2.decode([id])
    with pytest.raises(ValueError, match="character 1"):
        gpt2.encode("a\ud800")


def gpt2_halves(ranks, token, rank):
    """Which two tokens make one: what its bytes are when only lower ranks may merge."""
    parts = [bytes([byte]) for byte in token]
    while len(parts) > 2:
        low = min(range(len(parts) - 1), key=lambda i: ranks.get(parts[i] + parts[i + 1], rank + 1))
        parts[low : low + 2] = [parts[low] + parts[low + 1]]
    return parts


def test_our_encoder_with_gpt2s_merges_gives_gpt2s_ids(gpt2):
    ranks = gpt2.encoding._mergeable_ranks
    single = [ranks[bytes([byte])] for byte in range(256)]
    merges = {}
    for token, rank in ranks.items():
        if len(token) > 1:
            merges[tuple(ranks[part] for part in gpt2_halves(ranks, token, rank))] = rank
    for text in DOCS[:3] + MIXED:
        for piece in set(bpe.pieces.pieces(text, bpe.pieces.compiled(SPLIT))):
            ids = [single[byte] for byte in piece.encode("utf-8")]
            while pair := min((p for p in pairwise(ids) if p in merges), key=merges.get, default=None):
                ids = merge(ids, pair, merges[pair])
            assert ids == gpt2.encode(piece)


def spelled(token):
    return "".join(letter for byte in token for letter, of in LETTERS.items() if of == byte)


def test_merges_in_gpt2s_files_are_read(tmp_path):
    """A vocabulary of ours, written as theirs are: the same cuts, and ids in GPT-2's order of bytes."""
    ours = BPE.train(DOCS[:10], 600)
    lines = [" ".join(spelled(ours.token(half)) for half in pair) for pair in ours.merges]
    (tmp_path / "vocab.bpe").write_text("\n".join(["#version: 0.2", *lines, ""]), encoding="utf-8")
    read = bpe.read_merges(tmp_path / "vocab.bpe")
    byte_ids = {byte: id for id, byte in enumerate(BYTES)}
    for text in DOCS[10:14] + MIXED:
        assert read.encode(text) == [byte_ids.get(id, id) for id in ours.encode(text)] and read.decode(
            read.encode(text)) == text
    assert (read.vocab_size, read.end) == (ours.vocab_size, ours.end) and spelled(b" \n\xad\xff") == "ĠĊŃÿ"


@pytest.mark.parametrize("content, line", [
    ("#version: 0.2\nh e\nhe  y", 3), ("h e\nhey", 2), ("h e l", 1), ("h\té", 1), ("he y", 1), ("h e\nh e", 2),
    ("日 a", 1), ('{"model": 1}', 1),
])
def test_a_file_that_has_no_merges_is_refused_by_its_line(content, line, tmp_path):
    (tmp_path / "vocab.bpe").write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=f"line {line} of .*vocab.bpe"):
        bpe.read_merges(tmp_path / "vocab.bpe")


def test_gpt2s_own_file_of_merges_gives_gpt2s_ids(gpt2, tmp_path):
    made = [(token, rank) for token, rank in gpt2.encoding._mergeable_ranks.items() if rank >= 256]
    lines = []
    for token, rank in sorted(made, key=lambda one: one[1]):
        left, right = gpt2_halves(gpt2.encoding._mergeable_ranks, token, rank)
        lines.append(f"{spelled(left)} {spelled(right)}")
    (tmp_path / "merges.txt").write_text("#version: 0.2\n" + "\n".join(lines), encoding="utf-8")
    read = bpe.read_merges(tmp_path / "merges.txt")
    assert read.encoding._mergeable_ranks == gpt2.encoding._mergeable_ranks and read.special == gpt2.special
    for text in DOCS[:20] + MIXED:
        assert read.encode(text) == gpt2.encode(text)


def test_without_gpt2_the_message_says_what_to_do_and_the_stories_step_in(monkeypatch, capsys):
    def fails(name):
        raise OSError("no network")

    monkeypatch.setattr(tiktoken, "get_encoding", fails)
    with pytest.raises(ConnectionError, match="could not be had.*TIKTOKEN_CACHE_DIR.*story_vocabulary"):
        bpe.gpt2()
    assert bpe.gpt2_or_ours().vocab_size == 2048
    assert "the course's own vocabulary" in capsys.readouterr().out


def test_a_silent_network_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(tiktoken, "get_encoding", lambda name: time.sleep(3))
    began = time.monotonic()
    with pytest.raises(ConnectionError, match="TimeoutError"):
        bpe.gpt2(seconds=0.1)
    assert time.monotonic() - began < 2


def test_counting_pieces_counts_them():
    counted = count_words(["the cat the", " the"])
    assert counted == {b"the": 1, b" cat": 1, b" the": 2}
