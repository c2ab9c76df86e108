"""Instructions from elsewhere: Alpaca's records, one JSON object a line or a list of them, become conversations."""

import json
from pathlib import Path


def conversations(lines, start=1):
    """Instruction records, one JSON object a line, as conversations; and what is wrong with others.

    lines: texts, such as an open file; a line of white space alone is skipped, and still counted
    start: the number of the first line
    returns: conversations, faults
        a conversation is [{"role": "user", "content": …}, {"role": "assistant", "content": …}]:
        what the user says is the record's "instruction" and, where its "input" is not "", a line
        end and the input; what the assistant says is its "output"
        a fault is (number of the line, what): "json" where the line is no JSON, "object" where it
        is JSON and no object, or the first of instruction, input, output that is missing or no
        text. Each may be "", which is a text. The input alone may be missing, or null, and then
        counts as "". A line with a fault gives no conversation

    >>> conversations(['{"instruction": "Add.", "input": "1 2", "output": "3"}', "3"])[0][0][0]
    {'role': 'user', 'content': 'Add.\\n1 2'}
    >>> conversations(['{"instruction": "Add.", "input": "1 2", "output": "3"}', "3"])[1]
    [(2, 'object')]
    """
    found, faults = [], []
    for number, line in enumerate(lines, start):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError:
            faults.append((number, "json"))
            continue
        if not isinstance(record, dict):
            faults.append((number, "object"))
            continue
        if record.get("input") is None:
            record["input"] = ""
        fields = ("instruction", "input", "output")
        wrong = [key for key in fields if not isinstance(record.get(key), str)]
        if wrong:
            faults.append((number, wrong[0]))
            continue
        asked = record["instruction"]
        if record["input"]:
            asked += "\n" + record["input"]
        found.append([{"role": "user", "content": asked},
                      {"role": "assistant", "content": record["output"]}])
    return found, faults


def whole(found, faults, name):
    """The conversations, where there are no faults. raises: ValueError that names the first few, with their lines"""
    if faults:
        said = {"json": "is no JSON", "object": "is no object"}
        told = [f"line {number} {said.get(what, f'has no text as its {what!r}')}" for number, what in faults[:5]]
        more = f", and {len(faults) - 5} more" if len(faults) > 5 else ""
        raise ValueError(f"{name}: {'; '.join(told)}{more}. Wanted are objects with instruction and output, and "
                         "perhaps an input")
    return found


def read_records(path):
    """The conversations of a file: JSON Lines, or one JSON list of records, as Alpaca's own.

    returns: a list of conversations
    raises: ValueError for records that are none; its message has the file, and the lines at which they begin
    """
    text = Path(path).read_text(encoding="utf-8-sig")
    return whole(*(listed(text) if text.lstrip().startswith("[") else conversations(text.split("\n"))), path)


def listed(text):
    """The records of a JSON list, read one by one, so that the line of each is known. returns: see `conversations`"""
    decoder, found, faults, at = json.JSONDecoder(), [], [], text.index("[") + 1
    sign = "]" if text[skip(text, at) :].startswith("]") else ","
    at = skip(text, at) + 1 if sign == "]" else at
    while sign == ",":
        begin = skip(text, at)
        try:
            _, end = decoder.raw_decode(text, begin)
        except json.JSONDecodeError as error:
            return found, [*faults, (error.lineno, "json")]  # where the next record begins cannot be known
        more, wrong = conversations([text[begin:end]], line_of(text, begin))
        found, faults, at = found + more, faults + wrong, skip(text, end) + 1
        sign = text[at - 1 : at]
    rest = at - 1 if sign != "]" else skip(text, at)  # behind the list there should be nothing
    return found, [*faults, (line_of(text, rest), "json")] if rest < len(text) or sign != "]" else faults


def skip(text, at):
    """The first place from `at` on that is no white space."""
    while text[at : at + 1].isspace():
        at += 1
    return at


def line_of(text, at):
    """The number of the line on which a place of a text lies, counted from 1."""
    return text.count("\n", 0, at) + 1


def from_hub(name, split="train"):
    """The conversations of a data set of Hugging Face's `datasets`, where that library is installed.

    name: such as "tatsu-lab/alpaca", fetched once over the network; or the path of a JSON Lines file
    returns: a list of conversations; in an error, what is called a line is the number of the record
    raises: ImportError that says how to install it
    """
    try:
        import datasets
    except ImportError:
        raise ImportError("this takes the library datasets, which the course does not need elsewhere: "
                          "pip install datasets. A file of records is read by read_records(path) without it") from None
    if Path(name).is_file():
        rows = datasets.load_dataset("json", data_files=str(name), split=split)
    else:
        rows = datasets.load_dataset(name, split=split)
    return whole(*conversations(json.dumps(row) for row in rows), name)
