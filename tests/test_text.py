"""Tokenizers that lose nothing they know; corpora that are there, whole and the right ones, network or not."""

import hashlib
import http.server
import random
import re
import string
import threading
import unicodedata
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_lib import text
from course_lib.text import CharTokenizer, Source, WordTokenizer, corpus, fetch, passages

PROSE = 'Mia said: "I\'ll take the lamp,\tTom!"  It was — as ever — 3.50 €.\n\nHe (who?) nodded…\r\n'


# --- tokenizers


def test_characters_come_back_and_have_the_smallest_vocabulary():
    chars = CharTokenizer(["banana", "nab!"])
    assert chars.vocab_size == len("abn!") + 2
    assert len(chars.encode("banana")) == 6 and chars.decode(chars.encode("nab!")) == "nab!"
    assert [chars.token_of[i] for i in range(2, 6)] == ["!", "a", "b", "n"]  # the same ids on every machine


def test_a_character_never_seen_is_unknown_and_no_error():
    chars = CharTokenizer(["abc"])
    assert chars.decode(chars.encode("abxc")) == "ab<unk>c"
    assert chars.encode("x") == chars.encode("é") != chars.encode("a")


@given(st.text(min_size=1))
def test_both_give_back_any_text_of_what_they_know(anything):
    for tokenizer in CharTokenizer([anything]), WordTokenizer([anything]):
        ids = tokenizer.encode(anything)
        assert tokenizer.decode(ids) == anything
        assert all(0 <= i < tokenizer.vocab_size for i in ids) and tokenizer.end not in ids


def test_words_keep_spacing_and_marks():
    words = WordTokenizer([PROSE])
    assert words.decode(words.encode(PROSE)) == PROSE
    assert words.decode(words.encode("Tom!  It was lamp,lamp, lamp\n")) != ""
    assert [words.token_of[i] for i in words.encode("It was the lamp,\tTom!")][1:] == [
        " was",
        " the",
        " lamp",
        ",",
        "\t",
        "Tom",
        "!",
    ]


def test_no_character_falls_between_two_words():
    noise = random.Random(0)
    for _ in range(300):
        mess = "".join(noise.choice(string.printable + "é\u0301\u2003€_\U0001f600") for _ in range(40))
        assert "".join(text.cut_words(mess)) == mess


def test_an_unknown_word_keeps_its_space_and_loses_only_itself():
    words = WordTokenizer(["Mia saw Tom."])
    assert words.decode(words.encode("Mia saw Zoe.")) == "Mia saw <unk>."
    assert words.decode(words.encode("Zoe saw Tom.")) == "<unk> saw Tom."
    assert words.decode(words.encode("Mia.")) == "Mia."


def test_the_most_frequent_words_are_kept_and_ties_do_not_depend_on_order():
    texts = ["b a a", "c b a"]
    assert WordTokenizer(texts, max_words=2).token_of[3:] == [" a", " b"]
    assert WordTokenizer(texts).token_of == WordTokenizer(texts[::-1]).token_of
    assert WordTokenizer(texts, max_words=3).vocab_size == 6 and WordTokenizer(texts, max_words=99).vocab_size == 3 + 4


def test_special_tokens_spelled_out_in_a_text_are_text():
    for tokenizer in CharTokenizer(["<unk>|endoftext<|>"]), WordTokenizer(["<unk>|endoftext<|>"]):
        for spelled in "<|endoftext|>", "<unk>":
            ids = tokenizer.encode(spelled)
            assert len(ids) > 1 and tokenizer.end not in ids and tokenizer.decode(ids) == spelled
        assert tokenizer.decode([tokenizer.end]) == "<|endoftext|>"


@pytest.mark.parametrize("kind", [CharTokenizer, WordTokenizer])
def test_wrong_use_is_said(kind):
    with pytest.raises(TypeError, match=r"pass \[text\]"):
        kind("one string")
    tokenizer = kind(["abc"])
    for wrong in -1, tokenizer.vocab_size:
        with pytest.raises(ValueError, match=f"there is no token {wrong}"):
            tokenizer.decode([0, wrong])
    for wrong, kind in ("23", "str"), ([2.7], "float"), ([None], "NoneType"):
        with pytest.raises(TypeError, match=f"an id is a whole number, and this is .*{kind}"):
            tokenizer.decode(wrong)
    assert tokenizer.decode(np.array([2])) == tokenizer.decode(torch.tensor([2])) == tokenizer.token_of[2]
    assert tokenizer.encode("") == [] and tokenizer.decode([]) == ""
    with pytest.raises(ValueError, match="max_words is 0"):
        WordTokenizer(["a"], max_words=0)


