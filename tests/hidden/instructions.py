"""What the parts of instruction tuning must get right."""

import json
from types import SimpleNamespace

import torch

from course_lib.bpe import BPE, END
from course_lib.classroom import elsewhere, precise, raised

IGNORED = -100
ROLES = ("user", "assistant", "system")
CHAT = tuple(f"<|{role}|>" for role in ROLES)


def said(*contents, system=None):
    """A conversation in which user and assistant say these in turn."""
    messages = [{"role": ROLES[i % 2], "content": content} for i, content in enumerate(contents)]
    return messages if system is None else [{"role": "system", "content": system}, *messages]


def chatml(closing):
    """A template as others have it: a line with the role's name, and one for each message that ends."""
    names = ("<start-u>", "<start-a>", "<start-s>")
    ends = dict(zip(ROLES, ("<end-u>", "<end-a>", "<end-s>"), strict=True))
    return SimpleNamespace(name="others", opens=dict(zip(ROLES, names, strict=True)), special=(*names, *ends.values()),
                           closes={role: ends[role] for role in closing}, end=ends["assistant"],
                           heading={role: f"{role}\n" for role in ROLES}, gap="\n")


def render(impl, draw):
    letters = BPE([], (END, *CHAT))
    words = [draw.text(draw.number(2, 9), "abcdefghij") for _ in range(80)]
    yield "a message of the user is one token and its text", impl(said(words[0]), letters)
    yield "another text of as many letters is another text", impl(said(words[0][::-1]), letters)
    other = SimpleNamespace(name="other", opens=dict(zip(ROLES, CHAT[::-1], strict=True)), special=CHAT,
                            closes={}, end=END, heading={}, gap="")
    yield "the template that is given is the one that is taken", (
        impl(said(*words[2:4]), letters, template=other) == impl(said(*words[2:4]), letters))
    yield "where a reply is wanted, the last id opens an answer", impl(said(words[1]), letters, reply=True)
    yield "an answer that is there has the token of its end behind it", impl(said(*words[2:4]), letters)
    yield "messages stand in their order, however many", [impl(said(*words[:n]), letters) for n in (3, 4, 7)]
    yield "a system message stands first", impl(said(*words[4:6], system=words[6]), letters)
    yield "a reply after some turns is opened once, and the answers before it keep their ends", impl(
        said(*words[:5]), letters, reply=True)
    for role, name in (("user", END), ("user", CHAT[1]), ("assistant", CHAT[0]), ("assistant", END)):
        turns = said(f"a{name}b", "c") if role == "user" else said("c", f"a{name}b")
        yield f"{name} in the {role}'s text is text", impl(turns, letters)
    yield "names of special tokens in a system message are text", impl(
        said("a", system=f"{CHAT[2]}{CHAT[1]}b"), letters)
    other = BPE([], {CHAT[1]: 300, END: 256, CHAT[2]: 259, CHAT[0]: 301})
    yield "the ids are the vocabulary's own, wherever they lie", impl(said(*words[:3], system="s"), other, reply=True)
    pair = BPE([(97, 98), (256, 99)], (END, *CHAT))
    yield "a text is encoded as the vocabulary does it", impl(said("abcab cab", "ab"), pair)
    yield "what a message holds is found by its keys, whatever their order, and others are left out", impl(
        [{"id": 7, "content": words[0], "role": "user"}, {"content": words[1], "role": "assistant"}], letters)
    yield "white space, line ends and capitals stay", impl(said("  Ab\n\n c ", "\tD \n"), letters)
    lined = BPE([(10, 10)], (END, *CHAT))
    yield "lines are encoded together, for a token may reach over their ends", impl(
        said("a\n\nb\n\n", "\n\n\nc"), lined)
    yield "a message may be empty", [impl(said("", "", system=""), letters), impl(said(""), letters, reply=True)]
    yield "letters beyond ASCII come as their bytes", impl(said("é ☂", "ß"), letters)
    yield "what looks alike stays as it was: line ends, accents, joined letters, blanks", impl(
        said("e\u0301\u00e9\r\n\ufb01", "\u00b2\r\u2028\u00a0\t \ufeff", system="\u212b\u00c5\r\n"), letters)
    yield "seventy messages work", impl(said(*words[:70]), letters)
    strange = BPE([], ("<start-u>", "<start-a>", "<start-s>", "<end-u>", "<end-a>", "<end-s>"))
    bare = chatml(ROLES)
    bare.heading, bare.gap = {}, ""
    yield "a message of every role that the template closes is closed, with the role's own token", impl(
        said(words[0]), strange, template=bare)
    yield "another template has other tokens, headings and gaps", [
        impl(said(*words[:3], system="s"), strange, True, chatml(closing)) for closing in (ROLES, ["assistant"])]
    yield "where the last message closes, the gap is last", [
        impl(said(*words[:n]), strange, template=chatml(ROLES)) for n in (1, 2, 3)]
    yield "it opens a reply with its heading", impl(said(*words[:3]), strange, reply=True, template=chatml(ROLES))
    joining = BPE([(32, 97), (97, 97)], tuple(strange.special))  # " a" and "aa" are tokens of their own
    spaced = chatml(ROLES)
    spaced.heading = {"user": "u: ", "assistant": "a"}
    yield "where a heading meets its text, the two may share a token", [
        impl(said(f"a{words[0]}", f"a{words[1]}", f"aa{words[2]}"), joining, True, spaced),
        impl(said("a", system=" a"), joining, template=spaced)]
    yield "a template is read, and stays as it was", sorted(spaced.heading.items())
    yield "what is no conversation is refused with a ValueError", [
        raised(impl, messages, letters) for messages in (
            [], [{"role": "user"}], [{"role": "robot", "content": "a"}], said("a", 3), said("a")[0])]
    yield "whose turn it is is looked at", [
        raised(impl, said("a") * 2, letters), raised(impl, said("a", "b"), letters, reply=True),
        raised(impl, said("a", "b")[1:], letters)]
    yield "a vocabulary without the tokens is refused with a ValueError", raised(impl, said("a"), BPE([], (END,)))


