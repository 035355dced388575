# SPDX-License-Identifier: Apache-2.0
"""What a run reports to the service manager: the messages, on a notify socket of the test."""
import os
import select
import signal
import socket
import subprocess

from tracing import PATIENCE, Folder, JsonTrace, about, action, wait_for


class Manager:
    """The socket that a service manager would listen on."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path.replace("@", "\0", 1) if path.startswith("@") else path)

    def next(self, timeout=PATIENCE):
        """The next message as {name: value}; None: none came in this time."""
        if not select.select([self.socket], [], [], timeout)[0]:
            return None
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().split("\n"))

    def wait(self, name):
        while (message := self.next()) is not None:
            if name in message:
                return message
        raise AssertionError(f"waited {PATIENCE} s for {name}")

    def drain(self):
        while self.next(timeout=0) is not None:
            pass


class Notified(Folder):
    def setUp(self):
        super().setUp()
        self.config = self.folder / "stray.toml"
        self.config.write_text("")
        self.path = str(self.folder / "notify")

    def run_below(self, *arguments, **environment):
        manager = Manager(self.path)
        self.addCleanup(manager.socket.close)
        trace = JsonTrace("--config", str(self.config), *arguments,
                          env=os.environ | {"NOTIFY_SOCKET": self.path} | environment)
        self.addCleanup(trace.__exit__)
        return manager, trace

    def test_ready_means_that_nothing_is_missed_from_then_on(self):
        manager, trace = self.run_below()
        first = manager.next()
        self.assertEqual(first["READY"], "1")
        self.assertRegex(first["STATUS"], r"^\d+ findings? open, 0 events/s, 0 records lost$")
        child = subprocess.Popen(["true"])
        child.wait()
        trace.wait(about(child.pid, "exec"), "the exec")
        # Everything that was alive before was listed before.
        self.assertIn("ready", [action(document) for document in trace.documents])
        trace.send(signal.SIGTERM)
        self.assertEqual(manager.wait("STOPPING")["STOPPING"], "1")
        self.assertEqual(trace.end(), 0, trace.said())

    def test_a_name_in_no_directory(self):
        self.path = f"@stray-cli-{os.getpid()}"
        manager, trace = self.run_below()
        self.assertEqual(manager.next()["READY"], "1")
        self.assertEqual(trace.end(signal.SIGTERM), 0, trace.said())

    def test_reload(self):
        manager, trace = self.run_below()
        manager.wait("READY")
        for text in ("[times]\nmin_age = '1s'\n", "wrong"):
            self.config.write_text(text)
            trace.send(signal.SIGHUP)
            self.assertGreater(int(manager.wait("RELOADING")["MONOTONIC_USEC"]), 0)
            self.assertEqual(manager.next(), {"READY": "1"})
        self.assertEqual(trace.end(signal.SIGTERM), 0, trace.said())

    def test_the_watchdog_hears_from_the_loop_alone(self):
        manager, trace = self.run_below(WATCHDOG_USEC="2000000", WATCHDOG_PID="")
        manager.wait("READY")
        for _ in range(2):
            manager.wait("WATCHDOG")
        trace.send(signal.SIGSTOP)
        stat = f"/proc/{trace.process.pid}/stat"
        wait_for(lambda: open(stat).read().rsplit(")", 1)[1].split()[0] == "T", "the run to be stopped")
        manager.drain()
        self.assertIsNone(manager.next(timeout=2))
        trace.send(signal.SIGCONT)
        manager.wait("WATCHDOG")
        self.assertEqual(trace.end(signal.SIGTERM), 0, trace.said())

    def test_a_watchdog_of_another_process_is_not_answered(self):
        manager, trace = self.run_below("--for", "2s", WATCHDOG_USEC="1000000", WATCHDOG_PID="1")
        self.assertEqual(trace.end(), 0, trace.said())
        names = set()
        while message := manager.next(timeout=0):
            names |= set(message)
        self.assertEqual(names, {"READY", "STATUS", "STOPPING"})

    def test_nobody_listens(self):
        trace = JsonTrace("--for", "1s", env=os.environ | {"NOTIFY_SOCKET": str(self.folder / "nobody")})
        self.addCleanup(trace.__exit__)
        self.assertEqual(trace.end(), 0, trace.said())
