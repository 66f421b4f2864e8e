"""An example for `hub.extraConfig`: a server runs as the owner of /s/USER/jupyterhub where that exists.

The hub needs /s mounted, read-only. Who has no such folder gets the usual uid; a folder of root's, or behind a
link, counts as none.
"""

import os
import stat

SCRATCH = "/s"


def run_as_owner(spawner):
    name = spawner.user.name
    if not name or name.startswith(".") or "/" in name:
        return
    try:
        seen = os.lstat(os.path.join(SCRATCH, name, "jupyterhub"))
    except OSError:
        return
    if stat.S_ISDIR(seen.st_mode) and seen.st_uid != 0:
        spawner.uid = seen.st_uid
        # The image's files belong to group 100; the site's own group comes beside it.
        spawner.gid = 100
        spawner.supplemental_gids = [seen.st_gid]


if "get_config" in globals():
    get_config().KubeSpawner.pre_spawn_hook = run_as_owner  # noqa: F821
