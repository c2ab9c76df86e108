"""Conversations out of the world, with the answers that it knows: questions about stories, and wishes for them."""

from course_lib import stories
from course_lib.stories.telling import follow

KINDS = ("holder", "nobody", "kind", "place", "colour", "ending")  # of questions; nobody: a holder, but there is none


def said(role, content):
    """One message."""
    return {"role": role, "content": content}


def questions(plot, sentences=None):
    """What can be asked once so much of a plot's story is told: a list of `stories.Question`.

    sentences: None means all of it. Of less, only what is settled by then is asked, and who has what is answered as it
        is at that point; how the story ends is asked of whole stories alone
    """
    whole = stories.questions(plot)
    if sentences is None:
        return whole
    state, held = follow(plot), stories.holders(plot)[sentences - 1]
    names = {state.facts[key]: key for key in ("hero", "friend", "stranger") if key in state.facts}
    settled = {key for key, since in state.since.items() if since <= sentences}
    found = [stories.Question(f"Who has the {thing} now?", who or "nobody", "holder") for thing, who in held.items()]
    for question in whole:
        named = question.text.removesuffix("?").split()[-1]
        if question.kind == "kind" and f"{names[named]}.kind" in settled or (
                question.kind in ("place", "colour") and question.kind in settled):
            found.append(question)
    return found


def kind_of(question):
    """The kind of a question, one of `KINDS`."""
    return "nobody" if question.answer == "nobody" else question.kind


def ask(plot, question, sentences=None):
    """A story, or so much of it, with a question behind it: the messages, and the answer."""
    told = stories.beginning(plot, len(plot.sentences) if sentences is None else sentences)
    return [said("user", f"{told}\n{question.text}")], question.answer


def talk(plot, dice, sentences=None):
    """A story, and all that can be asked about it, in a random order, each with its answer. returns: messages"""
    asked = questions(plot, sentences)
    dice.shuffle(asked)
    messages = []
    for question in asked:
        turn = [said("user", question.text)] if messages else ask(plot, question, sentences)[0]
        messages += [*turn, said("assistant", question.answer)]
    return messages


def alone(plot):
    """Sentences of a story, each by itself with a question that it settles. returns: [(messages, answer), …]"""
    found, before = [], []
    for sentences in range(1, len(plot.sentences) + 1):
        now = questions(plot, sentences)
        text = stories.beginning(plot, sentences).removeprefix(stories.beginning(plot, sentences - 1)).strip()
        for question in now:
            if question not in before and question.answer.split()[-1] in f"{text} nobody":
                found.append(([said("user", f"{text}\n{question.text}")], question.answer))
        before = now
    return found


def wish(plot):
    """A wish for a story, and the plot's own story as the answer. returns: messages"""
    return [said("user", stories.instruction(plot)), said("assistant", stories.tell(plot))]


def exam(plots):
    """{kind: [(messages, answer), …]}: of each plot the first question of each kind about its story."""
    found = {kind: [] for kind in KINDS}
    for plot in plots:
        first = {}
        for question in stories.questions(plot):
            first.setdefault(kind_of(question), question)
        for kind, question in first.items():
            found[kind].append(ask(plot, question))
    return found
