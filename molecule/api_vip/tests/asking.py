"""Somebody who asks the API at the virtual address again and again, as kubectl would."""

import http.client
import ssl
import threading
import time

PATIENCE = 1  # seconds for one request
PAUSE = 0.1
# Read from etcd, and so only where a majority of the servers is there.
PATH = "/api/v1/namespaces/kube-system"


class Asking:
    """Asks from the beginning of a `with` to its end, each time over a new connection."""

    def __init__(self, address, credentials):
        self._address = address
        self._context = ssl.create_default_context(cafile=credentials / "server-ca.crt")
        self._context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self._context.load_cert_chain(credentials / "client-admin.crt", credentials / "client-admin.key")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._ask_on)
        self.answered, self.troubles = [], []

    def __enter__(self):
        self.answered.append(time.monotonic())
        self._thread.start()
        return self

    def __exit__(self, *_error):
        self._ended.set()
        self._thread.join()
        self.answered.append(time.monotonic())

    @property
    def longest_gap(self):
        """Seconds between two answers, where they were furthest apart."""
        return max(later - earlier for earlier, later in zip(self.answered, self.answered[1:], strict=False))

    def _ask_on(self):
        while not self._ended.wait(PAUSE):
            trouble = self.ask()
            if trouble:
                self.troubles.append(trouble)
            else:
                self.answered.append(time.monotonic())

    def ask(self, path=PATH):
        """What went wrong; '' where the API has answered."""
        connection = http.client.HTTPSConnection(self._address, 6443, timeout=PATIENCE, context=self._context)
        try:
            connection.request("GET", path)
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return repr(error)
        finally:
            connection.close()
        return "" if status == 200 else f"status {status}"