# --- corpora that need no network


def test_python_docs_are_real_text_and_nothing_is_in_both_splits():
    train, validation = corpus("python-docs"), corpus("python-docs", "validation")
    assert sum(map(len, train)) > 300_000 and 10_000 < sum(map(len, validation)) < sum(map(len, train)) / 5
    assert not set(train) & set(validation)
    assert any("assignment" in document for document in train)
    assert corpus("python-docs", size=3) == train[:3]


def test_a_text_that_comes_twice_is_not_held_back_and_kept_too(monkeypatch):
    monkeypatch.setattr("pydoc_data.topics.topics", {f"topic {i}": f"about {i // 2}" for i in range(40)})
    assert len(text.python_docs()) == 20


def test_a_short_file_has_its_last_part_held_back(tmp_path):
    (tmp_path / "three.txt").write_text("\n\n".join(letter * 2500 for letter in "abc"), encoding="utf-8")
    train, validation = corpus(tmp_path / "three.txt"), corpus(tmp_path / "three.txt", "validation")
    assert [document[0] for document in train] == ["a", "b"] and [document[0] for document in validation] == ["c"]


def test_stories_are_as_many_as_asked_for():
    train, validation = corpus("stories", size=30), corpus("stories", "validation", size=20)
    assert (len(train), len(validation)) == (30, 20) and not set(train) & set(validation)
    assert corpus("stories", size=10) == train[:10]


def test_a_file_is_cut_between_paragraphs_and_parted(tmp_path):
    noise = random.Random(1)
    lines = ["".join(noise.choices("abc ", k=noise.randint(5, 300))) for _ in range(400)]
    book = "".join(line + "\n" * noise.randint(1, 3) for line in lines)
    (tmp_path / "book.txt").write_text(book, encoding="utf-8")
    train, validation = corpus(tmp_path / "book.txt"), corpus(str(tmp_path / "book.txt"), "validation")
    assert len(validation) == (len(train) + len(validation)) // 10
    assert sorted(train + validation) == sorted(passages(book))
    assert corpus(tmp_path / "book.txt", size=2) == train[:2]


@given(st.text(alphabet="ab\n ", max_size=300), st.integers(1, 60))
def test_passages_are_the_text_again_and_long_enough(anything, size):
    pieces = passages(anything, size)
    assert "".join(pieces) == anything
    assert all(len(piece) >= size for piece in pieces) or len(pieces) == 1
    assert "".join(passages(anything[:40], 100)) == anything[:40]


@given(st.lists(st.text(alphabet="ab ", min_size=1, max_size=30), min_size=20, max_size=40), st.integers(10, 31))
def test_passages_end_with_paragraphs_and_without_any_with_lines(lines, size):
    paragraphs = passages("\n\n".join(lines), size)
    assert all(piece.endswith("\n\n") for piece in paragraphs[:-1]) or len(lines[0]) > 10 * size
    assert all(piece.endswith("\n") for piece in passages("\n".join(lines), size)[:-1])


HEADING, WORDS, LETTERS = "# A heading\n\n", "word " * 50_000, "ACGT" * 40_000


