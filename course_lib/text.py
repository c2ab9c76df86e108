"""Text: where it comes from, and the two oldest ways to cut it into tokens, characters and words.

    corpus("stories")       told by the small world, as many as you like       offline
    corpus("python-docs")   the help pages that come with every Python         offline
    corpus("shakespeare")   tiny Shakespeare, 1.1 MB                           fetched once
    corpus("verdict")       The Verdict, a short story by Edith Wharton, 20 KB fetched once
    corpus("my/file.txt")   a file of yours                                    offline
"""

import operator
import os
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

END = "<|endoftext|>"
UNKNOWN = "<unk>"
OFFLINE = ("stories", "python-docs")


class _Vocabulary:
    """Pieces and their ids. A subclass says how text is cut (`pieces`) and what an unseen piece becomes (`unknown`)."""

    def __init__(self, special, pieces):
        self.token_of = [*special, *pieces]
        self.id_of = {piece: i for i, piece in enumerate(self.token_of)}
        self.end = self.token_of.index(END)

    @property
    def vocab_size(self):
        return len(self.token_of)

    def encode(self, text):
        """The ids of a text. Special tokens spelled out in it are text like any other."""
        return [self.id_of[piece] if piece in self.id_of else self.unknown(piece) for piece in self.pieces(text)]

    def decode(self, ids):
        """The text of ids. What was unknown comes back as `<unk>`."""
        ids = [whole_id(i) for i in ids]
        for i in ids:
            if not 0 <= i < self.vocab_size:
                raise ValueError(f"there is no token {i}: this vocabulary has ids from 0 to {self.vocab_size - 1}")
        return "".join(self.token_of[i] for i in ids)


def whole_id(id):
    """An id as an int, also where it is one of numpy's or a tensor's; TypeError where it is no whole number."""
    try:
        return operator.index(id)
    except TypeError:
        raise TypeError(f"an id is a whole number, and this is {id!r:.40} ({type(id).__name__})") from None


class CharTokenizer(_Vocabulary):
    """Each character is a token: a tiny vocabulary and long sequences.

    decode(encode(x)) == x for every x made of characters of `texts`; any other character becomes `<unk>`
    and is lost.
    """

    def __init__(self, texts):
        super().__init__([END, UNKNOWN], sorted(set().union(*_documents(texts))))

    def pieces(self, text):
        return text

    def unknown(self, piece):
        return self.token_of.index(UNKNOWN)


class WordTokenizer(_Vocabulary):
    """Each word is a token: short sequences and a vocabulary that is never large enough.

    A word, and every mark, takes the one space before it along; any other white space is a token of its own.
    No character falls between two tokens: so decode(encode(x)) == x for every x of known words, which
    `text.split()` cannot promise. An unknown word becomes `<unk>`; its space is kept, the word is lost.
    """

    def __init__(self, texts, max_words=None):
        """texts: strings; max_words: keep only so many pieces, the most frequent ones. None: all."""
        if max_words is not None and max_words < 1:
            raise ValueError(f"max_words is {max_words}: a vocabulary needs one word or more (None keeps all)")
        counts = Counter(piece for text in _documents(texts) for piece in self.pieces(text))
        by_frequency = sorted(counts, key=lambda piece: (-counts[piece], piece))
        super().__init__([END, UNKNOWN, " " + UNKNOWN], by_frequency[:max_words])

    def pieces(self, text):
        return re.findall(r" ?\w+| ?[^\w\s]|\s", text)

    def unknown(self, piece):
        return self.token_of.index(" " * piece.startswith(" ") + UNKNOWN)


def _documents(texts):
    if isinstance(texts, (str, bytes)):
        raise TypeError(f"a vocabulary is made from a list of texts and was given one {type(texts).__name__} "
                        "(whose characters would become texts): pass [text]")
    return texts


