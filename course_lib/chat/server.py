"""A page on this machine to talk on, and OpenAI's `/v1/chat/completions` for other programs.

It is heard on loopback only and asks for a token. One reply is written at a time, in a thread of its own, so the event
loop goes on meanwhile; a few more may wait. Whoever hangs up stops the reply.
"""

import asyncio
import hmac
import html
import json
import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tornado import web
from tornado.httpserver import HTTPServer
from tornado.iostream import StreamClosedError
from tornado.netutil import bind_sockets

from course_lib.show import Chat

from .api import Asked, Completion, Refused, reason
from .reply import Reply, Settings

STATIC = Path(__file__).parent / "static"
HOST = "127.0.0.1"
BODY = 256 * 1024  # bytes of a request
WAITING = 4  # requests that may wait for the one at hand
SECONDS = 30  # for a request to arrive
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                               "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}  # fmt: skip


class Desk:
    """Where requests are answered, one after the other.

    chat: a ChatModel   token: what a request must show   settings, system: where the page begins
    """

    def __init__(self, chat, token, settings=None, system=None):
        self.chat, self.token, self.settings, self.system = chat, token, settings or Settings(), system
        self.hosts = ()  # what this server may be called
        self.writer = ThreadPoolExecutor(1, "reply")
        self.stopping = {}  # id of a completion that is written or waits: the Event that stops it

    async def reply(self, asked, id):
        """The Reply to a request, not yet written. raises: Refused where it can be none, or too many wait"""
        if len(self.stopping) > WAITING:
            raise Refused(f"{len(self.stopping)} requests are written or wait already; try again", None, 429,
                          "rate_limit_exceeded", "requests")
        stopping, chat = self.stopping.setdefault(id, threading.Event()), self.chat
        try:
            return await asyncio.to_thread(Reply, chat.model, chat.tokenizer, asked.messages, asked.settings,
                                           chat.template, None, stopping)
        except ValueError as error:
            self.done(id)
            code = "context_length_exceeded" if "sees" in str(error) else None
            raise Refused(str(error), "messages", code=code) from None

    async def written(self, reply, on_piece):
        """Write a reply when its turn comes. on_piece: async, called with each text"""
        loop, pieces = asyncio.get_running_loop(), asyncio.Queue()

        def write():
            try:
                for piece in reply:
                    loop.call_soon_threadsafe(pieces.put_nowait, piece)
            finally:
                loop.call_soon_threadsafe(pieces.put_nowait, None)

        writing = loop.run_in_executor(self.writer, write)
        while (piece := await pieces.get()) is not None:
            try:
                await on_piece(piece)
            except StreamClosedError:
                reply.stop()
        await writing

    def done(self, id):
        self.stopping.pop(id, None)

    def close(self):
        """Stop what is being written."""
        for stopping in self.stopping.values():
            stopping.set()
        self.writer.shutdown(wait=False, cancel_futures=True)


class Handler(web.RequestHandler):
    """What every request must fulfil: this machine's name, no other site's page, and the token."""

    def initialize(self, desk):
        self.desk = desk

    def set_default_headers(self):
        for name, value in HEADERS.items():
            self.set_header(name, value)
        self.clear_header("Server")

    def prepare(self):
        origin = self.request.headers.get("Origin")
        if self.request.host.lower() not in self.desk.hosts:  # a name from elsewhere that leads here
            raise Refused(f"the host {self.request.host!r:.60} is not this server", None, 403)
        if origin is not None and origin.lower() not in {f"http://{host}" for host in self.desk.hosts}:
            raise Refused(f"a page of {origin!r:.60} may not ask this server", None, 403)
        if not hmac.compare_digest(self.shown().encode("utf-8", "replace"), self.desk.token.encode()):
            raise Refused("the token is missing or wrong: it stands in the address that `course chat --web` printed, "
                          "and programs give it as their API key", None, 401, "invalid_api_key")

    def shown(self):
        """The token that a request shows."""
        kind, _, token = self.request.headers.get("Authorization", "").partition(" ")
        return token.strip() if kind.lower() == "bearer" else ""

    def write_error(self, status, exc_info=None, **_):
        error = exc_info and exc_info[1]
        if isinstance(error, Refused):
            self.set_status(error.status)
            self.finish({"error": error.error})
        else:
            kind = "invalid_request_error" if status < 500 else "server_error"
            self.finish({"error": Refused(self._reason, status=status, kind=kind).error})

    def log_exception(self, kind, error, trace):
        if not isinstance(error, Refused):
            super().log_exception(kind, error, trace)

    def _handle_request_exception(self, error):
        if isinstance(error, Refused) and not self._finished:
            self.send_error(error.status, exc_info=(type(error), error, error.__traceback__))
        else:
            super()._handle_request_exception(error)


class Page(Handler):
    def shown(self):
        return self.get_query_argument("token", "")

    def get(self):
        desk = self.desk
        begin = [] if desk.system is None else [{"role": "system", "content": desk.system}]
        config = {"model": desk.chat.name, "messages": begin, "temperature": desk.settings.temperature,
                  "max_tokens": desk.settings.max_tokens, "seed": desk.settings.seed}
        text = (STATIC / "page.html").read_text(encoding="utf-8")
        for name, value in ("model", desk.chat.name), ("config", json.dumps(config)):
            text = text.replace(f"{{{name}}}", html.escape(value))
        self.finish(text)


