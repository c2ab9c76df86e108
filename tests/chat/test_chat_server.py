"""The server: OpenAI's API as its own client uses it, and everything that must be refused."""

import json
import threading

import openai
import pytest
from talking import Running, random_model, until_true

from course_lib.bpe import story_vocabulary
from course_lib.chat import Reply, Settings
from course_lib.chat import server as serving_module

HELLO = [{"role": "user", "content": "Who has the lamp?"}]


@pytest.fixture(scope="module")
def tiny(tokenizer):
    """A server with a random model, for all tests that leave it as it was."""
    one = Running(random_model(tokenizer), tokenizer)
    yield one
    one.close()


@pytest.fixture
def client(tiny):
    with openai.OpenAI(base_url=f"http://127.0.0.1:{tiny.port}/v1", api_key=tiny.token, max_retries=0) as one:
        yield one


def ask(client, **options):
    return client.chat.completions.create(**{"model": "tiny", "messages": HELLO, "seed": 7, **options})


# -- as the openai package uses it ------------------------------------------------------------------------------------


def test_models_are_listed(client):
    assert [one.id for one in client.models.list()] == ["tiny"] and client.models.retrieve("tiny").id == "tiny"
    with pytest.raises(openai.NotFoundError, match="'gpt-4' is not here; 'tiny' is"):
        client.models.retrieve("gpt-4")


def test_a_completion_is_a_reply_with_its_counts(client, model, tokenizer):
    reply = Reply(model, tokenizer, HELLO, Settings(temperature=0.9, top_p=0.8, max_tokens=12, seed=7))
    text = "".join(reply)
    found = ask(client, temperature=0.9, top_p=0.8, max_tokens=12)
    [choice] = found.choices
    assert choice.message.content == text and choice.message.role == "assistant" and choice.finish_reason == "length"
    assert found.object == "chat.completion" and found.model == "tiny" and found.id.startswith("chatcmpl-")
    assert found.usage.prompt_tokens == len(reply.prompt) and found.usage.completion_tokens == 12
    assert found.usage.total_tokens == len(reply.prompt) + 12
    assert ask(client, temperature=0.9, top_p=0.8, max_completion_tokens=12).choices[0].message.content == text


def test_streamed_it_is_the_same_text(client, tiny):
    whole = ask(client, temperature=1.0, max_tokens=20)
    chunks = list(ask(client, temperature=1.0, max_tokens=20, stream=True, stream_options={"include_usage": True}))
    assert chunks[0].choices[0].delta.role == "assistant" and len({chunk.id for chunk in chunks}) == 1
    assert "".join(c.delta.content or "" for chunk in chunks for c in chunk.choices) == whole.choices[0].message.content
    assert [c.finish_reason for chunk in chunks for c in chunk.choices if c.finish_reason] == ["length"]
    assert chunks[-1].usage == whole.usage and chunks[-1].choices == []
    assert all(chunk.usage is None for chunk in ask(client, max_tokens=3, stream=True)), "only where it is asked for"


def test_a_whole_reply_and_stop_texts(serving, scripted, tokenizer):
    tiny = serving(scripted("one two 🦊 three"), tokenizer)
    found = tiny.complete(n=1, user="me", frequency_penalty=0, tools=None, logprobs=False)[2]["choices"][0]
    assert found["message"]["content"] == "one two 🦊 three" and found["finish_reason"] == "stop"
    for stop in (" 🦊", ["zzz", " 🦊"]):
        found = tiny.complete(stop=stop)[2]["choices"][0]
        assert found["message"]["content"] == "one two" and found["finish_reason"] == "stop"


def test_parts_of_text_and_a_developer_are_understood(serving, scripted, tokenizer):
    model = scripted("yes")
    tiny = serving(model, tokenizer)
    messages = [{"role": "developer", "content": "Be brief."},
                {"role": "user", "content": [{"type": "text", "text": "Is it "}, {"type": "text", "text": "here?"}]}]
    status, _, found = tiny.ask("POST", "/v1/chat/completions", {"model": "tiny", "messages": messages, "saw": True})
    assert status == 200 and found["saw"]["ids"][:-1] == model.asked[-1]
    assert "".join(found["saw"]["tokens"]) == "<|system|>Be brief.<|user|>Is it here?<|assistant|>yes<|endoftext|>"


