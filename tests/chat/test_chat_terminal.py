"""`course chat` in a terminal and through a pipe: what is said, what is not, and how one stops."""

import io
import os
import signal
import subprocess
import sys
import threading

import pytest
from click.testing import CliRunner
from rich.console import Console

from course_lib.chat import Conversation, models
from course_lib.chat.terminal import talk
from course_lib.cli import main


def said(conversation, *lines, terminal=False):
    """What a talk writes. terminal: as if somebody typed"""
    out = io.StringIO()
    console = Console(file=out, force_terminal=terminal, color_system=None, width=60)
    if terminal:
        typed = iter(lines)

        def ask(prompt):
            out.write("you › ")
            line = next(typed, EOFError())
            if isinstance(line, BaseException):
                raise line
            return line

        console.input = ask
    talk(conversation, console, None if terminal else lines)
    return out.getvalue()


def test_a_pipe_gets_the_replies_and_nothing_else(tokenizer, scripted, capsys):
    conversation = Conversation(scripted("the lamp"), tokenizer)
    assert said(conversation, "Who?\n", "\n", "  \n", "/nonsense\n", "/help\n", "Where?") == "the lamp\nthe lamp\n"
    beside = capsys.readouterr().err
    assert "There is no command /nonsense" in beside and "Ctrl-C stops a reply" in beside
    assert [m["content"] for m in conversation.messages] == ["Who?", "the lamp", "Where?", "the lamp"]


def test_in_a_terminal_the_commands_work(tokenizer, scripted):
    conversation = Conversation(scripted("the <lamp> [bold]is[/bold] :smile:"), tokenizer)
    out = said(conversation, "/saw", "Who?", "/saw", "/new", "/saw", KeyboardInterrupt(), terminal=True)
    assert "the <lamp> [bold]is[/bold] :smile:\n" in out, "no markup is made of what a model says"
    assert out.count("It has seen nothing yet.") == 2 and "A new conversation." in out
    assert "<|user|>Who?<|assistant|>the <lamp>" in out and "2048 " in out and "the window holds 64" in out
    assert "Ctrl-D ends the conversation." in out
    assert conversation.messages == []


def test_a_long_reply_is_not_broken_and_a_model_steers_no_terminal(tokenizer, scripted):
    text = "word " * 20 + "\x1b[2J\x07\u202e end\ttab"
    conversation = Conversation(scripted(text, window=200), tokenizer)
    assert said(conversation, "Go") == "word " * 20 + "�[2J�� end\ttab\n"


def test_what_cannot_be_said_is_told_and_it_goes_on(tokenizer, scripted, capsys):
    conversation = Conversation(scripted("yes"), tokenizer)
    assert said(conversation, "lamp " * 90, "Is it?", "half \udce9 a letter") == "yes\nyes\n"
    assert "say it in fewer words" in capsys.readouterr().err
    assert conversation.messages[-2]["content"] == "half ? a letter"


@pytest.mark.skipif(sys.platform == "win32", reason="a process cannot send itself Ctrl-C there")
def test_ctrl_c_stops_the_reply_and_not_the_conversation(tokenizer, scripted):
    before = signal.getsignal(signal.SIGINT)
    conversation = Conversation(scripted("word ", endless=True, seconds=0.01, window=4000), tokenizer, max_tokens=3000)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    out = said(conversation, "Go on", "/new", terminal=True)
    assert "[stopped]" in out and "A new conversation." in out and 2 < out.count("word ") < 1000
    assert signal.getsignal(signal.SIGINT) is before


# -- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def course(monkeypatch, model, tokenizer):
    monkeypatch.setitem(models.chat_models, "assistant", lambda: print("whose it is") or (model, tokenizer))
    return lambda *arguments, **options: CliRunner().invoke(main, ["chat", *arguments], **options)


def test_lines_are_answered_and_a_seed_says_the_same_again(course):
    first = course("--seed", "3", "--temperature", "1", input="Who?\nWhere?\n")
    assert first.exit_code == 0 and first.stdout and "whose it is" in first.stderr
    assert "whose it is" not in first.stdout and "you ›" not in first.stdout
    assert course("--seed", "3", "--temperature", "1", input="Who?\nWhere?\n").stdout == first.stdout
    assert course("--seed", "4", "--temperature", "1", input="Who?\nWhere?\n").stdout != first.stdout


def test_a_system_message_stands_first(course):
    out = course("--seed", "3", "--system", "Be brief.", input="Who?\n/saw\n").stdout
    assert "<|system|>Be brief.<|user|>Who?<|assistant|>" in out


@pytest.mark.parametrize("arguments, words", [
    (("--model", "nobody"), "no chat model 'nobody'"), (("--temperature", "nan"), "temperature is nan"),
    (("--temperature", "-1"), "temperature is -1"), (("--seed", str(2**70)), "64 bits"),
])  # fmt: skip
@pytest.mark.parametrize("more", [(), ("--web", "--port", "0")])
def test_what_is_wrong_is_said_in_a_sentence(course, arguments, words, more):
    found = course(*arguments, *more, input="")
    assert found.exit_code == 1 and words in found.stderr and "Traceback" not in found.output


def test_a_run_without_the_tokens_of_a_chat_is_refused(course, tmp_path):
    from course_lib import bpe, gpt
    from course_lib.training import train

    plain = bpe.BPE([], ("<|endoftext|>",))
    tiny = gpt.GPT(gpt.Config(257, context_length=8, d_model=4, n_heads=2, n_layers=1))
    train(tiny, plain, ["once upon a time"] * 4, ["once upon a time"], steps=1, batch_size=2, run=tmp_path / "run",
          progress=False)
    found = course("--model", str(tmp_path / "run"), input="")
    assert found.exit_code == 1 and "has no chat template" in found.stderr and "<|user|>" in found.stderr
    (tmp_path / "empty").mkdir()
    found = course("--model", str(tmp_path / "empty"), input="")
    assert found.exit_code == 1 and "no checkpoint was written there" in found.stderr


@pytest.mark.slow
def test_the_command_itself_answers_a_pipe():
    command = [sys.executable, "-c", "from course_lib.cli import main; main()", "chat", "--model", "storyteller"]
    ran = subprocess.run([*command, "--seed", "1"], input="Tell a story.\n", capture_output=True, text=True,
                         encoding="utf-8", timeout=300)
    assert ran.returncode == 0 and len(ran.stdout) > 40 and "the course's storyteller" in ran.stderr
