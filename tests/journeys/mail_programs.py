"""Mail as programs of other people read it: mutt under a terminal, w3m, mblaze."""

import mailbox
import os
import pty
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path

__all__ = ["blaze_parts", "blaze_shows", "mutt_shows", "w3m_shows"]

_SECONDS = 60
_HTML_BY_W3M = "text/html; w3m -dump -T text/html -I UTF-8 -O UTF-8 %s; copiousoutput\n"


def w3m_shows(html: str) -> str:
    """A page as w3m lays it out, its links numbered and listed at the end."""
    return subprocess.run(
        ["w3m", "-dump", "-T", "text/html", "-I", "UTF-8", "-O", "UTF-8", "-cols", "100",
         "-o", "display_link_number=1"],
        input=html, capture_output=True, text=True, check=True, timeout=_SECONDS,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    ).stdout  # fmt: skip


def blaze_shows(mail: Path) -> str:
    """A mail as mblaze's mshow prints it: plain text first, decoded."""
    return _blaze("mshow", "-n", str(mail))


def blaze_parts(mail: Path) -> list[str]:
    """The media types of a mail's parts, in order, as mblaze finds them."""
    listed = _blaze("mshow", "-t", str(mail)).splitlines()
    words = (word for line in listed[1:] for word in line.split())
    return [word for word in words if word.startswith(("multipart/", "text/"))]


def _blaze(*command: str) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=_SECONDS,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    ).stdout  # fmt: skip


def mutt_shows(mails: Sequence[bytes], folder: Path, *, prefer: str = "text/plain") -> str:
    """All mails as mutt decodes and pipes them, of the part it is told to prefer.

    mutt wants a terminal, and has no batch mode that shows a message; a macro types for us.
    """
    folder.mkdir(exist_ok=True)
    box = mailbox.mbox(folder / "mbox")
    for data in mails:
        box.add(data.replace(b"\r\n", b"\n"))
    box.close()
    shown = folder / "shown"
    (folder / "mailcap").write_text(_HTML_BY_W3M)
    settings = (
        f"set mailcap_path={folder / 'mailcap'} folder={folder}",
        "set charset=utf-8 assumed_charset=utf-8",
        "set pipe_decode=yes wait_key=no quit=yes read_inc=0 sleep_time=0 confirmappend=no",
        "set mark_old=no beep=no smart_wrap=no",
        "auto_view text/html",
        f"alternative_order {prefer}",
        f'push "<tag-pattern>~A<enter><tag-prefix><pipe-message>cat > {shown}<enter><quit>"',
    )
    (folder / "muttrc").write_text("\n".join(settings) + "\n")
    _under_a_terminal(
        ["mutt", "-n", "-R", "-F", str(folder / "muttrc"), "-f", str(folder / "mbox")]
    )
    return shown.read_text("utf-8")


def _under_a_terminal(command: Sequence[str]) -> None:
    """Run a program that draws on a screen, throwing away what it draws."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        command, stdin=its, stdout=its, stderr=its, start_new_session=True,
        env=os.environ | {"TERM": "xterm", "LC_ALL": "C.UTF-8", "LINES": "50", "COLUMNS": "120"},
    )  # fmt: skip
    os.close(its)
    drain = threading.Thread(target=_drain, args=(ours,))
    drain.start()
    try:
        process.wait(_SECONDS)
    finally:
        process.kill()
        process.wait()
        drain.join()
        os.close(ours)


def _drain(file: int) -> None:
    try:
        while os.read(file, 65536):
            pass
    except OSError:  # how Linux says that the other side has gone
        return
