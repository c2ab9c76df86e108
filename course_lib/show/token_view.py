"""TokenView: a text as one types it, cut by several tokenizers at once, and the merges of a BPE one after the other."""

import struct
import threading
from itertools import pairwise

import regex
import traitlets

from .charts import _looks
from .looking import is_whole, named
from .picture import FAINT, INK, QUIET, Picture, drawable, figure, style, visible
from .spans import bytes_of
from .widget import Widget

SHOWN = 2000  # tokens of one tokenizer drawn; the rest is counted
LONGEST = 60_000  # bytes of a token drawn
REPLAYED = 4000  # bytes of a text whose merges are replayed
TOKEN = struct.Struct("<IH")  # id, number of bytes
MERGE = struct.Struct("<III")  # left, right, new id


class TokenView(Widget, assets="token_view"):
    """Type a text and see its tokens: a coloured span for each, with its id and bytes, for each tokenizer one row.

    tokenizers: one tokenizer, or {name: tokenizer}: the course's (BPE, characters, words), a tiktoken.Encoding, or
        anything with `encode(text) -> ids` and one of `token(id)`, `decode_single_token_bytes(id)`, `decode([id])`
    text: what stands there at first; it can be changed there, or here: view.text = "…"

    Where a tokenizer is a BPE, its merges can be replayed: from single bytes to its tokens, the first learned first.
    """

    text = traitlets.Unicode().tag(sync=True)
    rows = traitlets.List().tag(sync=True)
    tokens = traitlets.Bytes().tag(sync=True)
    merges = traitlets.Bytes().tag(sync=True)

    def __init__(self, tokenizers, text="Once upon a time there was a small world."):
        if not isinstance(tokenizers, dict):
            tokenizers = {type(tokenizers).__name__: tokenizers}
        if not tokenizers:
            raise ValueError("tokenizers is empty; give one, or {name: tokenizer, …}")
        for name, tokenizer in tokenizers.items():
            if not hasattr(tokenizer, "encode") or isinstance(tokenizer, str):
                raise TypeError(f"tokenizer {name!r} is {named(tokenizer)}, which cannot encode; give one such as "
                                "bpe.story_vocabulary() or tiktoken.get_encoding(…)")
        if not isinstance(text, str):
            raise TypeError(f"the text is {named(text)}; give a str")
        self._tokenizers = {str(name): tokenizer for name, tokenizer in tokenizers.items()}
        self._turn = threading.RLock()  # a page's messages may be answered in another thread than the cell's
        super().__init__(text=text)

    @traitlets.observe("text")
    def _cut(self, change):
        """Cut the text anew and send everything at once."""
        with self._turn, self.hold_sync():
            size = len(self.text.encode("utf-8", "replace"))
            rows, tokens, merges = [], [], []
            for name, tokenizer in self._tokenizers.items():
                row = {"name": name, "vocabulary": vocabulary_size(tokenizer), "bytes": size}
                try:
                    found = encode(tokenizer, self.text)
                    spans = [(number, bytes_of(tokenizer, number)[:LONGEST]) for number in found[:SHOWN]]
                    row |= {"count": len(found), "shown": len(spans), "lost": self._lost(tokenizer, found)}
                    tokens.append(b"".join(TOKEN.pack(number, len(data)) + data for number, data in spans))
                    steps = replay(tokenizer, self.text) if 0 < size <= REPLAYED else None
                    if steps:
                        row |= {"pieces": steps.pieces, "start": steps.start, "merges": len(steps.merges)}
                        merges.append(b"".join(MERGE.pack(*merge) for merge in steps.merges))
                except Exception as error:  # a tokenizer of the learner's own, say: said in its row, the others go on
                    row |= {"count": 0, "shown": 0, "error": f"{type(error).__name__}: {error}"[:300]}
                rows.append(row)
            self.tokens, self.merges, self.rows = b"".join(tokens), b"".join(merges), rows

    def _lost(self, tokenizer, found):
        """Whether the text cannot be had back from its tokens (an unknown word, say)."""
        return hasattr(tokenizer, "decode") and tokenizer.decode(found) != self.text

    def figures(self):
        """{name: (tokens, bytes per token)} of the text as it stands."""
        return {row["name"]: (row["count"], row["bytes"] / row["count"] if row["count"] else 0.0) for row in self.rows}

    def picture(self):
        """Each tokenizer's spans in lines, as many as there is room for."""
        spans, at = [], 0
        for row in self.rows:
            tokens = []
            for _ in range(row["shown"]):
                number, size = TOKEN.unpack_from(self.tokens, at)
                tokens.append((number, self.tokens[at + TOKEN.size : at + TOKEN.size + size]))
                at += TOKEN.size + size
            spans.append(tokens)
        return _draw(self.rows, spans, self.text)

    def __repr__(self):
        return f"TokenView({', '.join(self._tokenizers)})"


class Replay:
    """How a text's bytes become its tokens.

    start: the ids of its bytes     pieces: how many bytes are in each piece, which no merge crosses
    merges: (left, right, new) in the order in which they are done, each wherever it stands
    """

    def __init__(self, start, pieces, merges):
        self.start, self.pieces, self.merges = start, pieces, merges


