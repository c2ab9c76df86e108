"""What cutting, encoding, cleaning and comparing texts must get right."""

import unicodedata

from course_lib.classroom import precise, raised, type_of

ANY = "ab Zé語😀_09.,!?'\"-\n\t\r \u00a0\u2003\u0301\u200b"


def cut_words(impl, draw):
    yield "a run of letters is one piece, however long", [impl(text) for text in ("lamp", "McLAMPs", "lamp" * 80)]
    yield "a space before a word belongs to the word", impl("the old lamp")
    yield "a mark is a piece of its own; other questions have other answers", [impl("lamp,"), impl("fox, ")[:2]]
    yield "several marks are several pieces", impl("What?!")
    yield "a mark takes the space before it along, too", impl("a - b")
    yield "letters of other languages are letters", impl("Zoë größer 語学 да")
    yield "digits and _ are parts of a word, alone and within it", [impl("r2_d2 42 _x 3.5"), impl("x² 2½ 1٣")]
    yield "every other sign is a mark", impl("*a* @b 5% =c/d~ <e>")
    yield "a mark within a word is a piece like any other", impl("it's o'clock, they'll e-mail: a@b.de U.S. 1,000")
    yield "only a space is taken along: a tab or a line end stands alone", impl("a\tb\nc\rd\u00a0e")
    yield "each white space that is left is a piece of its own", [impl("a\n\n\t\nb"), impl("a\r\nb")]
    yield "of two spaces the second one is taken along and the first one stands alone", impl("a  b")
    yield "white space at the end of the text is kept", [impl("a "), impl("a\n"), impl("   ")]
    yield "at the beginning too", [impl(" a"), impl("  a"), impl("\na")]
    yield "a space before other white space is not taken along by it", [
        impl(text) for text in ("a \nb", " \t", "a, \n\n b", "a \u00a0b \u2003!")]
    yield "signs that are neither letters nor white space are kept, each alone", [
        impl(text) for text in ("\ufeff😀😀 ½©\u200b€", "cafe\u0301 a\u0308b")]
    yield "no text gives no pieces", impl("")
    long = draw.text(300, ANY)
    yield "joined, the pieces are the text, whatever it was", "".join(impl(long)) == long
    yield "a long text of everything is cut right", impl(long)
    yield "another long text of everything is cut right", impl(draw.text(300, ANY))


def WordTokenizer(impl, draw):
    texts = ["Sam saw Tom. Tom ran.", "Sam, the hare, ran"]
    known = impl(texts)
    yield "only the texts that are given are counted, and none of before", [
        known.most_frequent([text], None) for text in ("counterclockwise", "raspberry")]
    yield "a piece with its space is another piece than without it", sorted(known.most_frequent(["ab ab"], None))
    yield "the most frequent piece comes first", impl(["b c c c b a"]).most_frequent(["b c c c b a"], 1)
    yield "of equally frequent pieces the one that sorts first comes first", [
        known.most_frequent([text], None) for text in ("z,y!x z,y!x", "B,a b", "b a B")]
    yield "the pieces of all texts are counted together", known.most_frequent(["x y", "x z x", "x y"], None)
    yield "n is how many there are", [len(known.most_frequent(texts, n)) for n in (0, 1, 3, 5, 99)]
    yield "with None there are all of them", known.most_frequent(texts, None)
    yield "with None there are all words, also where there are thousands", len(
        known.most_frequent([" ".join(map(str, range(12_000)))], None))
    yield "no texts have no pieces", known.most_frequent([], None)
    yield "the vocabulary has the special tokens first, then the pieces by frequency", known.token_of
    yield "it has max_words pieces besides the special tokens", impl(texts, max_words=4).token_of
    yield "the same piece has another id in another vocabulary", [
        impl([text]).encode("b")[0] for text in ("b", "a!a!b")]
    yield "each known piece becomes its id", known.encode("Sam saw Tom.")
    yield "its id says how frequent it is", [
        impl([some]).encode(" b a") for some in (" a a b", " b a b", " c c b b a")]
    yield "known text comes back, to the last space", known.decode(known.encode("Sam, the hare, ran Tom."))
    yield "an unknown word becomes <unk>", known.encode("Zoe saw Tom.")
    yield "an unknown word in the middle keeps its space", known.encode("Sam saw Zoe.")
    yield "a word that is known only with a space, or only without, is unknown otherwise", known.encode("Tom saw Sam")
    yield "a word in other letters, large or composed otherwise, is another word", [
        impl(["sam caf\u00e9"]).encode("Sam SAM caf\u00e9 cafe\u0301"), impl(["Sam"]).encode("sam")]
    yield "an unknown mark keeps its space, or its having none", known.encode("Sam! saw ! Tom?")
    yield "unknown white space that stands alone is unknown like a word", known.encode("Sam\tsaw\n  Tom")
    yield "the first piece by frequency is known like any other", impl(["aa"]).encode("aa bb aa")
    yield "a word that max_words left out is unknown", impl(texts, max_words=2).encode("Sam saw the hare.")
    yield "special tokens that are spelled out are text", known.encode("<unk> <|endoftext|>")
    spelled = impl(["a <unk> <|endoftext|>"])
    yield "special tokens that are spelled out come back as text, where their signs are known", spelled.decode(
        spelled.encode("<unk> <|endoftext|>"))
    yield "no text gives no ids", known.encode("")
    yield "to encode adds nothing to the vocabulary", [len(known.id_of), len(known.token_of)]
    yield "the ids are plain whole numbers, known or not", [type_of(id) for id in known.encode("Sam saw Zoe")]
    words = [draw.text(4, "abc ") for _ in range(80)]
    many = impl(words)
    yield "a larger vocabulary is in order", many.token_of
    yield "many texts are encoded right", [many.encode(draw.text(90, "abcd .")) for _ in range(3)]


