"""`python -m docs.generate` writes the generated pages; with `--check` it only says which are stale."""

import click

from docs.generate import all_pages, stale_pages, write_pages


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; end with 1 when a page is stale.")
def main(check: bool) -> None:
    """Write the pages of docs/ that are made from code.

    \b
    Examples:
      python -m docs.generate
      python -m docs.generate --check
    """
    pages = all_pages()
    changed = stale_pages(pages) if check else write_pages(pages)
    for path in changed:
        click.echo(f"{'stale' if check else 'written'}: docs/{path}")
    if check and changed:
        raise click.ClickException("run `make docs` and commit what it writes")
    click.echo(f"{len(pages)} generated pages, {len(changed)} {'stale' if check else 'written'}")


if __name__ == "__main__":
    main()