@pytest.mark.parametrize("options, param, words", [
    ({"temperature": 2.1}, "temperature", "temperature is 2.1; it is a number from 0 to 2"),
    ({"temperature": -0.1}, "temperature", "-0.1"), ({"temperature": "hot"}, "temperature", "'hot'"),
    ({"temperature": True}, "temperature", "True"), ({"top_p": 0}, "top_p", "above 0"),
    ({"top_p": 1.1}, "top_p", "1.1"), ({"min_p": 2}, "min_p", "2"),
    ({"max_tokens": 0}, "max_tokens", "1 or more"), ({"max_tokens": -5}, "max_tokens", "-5"),
    ({"max_completion_tokens": 0}, "max_completion_tokens", "1 or more"), ({"max_tokens": 2.5}, "max_tokens", "2.5"),
    ({"n": 2}, "n", "n is 2; one reply"), ({"n": True}, "n", "True"), ({"n": 0}, "n", "n is 0"),
    ({"seed": 2**70}, "seed", "64 bits"), ({"seed": "x"}, "seed", "'x'"),
    ({"stop": ""}, "stop", "stop is"), ({"stop": list("abcde")}, "stop", "up to 4"), ({"stop": [1]}, "stop", "stop is"),
    ({"stream": 1}, "stream", "true or false"), ({"stream_options": []}, "stream_options", "stream_options is"),
    ({"tools": [{"type": "function"}]}, "tools", "'tools' is not understood"),
    ({"response_format": {"type": "json_object"}}, "response_format", "not understood"),
    ({"messages": []}, "messages", "one at least"), ({"messages": "Hi"}, "messages", "'Hi'"),
    ({"messages": HELLO * 500}, "messages", "500 messages; 400"),
    ({"messages": [3]}, "messages[0]", "role and content"),
    ({"messages": [{"role": "user"}]}, "messages[0]", "role and content"),
    ({"messages": [{"role": "user", "content": 3}]}, "messages[0]", "content 3"),
    ({"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}, "messages[0]", "text is all"),
    ({"messages": [{"role": "user", "content": "a" * 20_001}]}, "messages[0]", "20,001 characters"),
    ({"messages": [{"role": "robot", "content": "Hi"}]}, "messages", "'robot'"),
    ({"messages": HELLO * 2}, "messages", "message 1 is of user, and it is the assistant's turn"),
    ({"messages": [*HELLO, {"role": "assistant", "content": "Mia"}]}, "messages", "a reply follows"),
    ({"messages": [{"role": "user", "content": "lamp " * 99}]}, "messages", "this model sees 64 at a time"),
    ({"messages": [{"role": "user", "content": "half \ud83e"}]}, "messages", "lone surrogate"),
])  # fmt: skip
@pytest.mark.parametrize("stream", [False, True])
def test_what_cannot_be_answered_is_said_in_openais_shape(tiny, options, param, words, stream):
    asked = {"model": "tiny", "messages": HELLO, "stream": stream, **options}
    status, _, found = tiny.ask("POST", "/v1/chat/completions", asked)
    assert status == 400 and found.keys() == {"error"} and found["error"].keys() == {"message", "type", "param", "code"}
    assert found["error"]["param"] == param and words in found["error"]["message"]
    assert found["error"]["type"] == "invalid_request_error"


def test_its_errors_are_the_clients(client, tiny):
    with pytest.raises(openai.BadRequestError, match="temperature is 3"):
        ask(client, temperature=3)
    with pytest.raises(openai.NotFoundError, match="'gpt-4' is not here") as caught:
        ask(client, model="gpt-4")
    assert caught.value.code == "model_not_found" and caught.value.param == "model"
    with pytest.raises(openai.BadRequestError) as caught:
        ask(client, messages=[{"role": "user", "content": "lamp " * 99}], stream=True)
    assert caught.value.code == "context_length_exceeded"
    with openai.OpenAI(base_url=f"http://127.0.0.1:{tiny.port}/v1", api_key="wrong", max_retries=0) as other:
        with pytest.raises(openai.AuthenticationError, match="token is missing or wrong"):
            ask(other)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3", b'{"model": "tiny"', b"\xff\xfe", b"[" * 5000,
                                  b'{"model": "tiny", "messages": [], "temperature": NaN}',
                                  b'{"model": "tiny", "temperature": Infinity}',
                                  b'{"model": "tiny", "top_p": -Infinity}'])
def test_what_is_no_json(tiny, body):
    status, _, found = tiny.ask("POST", "/v1/chat/completions", body)
    assert status == 400 and "the body is" in found["error"]["message"]


# -- who may ask ------------------------------------------------------------------------------------------------------

PLACES = [("GET", "/v1/models"), ("GET", "/v1/models/tiny"), ("POST", "/v1/chat/completions"),
          ("POST", "/v1/chat/completions/x/cancel"), ("GET", "/"), ("GET", "/nowhere")]


@pytest.mark.parametrize("method, path", PLACES)
@pytest.mark.parametrize("token", ["", "Bearer wrong", "Bearer a-secret-token2", "Basic a-secret-token",
                                   "a-secret-token", "Bearer a-secret-toke", "Bearer \xe9"])
def test_without_the_token_nothing_is_answered(tiny, method, path, token):
    headers = {"Authorization": token} if token else {}
    status, _, found = tiny.ask(method, path + "?token=wrong", b"{}" if method == "POST" else None, False, **headers)
    assert status == 401 and found["error"]["code"] == "invalid_api_key" and tiny.token not in str(found)


@pytest.mark.parametrize("method, path", [*PLACES, ("GET", "/page.js"), ("GET", "/chat.css")])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{port}",
                                  ""])