@pytest.mark.parametrize("content", [
    WORDS, HEADING + WORDS, "word " * 900, LETTERS, HEADING + LETTERS, "語" * 5_000, HEADING + "a line\n" * 30_000,
    HEADING + WORDS + "\n\n" + "the end", ("short.\n\n" * 400) + WORDS + ("\n\nshort." * 400), "\n" + WORDS,
    "a\u0301" * 3_000, "\n\n\n".join(["x" * 30_000] * 3),
])
def test_a_text_without_paragraphs_or_lines_or_spaces_is_cut_too(content, tmp_path):
    (tmp_path / "f.txt").write_text(content, encoding="utf-8")
    train, held_out = corpus(tmp_path / "f.txt"), corpus(tmp_path / "f.txt", "validation")
    assert len(train) >= len(held_out) >= 1 and sorted(train + held_out) == sorted(passages(content))
    assert all(2_000 <= len(document) <= 10 * 2_000 for document in train + held_out)
    assert "".join(passages(content)) == content
    for before, after in pairwise(passages(content)):
        assert before.endswith((" ", "\n")) or (before + after).count(" ") < 9
        assert not unicodedata.combining(after[0])


def test_cutting_reads_a_long_text_a_few_times_only(monkeypatch):
    def work(n):
        read.clear()
        passages("word" * n + " word" * n)
        return sum(read)

    read, split = [], re.split
    monkeypatch.setattr(re, "split", lambda at, some: read.append(len(some)) or split(at, some))
    once, twice = work(20_000), work(40_000)
    assert once < 4.1 * 20_000 * 9 and twice < 2.05 * once


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path):
    (tmp_path / "w.txt").write_bytes(b"\xef\xbb\xbf" + b"one line\r\n" * 500)
    train = corpus(tmp_path / "w.txt")
    assert train[0].startswith("one line\none")


@pytest.mark.parametrize(
    "content, message",
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"caf\xe9 " * 900, "not utf-8 text: byte 3 is 0xe9"),
        (b"short", "too short to hold anything back: of its 5 characters"),
        (b"word " * 799, "of its 3,995 characters no two documents of 2,000"),
    ],
)
def test_files_that_cannot_serve_are_said(tmp_path, content, message):
    (tmp_path / "f.txt").write_bytes(content)
    with pytest.raises(ValueError, match=message):
        corpus(tmp_path / "f.txt")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (("shakespear",), "no corpus and no file 'shakespear': there are stories, python-docs"),
        (("python-docs", "test"), "there are 'train' and 'validation'"),
        (("python-docs", "train", 0), "size is 0"),
    ],
)
def test_wrong_names_are_said(arguments, message):
    (
        name,
        *split,
    ) = arguments[:2]
    with pytest.raises(ValueError, match=message):
        corpus(name, *split, size=arguments[2] if len(arguments) > 2 else None)


# --- corpora that are fetched