def replay(tokenizer, text):
    """The merges that turn a text into a BPE's tokens, the first learned first; None where it is no BPE.

    Where its own `encode` comes to another result (it does more than merge), there is nothing to replay: None.
    """
    tokenizer = getattr(tokenizer, "encoding", tokenizer)  # one that is wrapped, as gpt2() is
    pattern = getattr(tokenizer, "pattern", getattr(tokenizer, "_pat_str", None))
    pairs, ranks = getattr(tokenizer, "merges", None), getattr(tokenizer, "_mergeable_ranks", None)
    if pattern is None or not (pairs or ranks):
        return None
    pattern = regex.sub(r"\\x\{(\w+)\}", lambda found: f"\\U{int(found[1], 16):08x}", pattern)  # Rust's spelling
    try:
        data = [piece.encode("utf-8") for piece in regex.findall(pattern, text, regex.V1)]
    except regex.error:  # of an engine with other rules
        return None
    if pairs:  # ours: {(left, right): new}, and a byte is its own id
        words, joined = [list(piece) for piece in data], pairs.get
    else:  # tiktoken's: {bytes: rank}
        words = [[ranks[bytes([byte])] for byte in piece] for piece in data]
        token = {rank: piece for piece, rank in ranks.items()}

        def joined(pair):
            return ranks.get(token[pair[0]] + token[pair[1]])

    start, merges = [number for word in words for number in word], []
    while True:
        known = {pair: joined(pair) for word in words for pair in pairwise(word)}
        known = {pair: new for pair, new in known.items() if new is not None}
        if not known:
            break
        pair = min(known, key=known.get)
        merges.append((*pair, known[pair]))
        words = [_merged(word, pair, known[pair]) for word in words]
    if [number for word in words for number in word] != encode(tokenizer, text):
        return None
    return Replay(start, [len(piece) for piece in data], merges)


def _merged(word, pair, new):
    if pair[0] not in word:
        return word
    out, i = [], 0
    while i < len(word):
        both = tuple(word[i : i + 2]) == pair
        out.append(new if both else word[i])
        i += 2 if both else 1
    return out


def encode(tokenizer, text) -> list:
    """A text's ids; the names of special tokens in it are plain text. TypeError where it gives anything else."""
    found = getattr(tokenizer, "encode_ordinary", tokenizer.encode)(text)
    found = found.tolist() if hasattr(found, "tolist") else found
    if not isinstance(found, (list, tuple)) or not all(is_whole(number) and 0 <= number < 2**32 for number in found):
        raise TypeError(f"encode gave {found!r:.80}; a list of ids is wanted, whole numbers from 0 on")
    return list(map(int, found))


def vocabulary_size(tokenizer):
    """How many tokens it has, or 0 where it does not say."""
    return int(getattr(tokenizer, "vocab_size", None) or getattr(tokenizer, "n_vocab", 0))


def told(row):
    """One row's figures in words."""
    if "error" in row:
        return row["error"]
    each = f", {row['bytes'] / row['count']:.2f} bytes per token" if row["count"] else ""
    return f"{row['count']:,} tokens{each}"


def _draw(rows, spans, text, width=92, lines=5):
    """Each token a box with its text and its id under it; a row that is longer than `lines` ends in …"""
    facts, places, y = [], [], 0.0
    for row, tokens in zip(rows, spans, strict=True):
        facts.append(f"{row['name']}: {told(row)}")
        places.append((0, y, row, None))
        y += 1
        x = line = 0
        for n, (number, data) in enumerate(tokens):
            label = spelled_bytes(data)
            room = max(len(label), len(str(number)) * 0.75) + 0.9
            if x + room > width:
                x, line, y = 0, line + 1, y + 1.9
            if line == lines:
                places.append((0, y, None, "…"))
                break
            places.append((x, y, room, (n, label, number)))
            x += room
        y += 2.2
    with style():
        sheet, axes = figure(8.4, max(1.0, 0.215 * y + 0.3))
        hues, _ = _looks(5)
        for x, y0, what, token in places:
            if isinstance(what, dict):
                axes.text(x, y0, drawable(f"{what['name']}: {told(what)}"), fontsize=9, color=INK, va="center")
            elif token == "…":
                axes.text(x, y0 + 0.3, "…", fontsize=9, color=INK, va="center")
            else:
                n, label, number = token
                axes.add_patch(_box(x, y0 - 0.35, what - 0.25, 1.6, hues[n % 5], FAINT))
                middle = x + (what - 0.25) / 2
                centred = {"ha": "center", "va": "center"}
                mono = ["DejaVu Sans Mono", "DejaVu Sans"]  # the second for what the first has no sign for: Hebrew, say
                axes.text(middle, y0 + 0.15, label, fontsize=8, color=INK, family=mono, **centred)
                axes.text(middle, y0 + 0.85, str(number), fontsize=6, color=QUIET, **centred)
        axes.set(xlim=(-0.3, width + 0.3), ylim=(max(y, 2), -0.9))
        axes.set_axis_off()
    said = " ".join(text.split())
    facts.append(f"The text: {said[:300]}{'…' if len(said) > 300 else ''}")
    return Picture(sheet, f"A text cut by {len(rows)} tokenizer{'s' if len(rows) > 1 else ''}", ". ".join(facts) + ".")


def _box(x, y, width, height, hue, edge):
    from matplotlib.patches import Rectangle

    return Rectangle((x, y), width, height, facecolor=(*_rgb(hue), 0.17), edgecolor=edge, linewidth=0.8)


def _rgb(hue):
    from matplotlib.colors import to_rgb

    return to_rgb(hue)


def spelled_bytes(data: bytes) -> str:
    """A token as text with its blanks shown, or its bytes where they are no text by themselves."""
    try:
        return visible(data.decode("utf-8"), 24) or "(empty)"
    except UnicodeDecodeError:
        return "".join(f"\\x{byte:02x}" for byte in data[:6])
