"""Commands that are killed in the middle."""
import random
import shutil
import subprocess

import pytest
from program import clean_environment


def killed(vitrina, seconds, *args):
    """Runs a command and kills it after a while; its status, None when it was killed."""
    process = subprocess.Popen([str(vitrina.path), *map(str, args)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, env=clean_environment())
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return None


@pytest.mark.kill
def test_killed_init_leaves_nothing_or_a_folder(vitrina, tmp_path, kills):
    chance = random.Random(1)
    for i in range(kills):
        at = tmp_path / str(i) / "data"
        status = killed(vitrina, chance.uniform(0, 0.25), "init", "--data", at)
        if at.exists():
            vitrina.run("user", "list", "--data", at)
        else:
            assert status is None
            vitrina.run("init", "--data", at)
            assert {p.name for p in at.parent.iterdir()} == {"data", "data.key"}
        shutil.rmtree(tmp_path / str(i), ignore_errors=True)


@pytest.mark.kill
def test_killed_restore_leaves_the_old_or_the_new(folder, vitrina, tmp_path, kills):
    def names():
        return [o["name"] for o in folder.cli("org", "list", "--json").json()]

    folder.cli("backup", tmp_path / "b")
    folder.cli("org", "add", "Later")
    old, new = ["Bank", "Later"], ["Bank"]
    chance = random.Random(2)
    for _ in range(kills):
        status = killed(vitrina, chance.uniform(0, 0.06), "restore", tmp_path / "b", "--force", "--data", folder.path)
        assert names() in ([new] if status == 0 else [old, new])
        folder.cli("restore", tmp_path / "b", "--force")
        assert names() == new
        assert {p.name for p in folder.parent.iterdir()} == {"data", "data.key"}
        folder.cli("org", "add", "Later")


@pytest.mark.kill
def test_killed_backup_is_whole_or_not_there(folder, vitrina, tmp_path, kills):
    (tmp_path / "d.csv").write_text("id,word\n" + "".join(f"{i},{i * 7919 % 10007}\n" for i in range(100_000)))
    folder.cli("import", tmp_path / "d.csv", "--name", "d")
    target, chance = tmp_path / "out" / "b", random.Random(3)
    for _ in range(kills):
        target.parent.mkdir()
        status = killed(vitrina, chance.uniform(0, 0.1), "backup", target, "--data", folder.path)
        assert status is None or target.exists()
        if target.exists():  # under its name it is whole
            vitrina.run("restore", target, "--data", tmp_path / "again", "--key-file", folder.parent / "data.key")
            shutil.rmtree(tmp_path / "again")
        folder.cli("org", "list")
        assert not list(folder.path.glob("backup.*"))
        shutil.rmtree(target.parent)