class Server(http.server.BaseHTTPRequestHandler):
    """Serves `server.body` in the manner of `server.manner`, and writes down what it was asked for."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append(wanted)
        body, first, manner = server.body, 0, server.manner
        if manner == "missing":
            self.send_response(404)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        ranged = wanted and manner != "ignores range"
        if ranged:
            first = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
        if first >= len(body):
            self.send_response(416)
            self.send_header("Content-Length", "0")
            return self.end_headers()
        if manner == "chunked":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            if server.breaks:
                self.close_connection = True
                return self.wfile.write(b"%x\r\n%s" % (len(body), body[: server.breaks.pop(0)]))
            return self.wfile.write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))
        self.send_response(206 if ranged else 200)
        if ranged:
            self.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - first))
        self.end_headers()
        stop = len(body)
        if server.breaks:  # say the full length, send a part, hang up
            stop = server.breaks.pop(0)
            self.close_connection = True
        self.wfile.write(body[first:stop])

    def log_message(self, *args):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.body = b"".join(b"line %d of the book\n" % i for i in range(20_000))
        server.manner, server.breaks, server.asked = "plain", [], []
        server.sources = {
            "book": Source(
                f"http://127.0.0.1:{server.server_port}/b", len(server.body), hashlib.sha256(server.body).hexdigest()
            )
        }
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts(monkeypatch):
    monkeypatch.setattr("pooch.core.time.sleep", lambda seconds: None)
    for name in "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY":
        monkeypatch.delenv(name, raising=False)


def names(folder):
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_text_is_fetched_once_and_then_kept(server, tmp_path, capsys):
    path = fetch("book", server.sources, tmp_path / "cache")
    assert path.read_bytes() == server.body and names(tmp_path / "cache") == ["book.txt"]
    assert "book" in "".join(capsys.readouterr())  # the progress bar, which tqdm writes to either stream
    assert fetch("book", server.sources, tmp_path / "cache") == path
    assert server.asked == [None]


def test_an_answer_of_unknown_length_is_taken_too(server, tmp_path):
    server.manner = "chunked"
    assert fetch("book", server.sources, tmp_path).read_bytes() == server.body


def test_one_of_unknown_length_that_breaks_is_known_to_have_broken(server, tmp_path):
    server.manner, server.breaks = "chunked", [98_304] * 3
    with pytest.raises(ConnectionError, match="it broke off after"):
        fetch("book", server.sources, tmp_path)
    assert names(tmp_path) == ["book.txt.part"]


@pytest.mark.parametrize("manner", ["plain", "ignores range"])
def test_a_broken_download_goes_on_by_itself(server, tmp_path, manner):
    server.manner, server.breaks = manner, [98_304]
    assert fetch("book", server.sources, tmp_path).read_bytes() == server.body
    assert server.asked == [None, "bytes=98304-"] and names(tmp_path) == ["book.txt"]


def test_a_download_that_keeps_breaking_goes_on_the_next_time(server, tmp_path):
    server.breaks = [98_304, 147_456, 196_608]
    with pytest.raises(ConnectionError, match="broke off after 196,608 of"):
        fetch("book", server.sources, tmp_path)
    assert names(tmp_path) == ["book.txt.part"] and (tmp_path / "book.txt.part").read_bytes() == server.body[:196_608]
    assert fetch("book", server.sources, tmp_path).read_bytes() == server.body
    assert server.asked == [None, "bytes=98304-", "bytes=147456-", "bytes=196608-"] and names(tmp_path) == ["book.txt"]


@pytest.mark.parametrize("junk", [b"not the beginning of it", b"x" * 500_000])
def test_a_kept_part_that_is_something_else_is_thrown_away(server, tmp_path, junk):
    (tmp_path / "book.txt.part").write_bytes(junk)
    assert fetch("book", server.sources, tmp_path).read_bytes() == server.body
    assert names(tmp_path) == ["book.txt"] and server.asked[-1] is None


@pytest.mark.parametrize("manner", ["plain", "chunked"])
@pytest.mark.parametrize("body", [b"<html>please log in</html>", b"x" * 448_890, b"x" * 900_000, b"\n"])
def test_a_wrong_body_is_said_and_nothing_is_kept(server, tmp_path, body, manner):
    server.body, server.manner = body, manner
    with pytest.raises(ValueError, match="is not book: its SHA-256"):
        fetch("book", server.sources, tmp_path)
    assert names(tmp_path) == []


def test_a_cached_file_that_rotted_is_fetched_again(server, tmp_path):
    path = fetch("book", server.sources, tmp_path)
    path.write_bytes(server.body[:-1])
    assert fetch("book", server.sources, tmp_path).read_bytes() == server.body


def test_offline_the_error_names_what_is_there(server, tmp_path, monkeypatch):
    server.shutdown()
    server.server_close()
    monkeypatch.setitem(text.SOURCES, "verdict", server.sources["book"])
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    with pytest.raises(ConnectionError) as error:
        corpus("verdict")
    for said in "verdict", "python-docs", "stories", server.sources["book"].url, "give its path":
        assert said in str(error.value)
    assert not names(tmp_path / "cache")


def test_a_missing_page_is_said_at_once(server, tmp_path):
    server.manner = "missing"
    with pytest.raises(ConnectionError, match="404"):
        fetch("book", server.sources, tmp_path)
    assert len(server.asked) == 1


def test_a_fetched_text_becomes_documents(server, tmp_path, monkeypatch):
    monkeypatch.setitem(text.SOURCES, "shakespeare", server.sources["book"])
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    documents = corpus("shakespeare") + corpus("shakespeare", "validation")
    assert sorted(documents) == sorted(passages(server.body.decode())) and len(server.asked) == 1
    assert names(tmp_path) == ["shakespeare.txt"]


def test_the_sources_are_written_down_in_full():
    for source in text.SOURCES.values():
        assert (
            source.url.startswith("https://") and re.fullmatch("[0-9a-f]{64}", source.sha256) and source.size > 10_000
        )
