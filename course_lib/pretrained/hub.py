"""Where a model's files are: a folder here, or a name on the Hugging Face hub, from which they are fetched once."""

import importlib
import importlib.util
import re
from pathlib import Path

from .shards import CONFIG, INDEX, ONE, read_json

NAME = re.compile(r"[\w.-]+(?:/[\w.-]+)?")


def folder_of(source):
    """The folder with a model's config.json and safetensors.

    source: a folder, or a name such as "gpt2" or "HuggingFaceTB/SmolLM2-135M-Instruct", whose files the package
        huggingface_hub fetches and keeps. It is no part of the course.
    raises: FileNotFoundError where there is no such folder; ConnectionError where the hub cannot be asked
    """
    if Path(source).is_dir():
        return Path(source)
    name = str(source)
    if not NAME.fullmatch(name) or name.startswith("."):
        raise FileNotFoundError(f"{name} is no folder, and no name on the hub such as owner/model")
    if importlib.util.find_spec("huggingface_hub") is None:
        raise ConnectionError(f"{name} is no folder here, and to get it from the hub takes a package that is not "
                              "installed: pip install huggingface_hub. Or give a folder that has the files")
    hub = importlib.import_module("huggingface_hub")
    errors = importlib.import_module("huggingface_hub.errors")

    def get(file):
        return Path(hub.hf_hub_download(name, file))

    try:
        folder = get(CONFIG).parent
        try:
            get(ONE)
        except errors.EntryNotFoundError:
            index = get(INDEX)
            listed = read_json(index.read_bytes(), index).get("weight_map")
            for file in sorted({str(file) for file in listed.values()} if isinstance(listed, dict) else ()):
                get(file)
        return folder
    except Exception as error:  # each of the libraries below raises errors of its own
        if isinstance(error, errors.EntryNotFoundError) and not isinstance(error, errors.LocalEntryNotFoundError):
            raise FileNotFoundError(f"{name} on the hub has no safetensors; take another copy of the model") from None
        if type(error) is ValueError:  # of read_json
            raise
        raise ConnectionError(f"{name} is no folder here, and could not be had from the hub ({type(error).__name__}: "
                              f"{str(error).splitlines()[0] if str(error) else ''}). Connect to a network, or give a "
                              "folder that has its config.json and safetensors") from None
