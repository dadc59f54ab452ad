"""The program, and what its commands have in common: language, help with examples, options, exit codes.

Nothing heavy may be imported here: ``crmxl --version`` stays within 0.15 s of bare Python, and a test holds that.
Exit codes: 0 clean, 1 findings or something left out, 2 wrong usage or the operator's own files.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from crmxl import __version__
from crmxl.errors import CrmxlError
from crmxl.signs import visible_lines

if TYPE_CHECKING:
    pass

Function = TypeVar("Function", bound=Callable[..., Any])

LANG = click.Choice(["zh", "en"])
PATH = click.Path(path_type=Path)
SAVE = click.Path(path_type=Path, dir_okay=False)


class Crmxl(click.Group):
    """The program: what the operator must put right is one message on stderr and exit code 2."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of the work."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that was named."""
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):  # a console that lacks a character shows ? instead of stopping
                stream.reconfigure(errors="replace")
        try:
            return super().invoke(ctx)
        except CrmxlError as error:
            message = str(error)
        except BrokenPipeError:
            raise
        except OSError as error:
            message = f"{error.filename or ''}: {error.strerror or error}".lstrip(": ")
        except (KeyboardInterrupt, click.Abort):
            message = "已中断 · interrupted"
        click.echo(visible_lines(message), err=True)
        ctx.exit(2)


def language(ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str:
    """The command's own ``--lang``, else the program's."""
    return value or ctx.find_root().params.get("lang") or "zh"


def as_json_option(command: Function) -> Function:
    """Give a command ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="以 JSON 输出。Print JSON.")(command)


def own_templates(command: Function) -> Function:
    """Give a command ``--templates``."""
    return click.option(
        "--templates",
        "own",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR",
        help="自己的模板（.toml）所在的文件夹。Folder with your own templates, beside the shipped ones.",
    )(command)


def in_round(command: Function) -> Function:
    """Give a command ``--round``."""
    return click.option(
        "--round",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR",
        help="轮次文件夹（round.toml、units.csv）：按集团的记录办理。Folder of a round: the group's records count.",
    )(command)


def of_round(command: Function) -> Function:
    """Give a command of a round ``--round``; by default it is the round that one stands in."""
    return click.option(
        "--round",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        metavar="DIR",
        help="轮次文件夹；缺省为当前文件夹或其上级。Folder of the round; by default the current one or above.",
    )(command)


def acting(command: Function) -> Function:
    """Give an act on a round ``--by``."""
    return click.option("--by", default="", help="经办人；缺省为登录名。Who acts; the login name by default.")(command)


def of_template(command: Function) -> Function:
    """Give a command ``--template``, for units that have several."""
    help = "单位有几份模板时指明哪一份。Which template, where the unit has several."
    return click.option("--template", default="", metavar="T", help=help)(command)


def instead(command: Function) -> Function:
    """Give a listing command ``--policy``."""
    help = "看这份制度文件，不看自带的制度。This policy file instead of the shipped policies."
    return click.option("--policy", type=SAVE, metavar="FILE", help=help)(command)


def help_text(zh: str, en: str, examples: tuple[str, ...]) -> str:
    """The help of a command: Chinese, English, examples line by line."""
    return "\n".join((f"{zh}\n\n{en}\n\n\b\n示例 Example:", *(f"  crmxl {example}" for example in examples)))


def command(
    name: str, short: str, zh: str, en: str, *examples: str, of: click.Group | None = None
) -> Callable[[Callable[..., Any]], click.Command]:
    """Declare a command with ``--lang``, of the program or of one of its groups; ``short`` is its line in lists."""

    def declare(function: Callable[..., Any]) -> click.Command:
        help = "语言，工作簿也用它。Language, of workbooks too."
        option = click.option("--lang", type=LANG, callback=language, help=help)
        return (of or main).command(name, short_help=short, help=help_text(zh, en, examples))(option(function))

    return declare


@click.group(
    cls=Crmxl,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    help=help_text(
        "预算工作簿下发、收回校验、集团汇总。",
        "Budget workbooks out to the units, exact group totals back.",
        (
            "demo",
            "generate cosmetics-plan --unit 华南区域 --year 2026 -o 华南区域.xlsx",
            "validate 上报/",
            "consolidate 上报/ -o 集团汇总.xlsx",
        ),
    ),
)
@click.version_option(__version__, message="crmxl %(version)s")
@click.option("--lang", type=LANG, help="语言，默认 zh。Language, zh by default.")
def main(lang: str | None) -> None:
    """Budget workbooks out to the units, exact group totals back."""


def group(name: str, short: str, zh: str, en: str, *examples: str) -> click.Group:
    """Declare a command that only holds others."""

    @main.group(name, cls=Crmxl, short_help=short, help=help_text(zh, en, examples))
    def declared() -> None:
        """Hold commands."""

    return declared
