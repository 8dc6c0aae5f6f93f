"""What a config.toml says, read without a TOML library."""

import time
import tomllib

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._containerd.config import cgroup_driver_of, imports_of, values_of
from hypothesis import given, strategies as st

V1, V2, V3 = "cri", '"io.containerd.grpc.v1.cri"', "'io.containerd.cri.v1.runtime'"


def config(plugin, version, *runtimes, default=""):
    """A config.toml with runtimes as (name, value of SystemdCgroup)."""
    lines = [f"version = {version}" if version else "", f"[plugins.{plugin}.containerd]"]
    lines += [f'  default_runtime_name = "{default}"'] if default else []
    for name, systemd in runtimes:
        lines += [f"  [plugins.{plugin}.containerd.runtimes.{name}]", '    runtime_type = "io.containerd.runc.v2"']
        lines += [f"    [plugins.{plugin}.containerd.runtimes.{name}.options]", f"      SystemdCgroup = {systemd}"]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        (config(V2, 2, ("runc", "true")), "systemd"),
        (config(V2, 2, ("runc", "false")), "cgroupfs"),
        (config(V3, 3, ("runc", "true")), "systemd"),
        (config(V1, 0, ("runc", "true")), "systemd"),
        (config(V1, 1, ("runc", "true")), "systemd"),
        ("version = 2\n", "cgroupfs"),
        ("", "cgroupfs"),
        # Another runtime than the one that pods get
        (config(V2, 2, ("nvidia", "true"), ("runc", "false")), "cgroupfs"),
        (config(V2, 2, ("nvidia", "false"), ("runc", "true")), "systemd"),
        (config(V2, 2, ("nvidia", "true"), ("runc", "false"), default="nvidia"), "systemd"),
        (config(V2, 2, ("runc", "true"), default="crun"), "cgroupfs"),
        # A table of a schema that this version of the file does not have is not looked at by containerd either
        (config(V2, 0, ("runc", "true")), "cgroupfs"),
        (config(V1, 2, ("runc", "true")), "cgroupfs"),
        # Comments, also behind a value, and in a string
        (config(V2, 2, ("runc", "true # false")), "systemd"),
        (config(V2, 2, ("runc", "false # true")), "cgroupfs"),
        (config(V2, 2, ("runc", "true")).replace("      SystemdCgroup", "#     SystemdCgroup"), "cgroupfs"),
        (config(V2, 2).replace("version = 2", "note = '''\n" + config(V2, 2, ("runc", "true")) + "'''\nversion = 2"), "cgroupfs"),
        # A key of that name elsewhere
        ("version = 2\nSystemdCgroup = true\n", "cgroupfs"),
        ("version = 2\n[plugins." + V2 + "]\nsystemd_cgroup = true\n", "cgroupfs"),
        # Other spellings
        ("version = 2\n[plugins." + V2 + ".containerd.runtimes.runc]\noptions = { BinaryName = 'runc', SystemdCgroup = true }\n", "systemd"),
        ("version = 2\n[plugins." + V2 + ".containerd]\nruntimes.runc.options.SystemdCgroup = true\n", "systemd"),
        ('version=2\n[ plugins . "io.containerd.grpc.v1.cri" . containerd . runtimes . "runc" . options ]\nSystemdCgroup=true', "systemd"),
    ],
)
def test_the_driver_of_the_runtime_that_pods_get(text, driver):
    tomllib.loads(text)
    assert cgroup_driver_of([text]) == driver


def test_an_imported_file_wins():
    main, other = config(V2, 2, ("runc", "false")), config(V3, 3, ("runc", "true"))
    assert cgroup_driver_of([main, other]) == "systemd"
    assert cgroup_driver_of([other, main]) == "cgroupfs"


def test_the_files_that_are_drawn_in():
    assert imports_of("version = 2\nimports = [\n  \"/etc/containerd/conf.d/*.toml\", # all\n  'b.toml',\n]\n") == ["/etc/containerd/conf.d/*.toml", "b.toml"]
    assert imports_of('[plugins]\nimports = ["a"]\n') == []
    assert imports_of("imports = true\n") == []


def flat(tree, path=()):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, (*path, name))
        else:
            yield (*path, name), value


def test_it_reads_what_tomllib_reads():
    text = 'a = "x\\"]"\nb.c = true # d = 1\n[t."u.v".\'w\']\nd = [ "1", \'2\', ]\ne = { f = "}", g = { h = false } }\n[i]\nj = """\nk = "l"\n"""\nm = \'\'\n'
    assert values_of(text) == dict(flat(tomllib.loads(text)))


@given(st.text() | st.lists(st.sampled_from(['"', "'", '"""', "'''", "[", "]", "{", "}", "=", ".", ",", "\n", "\\", "#", "a", "version", "true"])).map("".join))
def test_no_text_raises(text):
    assert cgroup_driver_of([text]) in ("systemd", "cgroupfs")
    assert isinstance(imports_of(text), list)


@pytest.mark.parametrize("piece", ["\n", " \n", '"""\\', "[", "{", "a={", "'''", '"', "\\", "a.", "[a]\n", "a=[", "a={b="])
def test_the_time_grows_with_the_text_and_not_faster(piece):
    cgroup_driver_of([piece * 1000])
    start = time.process_time()
    cgroup_driver_of([piece * 100000])
    assert time.process_time() - start < 10
