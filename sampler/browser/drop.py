"""Start a program as another user for good: `python -I -S drop.py UID PROGRAM ARGUMENT...`.

Run as a script by the launcher, never imported: it replaces its own process. Playwright speaks to the
browser over file descriptors 3 and 4, which stay open; nothing of root's stays otherwise: no group,
no capability, and no set-user-id program can bring anything back.
"""

import ctypes
import os
import sys

_PR_SET_NO_NEW_PRIVS = 38


def main(uid: int, program: str, arguments: list[str]) -> None:
    """Become `uid` (and the group of the same number) and run `program`."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no_new_privs was refused")
    os.umask(0o077)
    os.execv(program, [program, *arguments])  # noqa: S606 (no shell is what is wanted; the launcher names the program)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])