def corpus(name, split="train", *, size=None):
    """The documents of a corpus.

    name: stories, python-docs, shakespeare, verdict, or the path of a utf-8 text file
    split: "train" or "validation". No plot is in both; of other texts every tenth document is held back, or the last
    size: at most so many documents; None: all (of stories, which have no end, 10,000 to train on and 1,000 held back)
    returns: a list of strings

    A long text (shakespeare, verdict, a file) is cut into documents of 2,000 characters or more, see `passages`.
    raises: ConnectionError where a text has to be fetched and cannot be; it says how to go on without
    """
    if split not in ("train", "validation"):
        raise ValueError(f"split is {split!r}: there are 'train' and 'validation'")
    if size is not None and size < 1:
        raise ValueError(f"size is {size}: ask for one document or more, or None for all")
    if name == "stories":
        from course_lib import stories  # its word lists take a moment, which no other corpus needs

        return stories.texts(split, size or {"train": 10_000, "validation": 1_000}[split])
    documents = python_docs() if name == "python-docs" else passages(read_file(file_of(name)))
    if len(documents) < 2:
        raise ValueError(f"{name} is too short to hold anything back: of its {len(documents[0]):,} characters no two "
                         "documents of 2,000 or more can be made, one to train on and one to hold back")
    every = min(10, len(documents))
    held_back = set(range(every - 1, len(documents), every))
    chosen = [text for i, text in enumerate(documents) if (i in held_back) == (split == "validation")]
    return chosen[:size]


def python_docs():
    """The topics of Python's own help(), as many documents: real English that comes with every Python.

    The text belongs to the Python that runs, so it differs a little from one version to the next.
    """
    from pydoc_data.topics import topics

    return list(dict.fromkeys(topics[topic] for topic in sorted(topics)))  # no text twice, or it could be held back too


# Where a text may be cut, the best places first: after a blank line, a line, a space, and before any letter.
BORDERS = (r"(?<=\n\n)(?!\n)", r"(?<=\n)(?!\n)", r"(?<=\s)(?=\S)", r"(?=\w)")
LONGEST = 10  # sizes: a longer passage is cut again


def passages(text, size=2000, borders=BORDERS):
    """Cut a text between paragraphs into pieces of `size` characters or more, as short as that can be.

    A piece of more than 10 times the size, or the only one, is cut again, where lines end; then at spaces; then between
    letters, so that a text of one line, or without spaces, has pieces too. Joined, the pieces are the text again.
    """
    done, piece = [], ""
    for part in re.split(borders[0], text):
        piece += part
        if len(piece) >= size:
            done.append(piece)
            piece = ""
    if not done:
        return [text]
    done[-1] += piece
    if len(borders) == 1:
        return done
    most = size * (LONGEST if len(done) > 1 else 2)
    return [short for long in done for short in (passages(long, size, borders[1:]) if len(long) >= most else [long])]


def read_file(path):
    """A utf-8 text file, with line ends as "\\n"; ValueError where it is empty or something else than utf-8."""
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not utf-8 text: byte {error.start} is {error.object[error.start]:#04x}. "
                         "Save it as utf-8 in a text editor") from None
    if not text.strip():
        raise ValueError(f"{path} is empty")
    return text


def file_of(name):
    """The path of a corpus that is a file, fetched if need be."""
    if name in SOURCES:
        return fetch(name)
    if Path(name).is_file():
        return Path(name)
    raise ValueError(f"there is no corpus and no file {str(name)!r}: there are {', '.join(OFFLINE)} (offline), "
                     f"{', '.join(SOURCES)} (fetched once), or give the path of a text file")


@dataclass(frozen=True)
class Source:
    """A text to fetch, and how to know that it is the one."""

    url: str
    size: int  # bytes
    sha256: str


SOURCES = {
    "shakespeare": Source(
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        1_115_394,
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    ),
    "verdict": Source(
        "https://raw.githubusercontent.com/rasbt/LLMs-from-scratch/main/ch02/01_main-chapter-code/the-verdict.txt",
        20_479,
        "b41e41a68f0398a3154ae69e2e4c0e2694e17fe0d66730536837f1b01935b31f",
    ),
}


