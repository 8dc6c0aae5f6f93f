"""Why a backup is not restored, and that the message shows the command that would."""

import pytest
from ansible_collections.gitpod.node_prep.plugins.plugin_utils._backup.rules import Wanted, refusals, same_token
from backup_files import NAME, TOKEN, backup

WANTED = Wanted(
    folder="artifacts/backups/" + NAME,
    inventory="inventory",
    confirmation=NAME,
    version="v1.21.2+k3s1",
    installed={"meta-1": "v1.21.2+k3s1"},
    datastore="sqlite",
    servers=("meta-1",),
    force=False,
)


COMMAND = f"ansible-playbook gitpod.node_prep.restore -i inventory -e node_prep_restore=artifacts/backups/{NAME} -e node_prep_restore_confirm={NAME}"


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    return backup(tmp_path_factory.mktemp("backup"))[1]


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"version": "v1.21.14+k3s1"},
        {"installed": {"meta-1": ""}},
        {"servers": ("meta-9",), "force": True},
    ],
)
def test_what_may_be_restored(manifest, changes):
    assert refusals(manifest, WANTED._replace(**changes)) == []


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"confirmation": ""},
            COMMAND,
        ),
        ({"confirmation": "yes"}, "Confirm it with the name of the backup"),
        ({"confirmation": "", "servers": ("meta-9",), "force": True}, "-e node_prep_restore_force=true"),
        ({"version": "v1.22.3+k3s1"}, "The backup is of K3s v1.21.2+k3s1, and k3s_version is v1.22.3+k3s1"),
        ({"version": "v1.20.9+k3s1"}, "and k3s_version is v1.20.9+k3s1"),
        ({"version": "newest"}, "and k3s_version is newest"),
        ({"installed": {"meta-1": "v1.22.1+k3s1"}}, "and K3s of meta-1 is v1.22.1+k3s1"),
        ({"installed": {"meta-1": None}}, "meta-1 cannot be reached, and would go on with the old data"),
        ({"datastore": "etcd"}, "The backup is of SQLite"),
        ({"servers": ("meta-1", "meta-2", "meta-3")}, "the servers meta-1, and the inventory has meta-1, meta-2, meta-3"),
        ({"servers": ("meta-9",)}, "add -e node_prep_restore_force=true"),
    ],
)
def test_what_is_refused(manifest, changes, why):
    assert why in " ".join(refusals(manifest, WANTED._replace(**changes)))


def test_a_backup_of_etcd_is_not_put_in_place_of_sqlite(manifest):
    (why,) = refusals(manifest._replace(datastore="etcd"), WANTED)
    assert "set k3s_datastore to etcd" in why


def test_all_reasons_are_told_at_once(manifest):
    assert len(refusals(manifest, WANTED._replace(confirmation="", version="v1.22.3+k3s1", datastore="etcd", servers=("meta-9",)))) == 4


def test_what_the_user_gave_is_harmless_for_a_terminal(manifest):
    assert all(why.isprintable() for why in refusals(manifest, WANTED._replace(confirmation="", folder="\x1b[2J", inventory="\x1b[2J")))


@pytest.mark.parametrize(("wanted", "fits"), [("", True), (TOKEN, True), ("secret", True), ("other", False), ("server:secret", False), ("ecret", False)])
def test_the_token_of_the_inventory_is_that_of_the_backup(wanted, fits):
    assert (same_token(TOKEN, WANTED._replace(token=wanted)) == "") is fits


def test_the_token_is_not_told():
    assert "secret" not in same_token(TOKEN, WANTED._replace(token="other"))
