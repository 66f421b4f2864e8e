"""What a zero-to-jupyterhub chart hands to the hub, read from the files that it mounts.

Chart values lie in secret/values.yaml, names of the chart's resources in config/, one file each.
Written for this test; it has the names under which charts' configuration is written.
"""

import os
from functools import cache
from pathlib import Path

import yaml

mounted = Path("/usr/local/etc/jupyterhub")


@cache
def values() -> dict:
    """The chart's values; those of an existing secret win."""
    merged = {}
    for folder in ("secret", "existing-secret"):
        file = mounted / folder / "values.yaml"
        if file.exists():
            merged |= yaml.safe_load(file.read_text())
    return merged


def get_config(key: str, default=None):
    """The value at a path such as `singleuser.memory.limit`."""
    found = values()
    for part in key.split("."):
        if not isinstance(found, dict) or part not in found:
            return default
        found = found[part]
    return found


def set_config_if_not_none(section, trait: str, key: str) -> None:
    """Sets a trait where the chart has a value for it."""
    value = get_config(key)
    if value is not None:
        setattr(section, trait, value)


def get_name(resource: str) -> str:
    """The full name of one of the chart's resources."""
    return (mounted / "config" / resource).read_text()


def get_name_env(resource: str, suffix: str = "") -> str:
    """The variable that Kubernetes sets for a service of the chart, such as HUB_SERVICE_PORT."""
    return os.environ[(get_name(resource) + suffix).upper().replace("-", "_")]
