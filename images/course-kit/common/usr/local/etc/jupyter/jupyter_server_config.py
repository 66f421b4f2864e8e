"""Opens the course's repository: nbgitpuller brings it up to date, then JupyterLab shows it.

A default URL that the hub sets (JUPYTERHUB_DEFAULT_URL) wins over this one.
"""

import os
from urllib.parse import urlencode

c = get_config()  # noqa: F821

# A clone that was made with the image is complete, needs no network and no password.
LOCAL_CLONE = "/srv/course.git"

repo = LOCAL_CLONE if os.path.isdir(LOCAL_CLONE) else os.environ.get("COURSE_REPO", "")
name = os.environ.get("COURSE_NAME", "")
if repo and name and not os.environ.get("JUPYTERHUB_DEFAULT_URL"):
    query = {"repo": repo, "targetpath": name, "urlpath": f"lab/tree/{name}"}
    if os.environ.get("COURSE_REF"):
        query["branch"] = os.environ["COURSE_REF"]
    c.ServerApp.default_url = "/git-pull?" + urlencode(query)
