"""A conversation in a terminal, or through a pipe: a line in, a reply out as it is written."""

import signal
import sys
from contextlib import contextmanager

HELP = """/new   begin anew     /saw   what the model saw in its last reply     /help   this
Ctrl-C stops a reply, Ctrl-D (on Windows Ctrl-Z and Enter) ends the conversation."""
ENDS = {"length": "cut: as long as it may be, or the window is full", "stopped": "stopped"}


def talk(conversation, console, lines=None):
    """Talk until there is nothing more to read.

    console: rich's   lines: what is said, line by line; None asks in the terminal. Then replies have no ornament
    """
    asking = lines is None
    say = Plain(console)
    if asking:
        say.quiet(HELP)
    for line in asked(console, say) if asking else (line.rstrip("\r\n") for line in lines):
        line = line.encode("utf-8", "replace").decode("utf-8")  # half a character, from a terminal of another encoding
        command = line.strip()
        if command == "/new":
            conversation.new()
            say.quiet("A new conversation.") if asking else None
        elif command == "/saw":
            saw(conversation, say)
        elif command == "/help":
            say.quiet(HELP)
        elif command.startswith("/"):
            say.quiet(f"There is no command {command.split()[0]}. {HELP}")
        elif command:
            answer(conversation, line, say, asking)


def asked(console, say):
    """The lines that somebody types, until Ctrl-D."""
    while True:
        try:
            yield console.input("[bold]you ›[/bold] ")
        except EOFError:
            console.print()
            return
        except KeyboardInterrupt:
            console.print()
            say.quiet("Ctrl-D ends the conversation.")


def answer(conversation, line, say, asking):
    """One reply. What cannot be said is told, and the conversation goes on."""
    try:
        with stopping(conversation.stop):
            for piece in conversation.say(line):
                say.text(piece)
    except ValueError as error:
        say.quiet(str(error))
        return
    say.text("\n")
    if asking and conversation.finish in ENDS:
        say.quiet(f"[{ENDS[conversation.finish]}]")
    if asking:
        say.text("\n")


def saw(conversation, say):
    """What the model saw, as text with its special tokens marked, and as ids."""
    seen = conversation.saw()
    if seen is None:
        say.quiet("It has seen nothing yet.")
        return
    special = set(seen["special"])
    for place, token in enumerate(seen["tokens"]):
        say.text(token, style="bold reverse" if place in special else "underline" if place >= seen["prompt"] else "")
    say.text("\n")
    say.text(" ".join(map(str, seen["ids"])) + "\n")
    say.quiet(f"{seen['prompt']} tokens, and {len(seen['ids']) - seen['prompt']} of the reply; the window holds "
              f"{seen['window']}; {seen['dropped']} of the oldest messages were out of view.")


class Plain:
    """Output in which a model's text stays text: no markup, and no signs that steer a terminal."""

    def __init__(self, console):
        self.console = console

    def text(self, text, style=""):
        """A text without a line end of its own, shown at once."""
        shown = "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)
        if style:
            self.console.print(shown, end="", style=style, markup=False, highlight=False, emoji=False, soft_wrap=True)
        else:  # letter by letter: rich would turn tabs into spaces
            self.console.file.write(shown)
        self.console.file.flush()

    def quiet(self, text):
        """A line of ours; in a pipe it goes where errors go, beside the replies."""
        if self.console.is_terminal:
            self.console.print(text, style="dim", markup=False, highlight=False)
        else:
            print(text, file=sys.stderr)


@contextmanager
def stopping(stop):
    """While it lasts, a Ctrl-C calls `stop`, and a second one is as always."""
    def first(number, frame):
        signal.signal(signal.SIGINT, before)
        stop()

    before = signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