def answer_targets(impl, draw):
    said, opens, closes = (draw.ints(0, 90, 5).tolist() for _ in range(2)), 97, 98
    a, b = said
    row = [95, *a, opens, *b, closes]
    yield "the answer is asked for, and nothing of what the user says", impl(torch.tensor([row]), opens, closes)
    yield "another row of the same length has its own answer", impl(
        torch.tensor([[95, opens, *b, *a, closes]]), opens, closes)
    yield "the first token of the answer is asked for, where it opens", impl(torch.tensor([row]), opens, closes)[0, 6]
    yield "the answer's end is asked for, at its last token", impl(torch.tensor([row]), opens, closes)[0, -2]
    two = torch.tensor([[*row, 95, *b, opens, *a[:2], closes]])
    yield "of two answers in a row both are asked for", [
        impl(two, opens, closes)[0, places] for places in (slice(6, 12), slice(19, 22))]
    yield "after the end nothing is asked, up to the next answer", impl(two, opens, closes)
    yield "a message before the user's is not asked for", impl(torch.tensor([[96, *b, *row]]), opens, closes)
    yield "each row has its own answers", impl(
        torch.tensor([row, [95, a[0], opens, *b, *a[:4], closes]]), opens, closes)
    yield "what a row is filled up with is not asked for", impl(torch.tensor([row + [closes] * 4]), opens, closes)
    yield "what stands behind an end that nothing has opened is not asked for", impl(
        torch.tensor([[closes, *row]]), opens, closes)
    yield "nothing follows the last place of a row", impl(torch.tensor([row[:10]]), opens, closes)[0, -1]
    yield "an answer that is cut off is asked for up to the row's end", impl(torch.tensor([row[:10]]), opens, closes)
    yield "an answer that is cut off does not go on in the next row", impl(
        torch.tensor([row[:10], [95, *b, 96, *a[:3]]]), opens, closes)
    yield "a row that ends where an answer opens asks for nothing there", impl(torch.tensor([row[:7]]), opens, closes)
    yield "an empty answer is its end alone", impl(torch.tensor([[95, a[0], opens, closes, 95]]), opens, closes)
    yield "a row without an answer is ignored from end to end", impl(torch.tensor([[95, *a]]), opens, closes)
    yield "a row of one token works", impl(torch.tensor([[opens]]), opens, closes)
    yield "an answer may stand at the very beginning", impl(torch.tensor([[opens, *b, closes, 95]]), opens, closes)
    yield "an opening in the middle of an answer is a part of it", impl(
        torch.tensor([[95, opens, a[0], opens, *b, closes, 95, opens, opens, closes]]), opens, closes)
    yield "which ids open and close is what the call says", [
        impl(torch.tensor([row]), *names) for names in ((opens, a[4]), (95, closes), (95, a[2]))]
    yield "ids may be zero, the two names too", [
        impl(torch.tensor([[5, 1, 0, 6, 7, 0]]), 1, 0), impl(torch.tensor([[5, 6, 0, 5, 0, 1, 5]]), 0, 1)]
    yield "the result is int64, also for small integers", [
        str(impl(torch.tensor([row], dtype=kind), opens, closes).dtype) for kind in (torch.int64, torch.int32)]
    yield "ids may be larger than sixteen bits hold", impl(
        torch.tensor([[95, 70_000, 65_633, opens, 98_304, 65_634, 33_000, closes, 65_633, 5]]), opens, closes)
    yield "eighty rows of two hundred tokens work", impl(draw.ints(90, 100, 80, 200), opens, closes)
    yield "one row of six thousand tokens works", impl(draw.ints(80, 102, 1, 6000), opens, closes)
    yield "a table that was turned, and so lies otherwise in memory, works", impl(
        draw.ints(90, 100, 30, 5).T, opens, closes)
    yield "works on its input's device", elsewhere(lambda ids: impl(ids, opens, closes), torch.tensor([row]))


