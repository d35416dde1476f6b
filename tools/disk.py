"""Disks that can be full. A service's data folder lies on a tmpfs of its own, mounted in a mount namespace of this process
and its children (nothing is left behind, however they end); fill() takes all free space, so that writes fail with ENOSPC.
Where mounting is not permitted, fill() sets RLIMIT_FSIZE of the running service to a file size that is reached already:
writes fail with EFBIG (or SIGXFSZ ends the service), which stands for a full disk there.
"""
import ctypes
import os
import resource
import subprocess

CLONE_NEWNS = 0x00020000
BALLAST = "ballast"


class Tmpfs:
    name = "small disks (tmpfs)"

    def __init__(self):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNS) != 0:
            raise OSError(ctypes.get_errno(), "no mount namespace")
        subprocess.run(["mount", "--make-rprivate", "/"], check=True, capture_output=True)

    def add(self, folder, megabytes):
        os.makedirs(folder, mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "zklink-test", folder], check=True,
                       capture_output=True)

    def fill(self, folder, _process):
        """Takes all that is free."""
        with open(os.path.join(folder, BALLAST), "ab", buffering=0) as f:
            block = bytes(1 << 20)
            while block:
                try:
                    f.write(block)
                except OSError:
                    block = block[:len(block) // 2]

    def clear(self, folder, _process):
        os.remove(os.path.join(folder, BALLAST))


class FileSizes:
    name = "limits of file sizes (mounting is not permitted here)"

    def add(self, folder, _megabytes):
        pass

    @staticmethod
    def limit(process, size):
        try:
            resource.prlimit(process.popen.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        except ProcessLookupError:
            pass

    def fill(self, _folder, process):
        self.limit(process, 4096)

    def clear(self, _folder, process):
        self.limit(process, resource.RLIM_INFINITY)


def disks_that_can_be_full():
    try:
        return Tmpfs()
    except (OSError, subprocess.CalledProcessError):
        return FileSizes()
