"""nbgrader for students: fetch and submit through the exchange."""

import os

c = get_config()  # noqa: F821

c.Exchange.root = "/srv/nbgrader/exchange"
c.CourseDirectory.course_id = os.environ.get("COURSE_NAME", "")

# Whose work it is. nbgrader itself asks the passwd file, which knows nobody where each user has an id of their own.
if os.environ.get("JUPYTERHUB_USER"):
    c.CourseDirectory.student_id = os.environ["JUPYTERHUB_USER"]
