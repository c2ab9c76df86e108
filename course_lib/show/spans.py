"""Tokens as coloured spans, with their ids and bytes: what a tokenizer made of a text."""

import html

from .picture import visible

# Tints that let the page's own text colour show through, in a light and in a dark theme. A border marks each token
# as well, so that nothing hangs on the colour.
_TINTS = ("#0072B233", "#D55E0033", "#009E7333", "#CC79A733", "#E69F0033")
_STRIP = "margin: 2px 0 10px; padding: 0; line-height: 1.35; font-family: monospace; font-size: 13px"
_TOKEN = "display: inline-block; margin: 1px; padding: 1px 3px; border: 1px solid #8888; text-align: center"
_ID = "display: block; font-size: 10px"


class Spans:
    """Text cut into tokens, as a notebook shows it (HTML) and as a terminal does (`repr`)."""

    def __init__(self, text, rows):
        self.text, self.rows = text, rows  # rows: {tokenizer's name: [(id, bytes), …]}

    def __repr__(self) -> str:
        size = len(self.text.encode("utf-8"))
        return "\n".join(
            f"{name}: {size} bytes, {len(tokens)} tokens\n  " + " | ".join(_shown(data) for _, data in tokens)
            for name, tokens in self.rows.items()
        )

    def _repr_html_(self) -> str:
        size = len(self.text.encode("utf-8"))
        parts = []
        for name, tokens in self.rows.items():
            parts.append(f"<div><strong>{html.escape(name)}</strong>: {size} bytes, {len(tokens)} tokens</div>")
            spans = []
            for n, (number, data) in enumerate(tokens):
                said = f"token {number}, bytes {data.hex(' ')}"
                spans.append(
                    f'<span role="listitem" title="{said}" style="{_TOKEN}; background: {_TINTS[n % len(_TINTS)]}">'
                    f'{html.escape(_shown(data))}<span style="{_ID}">{number}</span></span>'
                )
            parts.append(f'<div role="list" aria-label="{html.escape(name)}" style="{_STRIP}">{"".join(spans)}</div>')
        return "".join(parts)


def tokens(text, tokenizers) -> Spans:
    """Show how each tokenizer cuts `text`: a span for each token, its id under it, its bytes when pointed at.

    tokenizers: one tokenizer, or {name: tokenizer}. A tokenizer has `encode(text) -> ids`, and one of `token(id)`,
    `decode_single_token_bytes(id)` or `decode([id])`, each of which gives bytes or text.
    """
    if not isinstance(tokenizers, dict):
        tokenizers = {type(tokenizers).__name__: tokenizers}
    rows = {}
    for name, tokenizer in tokenizers.items():
        rows[name] = [(int(i), bytes_of(tokenizer, int(i))) for i in tokenizer.encode(text)]
    return Spans(text, rows)


def bytes_of(tokenizer, number) -> bytes:
    """The bytes of one id, of any kind of tokenizer; some give them as text."""
    for method in ("token", "decode_single_token_bytes"):
        if hasattr(tokenizer, method):
            data = getattr(tokenizer, method)(number)
            break
    else:
        data = tokenizer.decode([number])
    return data.encode("utf-8") if isinstance(data, str) else data


def _shown(data: bytes) -> str:
    """The token as text, or its bytes where they are no text by themselves (half a letter, say)."""
    try:
        return visible(data.decode("utf-8"), 40, sign=_printable) or "(empty)"
    except UnicodeDecodeError:
        return "".join(f"\\x{byte:02x}" for byte in data)


def _printable(character: str) -> str:
    """A page has more fonts than a picture; only what nobody could see is said by its code point."""
    return character if character.isprintable() else f"\\u{ord(character):04x}"
