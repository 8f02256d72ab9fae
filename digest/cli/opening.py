"""What every command begins with: its common options, the settings, the opened runtime."""

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import cyclopts

from digest import errors, logs

if TYPE_CHECKING:
    from digest import runtime, settings

P = ParamSpec("P")


@cyclopts.Parameter(name="*", group="Common options")
@dataclass(frozen=True)
class Options:
    """Options of every command."""

    config: Annotated[Path | None, cyclopts.Parameter(help="Settings file (digest.toml)")] = None
    json: Annotated[bool, cyclopts.Parameter(negative="", help="Results as JSON on stdout")] = False
    verbose: Annotated[bool, cyclopts.Parameter(negative="", help="More of the log")] = False


PLAIN = Options()


def load(options: Options) -> "settings.Settings":
    """Set up the log and read the settings.  Raises ConfigurationError."""
    from digest import settings

    logs.set_up(verbose=options.verbose)
    loaded = settings.load(options.config)
    for name in settings.unknown_names():
        complain(f"{name} is set, and there is no such setting")
    return loaded


@contextlib.contextmanager
def opened(options: Options) -> "Iterator[runtime.Runtime]":
    """The runtime of one command.  Raises ConfigurationError."""
    from digest import runtime

    with runtime.opened(load(options)) as rt:
        yield rt


def command(function: Callable[P, Any]) -> Callable[P, int]:
    """Turn what a command raises into one clear line each on stderr, and its exit code."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> int:
        try:
            result = function(*args, **kwargs)
        except errors.ConfigurationError as error:
            for problem in error.problems:
                complain(problem)
            return 2
        except BrokenPipeError:
            # Whoever read us has gone; flushing the rest at exit would only say so again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 1
        except OSError as error:
            complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
            return 1
        except (errors.DigestError, _people_error()) as error:
            complain(str(error))
            return 2 if isinstance(error, _misspelt()) else 1
        return result if isinstance(result, int) else 0

    return wrapped


def complain(text: str) -> None:
    """One line on stderr."""
    sys.stderr.write(f"digest: {text}\n")


def _people_error() -> type[Exception]:
    from subscribers import errors as people_errors

    return people_errors.SubscribersError


def _misspelt() -> tuple[type[Exception], ...]:
    """What people typed wrongly, which is wrong usage."""
    from subscribers import errors as people_errors

    return people_errors.InvalidAddress, people_errors.InvalidPreference
