"""QR codes as inline SVG; their one path is styled by the style sheet."""

import segno
from markupsafe import Markup


def qr_code(text: str, look: str = "qr-code", border: int = 2) -> Markup:
    """Return the QR code of a text.

    Args:
        look: classes of the style sheet.
        border: of the quiet zone, in modules.
    """
    code = segno.make(text, error="m", micro=False)
    # Made of numbers by segno; no part of the text gets into it.
    svg = code.svg_inline(border=border, omitsize=True, svgclass=look, lineclass="qr-dark")
    return Markup(svg)  # noqa: S704