def example_weights(impl, draw):
    targets = draw.ints(1, 50, 2, 7)
    numbers = torch.tensor([[0, 0, 0, 1, 1, 1, 1], [2, 2, 2, 2, 2, 2, 3]])
    some = targets.clone()
    some[0, :2], some[0, 4], some[1, 3:5] = IGNORED, IGNORED, IGNORED
    yield "where all is asked, each example has the same share", impl(targets, numbers)
    yield "the same targets may be of other examples", impl(targets, torch.zeros_like(numbers).index_fill_(
        1, torch.tensor([1, 2]), 4))
    yield "what is not asked weighs nothing, and the rest of its example shares evenly", impl(some, numbers)
    yield "all weights add up to one", precise(impl(some, numbers).sum(), 1e-6)
    none = some.clone()
    none[1, 6] = IGNORED
    yield "an example of which nothing is asked has no share", impl(none, numbers)
    none[0, 2] = IGNORED
    yield "the first example has no share either, when nothing of it is asked", impl(none, numbers)
    yield "examples may go on in another row, and stand in any order", impl(
        some, torch.tensor([[2, 0, 2, 1, 0, 1, 1], [0, 2, 2, 1, 1, 0, 2]]))
    yield "the numbers of examples may be any, below zero too", [
        impl(some, numbers * step + start) for step, start in ((-1000, 17), (1, -1), (-1, -99))]
    yield "numbers that no float can tell apart are two", impl(some, numbers + 2**53)
    yield "tables that were turned, and so lie otherwise in memory, work", impl(some.T, numbers.T)
    yield "one example alone has all the weight", impl(some, torch.full_like(numbers, 5))
    yield "one token alone has it too", impl(torch.tensor([[IGNORED, 3, IGNORED]]), torch.tensor([[1, 1, 1]]))
    yield "the token 0 is asked for like any other", impl(torch.zeros_like(targets), numbers)
    yield "the result is float32", impl(some.int(), numbers)
    long = draw.ints(0, 9, 3, 400)
    yield "a long example beside a short one is weighed exactly", precise(
        impl(long, torch.tensor([[0], [0], [1]]).expand(3, 400).clone().index_put_(
            (torch.tensor([0]), torch.tensor([7])), torch.tensor(2))))
    yield "two hundred examples work", precise(impl(long, draw.ints(0, 200, 3, 400)))
    yield "where nothing is asked, a ValueError says so", raised(impl, torch.full((2, 3), IGNORED), numbers[:, :3])
    yield "works on its input's device", elsewhere(impl, some, numbers)


