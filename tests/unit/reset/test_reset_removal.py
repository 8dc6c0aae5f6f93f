"""A plan is carried out: in which words programs are told, and what is said where something does not go."""

import signal

import pytest
from ansible_collections.gitpod.node_prep.plugins.module_utils._deadline import Deadline
from ansible_collections.gitpod.node_prep.plugins.module_utils._node.parsers import Mount
from ansible_collections.gitpod.node_prep.plugins.module_utils._reset import ours, plan as plans, processes, reader, removal, rules
from ansible_collections.gitpod.node_prep.plugins.module_utils._reset.commands import Commands, Stuck

EMPTY = plans.Plan(**{name: {} if name in ("routes", "rules") else [] for name in plans.Plan._fields})


class Told:
    """Notes what programs are told; `answers` are (status, output, complaint) by the first words of a command."""

    def __init__(self, answers=None, seconds=5):
        self.deadline, self.answers, self.done = Deadline(seconds), answers or {}, []

    def run(self, *command, given=""):
        self.done.append((" ".join(command), given) if given else " ".join(command))
        found = [answer for words, answer in self.answers.items() if " ".join(command).startswith(words)]
        return found[0] if found else (0, "", "")

    output = Commands.output


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(removal, "SECONDS_BETWEEN_LOOKS", 0)
    monkeypatch.setattr(removal, "PATIENCE", 0.2)


def test_units_are_forgotten_as_failures_too():
    told = Told()
    removal.stop_units(EMPTY._replace(stop=["k3s.service"], forget=["k3s-agent.service"]), told)
    assert told.done == [
        "systemctl disable k3s.service",
        "systemctl stop k3s.service",
        "systemctl reset-failed k3s-agent.service",
        "systemctl reset-failed k3s.service",
    ]


class Machine:
    """Processes that end when they are told to, unless they are in state D."""

    def __init__(self, monkeypatch, *rows):
        self.rows, self.killed = list(rows), []
        monkeypatch.setattr(reader, "read_processes", lambda: list(self.rows))
        monkeypatch.setattr(removal.os, "readlink", lambda _path: "pid:[1]")
        monkeypatch.setattr(removal.os, "kill", self.kill)

    def kill(self, pid, number):
        assert number == signal.SIGKILL
        self.killed.append(pid)
        if pid not in [row.pid for row in self.rows]:
            raise ProcessLookupError
        self.rows = [row for row in self.rows if row.pid != pid or row.state == "D"]


SHIM = processes.Process(10, 1, "containerd-shim", "S", ["containerd-shim", "-namespace", "k8s.io", ours.SYSTEM_SOCKET], "pid:[1]", "")
PAUSE = processes.Process(11, 10, "pause", "S", ["/pause"], "pid:[2]", "")


def test_who_watches_ends_last(monkeypatch):
    machine = Machine(monkeypatch, SHIM, PAUSE)
    removal.kill_pods(Told())
    assert machine.killed == [11, 10]


def test_a_process_that_does_not_end_is_named(monkeypatch):
    machine = Machine(monkeypatch, SHIM, PAUSE._replace(state="D"))
    with pytest.raises(Stuck, match=r"do not end within 0\.2 s, whatever they are told: 11 \(pause, state D\)\. In state D"):
        removal.kill_pods(Told())
    assert 10 not in machine.killed


def mounted(monkeypatch, *points):
    left = [Mount(point, [], True, "tmpfs") for point in points]
    monkeypatch.setattr(reader, "read_mounts", lambda: list(left))
    monkeypatch.setattr(reader, "read_fstab", lambda: set())
    monkeypatch.setattr(reader, "real_places", lambda: {"/run/k3s": "/run/k3s"})
    return left


class Unmounting(Told):
    """Unmounts what is there, but for what is busy; two that share a mount go together."""

    def __init__(self, left, busy=()):
        super().__init__()
        self.left, self.busy = left, busy

    def run(self, *command, given=""):
        super().run(*command)
        point = command[-1]
        if point in self.busy:
            return 32, "", f"umount: {point}: target is busy.\n"
        found = [row for row in self.left if row.point == point]
        self.left[:] = [row for row in self.left if row.point != point]
        return (0, "", "") if found else (32, "", f"umount: {point}: not mounted.\n")


