"""nbgrader for instructors: assignments and the gradebook lie in the home, under nbgrader/<course>."""

import os

c = get_config()  # noqa: F821

course = os.environ.get("COURSE_NAME", "")

c.Exchange.root = "/srv/nbgrader/exchange"
c.CourseDirectory.course_id = course
c.CourseDirectory.root = os.path.join(os.path.expanduser("~"), "nbgrader", course)

# The formgrader opens its database there at once, and a new home is empty.
os.makedirs(c.CourseDirectory.root, exist_ok=True)