def apart(impl, draw):
    numbers = torch.tensor([[3, 3, 3, 8, 8, 1, 1, 1, 1], [5, 0, 0, 0, 0, 0, 0, 9, 9]])
    yield "the positions are (B, T), and the mask is (B, T, T)", [list(part.shape) for part in impl(numbers)]
    yield "positions begin at 0 with each conversation", impl(torch.tensor([[3, 3, 3, 5, 5, 8, 8, 8, 8]]))[0]
    yield "in each row positions begin with its own conversations", impl(
        torch.tensor([[3, 3, 3, 5, 5, 8, 8, 8, 8], [0, 1, 1, 1, 1, 1, 1, 2, 2]]))[0]
    yield "the numbers of conversations need not grow", impl(numbers)[0]
    yield "another table of the same size has its own borders", impl(numbers.flip(1))[0]
    yield "no place looks at what comes after it", impl(numbers)[1].triu(1)
    yield "none looks into another conversation", impl(numbers[:1])[1].tril()
    yield "in a second row the borders are its own", impl(numbers)[1].tril()
    yield "one conversation alone is the usual mask", impl(torch.zeros(1, 6, dtype=torch.long))
    yield "conversations of one token see themselves", impl(torch.arange(5)[None])
    yield "rows are apart, also where they use the same numbers", impl(
        torch.tensor([[1, 1, 2, 2], [2, 1, 1, 1], [1, 2, 2, 2]]))
    yield "the numbers may be any, below zero too", impl(numbers * -7 + 4)
    yield "filling, whose number is -1, is a stretch like any other", [
        impl(torch.tensor([[4, 4, 7, -1, -1, -1], [2, -1, -1, -1, -1, -1]])), impl(torch.full((1, 4), -1))]
    yield "a row of one place works", impl(torch.tensor([[4]]))
    yield "the mask is of bools, and positions are no floats, also for small integers", [
        [str(hidden.dtype), positions.is_floating_point()] for kind in (torch.int64, torch.int32)
        for positions, hidden in [impl(numbers.to(kind))]]
    long = draw.ints(0, 2, 3, 150).cumsum(-1)
    yield "many stretches in a row of a hundred and fifty work", impl(long)
    yield "numbers may be larger than sixteen bits hold", impl(torch.tensor([[4464, 4464, 70_000, 70_000, 135_536]]))
    yield "numbers that no float can tell apart are two", impl(
        torch.tensor([[0, 0, 1, 1, 2, 2, 2, 5]]) + 2**53)
    yield "a table that was turned, and so lies otherwise in memory, works", impl(draw.ints(0, 2, 9, 4).cumsum(0).T)
    yield "a row may have three hundred places, in one stretch or in several", impl(
        (torch.arange(330) >= torch.tensor([[0], [20], [300]])).long())
    yield "one stretch may be two hundred places long", impl(torch.arange(230).clamp(max=29)[None])
    yield "seventy rows work", impl(draw.ints(0, 2, 70, 9).cumsum(-1))
    yield "works on its input's device", elsewhere(impl, numbers)


def line(**record):
    return json.dumps(record, ensure_ascii=False) + "\n"


