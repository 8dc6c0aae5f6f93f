"""Every node has a Python with its standard library, and no package is left half-installed."""


def test_python_runs(host):
    assert host.check_output("/usr/bin/python3.11 -c 'import json; print(json.loads(\"[1]\"))'") == "[1]"


def test_python_is_the_distribution_s(host):
    assert host.check_output("dpkg-query --search /usr/bin/python3").startswith("python3-minimal:")
    assert host.package("python3").is_installed


def test_no_package_is_half_installed(host):
    assert host.check_output("dpkg --audit") == ""
    assert host.check_output("ls /var/lib/dpkg/updates") == ""
