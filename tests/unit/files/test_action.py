"""The action `files` in a real play on this machine: what changes, what is shown, how many modules run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.gitpod.node_prep.plugins.action import files

COLLECTIONS = str(Path(files.__file__).parents[5])


class Play:
    def __init__(self, folder):
        self.folder = folder
        self.target = folder / "target"
        self.entries = []

    def run(self, *options):
        """Returns the exit status and all output of one run over the entries."""
        owner = {"owner": str(os.getuid()), "group": str(os.getgid())}
        task = {"gitpod.node_prep.files": {"files": [{**owner, **entry} for entry in self.entries]}}
        play = {"hosts": "localhost", "gather_facts": False, "vars": {"who": "canary"}, "tasks": [task]}
        playbook = self.folder / "play.yml"
        playbook.write_text(yaml.safe_dump([play]))
        done = subprocess.run(
            [sys.executable, "-m", "ansible", "playbook", str(playbook), "-i", "localhost,", "-c", "local", *options],
            cwd=str(self.folder),
            env={
                **os.environ,
                "ANSIBLE_COLLECTIONS_PATH": COLLECTIONS,
                "ANSIBLE_PIPELINING": "1",
                "ANSIBLE_NOCOLOR": "1",
                "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
                "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout


@pytest.fixture
def play(tmp_path):
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "x.j2").write_text('{% if who %}\n# {{ who }}\n{% endif %}\n{"who": "{{ who }}"}\n')
    one = Play(tmp_path)
    one.entries = [
        {"path": str(one.target), "state": "directory", "mode": "0750"},
        {"dest": str(one.target / "x"), "src": "x.j2", "validate": "grep canary %s"},
        {"dest": str(one.target / "json"), "content": '{"a": 1}\n'},
        {"dest": str(one.target / "gone"), "state": "absent"},
    ]
    return one


def test_from_nothing_to_unchanged_in_one_module(play):
    status, output = play.run("--check", "--diff")
    assert status == 0 and "changed=1" in output
    assert '+{"who": "canary"}' in output
    assert not play.target.exists()

    status, output = play.run("--diff")
    assert status == 0 and "changed=1" in output
    assert (play.target / "x").read_text() == '# canary\n{"who": "canary"}\n'
    assert (play.target / "json").read_text() == '{"a": 1}\n'
    assert play.target.stat().st_mode & 0o7777 == 0o750

    status, output = play.run("-vvv")
    assert status == 0 and "changed=0" in output
    assert output.count("Using module file") == 1
    assert "DEPRECATION" not in output


def test_only_what_differs_is_touched(play):
    play.run()
    untouched = (play.target / "json").stat().st_mtime_ns
    (play.target / "x").chmod(0o600)
    (play.target / "gone").mkdir()
    status, output = play.run("-vv")
    assert status == 0 and "changed=1" in output
    assert (play.target / "x").stat().st_mode & 0o7777 == 0o644
    assert not (play.target / "gone").exists()
    assert (play.target / "json").stat().st_mtime_ns == untouched
    assert f'"changed_files": ["{play.target}/x", "{play.target}/gone"]' in output


def test_a_file_that_does_not_validate_stays_out(play):
    play.run()
    (play.target / "x").write_text("old\n")
    play.entries[1]["validate"] = "grep nothing %s"
    status, output = play.run()
    assert status != 0
    assert f"{play.target}/x: failed to validate" in output
    assert (play.target / "x").read_text() == "old\n"


def test_a_directory_in_the_way_of_a_file_is_refused(play):
    (play.target / "x").mkdir(parents=True)
    status, output = play.run()
    assert status != 0
    assert f"{play.target}/x: a directory lies there and a file is wanted" in output


def test_a_secret_is_in_no_output(play):
    play.entries = [{"dest": str(play.folder / "token"), "content": "{{ who }}", "mode": "0600", "secret": True}]
    for options in (("--check", "--diff", "-vvv"), ("--diff", "-vvv"), ("--diff", "-vvv")):
        status, output = play.run(*options)
        assert status == 0
        assert "canary" not in output
    assert (play.folder / "token").read_text() == "canary"
    play.entries[0].update(content="{{ who }}2", validate="diff %s /dev/null")
    status, output = play.run("--diff", "-vvv")
    assert status != 0 and "failed to validate" in output
    assert "canary" not in output


def test_a_file_of_somebody_else_is_kept_beside_ours(play):
    play.entries[0]["mode"] = "0755"
    play.entries[2]["content"] = "# Written by gitpod.node_prep\n"
    play.run()
    assert [path.name for path in sorted(play.target.iterdir())] == ["json", "x"]
    (play.target / "json").write_text("[plugins]\n")
    (play.target / "json").chmod(0o600)
    (play.target / "x").write_text("of the user, but what replaces it names nobody\n")
    status, output = play.run()
    assert status == 0
    (kept,) = play.target.glob("json.*~")
    assert kept.read_text() == "[plugins]\n" and kept.stat().st_mode & 0o777 == 0o600
    said = " ".join(output.split())
    assert f"localhost: {play.target}/json was written by somebody else. It is kept as" in said and kept.name in said.replace(" ", "")
    assert (play.target / "json").read_text() == "# Written by gitpod.node_prep\n"
    assert not list(play.target.glob("x.*"))


def test_what_a_link_leads_to_stays(play):
    play.entries = [{"dest": str(play.folder / "link"), "content": "# Written by gitpod.node_prep\n"}]
    (play.folder / "users").write_text("of the user\n")
    (play.folder / "link").symlink_to(play.folder / "users")
    status, _output = play.run()
    assert status == 0
    assert (play.folder / "users").read_text() == "of the user\n"
    assert (play.folder / "link").read_text() == "# Written by gitpod.node_prep\n" and not (play.folder / "link").is_symlink()


def test_our_own_file_of_an_earlier_run_is_replaced_without_a_copy(play):
    play.entries = [{"dest": str(play.folder / "ours"), "content": "# Written by gitpod.node_prep\nnew\n"}]
    (play.folder / "ours").write_text("# Written by gitpod.node_prep\nold\n")
    play.run()
    assert (play.folder / "ours").read_text().endswith("new\n")
    assert not list(play.folder.glob("ours.*"))
