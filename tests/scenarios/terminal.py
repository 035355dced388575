# SPDX-License-Identifier: Apache-2.0
"""An interactive bash on a terminal of its own, as a person has it over ssh."""
import fcntl
import os
import pty
import select
import signal
import subprocess
import termios
import threading

from case import alive, wait_for

PROMPT = b"[scenario] "


class Terminal:
    def __init__(self, case, cwd=None):
        self.case = case
        self.master, slave = pty.openpty()
        self.output, self.typed = bytearray(), 0
        self.shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"], cwd=cwd or case.app_dir, stdin=slave, stdout=slave, stderr=slave,
            env={**case.env, "PS1": PROMPT.decode()}, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        case.pids["shell"] = self.shell.pid
        self.closing, self.close_it = os.pipe()
        self.drain = threading.Thread(target=self._drain, daemon=True)
        self.drain.start()
        wait_for(lambda: self._prompts() > 0, "the shell's prompt")

    def _drain(self):
        # A read that blocks would keep the terminal open after close(): only what is there is read.
        try:
            while self.closing not in (ready := select.select([self.master, self.closing], [], [])[0]) and ready:
                self.output += os.read(self.master, 4096)
        except OSError:
            pass  # EIO: nobody has the other side open any more

    def _prompts(self):
        return self.output.count(PROMPT)

    def run(self, line, foreground=False):
        """Types a line; unless the command keeps the foreground, waits until the shell asks for the next one."""
        before = self._prompts()
        os.write(self.master, line.encode() + b"\n")
        if not foreground:
            wait_for(lambda: self._prompts() > before, f"the prompt after `{line}`")

    def exit(self):
        """The person leaves by `exit`; a second one, where bash warned of stopped jobs, means it."""
        for _ in range(2):
            before = self._prompts()
            os.write(self.master, b"exit\n")
            wait_for(lambda: self.shell.poll() is not None or self._prompts() > before, "the shell to exit")
            if self.shell.poll() is not None:
                break
        self._close()

    def hang_up(self):
        """The window is closed, or the connection lost: the kernel sends SIGHUP to the session's leader."""
        self._close()

    def _close(self):
        os.close(self.close_it)
        self.drain.join()
        os.close(self.master)
        shell = self.case.pids.pop("shell")
        try:
            self.shell.wait(20)
        except subprocess.TimeoutExpired:
            os.kill(shell, signal.SIGKILL)
            raise
        wait_for(lambda: not alive(shell), "the shell's end")
