"""Texts that are fetched once: from the network or from the cache, the right ones, going on where a download broke."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """A text to fetch, and how to know that it is the one."""

    url: str
    size: int  # bytes
    sha256: str


SOURCES = {
    "shakespeare": Source(
        "https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
        1_115_394,
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
    ),
    "verdict": Source(
        "https://raw.githubusercontent.com/rasbt/LLMs-from-scratch/main/ch02/01_main-chapter-code/the-verdict.txt",
        20_479,
        "b41e41a68f0398a3154ae69e2e4c0e2694e17fe0d66730536837f1b01935b31f",
    ),
}


def cache_folder():
    """Where fetched texts are kept: the folder that COURSE_CACHE names, or the usual place of this system."""
    import pooch

    return Path(os.environ.get("COURSE_CACHE") or pooch.os_cache("small-world"))


def fetch(name, sources=None, folder=None):
    """The path of a fetched text: from the cache, or over the network, going on where a broken download stopped.

    sources: {name: Source}; None: the course's own, SOURCES
    folder: the cache; None: `cache_folder()`
    raises: ConnectionError where it cannot be had, ValueError where something else came; neither leaves a wrong file
    """
    import pooch  # with requests half a second, which only a download needs

    source = (sources or SOURCES)[name]
    folder = Path(folder) if folder else cache_folder()
    pooch.get_logger().setLevel("WARNING")  # the progress bar says it all
    file = f"{name}.txt"
    keeper = pooch.create(path=folder, base_url="", registry={file: f"sha256:{source.sha256}"}, urls={file: source.url},
                          retry_if_failed=2)
    try:
        return Path(keeper.fetch(file, downloader=Resuming(name, source, folder / f"{file}.part")))
    except OSError as error:
        raise ConnectionError(
            f"{name} could not be fetched from {source.url}: {error}\nTo go on without it: corpus('python-docs') is "
            "real text and corpus('stories') the course's own, both are there offline. Or fetch the file with a "
            "browser and give its path: corpus('Downloads/the-file.txt'). A broken download goes on where it stopped"
        ) from error
    except ValueError as error:
        raise ValueError(
            f"what came from {source.url} is not {name}: its SHA-256 is not the one this course knows. Often a proxy "
            "or a login page of the network answers instead. Nothing was kept: try again from another network, or "
            "go on with corpus('python-docs') or corpus('stories')"
        ) from error


class Resuming:
    """A downloader for pooch. pooch keeps the cache, checks the hash and tries again; this asks for the missing rest.

    What has come is kept beside the cache's file under `part` until it is complete, also if the kernel is stopped.
    """

    def __init__(self, name, source, part):
        self.name, self.source, self.part = name, source, part

    def __call__(self, url, output_file, pooch):
        import requests
        from tqdm.auto import tqdm

        have = self.part.stat().st_size if self.part.exists() else 0
        headers = {"Accept-Encoding": "identity"}  # a compressed answer would count other bytes
        if have:
            headers["Range"] = f"bytes={have}-"
        try:
            answer = requests.get(url, headers=headers, stream=True, timeout=(10, 30))
        except requests.RequestException as error:  # no answer at all: to ask again at once would not help
            raise ConnectionError(f"no answer ({type(error).__name__})") from error
        with answer:
            if answer.status_code == 416:  # the server has no such rest: what we have is not the file's beginning
                self.part.unlink()
                raise ValueError("the part that was kept does not belong to this file")
            if not answer.ok:
                raise ConnectionError(f"the server answered {answer.status_code} {answer.reason}")
            goes_on = answer.status_code == 206 and answer.headers.get("Content-Range", "").startswith(f"bytes {have}-")
            have = have if goes_on else 0  # many servers send the whole file instead
            broken = None
            with (
                open(self.part, "ab" if goes_on else "wb") as file,
                tqdm(desc=self.name, initial=have, total=self.source.size, unit="B", unit_scale=True) as bar,
            ):
                try:
                    for chunk in answer.iter_content(8192):  # at most so much of a broken answer is lost
                        file.write(chunk)
                        bar.update(len(chunk))
                except requests.RequestException as error:
                    broken = error
        size = self.part.stat().st_size
        if broken or size < have + int(answer.headers.get("Content-Length", 0)):
            raise requests.ConnectionError(f"it broke off after {size:,} of {self.source.size:,} bytes") from broken
        os.replace(self.part, output_file)  # complete, right or wrong: pooch looks at the hash
