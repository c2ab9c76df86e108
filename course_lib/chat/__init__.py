"""Talking to a model: a conversation in a notebook, in a terminal, on a page of this machine, and for other programs.

`streaming.py` turns tokens into whole characters, `reply.py` writes one reply, `conversation.py` remembers the turns,
`models.py` says whom one can talk to; `terminal.py` and `server.py` are what `course chat` shows.
"""

from .conversation import Conversation
from .models import ChatModel, chat_models, load_chat_model, register_chat_model
from .reply import Reply, Settings

__all__ = ["ChatModel", "Conversation", "Reply", "Settings", "chat_models", "load_chat_model", "register_chat_model"]
