"""A program that makes steps on request."""

import os
import subprocess

TICK = os.sysconf("SC_CLK_TCK")


class ServerError(Exception):
    """A program that ended or never answered."""


class Server:
    """A child process that answers each number of calls with the seconds of a step."""

    def __init__(self, command, folder):
        self.command = command
        self.process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.greeting = self._line().split()
        if self.greeting[0] != "ready":
            raise ServerError(f"{' '.join(command)}: answered {' '.join(self.greeting)}")

    def seconds(self, calls):
        """Makes the steps of some calls and returns the seconds of one."""
        self.process.stdin.write(f"{calls}\n")
        self.process.stdin.flush()
        return float(self._line())

    def peak_mebibytes(self):
        """The most memory that the process has had at once."""
        with open(f"/proc/{self.process.pid}/status") as status:
            line = next(line for line in status if line.startswith("VmHWM"))
        return int(line.split()[1]) // 1024

    def cpu_seconds(self):
        """The CPU time of the process and of its children that have ended."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return sum(int(field) for field in fields[11:15]) / TICK

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _line(self):
        line = self.process.stdout.readline()
        if not line:
            raise ServerError(f"{' '.join(self.command)}: ended with {self.process.wait()}")
        return line.strip()
