"""Puts the datasets of a data.yaml into a folder, with a SHA256SUMS that lists every file.

fetch_datasets.py DATA_YAML TARGET [CACHE]

Everything that is wrong in data.yaml is told before anything is fetched. Files that come from the network are
believed only when their checksum is the one that data.yaml names; CACHE keeps them under it.
"""

import hashlib
import os
import re
import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import yaml

SUMS = "SHA256SUMS"
TIMEOUT_S = 60


class Mistake(Exception):
    """Something that its author can mend; the message is the whole story."""


def check(entries, folder):
    """All mistakes in the list, a line each."""
    if not isinstance(entries, list):
        return ["a list of datasets is expected"]
    mistakes, names = [], set()
    for number, entry in enumerate(entries, 1):
        if not isinstance(entry, dict):
            mistakes.append(f"entry {number}: `name` and `path` or `url` are expected")
            continue
        name = entry.get("name")
        where = f"entry {number} ({name})"
        mistakes += [f"{where}: unknown key `{key}`" for key in entry if key not in ("name", "path", "url", "sha256")]
        if not isinstance(name, str) or not re.fullmatch(r"\w[\w.+-]*", name) or name == SUMS:
            mistakes.append(f"{where}: `name` has to be a plain file name")
        elif name in names:
            mistakes.append(f"{where}: the name is taken by an entry above")
        names.add(str(name))
        if ("path" in entry) == ("url" in entry):
            mistakes.append(f"{where}: either `path` or `url`")
        elif "path" in entry:
            mistakes += check_path(where, entry, folder)
        elif not re.match(r"https?://[^/@]+/", str(entry["url"])):
            mistakes.append(f"{where}: `url` has to be http or https, without a password")
        if "url" in entry and "sha256" not in entry:
            mistakes.append(f"{where}: what comes from the network needs `sha256`")
        if "sha256" in entry and not re.fullmatch(r"[0-9a-f]{64}", str(entry["sha256"])):
            mistakes.append(f"{where}: `sha256` has 64 hexadecimal digits, in quotes")
    return mistakes


def check_path(where, entry, folder):
    source = (folder / str(entry["path"])).resolve()
    if not source.is_relative_to(folder.resolve()):
        return [f"{where}: `path` leaves the folder of data.yaml"]
    if not source.exists():
        return [f"{where}: there is no `{entry['path']}`"]
    if source.is_dir() and "sha256" in entry:
        return [f"{where}: a folder has no checksum of its own"]
    return []


def checksum(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def download(url, sha256, cache):
    """The path of a file with that content, fetched unless the cache has it."""
    kept = cache / sha256
    if kept.exists() and checksum(kept) == sha256:
        return kept
    handle, fresh = tempfile.mkstemp(dir=cache)
    try:
        with os.fdopen(handle, "wb") as file, urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            shutil.copyfileobj(answer, file)
        arrived = checksum(fresh)
        if arrived != sha256:
            raise Mistake(f"{url}: sha256 is {arrived}, data.yaml says {sha256}")
        os.replace(fresh, kept)
    except (urllib.error.URLError, TimeoutError) as error:
        raise Mistake(f"{url}: {error}") from error
    finally:
        Path(fresh).unlink(missing_ok=True)
    return kept


def fetch(data_yaml, target, cache):
    folder = data_yaml.parent
    entries = yaml.safe_load(data_yaml.read_text()) or []
    mistakes = check(entries, folder)
    if mistakes:
        raise Mistake("\n".join(mistakes))
    target.mkdir(parents=True, exist_ok=True)
    for entry in entries:
        destination = target / entry["name"]
        if "path" in entry and (folder / entry["path"]).is_dir():
            shutil.copytree(folder / entry["path"], destination)
            continue
        source = folder / entry["path"] if "path" in entry else download(entry["url"], entry["sha256"], cache)
        if checksum(source) != entry.get("sha256", checksum(source)):
            raise Mistake(f"{entry['path']}: sha256 is {checksum(source)}, data.yaml says {entry['sha256']}")
        shutil.copyfile(source, destination)
    files = sorted(path for path in target.rglob("*") if path.is_file() and path.name != SUMS)
    lines = [f"{checksum(path)}  {path.relative_to(target)}\n" for path in files]
    (target / SUMS).write_text("".join(lines))
    # Everybody may read them, and nobody changes what all share.
    for path in [target, *target.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return len(files)


def main(data_yaml, target, cache=None):
    with tempfile.TemporaryDirectory() as own:
        try:
            count = fetch(Path(data_yaml), Path(target), Path(cache or own))
        except (Mistake, yaml.YAMLError, OSError) as error:
            sys.exit("\n".join(f"{data_yaml}: {line}" for line in str(error).splitlines()))
    print(f"{count} {'file' if count == 1 else 'files'} in {target}")


if __name__ == "__main__":
    main(*sys.argv[1:])
