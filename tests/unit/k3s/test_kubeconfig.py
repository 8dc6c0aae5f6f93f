"""What becomes of the kubeconfig on the control node."""

import base64

import pytest
import yaml
from ansible_collections.gitpod.node_prep.plugins.filter.k3s_kubeconfig import k3s_kubeconfig
from ansible_collections.gitpod.node_prep.plugins.plugin_utils import _kubeconfig as kubeconfig
from hypothesis import given, strategies as st

CA, OTHER_CA = (base64.b64encode(text).decode() for text in (b"this cluster\n", b"another\n"))


def access(state="there", ca=CA):
    entries = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "default", "cluster": {"server": "https://192.0.2.1:6443", "certificate-authority-data": ca}}],
        "users": [{"name": "default", "user": {"client-certificate-data": "Y2VydA==", "client-key-data": "a2V5"}}],
        "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}],
        "current-context": "default",
    }
    return {"state": state, "problem": "", "written": entries if state == "there" else {}}


FOREIGN = f"""\
# my clusters
apiVersion: v1
kind: Config
clusters:
- cluster: {{certificate-authority-data: {OTHER_CA}, server: 'https://prod'}}   # production
  name: prod
contexts:
  - name: prod
    context:
      cluster: prod
      user: me
current-context: "prod"
users:
- name: me
  user:
    token:  secret-of-mine

preferences: {{}}
# the end
"""


@pytest.mark.parametrize("text", [None, "", " \n"])
def test_where_there_is_nothing_it_is_written_with_a_mark(text):
    plan = kubeconfig.plan(text, access(), merge=False)
    assert plan.step == "write"
    assert plan.content.startswith(kubeconfig.MARK)
    assert yaml.safe_load(plan.content) == access()["written"]
    assert kubeconfig.plan(plan.content, access(ca=OTHER_CA), merge=False).step == "write", "our own is replaced"
    assert kubeconfig.plan(text, access("absent"), merge=False) == ("write", "", "")


@pytest.mark.parametrize(
    ("text", "state", "merge", "step"),
    [
        (FOREIGN, "there", False, "refuse"),
        (FOREIGN, "absent", False, "refuse"),
        (FOREIGN, "unknown", False, "unclear"),
        (FOREIGN, "there", True, "merge"),
        (FOREIGN, "absent", True, "merge"),
        (FOREIGN.replace(OTHER_CA, CA), "there", False, "keep"),
        (FOREIGN.replace(OTHER_CA, CA), "there", True, "keep"),
        (FOREIGN.replace(OTHER_CA, "%"), "there", False, "refuse"),
        ("no: kubeconfig", "there", False, "refuse"),
        ("no: kubeconfig", "there", True, "refuse"),
        ("{", "there", True, "refuse"),
        ("\0", "absent", False, "refuse"),
        # what the role wrote before it left a mark
        (yaml.safe_dump(access()["written"]), "there", False, "write"),
        (yaml.safe_dump(access(ca=OTHER_CA)["written"]), "there", False, "refuse"),
        (yaml.safe_dump(access()["written"]), "absent", False, "refuse"),
    ],
)
def test_whose_it_is(text, state, merge, step):
    plan = kubeconfig.plan(text, access(state), merge)
    assert plan.step == step
    found = kubeconfig.findings_about("/home/me/.kube/config", plan)
    assert [one["status"] for one in found] == {"refuse": ["fail"], "unclear": ["unknown"]}.get(step, [])
    assert "secret-of-mine" not in repr(found)
    if step in ("refuse", "unclear", "keep") or state != "there":
        assert plan.content == ""


def test_a_context_comes_in_and_all_else_stays_as_it_is_written():
    merged = kubeconfig.plan(FOREIGN, access(), merge=True).content
    lines = iter(merged.splitlines(keepends=True))
    assert all(line in lines for line in FOREIGN.splitlines(keepends=True)), "line by line, in their order"
    parsed = yaml.safe_load(merged)
    assert parsed["current-context"] == "prod"
    name = "gitpod-node-prep-192.0.2.1"
    assert [one["name"] for one in parsed["contexts"]] == [name, "prod"]
    assert parsed["contexts"][0]["context"] == {"cluster": name, "user": name}
    assert parsed["users"][0] == {"name": name, "user": access()["written"]["users"][0]["user"]}
    assert kubeconfig.plan(merged, access(), merge=True).content == merged, "a second run changes nothing"
    renewed = kubeconfig.plan(merged, access(ca=base64.b64encode(b"new").decode()), merge=True).content
    assert renewed == merged.replace(CA, base64.b64encode(b"new").decode())


NAMES = st.sampled_from(["prod", "gitpod-node-prep-192.0.2.1", "x", "a: b", "default"])
ENTRIES = {
    "clusters": st.fixed_dictionaries({"name": NAMES, "cluster": st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2)}),
    "users": st.fixed_dictionaries({"name": NAMES, "user": st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2)}),
    "contexts": st.fixed_dictionaries({"name": NAMES, "context": st.just({"cluster": "prod", "user": "me"})}),
}
FILES = st.fixed_dictionaries(
    {"kind": st.just("Config")}, optional={kind: st.none() | st.lists(entry, max_size=3, unique_by=lambda one: one["name"]) for kind, entry in ENTRIES.items()}
)


@given(present=FILES, flow=st.sampled_from([None, False, True]), indent=st.integers(1, 5))
def test_whatever_a_kubeconfig_looks_like_nothing_of_it_is_lost(present, flow, indent):
    text = yaml.safe_dump(present, default_flow_style=flow, indent=indent)
    plan = kubeconfig.plan(text, access(), merge=True)
    if plan.step != "merge":
        return
    after = yaml.safe_load(plan.content)
    name = "gitpod-node-prep-192.0.2.1"
    for kind in ENTRIES:
        assert [one for one in after[kind] if one["name"] != name] == [one for one in present.get(kind) or [] if one["name"] != name]
        assert [one["name"] for one in after[kind]].count(name) == 1
    assert kubeconfig.plan(plan.content, access(), merge=True).content == plan.content


@given(text=st.text(), merge=st.booleans(), state=st.sampled_from(["there", "absent", "unknown"]))
def test_no_text_raises(text, merge, state):
    kubeconfig.plan(text, access(state), merge)


def test_the_filter_reads_the_file_behind_a_link(tmp_path):
    (tmp_path / "real").write_text(FOREIGN)
    (tmp_path / "link").symlink_to("real")
    plan = k3s_kubeconfig(str(tmp_path / "link"), access(), merge=True)
    assert (plan["path"], plan["step"], plan["changed"], plan["findings"]) == (str(tmp_path / "real"), "merge", True, [])
    (tmp_path / "real").write_bytes(b"\xff\xfe")
    assert k3s_kubeconfig(str(tmp_path / "link"), access())["step"] == "refuse"
    assert k3s_kubeconfig(str(tmp_path / "none" / "none"), access())["step"] == "write"
