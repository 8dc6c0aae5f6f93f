# Written by the role api_vip of gitpod.node_prep; changes are overwritten.
"""Asks the Kubernetes API of this very server whether it `answers`, or is `ready`. Exits with 0 where it does, else with the reason.

One that answers may be waiting for etcd, as all servers are while etcd chooses a leader. The client certificate of K3s' own
administrator is shown, so that a server without anonymous access answers too. keepalived calls this again and again, so it loads little.
"""

import socket
import ssl
import sys

PORT = 6443
CREDENTIALS = "/var/lib/rancher/k3s/server/tls"
# What is asked, and for how long an answer is waited for: less than keepalived waits for this script.
QUESTIONS = {
    "answers": ("/livez?exclude=etcd", 1.5),
    "ready": ("/readyz", 3),
}


def status(path, seconds, port=PORT, credentials=CREDENTIALS):
    """The status of the answer, a number as text."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(credentials + "/server-ca.crt")
    context.load_cert_chain(credentials + "/client-admin.crt", credentials + "/client-admin.key")
    connection = socket.create_connection(("127.0.0.1", port), timeout=seconds)
    with context.wrap_socket(connection, server_hostname="127.0.0.1") as api:
        api.sendall(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode("ascii"))
        answer = api.makefile("rb").readline(1000).decode("ascii", "replace").split()
    return answer[1] if len(answer) > 1 else "nothing"


def main(question):
    path, seconds = QUESTIONS[question]
    try:
        said = status(path, seconds)
    except (OSError, ValueError) as error:
        sys.exit(f"{path} cannot be asked: {error}")
    if said != "200":
        sys.exit(f"{path} answers {said}")


if __name__ == "__main__":
    main(sys.argv[1])
