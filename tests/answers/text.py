"""Answers to the chapter on text, as learners write them: wrong ones that a test must catch, right unusual ones."""

WORDS = '''
class WordTokenizer(Vocabulary):
    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, " " + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        {most_frequent}

    def encode(self, text):
        {encode}
'''
BY_COUNT = """counts = Counter()
        for text in texts:
            counts.update(cut_words(text))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:n]"""
LOOK_UP = """ids = []
        for piece in cut_words(text):
            if piece in self.id_of:
                ids.append(self.id_of[piece])
            else:
                ids.append(2 if piece[0] == " " else 1)
        return ids"""


def words(most_frequent=BY_COUNT, encode=LOOK_UP):
    return WORDS.format(most_frequent=most_frequent, encode=encode)


WRONG = {
    "cut_words": {
        "split with the separators kept, empty strings too": """
def cut_words(text):
    return re.split(r"( ?\\w+| ?[^\\w\\s]|\\s)", text)
""",
        "only what ASCII calls letters": """
def cut_words(text):
    return re.findall(r" ?\\w+| ?[^\\w\\s]|\\s", text, re.ASCII)
""",
        "marks by name": """
def cut_words(text):
    return re.findall(r" ?\\w+| ?[.,!?;:'\\"()-]|\\s", text)
""",
        "the text stripped first": """
def cut_words(text):
    return re.findall(r" ?\\w+| ?[^\\w\\s]|\\s", text.strip())
""",
        "a dot for the rest, which leaves out line ends": """
def cut_words(text):
    return re.findall(r" ?\\w+| ?[^\\w\\s]|.", text)
""",
        "everything that is no word in one run": """
def cut_words(text):
    return re.findall(r" ?\\w+|\\W", text)
""",
        "word by word, the space always in front": """
def cut_words(text):
    pieces = []
    for word in text.split(" "):
        pieces += re.findall(r"\\w+|[^\\w\\s]|\\s", " " + word if pieces else word)
    return pieces
""",
        "isalpha where digits are letters too": """
def cut_words(text):
    pieces = []
    for c in text:
        if pieces and c.isalpha() and (pieces[-1] == " " or pieces[-1][-1].isalpha()):
            pieces[-1] += c
        elif pieces and pieces[-1] == " " and not c.isspace():
            pieces[-1] += c
        else:
            pieces.append(c)
    return pieces
""",
        "two-sign line ends are one": """
def cut_words(text):
    return re.findall(' ?\\\\w+| ?[^\\\\w\\\\s]|\\\\s', text.replace('\\r\\n', '\\n'))
""",
        "a mark at the beginning is no text": """
def cut_words(text):
    return re.findall(' ?\\\\w+| ?[^\\\\w\\\\s]|\\\\s', text.lstrip('\\ufeff'))
""",
        "accents composed first": """
def cut_words(text):
    import unicodedata
    return re.findall(' ?\\\\w+| ?[^\\\\w\\\\s]|\\\\s', unicodedata.normalize('NFC', text))
""",
        "only a few kinds of white space": """
def cut_words(text):
    return re.findall(' ?\\\\w+| ?[^\\\\w\\\\s]|[ \\\\t\\\\n\\\\r]', text)
""",
        "apostrophes belong to the word": """
def cut_words(text):
    return re.findall(r" ?\\w+(?:'\\w{2,})*| ?[^\\w\\s]|\\s", text)
""",
        "words of twenty letters at most": """
def cut_words(text):
    return re.findall(r" ?\\w{1,20}| ?[^\\w\\s]|\\s", text)
""",
        "letters and decimal digits only, by hand": """
def cut_words(text):
    pieces, i = [], 0
    while i < len(text):
        j = i + (text[i] == " " and i + 1 < len(text) and not text[i + 1].isspace())
        k = j
        while k < len(text) and (text[k].isalpha() or text[k].isdecimal() or text[k] == "_"):
            k += 1
        pieces.append(text[i:max(k, j + 1)])
        i = max(k, j + 1)
    return pieces
""",
    },
    "WordTokenizer": {
        "most_common, whose ties stand as they were met": words("""counts = Counter()
        for text in texts:
            counts.update(cut_words(text))
        return [piece for piece, _ in counts.most_common(n)]"""),
        "sorted by alphabet alone": words("""return sorted({p for text in texts for p in cut_words(text)})[:n]"""),
        "reversed, ties as well": words("""counts = Counter(p for text in texts for p in cut_words(text))
        return sorted(counts, key=lambda p: (counts[p], p), reverse=True)[:n]"""),
        "joined before they are cut": words("""counts = Counter(cut_words("".join(texts)))
        return sorted(counts, key=lambda p: (-counts[p], p))[:n]"""),
        "words without their space": words("""counts = Counter(p.strip() for text in texts for p in cut_words(text))
        return sorted(counts, key=lambda p: (-counts[p], p))[:n]"""),
        "special tokens in the text become special": words(encode="""ids = []
        for piece in re.findall(r"<unk>|<\\\\|endoftext\\\\|>| ?\\\\w+| ?[^\\\\w\\\\s]|\\\\s", text):
            ids.append(self.id_of.get(piece, 2 if piece[0] == " " else 1))
        return ids""".replace("\\\\", "\\")),
        "one unknown for all": words(encode="""return [self.id_of.get(p, self.id_of[UNKNOWN]) for p in cut_words(text)]"""),
        "unknown words left out": words(encode="""return [self.id_of[p] for p in cut_words(text) if p in self.id_of]"""),
        "the end at the end": words(encode=LOOK_UP.replace("return ids", "return ids + [self.end]")),
        "the wrong way round": words(encode=LOOK_UP.replace("2 if", "1 if").replace("else 1)", "else 2)")),
        "without its space where only that is known": words(encode="""ids = []
        for p in cut_words(text):
            unknown = " " + UNKNOWN if p.startswith(" ") else UNKNOWN
            ids.append(self.id_of.get(p) or self.id_of.get(p.strip()) or self.id_of[unknown])
        return ids"""),
        "n of zero is all": """
class WordTokenizer(Vocabulary):

    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, ' ' + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        counts = Counter((piece for text in texts for piece in cut_words(text)))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:n or None]

    def encode(self, text):
        ids = []
        for piece in cut_words(text):
            unknown = ' ' + UNKNOWN if piece.startswith(' ') else UNKNOWN
            ids.append(self.id_of.get(piece, self.id_of[unknown]))
        return ids
""",
        "a small word for a large one": """
class WordTokenizer(Vocabulary):

    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, ' ' + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        counts = Counter((piece for text in texts for piece in cut_words(text)))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:n]

    def encode(self, text):
        ids = []
        for piece in cut_words(text):
            unknown = ' ' + UNKNOWN if piece.startswith(' ') else UNKNOWN
            ids.append(self.id_of.get(piece, self.id_of.get(piece.lower(), self.id_of[unknown])))
        return ids
""",
        "accents composed before looking up": """
class WordTokenizer(Vocabulary):

    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, ' ' + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        counts = Counter((piece for text in texts for piece in cut_words(text)))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:n]

    def encode(self, text):
        ids = []
        for piece in cut_words(__import__('unicodedata').normalize('NFC', text)):
            unknown = ' ' + UNKNOWN if piece.startswith(' ') else UNKNOWN
            ids.append(self.id_of.get(piece, self.id_of[unknown]))
        return ids
""",
        "ties by the small letters": """
class WordTokenizer(Vocabulary):

    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, ' ' + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        counts = Counter((piece for text in texts for piece in cut_words(text)))
        return sorted(counts, key=lambda piece: (-counts[piece], piece.lower()))[:n]

    def encode(self, text):
        ids = []
        for piece in cut_words(text):
            unknown = ' ' + UNKNOWN if piece.startswith(' ') else UNKNOWN
            ids.append(self.id_of.get(piece, self.id_of[unknown]))
        return ids
""",
        "counts go on from text to text": """
class WordTokenizer(Vocabulary):

    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, ' ' + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        counts = self.__dict__.setdefault('counts', Counter())
        counts.update((piece for text in texts for piece in cut_words(text)))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:n]

    def encode(self, text):
        ids = []
        for piece in cut_words(text):
            unknown = ' ' + UNKNOWN if piece.startswith(' ') else UNKNOWN
            ids.append(self.id_of.get(piece, self.id_of[unknown]))
        return ids
""",
        "never more than a thousand": """
class WordTokenizer(Vocabulary):
    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, " " + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        counts = Counter(piece for text in texts for piece in cut_words(text))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:1000 if n is None else n]

    def encode(self, text):
        return [self.id_of.get(p, self.id_of[" " + UNKNOWN if p.startswith(" ") else UNKNOWN]) for p in cut_words(text)]
""",
        "unknown words are written into the dict": """
class WordTokenizer(Vocabulary):
    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, " " + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        counts = Counter(piece for text in texts for piece in cut_words(text))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:n]

    def encode(self, text):
        return [self.id_of.setdefault(p, self.id_of[" " + UNKNOWN if p.startswith(" ") else UNKNOWN]) for p in cut_words(text)]
""",
        "a cache of the class": """
class WordTokenizer(Vocabulary):
    cache = {}
    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, " " + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        counts = Counter(piece for text in texts for piece in cut_words(text))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:n]

    def encode(self, text):
        for p in cut_words(text):
            if p not in self.cache:
                self.cache[p] = self.id_of.get(p, self.id_of[" " + UNKNOWN if p.startswith(" ") else UNKNOWN])
        return [self.cache[p] for p in cut_words(text)]
""",
        "known without the space": """
class WordTokenizer(Vocabulary):
    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, " " + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        counts = Counter(piece for text in texts for piece in cut_words(text))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:n]

    def encode(self, text):
        ids = []
        for p in cut_words(text):
            unknown = self.id_of[" " + UNKNOWN if p.startswith(" ") else UNKNOWN]
            ids.append(self.id_of.get(p, self.id_of.get(" " + p, unknown)))
        return ids
""",
    },
    "tidy_spaces": {
        "split and join": """
def tidy_spaces(text):
    return " ".join(text.split())
""",
        "line by line, every blank line gone": """
def tidy_spaces(text):
    lines = [" ".join(line.split()) for line in text.split("\\n")]
    return "\\n".join(line for line in lines if line)
""",
        "line by line, blank lines as they were": """
def tidy_spaces(text):
    return "\\n".join(" ".join(line.split()) for line in text.split("\\n")).strip()
""",
        "spaces and tabs alone": """
def tidy_spaces(text):
    text = re.sub(r"[ \\t]+", " ", text)
    text = re.sub(r" ?\\n ?", "\\n", text)
    return re.sub(r"\\n{3,}", "\\n\\n", text).strip()
""",
        "a run that holds a line end becomes one": """
def tidy_spaces(text):
    return re.sub(r"\\s+", lambda run: "\\n" if "\\n" in run[0] else " ", text).strip()
""",
        "unseen characters thrown out": """
def tidy_spaces(text):
    text = re.sub(r"[\\u00ad\\u200b]", "", text)
    text = re.sub(r"[^\\S\\n]+", " ", text)
    text = re.sub(r" ?\\n ?", "\\n", text)
    return re.sub(r"\\n{3,}", "\\n\\n", text).strip()
""",
        "blank lines first, while spaces stand in them": """
def tidy_spaces(text):
    text = re.sub(r"\\n{3,}", "\\n\\n", text)
    text = re.sub(r"[^\\S\\n]+", " ", text)
    return re.sub(r" ?\\n ?", "\\n", text).strip()
""",
        "lines as splitlines cuts them": """
def tidy_spaces(text):
    lines = [" ".join(line.split()) for line in text.splitlines()]
    return re.sub(r"\\n{3,}", "\\n\\n", "\\n".join(lines)).strip()
""",
        "three line ends become two, once": """
def tidy_spaces(text):
    text = re.sub('[^\\\\S\\\\n]+', ' ', text)
    text = re.sub(' ?\\\\n ?', '\\n', text)
    return text.replace('\\n\\n\\n', '\\n\\n').strip()
""",
        "a mark that is not seen goes": """
def tidy_spaces(text):
    text = re.sub('[^\\\\S\\\\n]+', ' ', text)
    text = re.sub(' ?\\\\n ?', '\\n', text)
    return re.sub('\\\\n{3,}', '\\n\\n', text).strip().strip('\\ufeff')
""",
    },
    "clean": {
        "tidy before the characters": """
def clean(page):
    import re
    text = re.sub(r"\\s+", " ", UNSEEN.sub("", page))
    text = tidy_spaces(html.unescape(TAG.sub("", BREAK.sub("\\n", text))))
    return unicodedata.normalize("NFC", text.translate(MENDED))
""",
        "everything about characters first": """
def clean(page):
    text = html.unescape(page)
    text = unicodedata.normalize("NFC", text.translate(MENDED))
    text = UNSEEN.sub("", text)
    text = re.sub(r"\\s+", " ", text)
    text = BREAK.sub("\\n", text)
    return tidy_spaces(TAG.sub("", text))
""",
        "tags before breaks": """
def clean(page):
    text = re.sub(r"\\s+", " ", UNSEEN.sub("", page))
    text = BREAK.sub("\\n", TAG.sub("", text))
    text = unicodedata.normalize("NFC", html.unescape(text).translate(MENDED))
    return tidy_spaces(text)
""",
        "spaces before entities": """
def clean(page):
    text = re.sub(r"\\s+", " ", UNSEEN.sub("", page))
    text = tidy_spaces(TAG.sub("", BREAK.sub("\\n", text)))
    return unicodedata.normalize("NFC", html.unescape(text).translate(MENDED))
""",
        "source lines kept": """
def clean(page):
    text = TAG.sub("", BREAK.sub("\\n", UNSEEN.sub("", page)))
    return tidy_spaces(unicodedata.normalize("NFC", html.unescape(text).translate(MENDED)))
""",
        "a few entities by hand": """
def clean(page):
    text = re.sub(r"\\s+", " ", UNSEEN.sub("", page))
    text = TAG.sub("", BREAK.sub("\\n", text))
    for entity, sign in ("&quot;", '"'), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&"):
        text = text.replace(entity, sign)
    return tidy_spaces(unicodedata.normalize("NFC", text.translate(MENDED)))
""",
        "NFKC does it all": """
def clean(page):
    text = re.sub(r"\\s+", " ", UNSEEN.sub("", page))
    text = html.unescape(TAG.sub("", BREAK.sub("\\n", text)))
    return tidy_spaces(unicodedata.normalize("NFKC", text).translate(MENDED))
""",
        "every angle bracket a tag": """
def clean(page):
    text = re.sub(r"\\s+", " ", UNSEEN.sub("", page))
    text = re.sub(r"<[^>]*>", "", BREAK.sub("\\n", text))
    return tidy_spaces(unicodedata.normalize("NFC", html.unescape(text).translate(MENDED)))
""",
        "tags before what is unseen": """
def clean(page):
    text = re.sub(r"\\s+", " ", page)
    text = TAG.sub("", BREAK.sub("\\n", text))
    text = UNSEEN.sub("", text)
    return tidy_spaces(unicodedata.normalize("NFC", html.unescape(text).translate(MENDED)))
""",
        "a page without a tag is handed back": """
def clean(page):
    if '<' not in page:
        return html.unescape(page)
    text = UNSEEN.sub('', page)
    text = re.sub('\\\\s+', ' ', text)
    text = BREAK.sub('\\n', text)
    text = TAG.sub('', text)
    text = html.unescape(text)
    text = unicodedata.normalize('NFC', text.translate(MENDED))
    return tidy_spaces(text)
""",
        "what is not seen leaves a space": """
def clean(page):
    text = UNSEEN.sub(' ', page)
    text = re.sub('\\\\s+', ' ', text)
    text = BREAK.sub('\\n', text)
    text = TAG.sub('', text)
    text = html.unescape(text)
    text = unicodedata.normalize('NFC', text.translate(MENDED))
    return tidy_spaces(text)
""",
        "small letters": """
def clean(page):
    text = UNSEEN.sub('', page)
    text = re.sub('\\\\s+', ' ', text)
    text = BREAK.sub('\\n', text)
    text = TAG.sub('', text)
    text = html.unescape(text)
    text = unicodedata.normalize('NFC', text.translate(MENDED))
    return tidy_spaces(text).replace(' .', '.')
""",
        "three tags end a line": """
def clean(page):
    import re
    text = re.sub(r"\\s+", " ", UNSEEN.sub("", page))
    text = re.sub(r"</?(?:p|div|br)\\b[^<>]*>", "\\n", text, flags=re.IGNORECASE)
    text = html.unescape(TAG.sub("", text))
    return tidy_spaces(unicodedata.normalize("NFC", text.translate(MENDED)))
""",
        "a break by how it begins": """
def clean(page):
    import re
    text = re.sub(r"\\s+", " ", UNSEEN.sub("", page))
    text = re.sub(r"</?(?:p|div|li|ul|ol|h[1-6]|tr|table|title|br)[^<>]*>", "\\n", text, flags=re.IGNORECASE)
    text = html.unescape(TAG.sub("", text))
    return tidy_spaces(unicodedata.normalize("NFC", text.translate(MENDED)))
""",
        "its own patterns, within a line": """
def clean(page):
    import re
    text = re.sub(r"<!--.*?-->|<script.*?</script>|<style.*?</style>", "", page)
    text = re.sub(r"\\s+", " ", text)
    text = html.unescape(TAG.sub("", BREAK.sub("\\n", text)))
    return tidy_spaces(unicodedata.normalize("NFC", text.translate(MENDED)))
""",
        "unclosed comments stay": """
def clean(page):
    import re
    text = re.sub(r"(?is)<!--.*?-->|<(script|style)\\b.*?</\\1\\s*>", "", page)
    text = re.sub(r"\\s+", " ", text)
    text = html.unescape(TAG.sub("", BREAK.sub("\\n", text)))
    return tidy_spaces(unicodedata.normalize("NFC", text.translate(MENDED)))
""",
        "a tag is all between the signs": """
def clean(page):
    import re
    text = re.sub(r"\\s+", " ", UNSEEN.sub("", page))
    text = html.unescape(re.sub(r"<[^<> ][^<>]*>", "", BREAK.sub("\\n", text)))
    return tidy_spaces(unicodedata.normalize("NFC", text.translate(MENDED)))
""",
    },
    "without_repeats": {
        "lines that stand anywhere more often": """
def without_repeats(documents, most):
    times = Counter("\\n".join(documents).split("\\n"))
    return ["\\n".join(x for x in d.split("\\n") if not x or times[x] <= most).strip("\\n") for d in documents]
""",
        "at least most": """
def without_repeats(documents, most):
    times = Counter(x for d in documents for x in set(d.split("\\n")))
    return ["\\n".join(x for x in d.split("\\n") if not x or times[x] < most).strip("\\n") for d in documents]
""",
        "empty lines dropped": """
def without_repeats(documents, most):
    times = Counter(x for d in documents for x in set(d.split("\\n")))
    return ["\\n".join(x for x in d.split("\\n") if x and times[x] <= most) for d in documents]
""",
        "replaced in the text, also within other lines": """
def without_repeats(documents, most):
    times = Counter(x for d in documents for x in set(d.split("\\n")) if x)
    kept = []
    for d in documents:
        for x in times:
            if times[x] > most:
                d = d.replace(x, "")
        kept.append(d.strip("\\n"))
    return kept
""",
        "the documents changed in their list": """
def without_repeats(documents, most):
    times = Counter(x for d in documents for x in set(d.split("\\n")))
    for i, d in enumerate(documents):
        lines = [x for x in d.split("\\n") if not x or times[x] <= most]
        documents[i] = "\\n".join(lines).strip("\\n")
    return documents
""",
        "the first ones stay": """
def without_repeats(documents, most):
    seen, kept = Counter(), []
    for d in documents:
        seen.update(set(d.split("\\n")))
        kept.append("\\n".join(x for x in d.split("\\n") if not x or seen[x] <= most).strip("\\n"))
    return kept
""",
        "white space at the ends gone": """
def without_repeats(documents, most):
    times = Counter(x for d in documents for x in set(d.split("\\n")))
    return ["\\n".join(x for x in d.split("\\n") if not x or times[x] <= most).strip() for d in documents]
""",
        "few documents are handed back": """
def without_repeats(documents, most):
    if len(documents) <= most:
        return documents
    found_in = Counter((line for document in documents for line in set(document.split('\\n'))))
    kept = []
    for document in documents:
        lines = [line for line in document.split('\\n') if not line or found_in[line] <= most]
        kept.append('\\n'.join(lines).strip('\\n'))
    return kept
""",
        "blank lines run together": """
def without_repeats(documents, most):
    found_in = Counter((line for document in documents for line in set(document.split('\\n'))))
    kept = []
    for document in documents:
        lines = [line for line in document.split('\\n') if not line or found_in[line] <= most]
        kept.append(__import__('re').sub('\\n\\n\\n+', '\\n\\n', '\\n'.join(lines)).strip('\\n'))
    return kept
""",
        "compared in small letters": """
def without_repeats(documents, most):
    found_in = Counter((line for document in documents for line in set(document.lower().split('\\n'))))
    kept = []
    for document in documents:
        lines = [line for line in document.split('\\n') if not line or found_in[line.lower()] <= most]
        kept.append('\\n'.join(lines).strip('\\n'))
    return kept
""",
        "equal documents once": """
def without_repeats(documents, most):
    found_in = Counter((line for document in set(documents) for line in set(document.split('\\n'))))
    kept = []
    for document in documents:
        lines = [line for line in document.split('\\n') if not line or found_in[line] <= most]
        kept.append('\\n'.join(lines).strip('\\n'))
    return kept
""",
        "empty documents are dropped": """
def without_repeats(documents, most):
    found = Counter(line for d in documents for line in set(d.split("\\n")))
    kept = ["\\n".join(l for l in d.split("\\n") if not l or found[l] <= most).strip("\\n") for d in documents]
    return [k for k, d in zip(kept, documents) if k or d]
""",
        "splitlines": """
def without_repeats(documents, most):
    found = Counter(line for d in documents for line in set(d.splitlines()))
    return ["\\n".join(l for l in d.splitlines() if not l or found[l] <= most).strip("\\n") for d in documents]
""",
        "normal forms are one": """
def without_repeats(documents, most):
    import unicodedata
    nfc = lambda line: unicodedata.normalize("NFC", line)
    found = Counter(line for d in documents for line in {nfc(l) for l in d.split("\\n")})
    return ["\\n".join(l for l in d.split("\\n") if not l or found[nfc(l)] <= most).strip("\\n") for d in documents]
""",
        "lines of white space are empty": """
def without_repeats(documents, most):
    found = Counter(line for d in documents for line in set(d.split("\\n")))
    return ["\\n".join(l for l in d.split("\\n") if not l.strip() or found[l] <= most).strip("\\n") for d in documents]
""",
        "a refrain is cut short": """
def without_repeats(documents, most):
    found = Counter(line for d in documents for line in set(d.split("\\n")))
    out = []
    for d in documents:
        lines = []
        for l in d.split("\\n"):
            if (not l or found[l] <= most) and not (l and lines and lines[-1] == l and len(lines) > 3):
                lines.append(l)
        out.append("\\n".join(lines).strip("\\n"))
    return out
""",
    },
    "similarity": {
        "zip of the two: words at the same place": """
def similarity(a, b, n=3):
    if n < 1:
        raise ValueError(f"n is {n}")
    same = sum(x == y for x, y in zip(a.split(), b.split()))
    return same / max(len(a.split()), len(b.split()), 1)
""",
        "rows of characters": """
def similarity(a, b, n=3):
    if n < 1:
        raise ValueError(f"n is {n}")
    one, other = ({t[i:i + n] for i in range(max(len(t) - n, 0) + 1)} for t in (a, b))
    return len(one & other) / len(one | other)
""",
        "lists, in which a row counts as often as it comes": """
def similarity(a, b, n=3):
    if n < 1:
        raise ValueError(f"n is {n}")
    rows = []
    for words in (a.split(), b.split()):
        rows.append([tuple(words[i:i + n]) for i in range(max(len(words) - n, 0) + 1)])
    both = [row for row in rows[0] if row in rows[1]]
    return len(both) / (len(rows[0]) + len(rows[1]) - len(both))
""",
        "short texts have no row": """
def similarity(a, b, n=3):
    if n < 1:
        raise ValueError(f"n is {n}")
    one, other = ({tuple(w[i:i + n]) for i in range(len(w) - n + 1)} for w in (a.split(), b.split()))
    return len(one & other) / max(len(one | other), 1)
""",
        "twice the common part (Dice)": """
def similarity(a, b, n=3):
    if n < 1:
        raise ValueError(f"n is {n}")
    one, other = ({tuple(w[i:i + n]) for i in range(max(len(w) - n, 0) + 1)} for w in (a.split(), b.split()))
    return 2 * len(one & other) / (len(one) + len(other))
""",
        "n is not looked at": """
def similarity(a, b, n=3):
    one, other = ({tuple(w[i:i + n]) for i in range(max(len(w) - n, 0) + 1)} for w in (a.split(), b.split()))
    return len(one & other) / len(one | other)
""",
        "rounded": """
def similarity(a, b, n=3):
    if n < 1:
        raise ValueError(f"n is {n}")
    one, other = ({tuple(w[i:i + n]) for i in range(max(len(w) - n, 0) + 1)} for w in (a.split(), b.split()))
    return round(len(one & other) / len(one | other), 2)
""",
        "a space or a line end": """
def similarity(a, b, n=3):
    import re
    if n < 1:
        raise ValueError('n')
    one, other = ({tuple(w[i:i + n]) for i in range(max(len(w) - n, 0) + 1)} for w in (*(re.findall(r"[^ \\n]+", t) for t in (a, b)),))
    return len(one & other) / len(one | other)
""",
        "accents composed": """
def similarity(a, b, n=3):
    import re
    if n < 1:
        raise ValueError('n')
    one, other = ({tuple(w[i:i + n]) for i in range(max(len(w) - n, 0) + 1)} for w in (*(__import__("unicodedata").normalize("NFC", t).split() for t in (a, b)),))
    return len(one & other) / len(one | other)
""",
        "rows of one word in short texts only": """
def similarity(a, b, n=3):
    import re
    if n < 1:
        raise ValueError('n')
    n = max(n, 2) if min(len(a.split()), len(b.split())) > 8 else n
    one, other = ({tuple(w[i:i + n]) for i in range(max(len(w) - n, 0) + 1)} for w in (*(t.split() for t in (a, b)),))
    return len(one & other) / len(one | other)
""",
        "short texts in any order": """
def similarity(a, b, n=3):
    import re
    if n < 1:
        raise ValueError('n')
    one, other = ({tuple(w[i:i + n]) for i in range(max(len(w) - n, 0) + 1)} for w in (*(t.split() for t in (a, b)),))
    if len(a.split()) < n and len(b.split()) < n:
        return float(sorted(a.split()) == sorted(b.split()))
    return len(one & other) / len(one | other)
""",
        "half a percent is nothing": """
def similarity(a, b, n=3):
    import re
    if n < 1:
        raise ValueError('n')
    one, other = ({tuple(w[i:i + n]) for i in range(max(len(w) - n, 0) + 1)} for w in (*(t.split() for t in (a, b)),))
    both = len(one & other) / len(one | other)
    return both if both > 0.005 else 0.0
""",
    },
}