def cache_folder():
    """Where fetched texts are kept: the folder that COURSE_CACHE names, or the usual place of this system."""
    import pooch

    return Path(os.environ.get("COURSE_CACHE") or pooch.os_cache("small-world"))


def fetch(name, sources=None, folder=None):
    """The path of a fetched text: from the cache, or over the network, going on where a broken download stopped.

    sources: {name: Source}; None: the course's own, SOURCES
    folder: the cache; None: `cache_folder()`
    raises: ConnectionError where it cannot be had, ValueError where something else came; neither leaves a wrong file
    """
    import pooch  # with requests half a second, which only a download needs

    source = (sources or SOURCES)[name]
    folder = Path(folder) if folder else cache_folder()
    pooch.get_logger().setLevel("WARNING")  # the progress bar says it all
    file = f"{name}.txt"
    keeper = pooch.create(path=folder, base_url="", registry={file: f"sha256:{source.sha256}"}, urls={file: source.url},
                          retry_if_failed=2)
    try:
        return Path(keeper.fetch(file, downloader=Resuming(name, source, folder / f"{file}.part")))
    except OSError as error:
        raise ConnectionError(
            f"{name} could not be fetched from {source.url}: {error}\nTo go on without it: corpus('python-docs') is "
            "real text and corpus('stories') the course's own, both are there offline. Or fetch the file with a "
            "browser and give its path: corpus('Downloads/the-file.txt'). A broken download goes on where it stopped"
        ) from error
    except ValueError as error:
        raise ValueError(
            f"what came from {source.url} is not {name}: its SHA-256 is not the one this course knows. Often a proxy "
            "or a login page of the network answers instead. Nothing was kept: try again from another network, or "
            "go on with corpus('python-docs') or corpus('stories')"
        ) from error


class Resuming:
    """A downloader for pooch. pooch keeps the cache, checks the hash and tries again; this asks for the missing rest.

    What has come is kept beside the cache's file under `part` until it is complete, also if the kernel is stopped.
    """

    def __init__(self, name, source, part):
        self.name, self.source, self.part = name, source, part

    def __call__(self, url, output_file, pooch):
        import requests
        from tqdm.auto import tqdm

        have = self.part.stat().st_size if self.part.exists() else 0
        headers = {"Accept-Encoding": "identity"}  # a compressed answer would count other bytes
        if have:
            headers["Range"] = f"bytes={have}-"
        try:
            answer = requests.get(url, headers=headers, stream=True, timeout=(10, 30))
        except requests.RequestException as error:  # no answer at all: to ask again at once would not help
            raise ConnectionError(f"no answer ({type(error).__name__})") from error
        with answer:
            if answer.status_code == 416:  # the server has no such rest: what we have is not the file's beginning
                self.part.unlink()
                raise ValueError("the part that was kept does not belong to this file")
            if not answer.ok:
                raise ConnectionError(f"the server answered {answer.status_code} {answer.reason}")
            goes_on = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            have = have if goes_on else 0  # many servers send the whole file instead
            broken = None
            with (
                open(self.part, "ab" if goes_on else "wb") as file,
                tqdm(desc=self.name, initial=have, total=self.source.size, unit="B", unit_scale=True) as bar,
            ):
                try:
                    for chunk in answer.iter_content(8192):  # at most so much of a broken answer is lost
                        file.write(chunk)
                        bar.update(len(chunk))
                except requests.RequestException as error:
                    broken = error
        size = self.part.stat().st_size
        if broken or size < have + int(answer.headers.get("Content-Length", 0)):
            raise requests.ConnectionError(f"it broke off after {size:,} of {self.source.size:,} bytes") from broken
        os.replace(self.part, output_file)  # complete, right or wrong: pooch looks at the hash
