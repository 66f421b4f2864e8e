"""Defaults of every server; the hub's environment and the command line win over them."""

c = get_config()  # noqa: F821

# A container's own loopback cannot be reached from outside.
c.ServerApp.ip = "0.0.0.0"
c.ServerApp.open_browser = False