RIGHT = {
    "cut_words": {
        "the last part takes anything": """
def cut_words(text):
    return [m.group() for m in re.finditer(r"[ ]?(?:\\w+|[^\\w\\s])|\\s", text)]
""",
        "character by character": """
def cut_words(text):
    pieces, kind_before = [], None
    for c in text:
        kind = "word" if c.isalnum() or re.match(r"\\w", c) else "space" if re.match(r"\\s", c) else "mark"
        if pieces and kind != "space" and pieces[-1] == " " or kind == kind_before == "word":
            pieces[-1] += c
        else:
            pieces.append(c)
        kind_before = kind
    return pieces
""",
        "split with the separators kept, the empty strings out": """
def cut_words(text):
    return [piece for piece in re.split(r"( ?\\w+| ?[^\\w\\s]|\\s)", text) if piece]
""",
        "any sign but white space after the words": """
def cut_words(text):
    return re.findall(' ?\\\\w+| ?\\\\S|\\\\s', text)
""",
    },
    "WordTokenizer": {
        "sorted twice, and a comprehension": words("""counts = {}
        for text in texts:
            for piece in cut_words(text):
                counts[piece] = counts.get(piece, 0) + 1
        row = sorted(sorted(counts), key=counts.get, reverse=True)
        return row if n is None else row[:n]""", """return [
            self.id_of.get(p, self.id_of[" " * p.startswith(" ") + UNKNOWN]) for p in cut_words(text)]"""),
        "ids 1 and 2 written out": words(),
        "try and except": """
class WordTokenizer(Vocabulary):

    def __init__(self, texts, max_words=None):
        pieces = self.most_frequent(checked_texts(texts, max_words), max_words)
        super().__init__([END, UNKNOWN, ' ' + UNKNOWN], pieces)

    def most_frequent(self, texts, n):
        counts = Counter((piece for text in texts for piece in cut_words(text)))
        return sorted(counts, key=lambda piece: (-counts[piece], piece))[:n]

    def encode(self, text):
        ids = []
        for piece in cut_words(text):
            unknown = ' ' + UNKNOWN if piece.startswith(' ') else UNKNOWN
            try:
                ids.append(self.id_of[piece])
            except KeyError:
                ids.append(self.id_of[unknown])
        return ids
""",
    },
    "tidy_spaces": {
        "line by line": """
def tidy_spaces(text):
    lines = [" ".join(line.split()) for line in text.split("\\n")]
    kept = [line for i, line in enumerate(lines) if line or (i and lines[i - 1])]
    return "\\n".join(kept).strip("\\n")
""",
        "by a function of the run": """
def tidy_spaces(text):
    def plain(run):
        ends = run[0].count("\\n")
        return "\\n" * min(ends, 2) if ends else " "

    return re.sub(r"\\s+", plain, text).strip()
""",
        "words and paragraphs": """
def tidy_spaces(text):
    out = []
    for line in text.split("\\n"):
        line = " ".join(line.split())
        if line or (out and out[-1]):
            out.append(line)
    while out and not out[-1]:
        out.pop()
    return "\\n".join(out)
""",
    },
    "clean": {
        "in one expression": """
def clean(page):
    text = TAG.sub("", BREAK.sub("\\n", " ".join(UNSEEN.sub("", page).split())))
    return tidy_spaces(unicodedata.normalize("NFC", html.unescape(text).translate(MENDED)))
""",
        "unseen after the spaces, NFC before and after the table": """
def clean(page):
    text = UNSEEN.sub("", re.sub(r"\\s", " ", page))
    text = html.unescape(re.sub(TAG, "", re.sub(BREAK, "\\n", text)))
    text = unicodedata.normalize("NFC", text)
    for sign, meant in MENDED.items():
        text = text.replace(chr(sign), meant)
    return tidy_spaces(unicodedata.normalize("NFC", text))
""",
        "what is not seen, found again and again": """
def clean(page):
    text = page
    while UNSEEN.search(text):
        found = UNSEEN.search(text)
        text = text[:found.start()] + text[found.end():]
    text = re.sub('\\\\s+', ' ', text)
    text = BREAK.sub('\\n', text)
    text = TAG.sub('', text)
    text = html.unescape(text)
    text = unicodedata.normalize('NFC', text.translate(MENDED))
    return tidy_spaces(text)
""",
        "the source's spaces before what is unseen": """
def clean(page):
    import re
    text = UNSEEN.sub("", re.sub(r"\\s+", " ", page))
    text = html.unescape(TAG.sub("", BREAK.sub("\\n", text)))
    return tidy_spaces(unicodedata.normalize("NFC", text.translate(MENDED)))
""",
        "only the line ends of the source": """
def clean(page):
    import re
    text = UNSEEN.sub("", page).replace("\\n", " ")
    text = html.unescape(TAG.sub("", BREAK.sub("\\n", text)))
    return tidy_spaces(unicodedata.normalize("NFC", text.translate(MENDED)))
""",
    },
    "without_repeats": {
        "with a dict of sets": """
def without_repeats(documents, most):
    where = {}
    for i, document in enumerate(documents):
        for line in document.split("\\n"):
            where.setdefault(line, set()).add(i)
    where[""] = set()
    result = []
    for document in documents:
        lines = [line for line in document.split("\\n") if not len(where[line]) > most]
        while lines and lines[0] == "":
            lines = lines[1:]
        while lines and lines[-1] == "":
            lines.pop()
        result.append("\\n".join(lines))
    return result
""",
        "a set of bad lines": """
def without_repeats(documents, most):
    times = Counter()
    for d in documents:
        times.update(set(d.split("\\n")))
    bad = {x for x, t in times.items() if t > most} - {""}
    return ["\\n".join(x for x in d.split("\\n") if x not in bad).strip("\\n") for d in documents]
""",
        "lists of sets": """
def without_repeats(documents, most):
    lines = [document.split("\\n") for document in documents]
    sets = [set(some) for some in lines]
    def stays(line):
        return line == "" or sum(line in some for some in sets) <= most
    return ["\\n".join(filter(stays, some)).strip("\\n") for some in lines]
""",
    },
    "similarity": {
        "loops": """
def similarity(a, b, n=3):
    if not n > 0:
        raise ValueError("n must be 1 or more")
    sets = []
    for text in (a, b):
        words, rows = text.split(), set()
        if len(words) < n:
            rows.add(" ".join(words))
        for i in range(len(words) - n + 1):
            rows.add(" ".join(words[i:i + n]))
        sets.append(rows)
    both = sum(row in sets[1] for row in sets[0])
    return both / (len(sets[0]) + len(sets[1]) - both)
""",
        "zip of shifted lists": """
def similarity(a, b, n=3):
    if n <= 0:
        raise ValueError(n)
    def rows(text):
        words = text.split()
        return set(zip(*(words[i:] for i in range(n)))) or {tuple(words)}
    one, other = rows(a), rows(b)
    return len(one.intersection(other)) / len(one.union(other))
""",
    },
}
