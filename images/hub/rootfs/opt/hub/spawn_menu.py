"""The spawn page's menu of notebook directories, and the check of what comes back from it.

An operator offers a directory by an annotation on the user's namespace:
    notebook-dir.hub/<label>: <path in the home>
The check is made when the form arrives and again when the server starts, because the hub's API
accepts a choice without any form. KubeSpawner's list of profiles, where there is one, stands above the menu.
"""

import posixpath
from html import escape

from namespace_annotations import AnnotationsUnavailable, get_namespace_annotations

PREFIX = "notebook-dir.hub/"
HOME = "/home/jovyan"
FIELD = "notebook_dir"


def validate_notebook_dir(path: str, home: str = HOME) -> str:
    """The directory as an absolute path inside the home; an empty one is the home itself.

    Raises ValueError for everything else, with a message for the user.
    """
    if not isinstance(path, str):
        raise ValueError("The notebook directory must be text.")
    if any(ord(character) < 32 or ord(character) == 127 for character in path):
        raise ValueError("The notebook directory contains a control character.")
    # JupyterHub fills in {names} later, and the server expands ~ and variables.
    if any(character in path for character in "{}~$%\\"):
        raise ValueError(f"The notebook directory {path!r} contains one of {{ }} ~ $ % \\.")
    if ".." in path.split("/"):
        raise ValueError(f"The notebook directory {path!r} leads upwards.")
    if len(path) > 1024:
        raise ValueError("The notebook directory is longer than 1024 characters.")
    full = posixpath.normpath(posixpath.join(home, path))
    if full != home and not full.startswith(home + "/"):
        raise ValueError(f"The notebook directory {path!r} is not in {home}.")
    return full


def directories(annotations: dict[str, str]) -> list[tuple[str, str]]:
    """Label and directory of each valid offer, the home first, then by label."""
    offers = [("Home", HOME)]
    for key in sorted(annotations):
        if not key.startswith(PREFIX):
            continue
        try:
            offers.append((key.removeprefix(PREFIX), validate_notebook_dir(annotations[key])))
        except ValueError:
            continue
    return offers


def render(offers: list[tuple[str, str]]) -> str:
    """The form's HTML; empty where there is nothing to choose, so that the server starts at once."""
    if len(offers) < 2:
        return ""
    options = "".join(f'<option value="{escape(path)}">{escape(label)}</option>' for label, path in offers)
    return (
        f'<label for="{FIELD}">Open the notebooks in</label>'
        f'<select class="form-control" id="{FIELD}" name="{FIELD}">{options}</select>'
    )


async def options_form(spawner) -> str:
    """Hook of the hub: the page before a server starts. A cluster's trouble never keeps it away."""
    profiles = await profile_form(spawner)
    try:
        annotations = await get_namespace_annotations(spawner.user.name)
    except AnnotationsUnavailable as error:
        spawner.log.warning("no menu of notebook directories: %s", error)
        return profiles
    return profiles + render(directories(annotations))


async def profile_form(spawner) -> str:
    """KubeSpawner's own form for its profile_list; our hook would hide it otherwise."""
    if not getattr(spawner, "profile_list", None):
        return ""
    form = spawner.trait_defaults("options_form")
    return await form(spawner) if callable(form) else form


def options_from_form(formdata: dict[str, list[str]], spawner=None) -> dict[str, str]:
    """Hook of the hub: the form's fields as options. A ValueError is shown on the page."""
    options = {FIELD: validate_notebook_dir(formdata.get(FIELD, [""])[0])}
    if getattr(spawner, "profile_list", None):
        others = {name: values for name, values in formdata.items() if name != FIELD}
        options |= spawner.trait_defaults("options_from_form")(others)
    return options


def apply_user_options(spawner, user_options: dict) -> None:
    """Hook of the hub: the options, from the form or from its API, take effect on the server."""
    if FIELD in user_options:
        spawner.notebook_dir = validate_notebook_dir(user_options[FIELD])
