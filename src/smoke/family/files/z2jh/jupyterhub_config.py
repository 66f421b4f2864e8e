"""The hub's configuration from a chart's values, in the file layout of zero-to-jupyterhub.

Written for this test: the part of the chart that a family of images has to get along with.
"""

import os
import sys
from pathlib import Path

from tornado.httpclient import AsyncHTTPClient

c = get_config()  # noqa: F821

here = Path(__file__).parent
sys.path.insert(0, str(here))
import z2jh  # noqa: E402

# The chart asks for curl's client: an image without pycurl does not come up.
AsyncHTTPClient.configure("tornado.curl_httpclient.CurlAsyncHTTPClient")

c.ConfigurableHTTPProxy.api_url = f"http://{z2jh.get_name('proxy-api')}:{z2jh.get_name_env('proxy-api', '_SERVICE_PORT')}"
c.ConfigurableHTTPProxy.should_start = False
c.JupyterHub.cleanup_servers = False
c.JupyterHub.last_activity_interval = 60
c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
c.JupyterHub.db_url = "sqlite:///jupyterhub.sqlite"
c.JupyterHub.hub_bind_url = "http://:8081"
c.JupyterHub.hub_connect_url = f"http://{z2jh.get_name('hub')}:{z2jh.get_name_env('hub', '_SERVICE_PORT')}"

c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.namespace = os.environ["POD_NAMESPACE"]
c.KubeSpawner.allow_privilege_escalation = z2jh.get_config("singleuser.allowPrivilegeEscalation", False)
for trait, key in {
    "cmd": "cmd",
    "cpu_limit": "cpu.limit",
    "default_url": "defaultUrl",
    "environment": "extraEnv",
    "extra_containers": "extraContainers",
    "fs_gid": "fsGid",
    "mem_guarantee": "memory.guarantee",
    "mem_limit": "memory.limit",
    "profile_list": "profileList",
    "start_timeout": "startTimeout",
    "uid": "uid",
}.items():
    z2jh.set_config_if_not_none(c.KubeSpawner, trait, f"singleuser.{key}")

c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.pvc_name_template = "claim-{user_server}"
c.KubeSpawner.volumes = [
    {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}},
    *z2jh.get_config("singleuser.storage.extraVolumes", []),
]
c.KubeSpawner.volume_mounts = [
    {"name": "home", "mountPath": z2jh.get_config("singleuser.storage.homeMountPath")},
    *z2jh.get_config("singleuser.storage.extraVolumeMounts", []),
]

c.JupyterHub.services = [
    {"name": name, "api_token": service["apiToken"]} for name, service in z2jh.get_config("hub.services", {}).items()
]
c.JupyterHub.load_roles = [
    {"name": name, **role} for name, role in z2jh.get_config("hub.loadRoles", {}).items()
]

for section, traits in z2jh.get_config("hub.config", {}).items():
    c[section].update(traits)

for extra in sorted((here / "jupyterhub_config.d").glob("*.py")):
    load_subconfig(str(extra))  # noqa: F821

for name, code in sorted(z2jh.get_config("hub.extraConfig", {}).items()):
    exec(compile(code, name, "exec"), {**globals(), "c": c})
