"""Reads the annotations of a user's Kubernetes namespace. Knows nothing of the hub's pages."""

import os
import re

from kubernetes_asyncio import client, config
from kubernetes_asyncio.client.exceptions import ApiException

# What Kubernetes accepts as a namespace's name.
NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


class AnnotationsUnavailable(Exception):
    """The annotations could not be read; the message tells an operator why."""


def namespace_of(userid: str) -> str:
    """The namespace that belongs to a user: USER_NAMESPACE_TEMPLATE, by default the user's own name.

    Raises AnnotationsUnavailable for a name that no namespace can have: the API's path is made from it.
    """
    template = os.environ.get("USER_NAMESPACE_TEMPLATE", "{userid}")
    name = template.replace("{userid}", userid.lower())
    if not NAMESPACE.fullmatch(name):
        raise AnnotationsUnavailable(f"user {userid!r}: {name!r} cannot be a namespace's name")
    return name


async def get_namespace_annotations(userid: str) -> dict[str, str]:
    """The annotations of the user's namespace, empty where it has none.

    Asks the cluster that this process runs in, otherwise the one of the kubeconfig ($KUBECONFIG,
    ~/.kube/config). Raises AnnotationsUnavailable where there is no cluster, no such namespace,
    no permission, or no answer within five seconds.
    """
    namespace = namespace_of(userid)
    settings = await _cluster_settings()
    async with client.ApiClient(settings) as api:
        try:
            found = await client.CoreV1Api(api).read_namespace(namespace, _request_timeout=5)
        except ApiException as error:
            raise AnnotationsUnavailable(f"namespace {namespace}: {error.status} {error.reason}") from error
        except (OSError, TimeoutError) as error:
            raise AnnotationsUnavailable(f"namespace {namespace}: {error or type(error).__name__}") from error
    return found.metadata.annotations or {}


async def _cluster_settings() -> client.Configuration:
    settings = client.Configuration()
    try:
        config.load_incluster_config(client_configuration=settings)
        return settings
    except config.ConfigException:
        pass
    try:
        await config.load_kube_config(client_configuration=settings)
    except (config.ConfigException, OSError) as error:
        raise AnnotationsUnavailable(f"neither in a cluster nor with a kubeconfig: {error}") from error
    return settings
