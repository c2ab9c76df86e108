"""Instructions: a conversation as tokens, and a model that answers in it."""

from .template import STORY, Template, check_messages, register_template, render, template_of

__all__ = ["STORY", "Template", "check_messages", "register_template", "render", "template_of"]
