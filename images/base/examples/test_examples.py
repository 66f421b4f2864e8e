"""Run as root in the image: docker run --rm --user 0 -v $PWD/images/base/examples:/examples:ro base python3 -m unittest discover -v /examples"""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from types import SimpleNamespace

import run_as_owner

SCRIPT = Path(__file__).with_name("post-start.sh")
UID = 4242


class PostStart(unittest.TestCase):
    def setUp(self):
        self.folder = Path("/s/ann/jupyterhub")
        self.folder.mkdir(parents=True)
        self.addCleanup(shutil.rmtree, "/s")
        os.chown(self.folder, UID, UID)
        self.home = Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home)
        os.chown(self.home, 0, 100)
        self.home.chmod(0o2775)

    def start(self, user="ann", uid=UID):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "JUPYTERHUB_USER": user}
        ran = subprocess.run([SCRIPT], env=environment, user=uid, group=100, extra_groups=[], capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stderr

    def test_the_folder_appears_in_the_home_and_is_written_as_its_owner(self):
        self.start()
        subprocess.run(["sh", "-c", "echo 1 > $HOME/scratch/x"], env={"HOME": str(self.home)}, user=UID, group=100, check=True)
        self.assertEqual((self.folder / "x").stat().st_uid, UID)

    def test_it_may_run_twice(self):
        self.start()
        self.start()
        self.assertEqual(os.readlink(self.home / "scratch"), str(self.folder))
        self.assertEqual(list(self.folder.iterdir()), [])

    def test_without_the_folder_nothing_happens(self):
        self.start("ben")
        self.assertEqual(list(self.home.iterdir()), [])

    def test_names_that_lead_elsewhere_are_left_out(self):
        for user in ("", "..", ".", "../s/ann", "/ann", "ann/../ann"):
            self.start(user)
            self.assertEqual(list(self.home.iterdir()), [], user)

    def test_another_uids_folder_is_left_out(self):
        self.start(uid=UID + 1)
        self.assertEqual(list(self.home.iterdir()), [])

    def test_what_the_user_has_there_is_left_alone(self):
        (self.home / "scratch").mkdir()
        self.start()
        self.assertFalse((self.home / "scratch").is_symlink())

    def test_a_home_that_cannot_be_written_ends_no_server(self):
        self.home.chmod(0o555)
        self.start()
        self.assertEqual(list(self.home.iterdir()), [])


class RunAsOwner(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.scratch = Path(folder.name)
        run_as_owner.SCRATCH = folder.name

    def spawner(self, name):
        spawner = SimpleNamespace(user=SimpleNamespace(name=name), uid=1000, gid=None, supplemental_gids=[])
        run_as_owner.run_as_owner(spawner)
        return spawner

    def folder(self, name, uid=UID, gid=77):
        path = self.scratch / name / "jupyterhub"
        path.mkdir(parents=True)
        os.chown(path, uid, gid)
        return path

    def test_the_owner_is_taken(self):
        self.folder("ann")
        spawner = self.spawner("ann")
        self.assertEqual((spawner.uid, spawner.gid, spawner.supplemental_gids), (UID, 100, [77]))

    def test_without_a_folder_the_usual_uid_stays(self):
        self.assertEqual(self.spawner("ben").uid, 1000)

    def test_root_and_links_are_nobody(self):
        self.folder("root", uid=0)
        self.folder("ann")
        (self.scratch / "eve").mkdir()
        (self.scratch / "eve" / "jupyterhub").symlink_to(self.scratch / "ann" / "jupyterhub")
        self.assertEqual([self.spawner(name).uid for name in ("root", "eve")], [1000, 1000])

    def test_names_that_lead_elsewhere_are_nobody(self):
        self.folder("ann")
        for name in ("", "..", "x/../ann", "/ann"):
            self.assertEqual(self.spawner(name).uid, 1000, name)


if __name__ == "__main__":
    unittest.main()
