"""Accounts and servers in this very container, where it was started as root to develop on."""

import os
import pwd
import socket

c = get_config()  # noqa: F821

if os.getuid() == 0:
    c.JupyterHub.authenticator_class = "pam"
    c.PAMAuthenticator.service = "hub-dev"
    # Sessions are for machines that people log in to.
    c.PAMAuthenticator.open_sessions = False
    c.Authenticator.allowed_users = {user.pw_name for user in pwd.getpwall() if user.pw_dir.startswith("/s/")}
    c.Authenticator.admin_users = set(os.environ.get("HUB_DEV_ADMINS", "").split())

    c.JupyterHub.spawner_class = "localprocess"
    # The proxy is another container.
    c.Spawner.ip = socket.gethostbyname(socket.gethostname())
    c.Spawner.default_url = "/lab"
    c.Spawner.cmd = ["jupyterhub-singleuser"]
    # The form of the hub asks a cluster.
    c.Spawner.options_form = ""
