"""A chat template: how a conversation becomes one row of ids, which says who speaks by tokens that no text can make.

Messages are [{"role": "system", "user" or "assistant", "content": str}, …], as every chat program has them. An optional
system message stands first, then user and assistant take turns.
"""

from dataclasses import dataclass, field

from course_lib.bpe import END
from course_lib.training.storyteller import CHAT

ROLES = tuple(name[2:-2] for name in CHAT)  # user, assistant, system


@dataclass(frozen=True)
class Template:
    """The tokens that a model was taught to see around each message.

    opens: {role: the special token before its message}   closes: {role: the special token after it}, "assistant" always
        among them: a model says it when its reply is done
    heading: {role: plain text between the token and the content}   gap: plain text after each token that closes
    Other models have others: ChatML, for instance, opens each message with <|im_start|> and the role's name on a line.
    """

    name: str
    opens: dict
    closes: dict
    heading: dict = field(default_factory=dict)
    gap: str = ""

    @property
    def special(self):
        """The special tokens that a vocabulary must have."""
        return tuple(dict.fromkeys([*self.opens.values(), *self.closes.values()]))

    @property
    def end(self):
        """The special token that ends a reply."""
        return self.closes["assistant"]


STORY = Template("story", opens=dict(zip(ROLES, CHAT, strict=True)), closes={"assistant": END})
TEMPLATES = []


def register_template(template):
    """Let vocabularies that have all its special tokens be known by it. returns: template

    raises: ValueError where another template has its name
    """
    if any(known.name == template.name and known != template for known in TEMPLATES):
        raise ValueError(f"there is another chat template named {template.name!r}; give this one another name")
    if template not in TEMPLATES:
        TEMPLATES.append(template)
    return template


register_template(STORY)


def template_of(tokenizer):
    """The registered template that a vocabulary is made for; None where it has the special tokens of none."""
    special = getattr(tokenizer, "special", {})
    return next((template for template in TEMPLATES if set(template.special) <= set(special)), None)


def check_messages(messages, tokenizer, reply=False, template=STORY):
    """Refuse what is no conversation, or what a vocabulary has no tokens for.

    raises: ValueError that names the message by its number, and says what is wrong and what is wanted
    """
    lacking = [name for name in template.special if name not in tokenizer.special]
    if lacking:
        raise ValueError(f"the vocabulary has no {', '.join(lacking)}, which the template {template.name!r} needs: "
                         "add them with tokenizer.with_special, and train a model of that size")
    if not isinstance(messages, (list, tuple)) or not messages:
        raise ValueError(f"messages are {messages!r:.60}; wanted is a list such as "
                         '[{"role": "user", "content": "Who has the lamp?"}]')
    for number, message in enumerate(messages):
        role, content = (message.get(key) if isinstance(message, dict) else None for key in ("role", "content"))
        if not isinstance(role, str) or role not in template.opens:
            raise ValueError(f"message {number} is {message!r:.80}; its role should be one of "
                             f"{', '.join(template.opens)}")
        if not isinstance(content, str):
            raise ValueError(f"message {number}, of {role}, has the content {content!r:.60}; it should be text")
        if role == "system" and number:
            raise ValueError(f"message {number} is of system, whose message can only be the first")
        turn = ("user", "assistant")[(number - (messages[0]["role"] == "system")) % 2]
        if role != "system" and role != turn:
            raise ValueError(f"message {number} is of {role}, and it is the {turn}'s turn: a user begins, and the two "
                             "take turns")
    if reply and role != "user":
        raise ValueError(f"a reply follows a message of user, and the last, number {number}, is of {role}")


def render(messages, tokenizer, reply=False, template=STORY):
    """A conversation as the ids that a model reads.

    messages: [{"role": str, "content": str}, …]   tokenizer: with the template's special tokens
    reply: whether the assistant is to answer now; then the ids end behind its token and heading
    template: what stands around each message: special tokens, by their names, in `opens` and
        `closes`; a `heading`, which is one text with the content; a `gap` behind what closes
    returns: list of ids. Heading and content come as plain text: a special token's name in them is
        a name, and never that token
    raises: ValueError for what is no conversation; `check_messages` looks at it first

    >>> from course_lib.bpe import BPE
    >>> letters = BPE([], ("<|endoftext|>", "<|user|>", "<|assistant|>", "<|system|>"))
    >>> turns = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Yo"}]
    >>> render(turns, letters), render(turns[:1], letters, reply=True)
    ([257, 72, 105, 258, 89, 111, 256], [257, 72, 105, 258])
    >>> from dataclasses import replace
    >>> other = replace(STORY, heading={"assistant": "A:"}, gap=" ")
    >>> render([*turns, turns[0]], letters, reply=True, template=other)
    [257, 72, 105, 258, 65, 58, 89, 111, 256, 32, 257, 72, 105, 258, 65, 58]
    """
    check_messages(messages, tokenizer, reply, template)
    ids, special = [], tokenizer.special
    for message in messages:
        role, content = message["role"], message["content"]
        ids.append(special[template.opens[role]])
        ids += tokenizer.encode(template.heading.get(role, "") + content)
        if role in template.closes:
            ids += [special[template.closes[role]], *tokenizer.encode(template.gap)]
    if reply:
        ids.append(special[template.opens["assistant"]])
        ids += tokenizer.encode(template.heading.get("assistant", ""))
    return ids
