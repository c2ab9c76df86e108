"""What `/v1/chat/completions` understands and answers: OpenAI's shapes, as far as one small model can fill them.

OpenAI, API reference, "Create chat completion" and "Streaming".
"""

import json
import math
import secrets
import time

from .reply import Settings

MESSAGES = 400  # of one request
TEXT = 20_000  # characters of one message
STOPS = 4
#: What may be asked for besides, and changes nothing.
INDIFFERENT = {"user", "metadata", "store"}
TAKEN = {"messages", "model", "stream", "stream_options", "temperature", "top_p", "min_p", "max_tokens",
         "max_completion_tokens", "stop", "seed", "n", "saw"}  # fmt: skip
ROLES = {"developer": "system"}  # what newer clients call it


class Refused(Exception):
    """A request that cannot be answered: status, and what OpenAI's `error` says."""

    def __init__(self, message, param=None, status=400, code=None, kind="invalid_request_error"):
        super().__init__(message)
        self.status, self.error = status, {"message": message, "type": kind, "param": param, "code": code}


class Asked:
    """A request, once it is known to be one. messages, settings: for a `Reply`   stream, usage, saw: bool

    body: bytes of JSON   model: the name of the one that answers
    raises: Refused, which says what was given and what is wanted
    """

    def __init__(self, body, model):
        asked = read_json(body)
        strange = [name for name, value in asked.items() if name not in TAKEN | INDIFFERENT and value]
        if strange:
            raise Refused(f"{strange[0]!r:.60} is not understood here; {', '.join(sorted(TAKEN))} are", strange[0][:60],
                          code="unsupported_parameter")
        asked = {name: value for name, value in asked.items() if value is not None}
        check_model(asked.get("model"), model)
        self.messages = messages_of(asked.get("messages"))
        self.stream, self.saw = flag(asked, "stream"), flag(asked, "saw")
        options = asked.get("stream_options", {})
        if not isinstance(options, dict):
            raise Refused(f'stream_options is {options!r:.60}; wanted is {{"include_usage": true}}', "stream_options")
        self.usage = flag(options, "include_usage")
        if asked.get("n", 1) != 1 or isinstance(asked.get("n"), bool):
            raise Refused(f"n is {asked['n']!r:.60}; one reply is written at a time: ask again for another", "n")
        self.settings = settings_of(asked)


def flag(asked, name):
    """True or False; False where nothing is said."""
    value = asked.get(name)
    if value not in (None, True, False) or isinstance(value, (int, float)) and not isinstance(value, bool):
        raise Refused(f"{name} is {value!r:.60}; it is true or false", name)
    return bool(value)


def read_json(body):
    """The object in a body of JSON; NaN and infinities, which JSON does not have, are refused."""

    def refuse(name):
        raise ValueError(f"{name} is no number of JSON")

    try:
        found = json.loads(body.decode("utf-8"), parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise Refused(f"the body is not JSON: {error}"[:200]) from None
    if not isinstance(found, dict):
        raise Refused(f"the body is {type(found).__name__}; wanted is an object with model and messages")
    return found


def check_model(asked, model):
    """Refuse another model than the one that is here."""
    if not isinstance(asked, str):
        raise Refused(f"model is {asked!r:.60}; it should be {model!r}", "model")
    if asked != model:
        raise Refused(f"the model {asked!r:.60} is not here; {model!r} is", "model", 404, "model_not_found")


def messages_of(given):
    """Messages with nothing but role and text; what they say is looked at by `check_messages`."""
    if not isinstance(given, list) or not given:
        raise Refused(f"messages is {given!r:.60}; wanted is a list of messages, one at least", "messages")
    if len(given) > MESSAGES:
        raise Refused(f"there are {len(given)} messages; {MESSAGES} are taken at most", "messages")
    messages = []
    for number, message in enumerate(given):
        where = f"messages[{number}]"
        role, content = (message.get(name) if isinstance(message, dict) else None for name in ("role", "content"))
        if not isinstance(role, str) or content is None:
            raise Refused(f"{where} is {message!r:.80}; wanted are role and content", where)
        if isinstance(content, list) and all(isinstance(part, dict) and part.get("type") == "text"
                                             and isinstance(part.get("text"), str) for part in content):
            content = "".join(part["text"] for part in content)
        if not isinstance(content, str):
            raise Refused(f"{where} has the content {content!r:.60}; text is all that is read here", where)
        if len(content) > TEXT:
            raise Refused(f"{where} has {len(content):,} characters; {TEXT:,} are read at most", where)
        messages.append({"role": ROLES.get(role, role), "content": content})
    return messages


def settings_of(asked):
    """The settings of a request."""
    given = {}
    for name, least, most in ("temperature", 0, 2), ("top_p", 0, 1), ("min_p", 0, 1):
        value = asked.get(name)
        if value is not None:
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
                raise Refused(f"{name} is {value!r:.60}; it is a number from {least} to {most}", name)
            given[name] = float(value)
    for name in "max_tokens", "max_completion_tokens", "seed":
        value = asked.get(name)
        if value is not None:
            if isinstance(value, bool) or not isinstance(value, (int, float)) or value != math.floor(value):
                raise Refused(f"{name} is {value!r:.60}; it is a whole number", name)
            if name != "seed" and value < 1:
                raise Refused(f"{name} is {value!r:.60}; it is 1 or more", name)
            given["seed" if name == "seed" else "max_tokens"] = int(value)
    stops = asked.get("stop", [])
    stops = [stops] if isinstance(stops, str) else stops
    if not isinstance(stops, list) or len(stops) > STOPS or not all(isinstance(s, str) and 0 < len(s) < TEXT
                                                                    for s in stops):
        raise Refused(f"stop is {stops!r:.60}; it is a text, or a list of up to {STOPS}, none of them empty", "stop")
    try:
        return Settings(**given, stop=tuple(stops))
    except ValueError as error:
        raise Refused(str(error), "seed" if str(error).startswith("seed") else "top_p") from None


class Completion:
    """The answers to one request, as objects for JSON: `whole` for all at once, or `chunk`s."""

    def __init__(self, model):
        self.id, self.model, self.created = f"chatcmpl-{secrets.token_hex(12)}", model, int(time.time())

    def _object(self, kind, choices, **more):
        return {"id": self.id, "object": kind, "created": self.created, "model": self.model, "choices": choices, **more}

    def whole(self, reply, saw=False):
        message = {"role": "assistant", "content": reply.text, "refusal": None}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reason(reply)}
        return self._object("chat.completion", [choice], usage=usage(reply), **({"saw": reply.saw()} if saw else {}))

    def chunk(self, finish=None, saw=None, **delta):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._object("chat.completion.chunk", [choice], **({"saw": saw} if saw else {}))

    def counts(self, reply):
        return self._object("chat.completion.chunk", [], usage=usage(reply))


def reason(reply):
    """Why it ended, in OpenAI's words, which have none for somebody who pressed Stop."""
    return "length" if reply.finish == "length" else "stop"


def usage(reply):
    """Tokens read and written, without the one that ends the reply."""
    prompt, written = len(reply.prompt), len(reply.written)
    return {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