def conversations(impl, draw):
    words = [draw.text(draw.number(3, 12)) for _ in range(300)]
    one = line(instruction=words[0], input=words[1], output=words[2])
    yield "instruction and input become the user's message, a line end between them", impl([one])
    yield "every record is a conversation of two messages", [len(talk) for talk in impl([one, one, one])[0]]
    yield "white space at the ends of a text stays", impl([line(instruction=" a\n ", input="\tb", output="\n x  ")])
    yield "another line is another conversation", impl([line(instruction=words[3], input=words[4], output=words[5])])
    yield "without an input it is the instruction alone", impl([line(instruction=words[0], output=words[1])])
    yield "an empty input adds nothing, null neither", impl(
        [line(instruction=words[0], input=given, output="x") for given in ("", None)])
    yield "an input of white space is an input", impl([line(instruction="a", input=" ", output="b")])
    yield "each line is a conversation of its own, in their order", impl(
        [line(instruction=words[i], input=words[i + 1] * (i % 2), output=words[-i]) for i in range(1, 90)])
    yield "keys may come in any order, and others are left out", impl(
        [line(output=words[3], text="t", input=words[4], instruction=words[5])])
    yield "empty lines are skipped", impl(["\n", one, "  \t\n", "", one, "\r\n", " \r\n"])
    yield "no line at all gives no conversation", [impl([]), impl(["\n"])]
    yield "text is kept letter by letter", [
        impl([line(instruction=" é\n ", input="\t☂", output=output)]) for output in ("\n x  ", " x\n\n")]
    yield "what Unicode alone takes for the end of a line is text", impl(
        [line(instruction="a\u2028b", input="a\u2028b", output="a\u2028b")])
    yield "an instruction and an output may be empty", impl([line(instruction="", output="")])
    yield "an open file will do", impl(iter([one, one]))
    broken = {"no JSON": "{instruction: 1}\n", "a list": '["a", "b"]\n', "a number": "3\n",
              "a record in a list": '[{"instruction": "a", "output": "b"}]\n',
              "a text": '"instruction output"\n', "null": "null\n",
              "a comma behind a record": '{"instruction": "a", "output": "b"},\n',
              "a comma before the brace": '{"instruction": "a", "output": "b",}\n',
              "two records in one line": '{"instruction": "a", "output": "b"} {"instruction": "c", "output": "d"}\n',
              "single quotes for double ones": "{'instruction': 'a', 'output': 'b'}\n",
              "a raw tab in a text": '{"instruction": "a\tb", "output": "c"}\n',
              "a record that is cut off": '{"instruction": "a", "output": "b"\n'}
    for name, text in broken.items():
        yield f"{name} is a fault with its line, and no conversation", [
            impl([text]), impl([one, "\n"] * 43 + [text, one, text])]
    for key in ("instruction", "output"):
        record = {"instruction": "a", "input": "b", "output": "c"}
        del record[key]
        yield f"a record without {key} is a fault, with the line and the key", impl([one] * 70 + [json.dumps(record)])
    yield "what is no text is a fault, with the line and the key", [
        impl([one, json.dumps({"instruction": "a", "input": "b", "output": "c"} | {key: value}), one])
        for key in ("instruction", "input", "output") for value in (3, ["a"], True, {}, 0, False, [])]
    yield "lines are counted from where they are said to begin", [
        impl([one, "{", "", "["], start=first) for first in (0, 45, 317)]
    yield "null is no instruction and no output", [
        impl([json.dumps({"instruction": "a", "output": "c"} | {key: None})]) for key in ("instruction", "output")]
    yield "of several wrong keys the first is named", [
        impl([json.dumps(record)]) for record in (
            {}, {"input": 3}, {"instruction": "a", "input": 3}, {"output": "x"}, {"input": 3, "output": "x"})]
    yield "a key has the name that it has, and no other", [impl([json.dumps(record)]) for record in (
        {"Instruction": "a", "output": "b"}, {"instruction": "a", "OUTPUT": "b"}, {"prompt": "a", "response": "b"},
        {"instruction": "a", "input": "b", "response": "c"}, {"instruction": "a", "Input": "b", "output": "c"})]
    yield "good lines are kept, whatever stands between them", impl(
        [*(line(instruction=words[i], output=words[-i]) if i % 3 else "oh\n" for i in range(100))])


