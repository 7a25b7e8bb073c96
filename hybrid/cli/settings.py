"""`hybrid settings`: every setting and where its value came from, or a file to fill in."""

from __future__ import annotations

from pathlib import Path

import click

from hybrid.cli.command import command


@command("hybrid settings acme-v-beta")
@click.argument("corpus", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--settings", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file of settings.")
@click.option("--template", is_flag=True, help="Print a file with all settings and their meaning instead.")
def settings(corpus: Path | None, settings: Path | None, template: bool) -> None:
    """Print the settings of CORPUS, or of a new one, as TOML, each with where its value came from.

    The environment overrules a file, a file what is stored with CORPUS, and that the defaults. A variable is
    called HYBRID_TABLE__KEY, as in HYBRID_MEMORY__ENABLED=false.
    """
    from hybrid import _open
    from hybrid.settings import Settings, sources

    if template:
        click.echo(sources.template(Settings), nl=False)
        return
    if corpus is None:
        found = _open.explained(None, settings)
    else:
        with _open.open_catalog(corpus, create=False) as catalog:
            found = _open.explained(catalog, settings)
    click.echo(sources.as_toml(found), nl=False)
