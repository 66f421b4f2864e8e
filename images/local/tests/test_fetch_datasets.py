"""Run in an image with PyYAML: docker run --rm -v $PWD/images/local:/local:ro base python3 -m unittest discover -v /local/tests"""

import hashlib
import stat
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "fetch_datasets.py"
CONTENT = b"a,b\n1,2\n"
SUM = hashlib.sha256(CONTENT).hexdigest()


class Fetching(unittest.TestCase):
    def setUp(self):
        self.asked = asked = []

        class Server(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                self.send_response(200 if self.path == "/a.csv" else 404)
                self.end_headers()
                self.wfile.write(CONTENT)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/a.csv"
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        (self.folder / "cache").mkdir()
        (self.folder / "here").mkdir()
        (self.folder / "here" / "a.csv").write_bytes(CONTENT)
        self.target = self.folder / "target"

    def tearDown(self):
        self.server.shutdown()
        self.server.server_close()

    def fetch(self, text):
        (self.folder / "data.yaml").write_text(text)
        command = [sys.executable, SCRIPT, self.folder / "data.yaml", self.target, self.folder / "cache"]
        return subprocess.run(command, capture_output=True, text=True)

    def refused(self, text, *messages):
        ran = self.fetch(text)
        self.assertEqual(ran.returncode, 1, ran.stdout)
        for message in messages:
            self.assertIn(message, ran.stderr)
        self.assertNotIn("Traceback", ran.stderr)

    def test_files_folders_and_urls_arrive_with_their_sums(self):
        ran = self.fetch(
            f"- {{ name: one.csv, path: here/a.csv }}\n- {{ name: all, path: here }}\n"
            f"- {{ name: far.csv, url: '{self.url}', sha256: '{SUM}' }}\n"
        )
        self.assertEqual((ran.returncode, ran.stdout), (0, f"3 files in {self.target}\n"), ran.stderr)
        for name in ("one.csv", "all/a.csv", "far.csv"):
            self.assertEqual((self.target / name).read_bytes(), CONTENT)
        self.assertEqual(stat.S_IMODE((self.target / "far.csv").stat().st_mode), 0o644)
        subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=self.target, check=True)

    def test_the_same_content_is_fetched_once(self):
        text = f"- {{ name: a, url: '{self.url}', sha256: '{SUM}' }}\n"
        self.fetch(text)
        self.target = self.folder / "second"
        self.assertEqual(self.fetch(text).returncode, 0)
        self.assertEqual(self.asked, ["/a.csv"])

    def test_a_cache_that_was_damaged_is_not_believed(self):
        (self.folder / "cache" / SUM).write_bytes(b"something else")
        ran = self.fetch(f"- {{ name: a, url: '{self.url}', sha256: '{SUM}' }}\n")
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual((self.target / "a").read_bytes(), CONTENT)

    def test_another_content_is_refused(self):
        self.refused(f"- {{ name: a, url: '{self.url}', sha256: '{'0' * 64}' }}\n", SUM, "0" * 64)
        self.refused(f"- {{ name: a, path: here/a.csv, sha256: '{'0' * 64}' }}\n", SUM)
        self.assertFalse((self.target / "a").exists())

    def test_a_url_that_does_not_answer_is_told(self):
        self.refused(f"- {{ name: a, url: '{self.url}x', sha256: '{SUM}' }}\n", "404", self.url)
        self.refused(f"- {{ name: a, url: 'http://127.0.0.1:1/x', sha256: '{SUM}' }}\n", "refused")

    def test_mistakes_are_told_together(self):
        self.refused(
            "- { name: ../x, path: here/a.csv }\n- { name: b, path: ../outside }\n- { name: c, path: nowhere }\n"
            "- { name: d, url: 'https://example.org/d' }\n- { name: e, url: 'file:///etc/passwd', sha256: x }\n"
            "- { name: f }\n- { name: b, path: here, sha256: x, colour: red }\n- word\n",
            "entry 1 (../x): `name`",
            "entry 2 (b): `path` leaves",
            "entry 3 (c): there is no `nowhere`",
            "entry 4 (d): what comes from the network needs `sha256`",
            "entry 5 (e): `url` has to be http or https",
            "entry 5 (e): `sha256` has 64",
            "entry 6 (f): either `path` or `url`",
            "entry 7 (b): the name is taken",
            "entry 7 (b): a folder has no checksum",
            "entry 7 (b): unknown key `colour`",
            "entry 8: `name`",
        )
        self.refused("name: a\n", "a list of datasets is expected")
        self.refused("- [\n", "data.yaml")

    def test_no_dataset_is_no_mistake(self):
        self.assertEqual(self.fetch("# none\n").stdout, f"0 files in {self.target}\n")


if __name__ == "__main__":
    unittest.main()
