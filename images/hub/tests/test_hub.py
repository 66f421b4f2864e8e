"""Run in the image: docker run --rm -v $PWD/images/hub/tests:/tests:ro hub python3 -m unittest discover -v /tests"""

import asyncio
import json
import logging
import os
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from unittest.mock import patch

from kubespawner import KubeSpawner
from namespace_annotations import AnnotationsUnavailable, get_namespace_annotations, namespace_of
from spawn_menu import (
    HOME,
    apply_user_options,
    directories,
    options_form,
    options_from_form,
    render,
    validate_notebook_dir,
)

NAMESPACES = {
    "ann": {"notebook-dir.hub/physics": "courses/physics", "other": "x"},
    "bare": None,
}


class Cluster(BaseHTTPRequestHandler):
    """Answers as the Kubernetes API does for one namespace."""

    def do_GET(self):
        name = self.path.split("/")[-1]
        if self.path == f"/api/v1/namespaces/{name}" and name in NAMESPACES:
            body = {"kind": "Namespace", "metadata": {"name": name, "annotations": NAMESPACES[name]}}
            self.answer(200, body)
        elif name == "secret":
            self.answer(403, {"kind": "Status", "code": 403, "reason": "Forbidden"})
        else:
            self.answer(404, {"kind": "Status", "code": 404, "reason": "NotFound"})

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class WithCluster(unittest.TestCase):
    def setUp(self):
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Cluster)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.use_kubeconfig(f"http://127.0.0.1:{self.server.server_port}")

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()
        os.environ.pop("USER_NAMESPACE_TEMPLATE", None)

    def use_kubeconfig(self, server):
        file = tempfile.NamedTemporaryFile("w", suffix=".yaml", delete=False)
        self.addCleanup(os.unlink, file.name)
        json.dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "current-context": "t",
                "clusters": [{"name": "t", "cluster": {"server": server}}],
                "users": [{"name": "t", "user": {}}],
                "contexts": [{"name": "t", "context": {"cluster": "t", "user": "t"}}],
            },
            file,
        )
        file.close()
        os.environ["KUBECONFIG"] = file.name
        # kubernetes_asyncio reads KUBECONFIG once, at import.
        from kubernetes_asyncio.config import kube_config

        kube_config.KUBE_CONFIG_DEFAULT_LOCATION = file.name

    def read(self, userid):
        return asyncio.run(get_namespace_annotations(userid))

    def test_reads_the_annotations_of_the_users_namespace(self):
        self.assertEqual(self.read("ann")["notebook-dir.hub/physics"], "courses/physics")

    def test_a_namespace_without_annotations_is_empty(self):
        self.assertEqual(self.read("bare"), {})

    def test_the_template_makes_the_namespace(self):
        os.environ["USER_NAMESPACE_TEMPLATE"] = "jupyter-{userid}"
        self.assertEqual(namespace_of("Ann"), "jupyter-ann")

    def test_a_missing_namespace_is_told(self):
        with self.assertRaisesRegex(AnnotationsUnavailable, "namespace nobody: 404"):
            self.read("nobody")

    def test_a_forbidden_namespace_is_told(self):
        with self.assertRaisesRegex(AnnotationsUnavailable, "namespace secret: 403"):
            self.read("secret")

    def test_a_name_that_would_change_the_path_is_refused(self):
        for userid in ("../pods", "a/b", "", "a b", "x" * 64, "ann?x=1"):
            with self.assertRaises(AnnotationsUnavailable, msg=userid):
                self.read(userid)

    def test_a_cluster_that_does_not_answer_is_told(self):
        self.use_kubeconfig("http://127.0.0.1:1")
        with self.assertRaisesRegex(AnnotationsUnavailable, "namespace ann"):
            self.read("ann")

    def test_no_cluster_at_all_is_told(self):
        from kubernetes_asyncio.config import kube_config

        kube_config.KUBE_CONFIG_DEFAULT_LOCATION = "/nowhere/config"
        with self.assertRaisesRegex(AnnotationsUnavailable, "neither in a cluster nor with a kubeconfig"):
            self.read("ann")

    def test_the_page_offers_the_directories(self):
        spawner = SimpleNamespace(user=SimpleNamespace(name="ann"), log=logging.getLogger("test"))
        form = asyncio.run(options_form(spawner))
        self.assertIn(f'<option value="{HOME}/courses/physics">physics</option>', form)

    def test_the_page_opens_without_a_menu_when_the_cluster_is_in_trouble(self):
        spawner = SimpleNamespace(user=SimpleNamespace(name="nobody"), log=logging.getLogger("test"))
        with self.assertLogs("test", "WARNING"):
            self.assertEqual(asyncio.run(options_form(spawner)), "")

    def test_the_profiles_stand_above_the_directories(self):
        spawner = with_profiles("ann")
        form = asyncio.run(options_form(spawner))
        self.assertLess(form.index('id="profile-item-large"'), form.index('name="notebook_dir"'))

    def test_profiles_alone_are_offered_when_the_cluster_is_in_trouble(self):
        with self.assertLogs("test", "WARNING"):
            form = asyncio.run(options_form(with_profiles("nobody")))
        self.assertIn('id="profile-item-large"', form)
        self.assertNotIn("notebook_dir", form)

    def test_profiles_made_for_each_user_are_offered(self):
        spawner = with_profiles("bare", lambda spawner: [{"display_name": f"For {spawner.user.name}"}])
        self.assertIn("For bare", asyncio.run(options_form(spawner)))


