# hub.extraConfig of this test. The pod is KubeSpawner's own manifest; a test on the other side of POD_HOST_URL makes
# it of containers, so that the hub needs neither a cluster nor an engine's socket.
import json
import os

from kubernetes_asyncio.client import ApiClient
from kubespawner import KubeSpawner
from tornado.httpclient import AsyncHTTPClient, HTTPClientError

from spawn_menu import apply_user_options, options_form, options_from_form


class PostingSpawner(KubeSpawner):
    """Hands the manifest of a user's pod to whoever makes pods here."""

    def start(self):
        return self._post()

    async def _post(self):
        await self.load_user_options()
        pod = await self.get_pod_manifest()
        async with ApiClient() as client:
            manifest = client.sanitize_for_serialization(pod)
        answer = await self._ask("POST", "/pods", manifest)
        return answer["url"]

    async def poll(self):
        answer = await self._ask("GET", f"/pods/{self.pod_name}")
        return answer["exitCode"]

    async def stop(self, now=False):
        await self._ask("DELETE", f"/pods/{self.pod_name}")

    async def progress(self):
        yield {"message": "The pod was asked for."}

    async def _ask(self, method, path, body=None):
        request = {
            "method": method,
            "headers": {"Authorization": f"Bearer {os.environ['POD_HOST_TOKEN']}"},
            "body": None if body is None else json.dumps(body),
            "request_timeout": self.start_timeout,
        }
        try:
            answer = await AsyncHTTPClient().fetch(os.environ["POD_HOST_URL"] + path, **request)
        except HTTPClientError as error:
            reason = error.response.body.decode() if error.response else str(error)
            raise RuntimeError(f"{method} {path}: {reason}") from error
        return json.loads(answer.body)


c.JupyterHub.spawner_class = PostingSpawner
c.Spawner.options_form = options_form
c.Spawner.options_from_form = options_from_form
c.Spawner.apply_user_options = apply_user_options

# Students are people of their own in the exchange: a site's user ids come from its directory.
user_ids = json.loads(os.environ["USER_IDS"])
c.KubeSpawner.uid = lambda spawner: user_ids.get(spawner.user.name, 1000)
