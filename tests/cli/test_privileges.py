# SPDX-License-Identifier: Apache-2.0
"""What stray may do once it runs, read back from /proc and from the program file; and what it says of what it lacks."""
import os
import shutil
import signal
import struct
import subprocess
import unittest
from pathlib import Path

from tracing import STRAY, Folder, JsonTrace, stray, wait_for

NEEDED = ("bpf", "perfmon", "sys_ptrace", "dac_read_search")
PTRACE, READ_SEARCH, OVERRIDE = 1 << 19, 1 << 2, 1 << 1
FILTERED = b"system calls filtered" in stray("doctor").stdout


def limited(*names):
    """A prefix that leaves root these capabilities alone."""
    return ["setpriv", "--bounding-set", ",".join(["-all"] + [f"+{name}" for name in names]), "--inh-caps=-all"]


def threads(pid):
    """{name: {field of status: number}} of the threads of a process and of those of its children."""
    out = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        fields = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
        numbers = {name: int(fields[name], 16) for name in ("CapInh", "CapEff", "CapPrm", "CapBnd", "CapAmb")}
        numbers |= {name: int(fields[name]) for name in ("NoNewPrivs", "Seccomp")}
        out[fields["Name"]] = numbers
        for child in (task / "children").read_text().split():
            out |= threads(child)
    return out


class Confined(Folder):
    def check(self, trace, others):
        # It is confined once what is there has been read, just after the first lines.
        mark = "Seccomp" if FILTERED else "NoNewPrivs"
        names = {"stray", "stray-starter", "stray-observer"} | set(others)

        def confined():
            now = threads(trace.process.pid)
            return set(now) == names and all(one[mark] for one in now.values()) and now

        found = wait_for(confined, f"the threads {', '.join(sorted(names))}, confined")
        for name, thread in found.items():
            with self.subTest(name):
                observes = name in ("stray-starter", "stray-observer")
                self.assertEqual(thread["CapEff"] & ~(1 << 39), PTRACE | READ_SEARCH if observes else others.get(name, 0))
                self.assertEqual(thread["CapPrm"], thread["CapEff"])
                for name in ("CapInh", "CapBnd", "CapAmb"):
                    self.assertEqual(thread[name], 0, name)
                self.assertEqual(thread["NoNewPrivs"], 1)
                if FILTERED:
                    self.assertEqual(thread["Seccomp"], 2)

    def test_the_threads_of_a_run(self):
        with JsonTrace("--capture", str(self.folder / "host.stray")) as trace:
            self.check(trace.ready(), {"stray-output": 0, "stray-capture": 0})
            self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())

    def test_the_capture_in_a_folder_of_another(self):
        os.chown(self.folder, 65534, 65534)
        os.chmod(self.folder, 0o755)
        with JsonTrace("--capture", str(self.folder / "host.stray"), "--capture-age", "1s") as trace:
            self.check(trace.ready(), {"stray-output": 0, "stray-capture": OVERRIDE})
            wait_for((self.folder / "host.stray.000001").exists, "the capture to go on in another file")
            self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        for file in self.folder.iterdir():
            os.chown(file, 65534, 65534)
        again = stray("replay", *map(str, self.folder.iterdir()))
        self.assertEqual(again.returncode, 0, again.stderr)

    def test_what_it_writes_while_confined(self):
        """Rotation makes and deletes files, and a reload reads one."""
        config = self.folder / "stray.toml"
        config.write_text("")
        with JsonTrace("--capture", str(self.folder / "host.stray"), "--capture-age", "1s", "--capture-total", "128KiB",
                       "--config", str(config)) as trace:
            trace.ready()
            first = self.folder / "host.stray"
            node = self.server()
            def storm():
                subprocess.run(["sh", "-c", "for i in $(seq 300); do /bin/true " + os.urandom(150).hex() + "; done"], check=True)
                return not first.exists()
            wait_for(storm, "the oldest file to be deleted")
            config.write_text("[after]\norphan = \"1s\"\n")
            trace.send(signal.SIGHUP)
            wait_for(lambda: "configuration read again" in trace.said(), "the reload")
            self.leave_behind(*node)
            trace.wait(lambda d: d["event"]["kind"] == "alert" and d["rule"]["name"] == "orphan", "the finding")
            self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())

    def test_a_configuration_that_only_another_may_read(self):
        config = self.folder / "stray.toml"
        config.write_text("")
        os.chmod(config, 0o600)
        os.chown(self.folder, 65534, 65534)
        with JsonTrace("--config", str(config)) as trace:
            trace.ready()
            trace.send(signal.SIGHUP)
            wait_for(lambda: "configuration read again" in trace.said(), "the reload")
            self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())

    def test_a_confined_observer_observes(self):
        with JsonTrace("--after", "all=1s") as trace:
            trace.ready()
            pid = self.leave_behind(*self.server())
            found = trace.wait(lambda d: d["event"]["kind"] == "alert" and d["process"]["pid"] == pid, "the finding")
            self.assertEqual(found["process"]["executable"], str(self.folder / "node"))
            self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())