def test_another_host_is_refused(tiny, method, path, host):
    """A page from elsewhere whose name is made to lead here (DNS rebinding) has the name, not the address."""
    status, _, found = tiny.ask(method, f"{path}?token={tiny.token}", b"{}" if method == "POST" else None,
                                Host=host.format(port=tiny.port))
    assert status in (400, 403) and (status == 400 or "is not this server" in found["error"]["message"])


@pytest.mark.parametrize("method, path", [*PLACES, ("GET", "/page.js")])
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1",
                                    "http://127.0.0.1:{port}.evil.example", ""])
def test_another_origin_is_refused(tiny, method, path, origin):
    status, headers, found = tiny.ask(method, f"{path}?token={tiny.token}", b"{}" if method == "POST" else None,
                                      Origin=origin.format(port=tiny.port))
    assert status == 403 and "may not ask this server" in found["error"]["message"]
    assert not [name for name in headers if name.startswith("Access-Control")]


def test_its_own_names_and_origin_are_welcome(tiny):
    for name in ("127.0.0.1", "localhost", "LOCALHOST"):
        host = f"{name}:{tiny.port}"
        assert tiny.ask("GET", "/v1/models", Host=host, Origin=f"http://{host}")[0] == 200


def test_it_listens_on_loopback_only(tiny):
    assert [one.getsockname()[0] for one in tiny.server._sockets.values()] == ["127.0.0.1"]


def test_the_page_loads_nothing_from_elsewhere_and_no_other_page_may_hold_it(tiny):
    status, headers, text = tiny.ask("GET", f"/?token={tiny.token}", token=False)
    assert status == 200 and "http" not in text.replace("data-config", "")
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'; ")
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"] and "unsafe" not in str(headers)
    assert headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer"
    for name in ("page.js", "page.css", "chat.js", "chat.css"):
        status, headers, text = tiny.ask("GET", f"/{name}", token=False)
        assert status == 200 and tiny.token not in text and headers["X-Content-Type-Options"] == "nosniff"
        assert not [word for word in ("http:", "https:", "//cdn", "eval(", "innerHTML", "import(") if word in text]
    for path in ("/page.py", "/../api.py", "/static/page.html", "/page.html", "/..%2fapi.py"):
        assert tiny.ask("GET", path)[0] == 404


def test_what_stands_in_the_page_stays_text(serving, model, tokenizer):
    sly = '"><script>alert(1)</script>'
    tiny = serving(model, tokenizer, system=sly)
    text = tiny.ask("GET", f"/?token={tiny.token}", token=False)[2]
    assert "<script>alert" not in text and "&lt;script&gt;alert(1)" in text


# -- how much ---------------------------------------------------------------------------------------------------------


def test_too_large_a_body_is_refused_before_it_is_read(tiny):
    answer = tiny.begin("POST", "/v1/chat/completions", None, Content_Length=str(10**12))
    assert answer.status == 413 and "262,144 bytes" in json.loads(answer.read())["error"]["message"]
    body = json.dumps({"model": "tiny", "messages": HELLO, "user": "x" * 262_144}).encode()
    assert tiny.ask("POST", "/v1/chat/completions", body)[0] == 413
    parts = iter([b"x" * 65_536] * 9)  # of which the client does not say how many there are
    assert tiny.ask("POST", "/v1/chat/completions", parts)[0] == 413
    assert tiny.complete(max_tokens=2)[0] == 200


def test_other_methods_and_long_headers(tiny):
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        status, _, found = tiny.ask(method, "/v1/models")
        assert status == 405 and "error" in found
    assert tiny.ask("GET", "/v1/models", X_Long="x" * 5_000)[0] == 200


def endless(serving, scripted, tokenizer, seconds=0.01):
    return serving(scripted("word ", endless=True, seconds=seconds, window=4000), tokenizer)


def stream(tiny, **more):
    asked = {"model": "tiny", "messages": HELLO, "max_tokens": 3000, "stream": True, **more}
    return tiny.begin("POST", "/v1/chat/completions", asked)


def event(answer):
    line = answer.readline()
    while line == b"\n":
        line = answer.readline()
    assert line.startswith(b"data: "), line
    data = line[6:].strip()
    return data.decode() if data == b"[DONE]" else json.loads(data)


