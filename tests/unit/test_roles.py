"""What every role has, whoever wrote it."""

import re
from pathlib import Path

import pytest
import yaml

CHECKOUT = Path(__file__).resolve().parents[2]
ROLES = sorted(path for path in (CHECKOUT / "roles").iterdir() if path.is_dir())
NAMES = [path.name for path in ROLES]
SOURCES = {".yml", ".j2", ".py", ".md", ".sh"}
each_role = pytest.mark.parametrize("role", ROLES, ids=NAMES)


def load(path):
    return yaml.safe_load(path.read_text()) or {}


def options(role):
    """The options of all entry points of a role; one that several of them have must be the same in each."""
    found = {}
    for entry_point in load(role / "meta" / "argument_specs.yml")["argument_specs"].values():
        for name, option in entry_point.get("options", {}).items():
            assert found.setdefault(name, option) == option, name
    return found


def all_options(options):
    """Name and specification of options and of what is inside them."""
    for name, option in options.items():
        yield name, option
        yield from all_options(option.get("options", {}))


def task_files(role):
    return sorted(path for folder in ("tasks", "handlers") for path in (role / folder).rglob("*.yml"))


def test_there_are_roles():
    assert len(ROLES) >= 10


def follows_others(value, option):
    """Whether a default follows other variables and is no text: an argument specification has no way to say that."""
    return isinstance(value, str) and "{{" in value and option["type"] not in ("str", "path", "raw")


@each_role
def test_defaults_are_those_of_the_argument_specification(role):
    known, defaults = options(role), load(role / "defaults" / "main.yml")
    documented = {name: option["default"] for name, option in known.items() if "default" in option}
    assert {name: value for name, value in defaults.items() if not follows_others(value, known[name])} == documented


@each_role
def test_a_default_that_follows_another_variable_says_so(role):
    known = options(role)
    for name, value in load(role / "defaults" / "main.yml").items():
        if follows_others(value, known[name]):
            text = " ".join([known[name]["description"]] if isinstance(known[name]["description"], str) else known[name]["description"])
            followed = set(re.findall(r"\b[a-z]\w+(?= \| default)", value))
            assert followed and all(f"C({one})" in text for one in followed), name


@each_role
def test_every_option_is_described_in_sentences(role):
    for name, option in all_options(options(role)):
        description = option["description"]
        for sentence in [description] if isinstance(description, str) else description:
            assert re.match(r"[A-Z0-9`]|[A-Z]\(|K3s", sentence), f"{name}: {sentence}"
            assert sentence.endswith("."), f"{name}: {sentence}"


@each_role
def test_the_entry_points_say_what_they_are_and_since_when(role):
    for entry_point in load(role / "meta" / "argument_specs.yml")["argument_specs"].values():
        assert entry_point["short_description"]
        assert entry_point["version_added"] == "0.1.0"


@each_role
def test_variables_start_with_the_name_of_the_role(role):
    ours = (f"{role.name}_", f"__{role.name}_")
    names = set(options(role)) | {name for path in (role / "vars").glob("*.yml") for name in load(path)}
    for path in task_files(role):
        names |= set(re.findall(r"^\s*register: (\S+)", path.read_text(), re.MULTILINE))
    assert [name for name in sorted(names) if not name.startswith(ours)] == []


@each_role
def test_the_role_does_not_know_the_groups_of_the_inventory(role):
    files = [*task_files(role), *role.glob("templates/**/*.j2"), *role.glob("vars/*.yml"), *role.glob("defaults/*.yml")]
    assert [str(path) for path in files if re.search(r"\bgroups\s*[\[.]", path.read_text())] == []


@each_role
def test_main_is_a_table_of_contents_or_the_only_file(role):
    steps = [task for task in load(role / "tasks" / "main.yml") if set(task) & {"ansible.builtin.include_tasks", "ansible.builtin.import_tasks"}]
    assert steps or [path.name for path in task_files(role)] == ["main.yml"]


@each_role
def test_galaxy_metadata(role):
    meta = load(role / "meta" / "main.yml")
    assert meta["dependencies"] == []
    assert meta["galaxy_info"]["license"] == "GPL-3.0-or-later"
    assert meta["galaxy_info"]["min_ansible_version"] == "2.16"
    assert meta["galaxy_info"]["platforms"] == [{"name": "Ubuntu", "versions": ["bionic", "focal", "jammy", "noble"]}]


@each_role
def test_the_readme_shows_how_to_use_the_role(role):
    readme = (role / "README.md").read_text()
    assert "```yaml" in readme
    assert f"gitpod.node_prep.{role.name}" in readme


@each_role
def test_a_scenario_with_tests(role):
    scenario = CHECKOUT / "molecule" / role.name
    assert (scenario / "molecule.yml").is_file()
    assert (scenario / "converge.yml").is_file()
    tests = [path.read_text() for path in (scenario / "tests").glob("test_*.py")]
    assert any(re.search(r"^def test_", text, re.MULTILINE) for text in tests)


@each_role
def test_what_a_role_keeps_to_itself_is_used_by_nobody_else(role):
    """Names with two underscores belong to the role, its page and its scenarios; what it gives to others has a documented name."""
    home = re.compile(rf"(roles|molecule)/{role.name}(_alternative)?/|tests/unit/")
    texts = [
        path
        for folder in ("roles", "playbooks", "molecule", "inventories", "tests", "docs")
        for path in (CHECKOUT / folder).rglob("*")
        if path.suffix in SOURCES
    ]
    found = [str(path.relative_to(CHECKOUT)) for path in texts if re.search(rf"\b__{role.name}_\w", path.read_text())]
    assert [path for path in found if not home.match(path)] == []
