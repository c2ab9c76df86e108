"""Small models that say what a test wants, and a server for a test's own use."""

import asyncio
import http.client
import json
import threading
import time
from types import SimpleNamespace

import torch

from course_lib.chat import ChatModel
from course_lib.gpt import GPT, Config
from course_lib.instructions import STORY


def random_model(tokenizer, window=64):
    """An untrained GPT that is not all alike."""
    torch.manual_seed(0)
    model = GPT(Config(tokenizer.vocab_size, context_length=window, d_model=16, n_heads=2, n_layers=2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(3)
    return model.eval()


class Scripted(torch.nn.Module):
    """A model that says the same ids after each <|assistant|>, whatever was asked; without end, where it is told so.

    seconds: that it takes for each token   fails_at: the number of the token at which it breaks
    """

    def __init__(self, tokenizer, said, window=64, endless=False, seconds=0.0, fails_at=None):
        super().__init__()
        self.config = SimpleNamespace(context_length=window, vocab_size=tokenizer.vocab_size)
        self.script = [*said] if endless else [*said, tokenizer.end]
        self.opens, self.seconds, self.fails_at = tokenizer.special["<|assistant|>"], seconds, fails_at
        self.asked = []  # the ids of each call

    def forward(self, ids):
        time.sleep(self.seconds)
        row = ids[0].tolist()
        self.asked.append(row)
        at = len(row) - 1 - max(place for place, id in enumerate(row) if id == self.opens)
        if at == self.fails_at:
            raise RuntimeError("the weights are gone")
        logits = torch.full((1, len(row), self.config.vocab_size), -100.0)
        logits[0, -1, self.script[at % len(self.script)]] = 100.0
        return logits


class Running:
    """A server in a thread of its own, with its event loop."""

    def __init__(self, model, tokenizer, **options):
        from course_lib.chat.server import Desk, listen

        self.token = "a-secret-token"
        self.desk, ready = Desk(ChatModel("tiny", model, tokenizer, STORY), self.token, **options), threading.Event()
        self.loop, self.opened = asyncio.new_event_loop(), []

        async def begin():
            self.server, self.port = listen(self.desk, 0)
            ready.set()

        def work():
            asyncio.set_event_loop(self.loop)
            self.loop.run_until_complete(begin())
            self.loop.run_forever()

        self.thread = threading.Thread(target=work, daemon=True)
        self.thread.start()
        assert ready.wait(20)

    def ask(self, method, path, body=None, token=True, **headers):
        """returns: status, headers, body as JSON where it is, else as text"""
        answer = self.begin(method, path, body, token, **headers)
        text = answer.read().decode("utf-8")
        answer.line.close()
        kind = answer.getheader("Content-Type", "")
        return answer.status, dict(answer.getheaders()), json.loads(text) if "json" in kind else text

    def begin(self, method, path, body=None, token=True, **headers):
        """The same, without reading the body. Its connection is `answer.line`."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        self.opened.append(line)
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
        line.request(method, path, data, headers)
        answer = line.getresponse()
        answer.line = line
        self.opened.append(answer)
        return answer

    def complete(self, text="Hello", **more):
        """Ask for a reply to one message of user."""
        messages = [{"role": "user", "content": text}]
        return self.ask("POST", "/v1/chat/completions", {"model": "tiny", "messages": messages, **more})

    def close(self):
        self.desk.close()
        for one in self.opened:
            one.close()

        async def end():
            self.server.stop()
            await self.server.close_all_connections()

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(20)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(20)
        self.loop.close()


def until_true(what, seconds=20):
    """Wait until what() is true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