def with_profiles(userid, profiles=({"display_name": "Small"}, {"display_name": "Large"})):
    """A KubeSpawner that asks no cluster for itself."""
    cluster_not_asked = patch("kubespawner.spawner.load_config"), patch("kubespawner.spawner.shared_client")
    with cluster_not_asked[0], cluster_not_asked[1]:
        spawner = KubeSpawner(_mock=True, log=logging.getLogger("test"))
    spawner.user = SimpleNamespace(name=userid)
    spawner.profile_list = profiles if callable(profiles) else list(profiles)
    return spawner


class Paths(unittest.TestCase):
    def test_paths_in_the_home_are_accepted(self):
        for path, full in {
            "": HOME,
            ".": HOME,
            "a/b": f"{HOME}/a/b",
            f"{HOME}/a//b/": f"{HOME}/a/b",
            HOME: HOME,
            "with space": f"{HOME}/with space",
            "a..b": f"{HOME}/a..b",
        }.items():
            self.assertEqual(validate_notebook_dir(path), full, path)

    def test_everything_else_is_refused(self):
        for path in (
            "..",
            "../x",
            "a/../../x",
            "/",
            "/etc",
            f"{HOME}2",
            f"/{HOME}",
            f"{HOME}/../x",
            "~root",
            "$HOME",
            "{username}",
            "%U",
            "a\nb",
            "a\0b",
            "a\\b",
            "a" * 1025,
            None,
            3,
        ):
            with self.assertRaises(ValueError, msg=path):
                validate_notebook_dir(path)

    def test_an_invalid_offer_is_left_out(self):
        offers = directories({"notebook-dir.hub/bad": "/etc", "notebook-dir.hub/ok": "x", "foreign/ok": "y"})
        self.assertEqual(offers, [("Home", HOME), ("ok", f"{HOME}/x")])

    def test_the_form_is_escaped(self):
        self.assertIn("&lt;b&gt;&quot;", render([("Home", HOME), ('<b>"', HOME)]))

    def test_nothing_to_choose_means_no_page(self):
        self.assertEqual(render(directories({})), "")

    def test_the_form_is_checked(self):
        self.assertEqual(options_from_form({"notebook_dir": ["x"]}), {"notebook_dir": f"{HOME}/x"})
        self.assertEqual(options_from_form({}), {"notebook_dir": HOME})
        with self.assertRaises(ValueError):
            options_from_form({"notebook_dir": ["/etc"]})

    def test_the_chosen_profile_comes_along(self):
        form = {"profile": ["large"], "notebook_dir": ["x"]}
        options = options_from_form(form, spawner=with_profiles("ann"))
        self.assertEqual(options, {"profile": "large", "notebook_dir": f"{HOME}/x"})

    def test_a_choice_through_the_api_is_checked_too(self):
        spawner = SimpleNamespace(notebook_dir="")
        apply_user_options(spawner, {"notebook_dir": "x"})
        self.assertEqual(spawner.notebook_dir, f"{HOME}/x")
        with self.assertRaises(ValueError):
            apply_user_options(spawner, {"notebook_dir": "../x"})
        apply_user_options(spawner, {})
        self.assertEqual(spawner.notebook_dir, f"{HOME}/x")


if __name__ == "__main__":
    unittest.main()