def tidy_spaces(impl, draw):
    yield "text that is tidy stays as it is; other questions have other answers", [
        impl("Mia saw Tom."), impl("Tom saw Mia.")]
    yield "several spaces become one", impl("Mia   saw  Tom.")
    yield "tabs and other white space within a line become a space", [
        impl(text) for text in ("a\tb\u00a0c\u2003d\x0be \t\u00a0 f", "a\rb\r\rc")]
    yield "line ends stay where they are", impl("one line\nanother line\na third")
    yield "a blank line stays", impl("a paragraph\n\nanother")
    yield "spaces at the ends of a line go, and the line end stays", impl("one  \n  two\t\n\u00a0three")
    yield "several blank lines become one", impl("a\n\n\n\n\nb\n\n\nc")
    yield "blank lines with spaces in them are blank", impl("a\n \n\t \n  \nb")
    yield "line ends of Windows become plain ones", impl("a\r\nb\r\n\r\nc")
    yield "at the ends of the text nothing is left", [impl("\n\n a \n \n"), impl(" "), impl("\n\n"), impl("")]
    yield "what is no white space stays: a hyphen that is not seen, an accent", [
        impl(text) for text in ("a\u00ad b  e\u0301\u200b", "\ufeffa b\ufeff")]
    yield "a long text is tidied to its end", impl(draw.text(300, "ab \n\t\u00a0"))
    yield "a long text with many blank lines is tidied to its end", impl(draw.text(300, "a  \n\n\r"))


