"""Instructions from elsewhere: Alpaca's records, one JSON object a line or a list of them, become conversations."""

import json
from pathlib import Path


def conversations(lines, start=1):
    """Instruction records, one JSON object a line, as conversations.

    lines: texts, such as an open file; a line of white space alone is skipped
    start: the number of the first line
    returns: a list of conversations, each [{"role": "user", "content": …}, {"role": "assistant",
        "content": …}]: what the user says is the record's "instruction" and, where its "input" is
        not empty, a line end and the input; what the assistant says is its "output"
    raises: ValueError for the first line that is no record: no JSON, no object, without
        "instruction" or "output", or with one of the three that is not text. An input may be
        missing, or null. The message has "line" and its number, and the key that is wrong

    >>> conversations(['{"instruction": "Add.", "input": "1 2", "output": "3"}'])[0][0]
    {'role': 'user', 'content': 'Add.\\n1 2'}
    """
    found = []
    for number, line in enumerate(lines, start):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"line {number} is no JSON: {error.msg}, at character {error.colno}") from None
        if not isinstance(record, dict):
            raise ValueError(f"line {number} is {record!r:.60}; wanted is an object with instruction and output")
        if record.get("input") is None:
            record["input"] = ""
        for key in ("instruction", "input", "output"):
            if not isinstance(record.get(key), str):
                has = f"{record[key]!r:.60} as its" if key in record else "no"
                raise ValueError(f"line {number} has {has} {key!r}; it should be text")
        asked = record["instruction"]
        if record["input"]:
            asked += "\n" + record["input"]
        found.append([{"role": "user", "content": asked}, {"role": "assistant", "content": record["output"]}])
    return found


def read_records(path):
    """The conversations of a file: JSON Lines, or one JSON list of records, as Alpaca's own.

    returns: see `conversations`
    raises: ValueError for the first record that is none; its message has the file and the line at which it begins
    """
    text = Path(path).read_text(encoding="utf-8-sig")
    try:
        return listed(text) if text.lstrip().startswith("[") else conversations(text.split("\n"))
    except ValueError as error:
        raise ValueError(f"{path}, {error}") from None


def listed(text):
    """The conversations of a JSON list, read record by record, so that the line of each is known."""
    decoder, found, at, sign = json.JSONDecoder(), [], text.index("[") + 1, ","
    if text[skip(text, at) :].startswith("]"):
        at, sign = skip(text, at) + 1, "]"
    while sign == ",":
        begin = skip(text, at)
        try:
            _, end = decoder.raw_decode(text, begin)
        except json.JSONDecodeError as error:
            raise ValueError(f"line {error.lineno} is no JSON: {error.msg}, at character {error.colno}") from None
        found += conversations([text[begin:end]], start=line_of(text, begin))
        at = skip(text, end) + 1
        sign = text[at - 1 : at]
    if sign != "]" or skip(text, at) < len(text):
        raise ValueError(f"line {line_of(text, at - 1 if sign != ']' else skip(text, at))} goes on in a way that no "
                         "list of records does: between two stands a comma, and ] behind the last, and then nothing")
    return found


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
    returns: see `conversations`; in an error, what is called a line is the number of the record
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
    return conversations(json.dumps(row) for row in rows)
