"""Agents that cannot join: they do not end, they do not tell systemd that they are ready, and they log why every few seconds."""

import re

from sandbox import LIMIT

WRONG_TOKEN = (
    r'level=error msg="Failed to configure agent: failed to retrieve configuration from server: '
    r'https://127\.0\.0\.1:6544/v1-k3s/config: 401 Unauthorized"'
)
UNREACHABLE = (
    r'level=error msg="(Failed to configure agent: )?(failed to get CA certs|CA cert validation failed): Get \\"https://127\.0\.0\.1:6545/cacerts\\": '
)
WRONG_AUTHORITY = r'level=error msg="(Failed to configure agent: )?token CA hash does not match the Cluster CA certificate hash: a{64} != [0-9a-f]{64}"'


def repeats(agent, pattern):
    """Wait for the second line of this form; the agent must still run then and not be ready."""
    agent.wait_for(lambda: len(re.findall(pattern, agent.log.read_text())) >= 2, LIMIT, f"two lines {pattern}")
    assert agent.popen.poll() is None
    assert agent.notified() == ""


def test_wrong_token(agents):
    repeats(agents["token"], WRONG_TOKEN)


def test_server_that_cannot_be_reached(agents):
    repeats(agents["address"], UNREACHABLE)


def test_token_of_another_cluster(agents):
    repeats(agents["authority"], WRONG_AUTHORITY)


def test_end(agents):
    for agent in agents.values():
        assert agent.stop() == 1
