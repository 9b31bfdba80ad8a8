"""QR codes as inline SVG; their one path is styled by the style sheet, dark on white in either colour scheme."""

import segno
from markupsafe import Markup


def qr_code(text: str) -> Markup:
    """Return the QR code of an address."""
    code = segno.make(text, error="m", micro=False)
    # Made of numbers by segno; no part of the text gets into it.
    return Markup(code.svg_inline(border=2, omitsize=True, svgclass="qr-code", lineclass="qr-dark"))  # noqa: S704
