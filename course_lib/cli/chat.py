"""`course chat`: talk to a model in the terminal, or on a page of this machine."""

import sys
from contextlib import redirect_stdout

import click

from . import plainly


@click.command()
@click.option("--model", "name", default="assistant", show_default=True, metavar="NAME|FOLDER",
              help="A model by its name, or the folder of a run.")
@click.option("--temperature", default=0.5, show_default=True, help="1: as it has learned; 0: always the likeliest.")
@click.option("--seed", type=int, help="The same replies each time.")
@click.option("--system", metavar="TEXT", help="A message that stands before all turns.")
@click.option("--web", is_flag=True, help="Serve a page on this machine, and OpenAI's API for other programs.")
@click.option("--port", default=8890, show_default=True, type=click.IntRange(0, 65535), help="Of the page; 0: any.")
def chat(name, temperature, seed, system, web, port):
    """Talk to a model: your assistant, or the course's.

    Lines from a pipe are answered one by one; what is not a reply goes to standard error.
    """
    from course_lib.chat import Conversation, Settings, load_chat_model

    with plainly():
        with redirect_stdout(sys.stderr):  # whose model it is
            found = load_chat_model(name)
        if web:
            from course_lib.chat.server import serve

            serve(found, port, click.echo, Settings(temperature=temperature, seed=seed), system)
            return
        from rich.console import Console

        from course_lib.chat.terminal import talk

        talking = Conversation(found.model, found.tokenizer, template=found.template, system=system,
                               temperature=temperature, seed=seed)
        talk(talking, Console(), None if sys.stdin.isatty() else sys.stdin)
