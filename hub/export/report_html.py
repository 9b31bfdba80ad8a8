"""A report as one page of HTML that needs nothing else: no script, no request, charts within; pure."""

import base64
from collections.abc import Callable
from html import escape
from typing import Final

from hub.domain.statistics.printed import Report
from hub.export.charts import PAGE, draw
from hub.export.document import Block, Bullets, Document, Heading, Paragraph, Picture, Table, quiet
from hub.export.report_document import document_of

_STYLE: Final = """
:root{color-scheme:light;--ink:#1b2226;--quiet:#4a555c;--accent:#1f4e5f;--line:#b9c4c9;--band:#eef3f5}
*{box-sizing:border-box}
body{margin:0 auto;max-width:60rem;padding:1rem 1rem 3rem;background:#fff;color:var(--ink);
font:1rem/1.5 system-ui,"Segoe UI","Liberation Sans",sans-serif;overflow-wrap:break-word;hyphens:auto}
h1,h2{color:var(--accent);line-height:1.2}
h1{font-size:2rem;margin:.2rem 0 1rem;border-bottom:2px solid var(--accent);padding-bottom:.4rem}
h2{font-size:1.4rem;margin:2.2rem 0 .8rem}
h3{font-size:1.1rem;margin:1.6rem 0 .4rem}
.subtitle,figcaption,caption,dt,.note,footer{color:var(--quiet)}
.subtitle{margin:0}
.note{font-size:.95rem;margin:-.6rem 0 1rem}
.banner,.loud{border:2px solid var(--ink);padding:.5rem .8rem;font-weight:bold}
dl{display:grid;grid-template-columns:minmax(8rem,auto) 1fr;gap:.1rem 1rem;margin:0}
dd{margin:0}
.wide{overflow-x:auto;margin:.6rem 0 1.2rem}
.wide:focus-visible{outline:3px solid var(--accent)}
table{border-collapse:collapse;width:100%;font-size:.95rem}
caption{text-align:left;padding:.2rem 0}
th,td{text-align:left;vertical-align:top;padding:.3rem .5rem;border-bottom:1px solid var(--line);font-weight:normal}
thead th{background:var(--band);border-bottom:2px solid var(--accent);font-weight:bold}
.n{text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
thead .n{white-space:normal}
figure{margin:1rem 0 0}
figure img{display:block;width:100%;min-width:32rem;height:auto}
tbody th{min-width:7.5rem}
td:not(.n):last-child{min-width:13rem}
footer{border-top:1px solid var(--quiet);margin-top:2rem;padding-top:.5rem;font-size:.9rem}
@media (max-width:30rem){h1{font-size:1.5rem}dl{grid-template-columns:1fr}dd{margin-bottom:.4rem}}
@media print{body{max-width:none;padding:0;font-size:10pt}
.wide{overflow:visible}tr,figure{break-inside:avoid}h2,h3{break-after:avoid}}
"""

_POLICY: Final = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
)


def report_html(report: Report, language: str = "de", told: Callable[[int, int], None] = quiet) -> bytes:
    """Return a report as a page.

    Args:
        told: told after each step how many of how many are done.
    """
    document = document_of(report, language)
    blocks = list[str]()
    for block in document.blocks:
        blocks.append(_block(block))
        told(len(blocks), len(document.blocks))
    parts = [
        f'<!DOCTYPE html>\n<html lang="{document.language}">\n<head>\n<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(document.title)}</title>",
        f"<style>{_STYLE}</style>\n</head>\n<body>",
        *_head(document),
        "<main>",
        *blocks,
        f"</main>\n<footer><p>{escape(document.foot)}</p></footer>\n</body>\n</html>\n",
    ]
    return "\n".join(parts).encode("utf-8")


def _head(document: Document) -> list[str]:
    banner = f'<p class="banner">{escape(document.banner)}</p>' if document.banner else ""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in document.facts)
    return [
        "<header>",
        banner,
        f'<p class="subtitle">{escape(document.subtitle)}</p>',
        f"<h1>{escape(document.title)}</h1>",
        f"<dl>{facts}</dl>",
        "</header>",
    ]


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level + 1}>{escape(block.text)}</h{block.level + 1}>"
    if isinstance(block, Paragraph):
        kind = ' class="loud"' if block.is_loud else ' class="note"' if block.is_note else ""
        return f"<p{kind}>{escape(block.text)}</p>"
    if isinstance(block, Bullets):
        return f"<ul>{''.join(f'<li>{escape(item)}</li>' for item in block.items)}</ul>"
    if isinstance(block, Picture):
        svg = base64.b64encode(draw(block.chart, PAGE).encode("utf-8")).decode("ascii")
        image = f'<img src="data:image/svg+xml;base64,{svg}" alt="{escape(block.chart.alt)}">'
        frame = (
            f'<div class="wide" role="region" aria-label="{escape(block.caption)}" tabindex="0">{image}</div>'
        )
        return f"<figure><figcaption>{escape(block.caption)}</figcaption>{frame}</figure>"
    return _table(block)


def _table(table: Table) -> str:
    name = escape(table.caption)
    # Wider than a phone: it moves within its own frame, which the keyboard reaches too.
    return (
        f'<div class="wide" role="region" aria-label="{name}" tabindex="0"><table><caption>{name}</caption>'
        f"<thead><tr>{_cells(table, table.header, is_head=True)}</tr></thead>"
        f"<tbody>{''.join(f'<tr>{_cells(table, row)}</tr>' for row in table.rows)}</tbody></table></div>"
    )


def _cells(table: Table, row: tuple[str, ...], *, is_head: bool = False) -> str:
    cells = []
    for number, text in enumerate(row):
        side = ' class="n"' if 0 < number <= table.numeric else ""
        if is_head:
            cells.append(f'<th scope="col"{side}>{escape(text)}</th>')
        elif number == 0:
            cells.append(f'<th scope="row">{escape(text)}</th>')
        else:
            cells.append(f"<td{side}>{escape(text)}</td>")
    return "".join(cells)