def clean(impl, draw):
    yield "text without anything special stays", [impl("Mia saw Tom."), impl("What ? ( So . ) ' s")]
    yield "a page of a hundred letters works", impl("lamp, " * 20 + "lamp")
    yield "tags go", impl("<p>Mia <b>saw</b> <a href='x?y=1'>Tom</a>.</p>")
    yield "a tag within a word leaves no gap", impl("un<em>think</em>able")
    yield "comments, styles and scripts go with all that is in them", impl(
        "a<!-- b <p>c</p> --><style>d > e {}</style><script>if (f < 2) { g('<p>'); }</script>h")
    yield "what is UNSEEN may have several lines, or go on to the page's end", [
        impl(page) for page in ("a<!--\nb\n-->c<SCRIPT>\nd\n</SCRIPT >e", "a<!-- b", "a<style>b</b>\nc")]
    yield "the source's line ends are spaces", impl("one\nlong\n   line\t of\r\ntext")
    yield "a break ends a line", impl("one<br>two<BR/>three<br />four")
    yield "a paragraph stands between blank lines", impl("<p>one</p>\n<p>two</p><div>three</div>")
    yield "every tag of BREAK ends a line, and no other one does", impl(
        "<title>a</title><h1>b</h1><ul><li>c</li></ul><table><tr><td>d</td></tr></table>e<pre>f</pre>g<link>h<hr>i<thead>")
    yield "a line end in the source beside a break adds none", impl("one<br>\ntwo\n<br>\nthree")
    yield "entities become their characters", impl("&quot;Mia&quot; &amp; Tom&#39;s caf&eacute; &#8364;5")
    yield "what an entity spells is no tag", impl("write &lt;b&gt; and &lt;br&gt; for a &lt;p&gt;")
    yield "entities are read once", impl("&amp;amp; &amp;lt;b&amp;gt; &amp;nbsp;")
    yield "a sign that is no tag stays", impl("if a < b and c > d, 3 <4 <5, 6> 7")
    yield "accents are put together with their letters", impl("Cafe\u0301 u\u0308ber a\u030a")
    yield "an accent written as an entity is put together, too", impl("Cafe&#769; u&#x308;ber")
    yield "what is in MENDED is exchanged", impl("“I’m ﬁrst,” ‘he’ said ﬂatly: \ufeffun\u00adseen\u200b!")
    yield "what is in MENDED is exchanged also where it was an entity", impl(
        "&ldquo;I&rsquo;m ﬁne&rdquo;, she&shy;said&#8203;.")
    yield "the result is in NFC, also where an exchange lets letter and accent meet", impl("e\u00ad\u0301 ﬁ\u0301")
    yield "squares and the like are not simplified", impl("x² + ½ № ＡＢ …")
    yield "spaces that were entities are spaces", impl("one&nbsp;&nbsp;two&emsp;three &nbsp; four")
    yield "white space is tidy in the end, also around what MENDED takes away", [
        impl(page) for page in (
            "<p> one <br> two </p>&nbsp;", "one \u200b two \ufeff<br>\u00ad three &shy;&#8203; four &shy;")]
    yield "several breaks make one blank line", impl("one<br><br><br><br>two</p></div><div><p>three")
    yield "of nothing and of tags alone nothing is left", [impl(""), impl("<p></p><br>\n"), impl("&nbsp;")]
    parts = ["<p>", "</p>", "<br>", "<i>", "</i>", "&amp;", "&nbsp;", "&lt;", "\n", " ", "  ", "é", "e\u0301", "“",
             "word", "ﬁ", "<!-- x -->", "\u00ad", "1 < 2", "&eacute;", "\u00a0"]  # fmt: skip
    yield "a long page is cleaned right", impl("".join(draw.choice(parts) for _ in range(200)))
    yield "another long page is cleaned right", impl("".join(draw.choice(parts) for _ in range(200)))
    yield "what comes out has one form", unicodedata.is_normalized("NFC", impl(draw.text(200, "e\u0301o\u0308 \u00ad")))


def without_repeats(impl, draw):
    pages = ["Home\none\nBye", "Home\ntwo\nBye", "Home\nthree\nfour"]
    yield "documents without common lines stay as they are", [
        impl(["one\ntwo", "three"], 1), impl(["four", "five\nsix\nseven"], 1)]
    yield "a line that stands in more than most documents goes, everywhere", impl(pages, 2)
    yield "a line that stands in exactly most documents stays", [impl(pages, 3), impl(pages, 1)]
    yield "a line that stays does so as often as a document repeats it", impl(["la\nla\nla\nla\nla\nmi", "fa"], 9)
    yield "a line that one document repeats counts once", impl(["la\nla\nla\nla\nla\nmi", "fa"], 2)
    yield "only whole lines go, and a longer line keeps all its words", impl(["Home\nHome page", "Home\nb"], 1)
    yield "it goes as often as it stands there", impl(["la\nla\nmi", "la\nre", "fa\nla"], 2)
    yield "a line is compared as a whole, and small letters are others", impl(["Home", "Home page", "home"], 1)
    yield "letters that are composed otherwise are others", impl(["caf\u00e9", "cafe\u0301"], 1)
    yield "empty lines in the middle stay", impl(["a\n\nb", "c\n\n\nd", "e\n\nf"], 1)
    yield "empty lines around a line that goes stay, too", impl(["a\n\nx\n\nb", "c\nx\nd"], 1)
    yield "at the ends of a document no empty lines are left", impl(["x\n\n\na\n\n\nx", "x\nb", "\n\nc\n"], 1)
    yield "spaces at the ends of a document stay", impl(["x\n  a ", "x\n\tb"], 1)
    yield "a space more makes another line", impl(["x\na", "x \nb", " x\nc", "x\nd", "y \ne", "y \nf"], 1)
    yield "a line of spaces is no empty line", impl(["a\n \nb", "c\n \nd", " \ne"], 2)
    yield "a document of which nothing is left is an empty text, and keeps its place", impl(["x", "a\nx", "x\nx"], 1)
    yield "a document in which nothing was stays, and keeps its place", impl(["", "a", "\n", "b"], 1)
    yield "only \\n ends a line", impl(["x\ra\n x", "x\u2028b\r\nx\x0b", "x", "x\x0ba", "x\r\nc"], 1)
    yield "equal documents count as several", impl(["a\nb", "a\nb", "a\nb", "c"], 2)
    yield "with most = 0 nothing is left", impl(["a\nb", "c"], 0)
    yield "no documents give none", impl([], 2)
    given = draw.sample(["a\nb", "a\nc", "a\nd\n\ne", "f"], 4)
    yield "the given list stays as it is, and a new one comes", [impl(given, most) is not given for most in (1, 9)]
    yield "few documents are treated like many", impl(["\na\n\n", "b"], 5)
    yield "three hundred documents are counted right", impl(
        ["\n".join(draw.text(2, "abcdefgh") for _ in range(4)) for _ in range(300)], 17)
    yield "three hundred other documents are counted right", impl(
        ["\n".join(draw.text(1, "ab \n") for _ in range(5)) for _ in range(70)], 30)


