"""The hub's configuration where no chart mounts another one over it.

Everything that differs from site to site comes from the environment, or from further files in
jupyterhub_config.d, which are read last, in the order of their names. The hub starts without a
cluster; KubeSpawner wants one as soon as somebody logs in, and the login page fails without.
"""

import os
import secrets
import ssl
import sys
from pathlib import Path

from spawn_menu import apply_user_options, options_form, options_from_form

c = get_config()  # noqa: F821
env = os.environ

# The hub listens for the proxy and for the servers; the proxy is a container of its own.
c.JupyterHub.hub_bind_url = "http://0.0.0.0:8081"
c.JupyterHub.hub_connect_url = env.get("HUB_CONNECT_URL", "http://hub:8081")
c.JupyterHub.cleanup_servers = False
c.JupyterHub.cleanup_proxy = False
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = env.get("PROXY_API_URL", "http://proxy-api:8001")
# The proxy has to be given the same token. Without one the hub starts, and a proxy that has one refuses it.
c.ConfigurableHTTPProxy.auth_token = env.get("CONFIGPROXY_AUTH_TOKEN") or secrets.token_hex(32)

# State: a volume at /srv/jupyterhub, or a database elsewhere.
c.JupyterHub.db_url = env.get("HUB_DB_URL", "sqlite:////srv/jupyterhub/jupyterhub.sqlite")
c.JupyterHub.cookie_secret_file = "/srv/jupyterhub/jupyterhub_cookie_secret"

# Nobody can log in until an authenticator is configured, here or in jupyterhub_config.d.
c.JupyterHub.authenticator_class = "null"
if env.get("LDAP_SERVER"):
    c.JupyterHub.authenticator_class = "ldap"
    c.LDAPAuthenticator.server_address = env["LDAP_SERVER"]
    if env.get("LDAP_PORT"):
        c.LDAPAuthenticator.server_port = int(env["LDAP_PORT"])
    # One template a line, such as uid={username},ou=people,dc=example,dc=org
    c.LDAPAuthenticator.bind_dn_template = env.get("LDAP_BIND_DN_TEMPLATE", "").splitlines()
    c.LDAPAuthenticator.tls_strategy = env.get("LDAP_TLS_STRATEGY", "before_bind")
    if env.get("LDAP_CA_FILE"):
        # ldap3 checks no certificate unless it is told to.
        c.LDAPAuthenticator.tls_kwargs = {"ca_certs_file": env["LDAP_CA_FILE"], "validate": ssl.CERT_REQUIRED}
    # Without one of these two JupyterHub turns everybody away.
    c.LDAPAuthenticator.allowed_groups = env.get("LDAP_ALLOWED_GROUPS", "").splitlines()
    c.LDAPAuthenticator.allow_all = env.get("LDAP_ALLOW_ALL", "") == "true"

# Servers as the images of this family expect them.
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.namespace = env.get("POD_NAMESPACE", "default")
c.KubeSpawner.cmd = ["jupyterhub-singleuser"]
c.KubeSpawner.uid = 1000
c.KubeSpawner.fs_gid = 100
c.KubeSpawner.allow_privilege_escalation = False
c.KubeSpawner.start_timeout = 300
if env.get("SINGLEUSER_IMAGE"):
    c.KubeSpawner.image = env["SINGLEUSER_IMAGE"]

c.Spawner.options_form = options_form
c.Spawner.options_from_form = options_from_form
c.Spawner.apply_user_options = apply_user_options

# Servers that nobody uses are stopped; 0 leaves them running.
idle_seconds = int(env.get("IDLE_TIMEOUT", "3600"))
if idle_seconds > 0:
    c.JupyterHub.services = [
        {
            "name": "idle-culler",
            "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={idle_seconds}"],
        }
    ]
    c.JupyterHub.load_roles = [
        {
            "name": "idle-culler",
            "services": ["idle-culler"],
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
        }
    ]

for extra in sorted(Path(__file__).parent.joinpath("jupyterhub_config.d").glob("*.py")):
    load_subconfig(str(extra))  # noqa: F821
