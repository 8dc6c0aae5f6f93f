"""Readings from which pages are made: of a small cluster, of hundreds of nodes, of nothing, and of nodes that mean harm."""

import report_sample as sample

LONG = "word" * 100
HOSTILE = (
    "<script>document.title = 'harmed'</script>",
    "\"><img src='http://127.0.0.1:9/x.png' onerror=\"document.title='harmed'\">",
    "</td></table></body>&amp;&lt;",
    "{{ 7 * 7 }}{% raw %}",
    LONG,
    "🧨 ﷽ \u202eright to left\u202c שלום עולם",
)
IDS = [f"requirement_{number}" for number in range(40)]


def many(number=200):
    """A cluster of that many nodes with forty requirements each, of which the nodes meet different ones."""
    status = ("pass", "pass", "pass", "warning", "fail", "skipped", "unknown", "fixable")
    nodes = {}
    for node in range(number):
        name = f"workspace-{node:03}.gitpod.example.org"
        checked = [sample.finding(id_, status[(node * row) % 8] if row % 5 == 0 else "pass") for row, id_ in enumerate(IDS)]
        nodes[name] = sample.node(name, *checked)
    cluster = sample.cluster()
    cluster["facts"]["nodes"] = {name: sample.member("workspace", sample.WORKSPACE) for name in nodes}
    cluster["findings"] += [sample.finding("ready", node=name) for name in nodes]
    return {"nodes": nodes, "cluster": cluster}


def hostile():
    """Nodes whose every text means harm."""
    findings = [{**sample.finding("memory", "fail", text, text, text), "id": text, "title": text, "reference": text} for text in HOSTILE]
    nodes = {text: sample.node(text, *findings) for text in HOSTILE}
    cluster = sample.cluster()
    cluster["facts"]["nodes"] = {text: sample.member(text, [], kubelet=text, runtime=text, kernel=text) for text in HOSTILE}
    cluster["facts"]["kubernetes_version"] = LONG
    return {"nodes": nodes, "cluster": cluster}


def without_cluster():
    """Two machines without a cluster, one of which falls short."""
    return {"nodes": sample.nodes(), "cluster": {}}


PAGES = {
    "small": {"nodes": sample.nodes(), "cluster": sample.cluster()},
    "without_cluster": without_cluster(),
    "many": many(),
    "empty": {"nodes": {}, "cluster": {}},
    "hostile": hostile(),
}