def similarity(impl, draw):
    one, other = (draw.text(400, "ab ") for _ in range(2))
    numbers = " ".join(map(str, range(1000)))
    yield "equal texts are alike: 1", impl("the cat sat on the mat", "the cat sat on the mat", 2)
    yield "texts without a common row are not alike: 0", impl("the cat sat", "a dog ran off", 2)
    yield "texts of a hundred letters work", impl("the cat sat on the mat " * 5, "the cat sat on the mat " * 5, 2)
    yield "a row counts wherever it stands in the two", impl("d a b c d", "d b a c d", 1)
    yield "a row counts once, however often it comes", impl("a b a b a b", "b a b", 1)
    yield "it is what both have over all there is; other questions have other answers", [
        impl(text, "a b c d f a", 1) for text in ("a b c e c a", "a b x y z a")]
    yield "the last row counts, too", impl("a b c x", "d e f x", 1)
    yield "rows overlap: one begins at every word", impl("a b c d", "b c d a", 2)
    yield "the order of the two does not matter", [impl("a b c", "a b c d e", 2), impl("a b c d e", "a b c", 2)]
    yield "the order within a row matters", impl("a b c d", "b a d c", 2)
    yield "a row of several words counts once, too", impl("a b a b a b a b", "a b c", 2)
    yield "rows have n words", [impl("a b c d e f", "a b c d x f", n) for n in (1, 2, 3, 4, 5)]
    yield "without n, rows have three words", impl("a b c d e f", "a b c d x f")
    yield "words are compared whole", impl("ab c d", "a bc d", 2)
    yield "a comma belongs to its word, a large letter is another letter", impl("a cat, a dog", "a cat a Dog", 2)
    yield "a letter that is composed otherwise is another letter", impl("caf\u00e9 x", "cafe\u0301 x", 1)
    yield "line ends and several spaces part words like one space, and any white space does", [
        impl("a b\nc  d", "a b c d", 3), impl("a\tb\u00a0c\r\nd", "a b c d", 3)]
    yield "a text shorter than a row is a single row", [
        impl(*texts, n) for texts in (
            ("a b", "a b"), ("a c", "a b"), ("a", "a b"), ("a", "a"), ("a b", "b a")) for n in (3, 5)]
    yield "a text of exactly n words is a single row, too", impl("a b c", "a b c d", 3)
    yield "two texts without words are alike, and one with words is not like them", [impl("", " \n"), impl("", "a", 2)]
    yield "n = 0 or less is refused with a ValueError", [raised(impl, "a b", "a b", n) for n in (0, -2)]
    yield "the number is not rounded", precise(
        [impl("a " * 5 + "b c d e f g h", "a " * 9 + "x y z c d", 2), impl(numbers, "a b 500", 1)], 1e-9)
    yield "rows may be one word long in long texts, too", impl("a b " * 10, "b c " * 10, 1)
    yield "long texts are compared to their end", precise([impl(one, other, n) for n in (1, 2, 3)], 1e-9)
    yield "with longer rows as well", precise(impl(one[:200] + one[100:], one, 6), 1e-9)


