"""``featkit``: the group of commands, and the last word on every error."""

from __future__ import annotations

import importlib
import importlib.util
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import click

from featkit.errors import FeatkitError, ParameterError
from featkit.version import __version__

#: Command -> module under featkit.cli; a command is imported when it is called.
COMMANDS = {
    "prepare": "prepare",
    "augment": "augment",
    "mfcc": "features",
    "fbank": "features",
    "spectrogram": "features",
    "extract": "features",
    "vad": "vad",
    "pitch": "pitch",
    "bow": "bow",
    "vocab": "vocab",
    "embed": "embed",
    "patches": "image",
    "image": "image",
    "histogram": "image_features",
    "dct": "image_features",
    "convolve": "image_features",
    "hog": "image_features",
    "lbp": "image_features",
    "fuse": "fuse",
    "train": "train",
    "predict": "predict",
    "evaluate": "evaluate",
    "presets": "presets",
    "diff": "diff",
    "info": "info",
    "stages": "stages",
}

#: Commands that multiply matrices.
MULTIPLYING = ("train", "embed")

OK, INTERNAL, USAGE, FAILURES, STOPPED, NOTHING, INTERRUPTED = 0, 1, 2, 3, 4, 5, 130


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(importlib.import_module(f"featkit.cli.{COMMANDS[name]}"), name)
        return command

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        from featkit.errors import did_you_mean

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            hint = did_you_mean(args[0], COMMANDS) or f"; the commands are {', '.join(COMMANDS)}"
            raise click.UsageError(f"no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="featkit", message="%(prog)s %(version)s")
def featkit() -> None:
    """Turn sound, images and text into feature vectors, saved as .npy files.

    Exit codes: 0 done, 1 internal error, 2 wrong usage, 3 finished but some inputs failed, 4 stopped at the first
    failure, 5 nothing matched, 130 interrupted.

    \b
    Example:
      featkit mfcc examples/speech.wav --overwrite
    """


def say(line: str) -> None:
    """A line on standard error; if nobody can read it, the work goes on."""
    with suppress(OSError, ValueError):
        click.echo(line, err=True)


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit; no traceback reaches the user unless FEATKIT_TRACEBACK is set."""
    if arguments is None:
        _start_on_one_thread()
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _terminate)
    warnings.showwarning = lambda message, *_, **__: say(f"warning: {message}")
    code = _guarded(lambda: featkit.main(arguments, standalone_mode=False))
    if sys.stdout is not None:
        code = _guarded(sys.stdout.flush) or code  # what waits in the buffer may not fit on the disk
    sys.exit(code)


def _start_on_one_thread() -> None:
    """Where threadpoolctl isn't there to tell BLAS to use one thread, start anew with the variable that tells it.

    BLAS reads it when it is loaded, and NumPy has loaded it by now. Several threads wait for each other over every one of many
    small products, which takes several times as long.
    """
    multiplies = any(argument in MULTIPLYING for argument in sys.argv[1:2])
    told = "OPENBLAS_NUM_THREADS" in os.environ or importlib.util.find_spec("threadpoolctl") is not None
    if multiplies and not told and os.name == "posix":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {"OPENBLAS_NUM_THREADS": "1"})


def _guarded(call: Callable[[], Any]) -> int:
    """Run ``call``; whatever goes wrong becomes one line and an exit code."""
    try:
        return call() or OK
    except click.ClickException as error:
        with suppress(OSError, ValueError):
            error.show()
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("interrupted; finished files are whole, nothing half-written is left")
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):  # click exits so, when who reads our output has had enough, as `head` does
        _forget_standard_output()
        return OK
    except FeatkitError as error:
        say(f"featkit: {error}")
        return USAGE if isinstance(error, ParameterError) else FAILURES
    except OSError as error:
        _forget_standard_output()
        say(f"featkit: standard output cannot be written: {(error.strerror or str(error)).lower()}; give it more room")
        return FAILURES
    except Exception as error:
        if os.environ.get("FEATKIT_TRACEBACK"):
            traceback.print_exc()
        say(
            f"featkit: internal error: {type(error).__name__}: {error}; please report it with the command and the output "
            "it gives with FEATKIT_TRACEBACK=1"
        )
        return INTERNAL


def _forget_standard_output() -> None:
    # Python flushes it again when it ends, and would complain.
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