MISTAKES = {
    "render": [
        ("ids += tokenizer.encode(template.heading.get(role, \"\") + content)",
         "ids += tokenizer.encode(template.heading.get(role, \"\") + content, allow_special=True)",
         "<|endoftext|> in the user's",
         "a text may say who speaks: special tokens were allowed in it"),
        ("    if reply:\n        ids.append(special[template.opens[\"assistant\"]])\n"
         "        ids += tokenizer.encode(template.heading.get(\"assistant\", \"\"))\n", "", "where a reply is wanted",
         "the assistant's message is not opened"),
        ("    if reply:\n", "    if True:\n", "a message of the user is one", "a reply is opened, and none is wanted"),
        ("    if reply:\n", "    if role == \"user\":\n", "a message of the user is one",
         "a reply is opened wherever the user spoke last, and none is wanted"),
        ("        if role in template.closes:\n            ids += [special[template.closes[role]]",
         "        if True:\n            ids += [special[template.end]", "a message of the user is one",
         "what closes an answer is put after every message"),
        ("special[template.opens[role]]", "special[template.opens[\"user\"]]", "an answer that is there",
         "every message is opened as the user's"),
        ("            ids += [special[template.closes[role]], *tokenizer.encode(template.gap)]\n",
         "            ids += [*tokenizer.encode(template.gap)]\n", "an answer that is there",
         "the end of an answer is left out"),
        (", *tokenizer.encode(template.gap)]", "]", "another template", "the text behind the end is left out"),
        ("template.heading.get(role, \"\") + content", "content", "another template", "the heading is left out"),
        ("        ids += tokenizer.encode(template.heading.get(\"assistant\", \"\"))\n", "", "another template has",
         "the heading of the reply is left out"),
        ("    check_messages(messages, tokenizer, reply, template)\n", "", "what is no conversation",
         "nothing is looked at before"),
        ("check_messages(messages, tokenizer, reply, template)", "check_messages(messages, tokenizer, False, template)",
         "whose turn it is", "whether a reply can follow is not looked at"),
        ("content = message[\"role\"], message[\"content\"]",
         "content = message[\"role\"], message[\"content\"].strip()",
         "white space", "white space around a text is taken away"),
        ("template.opens[\"assistant\"]])\n        ids +=", "template.opens[\"user\"]])\n        ids +=",
         "where a reply is wanted",
         "the reply is opened as the user's"),
    ],
    "answer_targets": [
        ("opened <= closed", "opened < closed", "the answer is asked for",
         "at the beginning nothing has opened and nothing has closed, and that counts as an answer"),
        ("opened <= closed", "opened > closed", "the answer is asked for",
         "the answers are ignored, and all else is asked"),
        ("following.masked_fill(opened <= closed, IGNORED)", "following", "the answer is asked for",
         "there is no mask"),
        ("ids[:, 1:].long(), (0, 1)", "ids[:, :-1].long(), (1, 0)", "the answer is asked for",
         "the token before is asked for, not the one that follows"),
        ("following = functional.pad(ids[:, 1:].long(), (0, 1), value=IGNORED)", "following = ids.long()",
         "the answer is asked for", "the token itself is asked for, not the one that follows"),
        ("opened <= closed", "(opened <= closed) | (ids == opens)", "the answer is asked for",
         "one place too late: the answer's first token is not asked for"),
        ("opened <= closed", "(opened <= closed) | (following == closes)", "the answer is asked for",
         "one place too early: the end is never learned"),
        ("torch.where(ids == closes, places, 0).cummax(1).values", "torch.full_like(ids, 0)",
         "after the end nothing", "no answer ever ends"),
        ("(0, 1), value=IGNORED", "(0, 1), value=0", "nothing follows the last",
         "behind the row's end token 0 is asked for"),
        ("opened <= closed", "(opened <= closed) | (following == opens)", "an opening in the middle",
         "an opening inside an answer is left out"),
        (".long()", "", "the result is int64", "the type of the ids is kept"),
        ("(ids == opens, places, 0)", "(ids == opens, places, 1)", "the answer is asked for",
         "where nothing has opened yet, that is taken for an opening at the first place"),
    ],
    "example_weights": [
        ("asked / counts[number].clamp(min=1) / (counts > 0).sum()", "asked / asked.sum()", "where all is asked",
         "every token counts alike, so long examples count for more"),
        ("number[asked]", "number.flatten()", "what is not asked",
         "what is not asked counts in the size of its example"),
        ("(counts > 0).sum()", "len(counts)", "an example of which",
         "an example of which nothing is asked is counted"),
        ("(counts > 0).sum()", "len(targets)", "where all is asked", "rows are counted, not examples"),
        (" / (counts > 0).sum()", "", "where all is asked", "the weights add up to the number of examples"),
        ("asked / counts", "1 / counts", "what is not asked", "what is not asked has a weight too"),
        ("    if not asked.any():\n", "    if False:\n", "where nothing is asked",
         "nothing is said where nothing is asked"),
        ("asked = targets != IGNORED", "asked = targets > 0", "the token 0", "token 0 is taken for nothing"),
        (".float()", ".double()", "the numbers of the result have the right dtype",
         "the result is in double precision"),
        ("names, number = examples.unique(return_inverse=True)", "names, number = range(99), examples",
         "the numbers of examples may be any",
         "numbers of examples need not begin at 0"),
    ],
    "apart": [
        ("others | (places > places[:, None])", "others", "no place looks", "the future is not hidden"),
        ("others | (places > places[:, None])", "others & (places > places[:, None])", "no place looks",
         "hidden is what is future or other, not both"),
        ("return positions, others | (places > places[:, None])",
         "return positions, (places > places[:, None]).expand_as(others)", "none looks",
         "other conversations are not hidden"),
        ("positions = places - starts.cummax(1).values", "positions = places.expand_as(numbers)", "positions begin",
         "positions go on through the whole row"),
        ("(places > places[:, None])", "(places >= places[:, None])", "none looks into",
         "no place sees itself"),
        ("(places > places[:, None])", "(places < places[:, None])", "no place looks",
         "the past is hidden, not the future"),
        ("others | (places > places[:, None])", "~(others | (places > places[:, None]))", "no place looks",
         "the mask says what may be seen, and not what is hidden"),
        ("numbers[:, :, None] != numbers[:, None, :]",
         "(numbers[:1, :, None] != numbers[:1, None, :]).expand(len(numbers), T, T)",
         "in a second row", "the mask is that of the first row, for all"),
        ("places - starts.cummax(1).values", "places - starts", "positions begin",
         "only the first token of a conversation has its position set back"),
        ("functional.pad(new, (1, 0))", "functional.pad(new, (0, 1))", "positions begin",
         "a conversation begins one place too early"),
    ],
    "conversations": [
        ("enumerate(lines, start)", "enumerate(lines)", "no JSON is a fault", "lines are counted from 0"),
        ("enumerate(lines, start)", "enumerate(lines, 1)", "lines are counted from where",
         "the number of the first line is not always 1"),
        ("        if not line.strip():\n            continue\n", "", "empty lines are skipped",
         "an empty line is no record"),
        ("        if not line.strip():\n            continue\n", "        if not line.strip():\n            break\n",
         "empty lines are skipped", "it stops at an empty line"),
        ("    for number, line in enumerate(lines, start):\n        if not line.strip():\n            continue\n",
         "    for number, line in enumerate((line for line in lines if line.strip()), start):\n",
         "no JSON is a fault", "records are counted, not lines"),
        ("            asked += \"\\n\" + record[\"input\"]", "            asked += \" \" + record[\"input\"]",
         "instruction and input become", "a space stands between the two, not a line end"),
        ("        if record[\"input\"]:\n            asked", "        if True:\n            asked",
         "without an input", "an empty input adds a line end"),
        ("        if record[\"input\"]:\n", "        if record[\"input\"].strip():\n", "an input of white space",
         "white space is text as well"),
        ("        if record.get(\"input\") is None:\n", "        if not record.get(\"input\"):\n",
         "what is no text is a fault", "0 and [] are no missing input"),
        ("(\"instruction\", \"input\", \"output\")", "(\"instruction\", \"output\")", "what is no text is a fault",
         "what the input is was not looked at"),
        ("not isinstance(record.get(key), str)", "not record.get(key)",
         "without an input",
         "whether it is text was not looked at"),
        ("        if not isinstance(record, dict):\n", "        if isinstance(record, list):\n",
         "a number is a fault",
         "only a list was refused"),
        ("            faults.append((number, wrong[0]))\n            continue\n",
         "            faults.append((number, wrong[0]))\n",
         "a record without instruction", "a record with a fault is used all the same"),
        ("wrong[0]", "wrong[-1]", "of several wrong keys", "the last wrong key is named"),
        ("            faults.append((number, \"json\"))\n            continue\n",
         "            faults.append((number, \"json\"))\n            break\n", "no JSON is a fault",
         "it stops at the first fault"),
        ("            faults.append((number, \"object\"))\n            continue\n",
         "            faults.append((number, \"object\"))\n            break\n", "a list is a fault",
         "it stops at a line that holds something else than a record"),
        ("fields = (\"instruction\", \"input\", \"output\")", "fields = (\"output\", \"instruction\", \"input\")",
         "of several wrong keys", "the output is looked at first"),
        ("        if record.get(\"input\") is None:\n            record[\"input\"] = \"\"\n", "", "without an input",
         "a record need not have an input"),
    ],
}  # fmt: skip

EQUIVALENT = {
    "answer_targets": {
        "opened = torch.where(ids == opens, places, 0).cummax(1).values → "
        "opened = torch.where(ids == opens, places, -1).cummax(1).values":
        "where nothing has opened yet, neither is more than the place where something last ended",
    },
}

BY_HAND = {"conversations": ["course_lib.instructions.records.*", "pandas.*", "datasets.*"]}