CUT = r'r" ?\w+| ?[^\w\s]|\s"'
COUNTS = "Counter(piece for text in texts for piece in cut_words(text))"
KEY = "lambda piece: (-counts[piece], piece)"
LOOKED_UP = "self.id_of.get(piece, self.id_of[unknown])"
CHOSEN = '" " + UNKNOWN if piece.startswith(" ") else UNKNOWN'
FORMS = 'unicodedata.normalize("NFC", text.translate(MENDED))'
SPACES = '    text = re.sub(r"\\s+", " ", text)\n'
FOUND = 'Counter(line for document in documents for line in set(document.split("\\n")))'
SHARE = "len(one & other) / len(one | other)"

MISTAKES = {
    "cut_words": [
        (CUT, r'r"\w+|[^\w\s]|\s"', "a space before a word", "no piece takes a space along"),
        (CUT, r'r" ?\w+| ?[^\w\s]"', "only a space is taken", "white space that no word took along fits no part of the "
         "pattern, and is passed over"),
        (CUT, r'r" ?\w+| ?[^\w\s]+|\s"', "several marks", "marks that stand together become one piece"),
        (CUT, r'r" ?\w+|[^\w\s]|\s"', "a mark takes the space", "only words take a space along"),
        (CUT, r'r"\s?\w+|\s?[^\w\s]|\s"', "only a space is taken", "any white space is taken along"),
        (CUT, r'r" ?\w+| ?[^\w\s]|\s+"', "each white space", "a run of white space becomes one piece"),
        (CUT, r'r" *\w+| *[^\w\s]|\s"', "of two spaces", "all spaces are taken along, not only one"),
        (CUT, r'r" ?[a-zA-Z0-9_]+| ?[^\w\s]|\s"', "letters of other", "letters with accents and other alphabets fit no "
         "part of the pattern"),
        (CUT, r'r" ?[^\W\d_]+| ?\d+| ?[^\w\s]|\s"', "digits and _", "digits are cut off, and _ is lost"),
        (CUT, r'r"\s| ?\w+| ?[^\w\s]"', "a space before a word", "the part for white space stands first, and so it "
         "always takes the space"),
        (CUT, r'r"\w+ ?|[^\w\s] ?|\s"', "a space before a word", "words take the space after them along"),
    ],
    "WordTokenizer": [
        ("-counts[piece], piece", "counts[piece], piece", "the most frequent", "the rarest pieces come first"),
        (KEY, "lambda piece: -counts[piece]", "of equally frequent", "ties stand as they were met"),
        ("cut_words(text))", "text.split())", "a piece with its space", "the texts are cut by split"),
        ("[:n]", "", "the most frequent", "n is not looked at"),
        (COUNTS, "Counter(piece for text in texts for piece in set(cut_words(text)))", "the most frequent",
         "a piece counts once for each text"),
        (LOOKED_UP, "self.id_of[piece]", "an unknown word becomes", "an unknown word is looked up like a known one"),
        (CHOSEN, "UNKNOWN", "an unknown word in the middle", "an unknown word loses its space"),
        (CHOSEN, '" " + UNKNOWN', "an unknown word becomes", "every unknown word gets a space"),
        (LOOKED_UP, "self.id_of.get(piece.strip(), self.id_of[unknown])", "each known piece",
         "pieces are looked up without their space"),
        ('piece.startswith(" ")', "piece[0].isspace()", "unknown white space",
         "a tab or a line end is taken for a space"),
    ],
    "tidy_spaces": [
        (r"[^\S\n]+", r"\s+", "line ends stay", "line ends are white space, too: the first step makes spaces of them"),
        (r"[^\S\n]+", " +", "tabs and other", "only spaces are looked at, and no other white space"),
        (r"[^\S\n]+", r"[^\S\n]", "several spaces", "each white space becomes a space of its own"),
        (r"[^\S\n]+", r"[ \t]+", "tabs and other", "white space other than spaces and tabs is left"),
        ('    text = re.sub(r" ?\\n ?", "\\n", text)\n', "", "spaces at the ends of a line",
         "spaces before and after a line end stay"),
        (r'r"\n{3,}", "\n\n"', r'r"\n+", "\n"', "a blank line stays", "every blank line goes"),
        (r"\n{3,}", r"\n{4,}", "several blank lines", "two blank lines stay two"),
        (".strip()", "", "at the ends of the text", "nothing is taken off at the ends of the text"),
    ],
    "clean": [
        (SPACES, "", "the source's line ends", "the line ends of the source stay in the text"),
        ('    text = BREAK.sub("\\n", text)\n', "", "a break ends", "what ends a line is removed like any tag"),
        ("TAG.sub(\"\", text)", "TAG.sub(\" \", text)", "tags go", "a tag leaves a space behind"),
        ("    text = TAG.sub(\"\", text)\n    text = html.unescape(text)\n",
         "    text = html.unescape(text)\n    text = TAG.sub(\"\", text)\n", "what an entity spells",
         "the entities are read before the tags are removed"),
        ("html.unescape(text)", "html.unescape(html.unescape(text))", "entities are read once",
         "entities are read twice"),
        ('"NFC"', '"NFKC"', "squares", "NFKC exchanges what only looks alike"),
        ('"NFC"', '"NFD"', "entities become", "accents are taken apart, not put together"),
        (FORMS, 'unicodedata.normalize("NFC", text).translate(MENDED)', "the result is in NFC",
         "the exchange comes after NFC and makes letters and accents meet that are not put together any more"),
        (FORMS, "text.translate(MENDED)", "accents are put together", "there is no normal form"),
        (FORMS, 'unicodedata.normalize("NFC", text)', "what is in MENDED", "MENDED is not applied"),
        ("html.unescape(text)\n    text = " + FORMS, FORMS + "\n    text = html.unescape(text)",
         "an accent written as", "the characters are mended before the entities are read"),
        ("return tidy_spaces(text)", "return text.strip()", "a paragraph stands", "the white space is not tidied"),
        (SPACES + '    text = BREAK.sub("\\n", text)\n', '    text = BREAK.sub("\\n", text)\n' + SPACES, "a break ends",
         "the white space is made plain after the breaks have become line ends"),
        ('UNSEEN.sub("", page)', "page", "comments, styles", "comments, styles and scripts stay"),
    ],
    "without_repeats": [
        ('set(document.split("\\n"))', 'document.split("\\n")', "a line that one document repeats",
         "how often it stands anywhere is counted, not in how many documents"),
        ("found_in[line] <= most", "found_in[line] < most", "documents without common",
         "exactly `most` documents are taken for too many"),
        ("not line or ", "", "empty lines in the middle", "the empty line is taken for one that stands everywhere"),
        ('.strip("\\n")', "", "at the ends of a document", "empty lines at the ends are left"),
        ('.strip("\\n")', ".strip()", "spaces at the ends", "spaces are taken off as well"),
        ("found_in[line] <= most", "found_in[line.strip()] <= most", "a space more",
         "lines are looked up without their spaces"),
        ("    for document in documents:\n", "    for document in dict.fromkeys(documents):\n", "equal documents",
         "equal documents are taken for one"),
        ('"\\n".join(lines)', '"\\n".join(dict.fromkeys(lines))', "a line that stays",
         "a line that a document repeats is kept only once"),
        ("return kept", "return [text for text in kept if text]", "a document of which nothing",
         "a document of which nothing is left is dropped"),
    ],
    "similarity": [
        ("len(one | other)", "min(len(one), len(other))", "it is what both", "it is divided by the smaller set"),
        ("len(one | other)", "len(one)", "it is what both", "it is divided by the first text's rows"),
        ("len(one | other)", "(len(one) + len(other))", "equal texts", "what both have is counted twice"),
        ("{tuple(words[i : i + n]) for i in range(max(len(words) - n, 0) + 1)}",
         "{tuple(words[i : i + n]) for i in range(0, max(len(words) - n, 0) + 1, n)}", "rows overlap",
         "rows stand side by side, without overlap"),
        ("tuple(words[i : i + n])", "frozenset(words[i : i + n])", "the order within", "a row forgets its order"),
        ("tuple(words[i : i + n])", '"".join(words[i : i + n])', "words are compared",
         "words are glued together, so that it does not show where one ends"),
        ("max(len(words) - n, 0) + 1", "len(words)", "rows overlap", "rows at the end are shorter than n"),
        ("max(len(words) - n, 0) + 1", "len(words) - n + 1", "a text shorter", "a short text has no row at all"),
        ("max(len(words) - n, 0) + 1", "max(len(words) - n, 1)", "the last row", "the last row is left out"),
        ("(a.split(), b.split())", "(a.lower().split(), b.lower().split())", "a comma belongs",
         "large letters are taken for small ones"),
        ('(a.split(), b.split())', '(a.split(" "), b.split(" "))', "line ends and several",
         "only single spaces part words"),
    ],
}

EQUIVALENT = {}