class WithLess(Folder):
    def run_with(self, names, *arguments):
        return subprocess.run([*limited(*names), STRAY, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)

    def test_four_capabilities_are_enough(self):
        with JsonTrace(command=limited(*NEEDED)) as trace:
            trace.ready()
            self.assertEqual(threads(trace.process.pid)["stray"]["CapPrm"] & ~(1 << 39), 0)
            self.assertEqual(trace.end(signal.SIGINT), 0, trace.said())
        scan = self.run_with(NEEDED, "scan")
        self.assertIn(scan.returncode, (0, 1), scan.stderr)

    def test_they_are_enough_for_another_user(self):
        given = ",".join(f"+{name}" for name in NEEDED)
        program = self.folder / "stray"
        shutil.copy(STRAY, program)
        os.chmod(self.folder, 0o755)
        scan = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--inh-caps", given, "--ambient-caps",
                               given, program, "scan"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        self.assertIn(scan.returncode, (0, 1), scan.stderr)

    def test_without_one_that_is_required(self):
        for name in NEEDED[:2]:
            with self.subTest(name):
                scan = self.run_with([n for n in NEEDED if n != name], "scan")
                self.assertEqual(scan.returncode, 4)
                self.assertIn(f"CAP_{name.upper()} is missing; add CAP_{name.upper()}", scan.stderr)
                doctor = self.run_with([n for n in NEEDED if n != name], "doctor")
                self.assertEqual(doctor.returncode, 4)
                self.assertRegex(doctor.stdout, rf"missing  privileges: CAP_{name.upper()} is missing\n +-> add CAP_{name.upper()},")

    def test_without_one_that_limits_the_view(self):
        for name in NEEDED[2:]:
            with self.subTest(name):
                less = [n for n in NEEDED if n != name]
                scan = self.run_with(less, "scan", "--json")
                self.assertEqual(scan.returncode, 4, scan.stderr)
                self.assertIn(f"limited view: CAP_{name.upper()} is missing: ", scan.stderr)
                self.assertIn('"missing-capability"', scan.stdout)
                self.assertRegex(self.run_with(less, "doctor").stdout, rf"limited  privileges: CAP_{name.upper()} is missing: ")

    def test_doctor_shows_what_each_thread_keeps(self):
        text = stray("doctor").stdout.decode()
        self.assertRegex(text, r"confined pipeline: capabilities (none|CAP_BPF), no_new_privs")
        self.assertIn("confined observer: capabilities CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, no_new_privs", text)
        self.assertIn("confined capture: capabilities none, no_new_privs", text)


class Program(unittest.TestCase):
    """The ELF file: 64 bits, of this machine."""

    @classmethod
    def setUpClass(cls):
        cls.bytes = Path(STRAY).read_bytes()
        cls.type, = struct.unpack_from("<H", cls.bytes, 16)
        at, = struct.unpack_from("<Q", cls.bytes, 32)
        size, count = struct.unpack_from("<HH", cls.bytes, 54)
        headers = [struct.unpack_from("<IIQQQQQQ", cls.bytes, at + i * size) for i in range(count)]
        cls.segments = {kind: flags for kind, flags, *_ in headers}
        offset, length = next((offset, length) for kind, _, offset, _, _, length, _, _ in headers if kind == 2)  # PT_DYNAMIC
        cls.dynamic = dict(struct.unpack_from("<QQ", cls.bytes, at) for at in range(offset, offset + length, 16))

    def test_it_is_position_independent(self):
        self.assertEqual(self.type, 3)  # ET_DYN
        self.assertTrue(self.dynamic.get(0x6ffffffb, 0) & 0x08000000)  # DT_FLAGS_1: DF_1_PIE

    def test_what_was_relocated_is_read_only(self):
        self.assertIn(0x6474e552, self.segments)  # PT_GNU_RELRO
        self.assertTrue(self.dynamic.get(30, 0) & 8 or self.dynamic.get(0x6ffffffb, 0) & 1)  # DF_BIND_NOW, DF_1_NOW

    def test_its_stack_is_not_executable(self):
        self.assertEqual(self.segments[0x6474e551] & 1, 0)  # PT_GNU_STACK without PF_X

    @unittest.skipIf(os.environ.get("STRAY_DEBUG_BUILD"), "the compiler's part is for builds that are installed")
    def test_the_compilers_part(self):
        self.assertIn(b"__stack_chk_fail\0", self.bytes)
        self.assertRegex(self.bytes, rb"\0__(memcpy|snprintf|vsnprintf|read|poll)_chk\0")