class File(Handler):
    """The page's script and style, in which there is nothing to keep from anybody; the widget's own are among them."""

    TEXTS = {"chat.js": lambda: Chat._esm, "chat.css": lambda: Chat._css,
             "page.js": lambda: (STATIC / "page.js").read_text(encoding="utf-8"),
             "page.css": lambda: (STATIC / "page.css").read_text(encoding="utf-8")}  # fmt: skip

    def shown(self):
        return self.desk.token

    def get(self, name):
        self.set_header("Content-Type", f"text/{'css' if name.endswith('.css') else 'javascript'}; charset=utf-8")
        self.finish(self.TEXTS[name]())


class Models(Handler):
    def get(self, name=None):
        one = {"id": self.desk.chat.name, "object": "model", "created": 0, "owned_by": "small-world"}
        if name is None:
            self.finish({"object": "list", "data": [one]})
        elif name == one["id"]:
            self.finish(one)
        else:
            raise Refused(f"the model {name!r:.60} is not here; {one['id']!r} is", "model", 404, "model_not_found")


@web.stream_request_body
class Completions(Handler):
    id = None

    def prepare(self):
        super().prepare()
        self.body = bytearray()
        self.length = int(self.request.headers.get("Content-Length", 0))
        self.check_length()

    def check_length(self):
        if self.length > BODY:
            raise Refused(f"the request has more than {BODY:,} bytes, which is all that is read", None, 413)

    def data_received(self, part):
        self.length = max(self.length, len(self.body) + len(part))
        if self.length <= BODY:
            self.body += part

    async def post(self):
        self.check_length()  # again: a body may come in parts, without saying how long it will be
        name = self.desk.chat.name
        asked, completion = Asked(bytes(self.body), name), Completion(name)
        self.id = completion.id
        reply = await self.desk.reply(asked, self.id)
        try:
            if asked.stream:
                await self.stream(asked, completion, reply)
            else:
                await self.desk.written(reply, ignored)
                self.finish(completion.whole(reply, asked.saw))
        except StreamClosedError:
            reply.stop()
        finally:
            self.desk.done(self.id)

    async def stream(self, asked, completion, reply):
        """Server-sent events: a chunk for each piece, why it ended, the counts if they were asked for, and [DONE]."""
        self.set_header("Content-Type", "text/event-stream; charset=utf-8")
        await self.event(completion.chunk(role="assistant", content=""))
        try:
            await self.desk.written(reply, lambda piece: self.event(completion.chunk(content=piece)))
        except Exception as error:  # the status has been sent already
            self.log_exception(type(error), error, error.__traceback__)
            await self.event({"error": Refused("the model failed", kind="server_error").error})
        else:
            await self.event(completion.chunk(reason(reply), reply.saw() if asked.saw else None))
            if asked.usage:
                await self.event(completion.counts(reply))
        await self.event("[DONE]")
        self.finish()

    async def event(self, data):
        self.write(f"data: {data if isinstance(data, str) else json.dumps(data)}\n\n")
        await self.flush()

    def on_connection_close(self):
        if stopping := self.desk.stopping.get(self.id):
            stopping.set()


class Cancel(Handler):
    """Ends a reply that is written or waits; what was written so far is kept, and comes as usual."""

    def post(self, id):
        stopping = self.desk.stopping.get(id)
        if stopping is None:
            raise Refused(f"there is no reply {id!r:.60} that is being written", None, 404)
        stopping.set()
        self.finish({"id": id, "cancelled": True})


class Nothing(Handler):
    def prepare(self):
        super().prepare()
        raise Refused(f"there is nothing at {self.request.path!r:.60}", None, 404)


async def ignored(piece):
    pass


def listen(desk, port):
    """Begin to listen on loopback, inside a running event loop. returns: the server and its port; 0 takes a free one"""
    routes = [(r"/", Page), (rf"/({'|'.join(File.TEXTS)})", File),
              (r"/v1/models", Models), (r"/v1/models/(.+)", Models),
              (r"/v1/chat/completions", Completions), (r"/v1/chat/completions/([\w-]+)/cancel", Cancel)]
    app = web.Application([(path, handler, {"desk": desk}) for path, handler in routes], log_function=lambda _: None,
                          default_handler_class=Nothing, default_handler_args={"desk": desk})
    # A body that is too long is refused in words above, not by the connection; most are never kept.
    server = HTTPServer(app, max_body_size=2**40, max_header_size=16_384, body_timeout=SECONDS,
                        idle_connection_timeout=SECONDS)
    sockets = bind_sockets(port, HOST)
    server.add_sockets(sockets)
    port = sockets[0].getsockname()[1]
    desk.hosts = tuple(f"{name}:{port}" for name in (HOST, "localhost"))
    return server, port


def serve(chat, port, say, settings=None, system=None):
    """Listen until somebody ends it with Ctrl-C. say: called with each line to be shown

    raises: OSError where the port is taken
    """
    desk = Desk(chat, secrets.token_urlsafe(24), settings, system)

    async def forever():
        try:
            _, at = listen(desk, port)
        except OSError as error:
            raise OSError(f"port {port} of {HOST} cannot be had ({error.strerror}): give another, or --port 0 for any "
                          "that is free") from None
        say(f"Talk to {chat.name} at http://{HOST}:{at}/?token={desk.token}")
        say(f"Other programs: base_url http://{HOST}:{at}/v1, api_key {desk.token}")
        say("Ctrl-C ends it.")
        await asyncio.Event().wait()

    try:
        asyncio.run(forever())
    except KeyboardInterrupt:
        pass
    finally:
        desk.close()