def test_mounts_that_go_with_another_are_no_failure(monkeypatch):
    told = Unmounting(mounted(monkeypatch, "/run/k3s/a", "/run/k3s/a", "/x"))
    removal.unmount(EMPTY, told)
    assert told.done == ["umount --no-canonicalize /run/k3s/a"] * 2
    assert [row.point for row in told.left] == ["/x"]


def test_a_mount_that_is_used_is_named_after_all_others_are_gone(monkeypatch):
    told = Unmounting(mounted(monkeypatch, "/run/k3s/a", "/run/k3s/b"), busy=["/run/k3s/a"])
    with pytest.raises(Stuck, match=r"cannot be unmounted: /run/k3s/a \(umount: /run/k3s/a: target is busy\.\)\. End what uses them"):
        removal.unmount(EMPTY, told)
    assert [row.point for row in told.left] == ["/run/k3s/a"]


def test_a_container_that_containerd_keeps_is_named():
    told = Told({"ctr": (0, "a\nb\n", "")})
    with pytest.raises(Stuck, match="containerd does not let go of the containers a"):
        removal.remove_containers(["a", "c"], told)


@pytest.mark.parametrize(("version", "waiting"), [("iptables v1.8.9 (nf_tables)", " -w 10"), ("iptables v1.6.1", ""), ("", "")])
def test_rules_go_at_once(version, waiting):
    found = {"iptables-nft": {"nat": rules.Removal(["KUBE-X"], [])}}
    told = Told({"iptables-nft --version": (0, version, "")})
    removal.remove_rules(EMPTY._replace(rules=found, tables=[("ip", "kube-proxy")], sets=["KUBE-Y"]), told)
    assert told.done[1:] == [
        (f"iptables-nft-restore --noflush{waiting}", "*nat\n-F KUBE-X\n-X KUBE-X\nCOMMIT\n"),
        "nft delete table ip kube-proxy",
        "ipset destroy KUBE-Y",
    ]


def test_a_set_that_others_need_is_said():
    told = Told({"ipset": (1, "", "ipset v7.17: Set cannot be destroyed: it is in use by a kernel component\n")})
    with pytest.raises(Stuck, match=r"`ipset destroy KUBE-Y` failed with status 1: .*in use"):
        removal.remove_rules(EMPTY._replace(sets=["KUBE-Y"]), told)


def test_files_go_and_those_of_others_keep_their_directory(tmp_path, monkeypatch):
    mounted(monkeypatch)
    for name in ("opt/v1/k3s", "opt/v2/k3s", "opt/v2/notes", "calico/nodename"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "link").symlink_to(elsewhere)
    found = EMPTY._replace(
        files=[str(tmp_path / "calico"), str(tmp_path / "link")], programs=[str(tmp_path / "opt" / version / "k3s") for version in ("v1", "v2")]
    )
    removal.remove_files(found, Told(), str(tmp_path / "opt"))
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == ["elsewhere", "opt", "opt/v2", "opt/v2/notes"]


def test_nothing_is_removed_through_a_mount(tmp_path, monkeypatch):
    mounted(monkeypatch, str(tmp_path / "calico" / "disk"))
    (tmp_path / "calico" / "disk").mkdir(parents=True)
    with pytest.raises(Stuck, match="something is mounted there that this does not know"):
        removal.remove_files(EMPTY._replace(files=[str(tmp_path / "calico")]), Told(), "/opt/k3s")
    assert (tmp_path / "calico" / "disk").exists()


def test_no_program_goes_on_after_the_deadline():
    with pytest.raises(Stuck, match=r"`sleep 60` had not ended after 0\.2 s"):
        Commands(Deadline(0.2)).output("sleep", "60")


def test_a_program_that_fails_is_quoted():
    with pytest.raises(Stuck, match=r"`ls /nonexistent` failed with status 2: .*No such file"):
        Commands(Deadline(5)).output("ls", "/nonexistent")


def test_a_program_reads_what_it_is_given():
    assert Commands(Deadline(5)).output("cat", given="a\nb") == "a\nb"