def events(answer):
    found = []
    while not found or found[-1] != "[DONE]":
        found.append(event(answer))
    return found


def test_one_reply_at_a_time_others_wait_and_more_are_turned_away(serving, scripted, tokenizer):
    tiny = endless(serving, scripted, tokenizer)
    model = tiny.desk.chat.model
    first = stream(tiny)
    for _ in range(4):
        event(first)
    waiting = [stream(tiny, max_tokens=4) for _ in range(serving_module.WAITING)]
    for answer in waiting:
        assert event(answer)["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    status, _, found = tiny.complete()
    assert status == 429 and found["error"]["code"] == "rate_limit_exceeded"
    assert tiny.ask("GET", "/v1/models")[0] == 200, "the event loop goes on meanwhile"
    longest = [len(row) for row in model.asked]
    assert longest == sorted(longest), "nobody else's text was read in between"
    first.line.close()
    for answer in waiting:
        assert events(answer)[-2]["choices"][0]["finish_reason"] == "length"
    until_true(lambda: not tiny.desk.stopping)
    assert tiny.complete(max_tokens=2)[0] == 200


def test_hanging_up_stops_the_reply(serving, scripted, tokenizer):
    tiny = endless(serving, scripted, tokenizer)
    for more in ({}, {"stream": False}):
        if more:
            line = threading.Thread(target=lambda: _hang_up(tiny), daemon=True)
            line.start()
            line.join(20)
        else:
            answer = stream(tiny)
            for _ in range(5):
                event(answer)
            answer.line.close()
            answer.close()
        until_true(lambda: not tiny.desk.stopping)
        read = len(tiny.desk.chat.model.asked)
        assert 0 < read < 2000
        threading.Event().wait(0.2)
        assert len(tiny.desk.chat.model.asked) <= read + 1


def _hang_up(tiny):
    """Ask for a reply that is not streamed, and go while it is written."""
    import socket

    body = json.dumps({"model": "tiny", "messages": HELLO, "max_tokens": 3000}).encode()
    with socket.create_connection(("127.0.0.1", tiny.port)) as line:
        line.sendall(f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:{tiny.port}\r\nAuthorization: Bearer "
                     f"{tiny.token}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        before = len(tiny.desk.chat.model.asked)
        until_true(lambda: len(tiny.desk.chat.model.asked) > before + 3)


def test_a_reply_is_cancelled_by_its_id_and_what_came_stays(serving, scripted, tokenizer):
    tiny = endless(serving, scripted, tokenizer)
    answer = stream(tiny, saw=True)
    id = event(answer)["id"]
    event(answer)
    waits = stream(tiny)  # one that waits can be cancelled too
    other = event(waits)["id"]
    for one in (other, id):
        assert tiny.ask("POST", f"/v1/chat/completions/{one}/cancel", b"")[2] == {"id": one, "cancelled": True}
    *_, last, done = events(answer)
    assert done == "[DONE]" and last["choices"][0]["finish_reason"] == "stop" and len(last["saw"]["ids"]) < 2000
    assert [one["choices"][0]["delta"] for one in events(waits)[:-1]] == [{}], "it never began"
    until_true(lambda: not tiny.desk.stopping)
    assert tiny.ask("POST", f"/v1/chat/completions/{id}/cancel", b"")[0] == 404


def test_a_model_that_breaks_is_said_and_the_next_is_answered(serving, scripted, tokenizer, caplog):
    model = scripted("one two three", fails_at=2)
    tiny = serving(model, tokenizer)
    status, _, found = tiny.complete()
    assert status == 500 and found["error"]["type"] == "server_error" and "weights" not in str(found)
    found = events(stream(tiny))
    assert found[-2]["error"]["type"] == "server_error"
    assert "the weights are gone" in caplog.text
    model.fails_at = None
    assert tiny.complete()[2]["choices"][0]["message"]["content"] == "one two three"


def test_a_port_that_is_taken_is_said(tiny, model, tokenizer):
    with pytest.raises(OSError, match=f"port {tiny.port} of 127.0.0.1 cannot be had .*--port 0"):
        serving_module.serve(tiny.desk.chat, tiny.port, print)


def test_a_vocabulary_without_names_for_the_roles_is_no_chat_model(tmp_path, model, monkeypatch):
    from course_lib.chat import models

    monkeypatch.setitem(models.chat_models, "plain", lambda: (model, story_vocabulary()))
    with pytest.raises(ValueError, match="plain has no chat template"):
        models.load_chat_model("plain")
    with pytest.raises(LookupError, match="no chat model 'nobody'.*assistant, storyteller, smollm2, plain"):
        models.load_chat_model("nobody")
    with pytest.raises(ValueError, match="another chat model named 'storyteller'"):
        models.register_chat_model("storyteller", lambda: None)
