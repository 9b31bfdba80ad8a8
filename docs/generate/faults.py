"""What the doctors find, with the remedies: `docs/reference/faults.md`."""

from device import faults as of_device
from docs.generate import NOTE
from hub.domain import faults as of_hub


def pages() -> dict[str, str]:
    """Return the page of faults."""
    device = [(one.value, of_device.REMEDIES[one]) for one in of_device.Fault]
    hub = [(one.value, of_hub.REMEDIES[one]) for one in of_hub.Fault]
    text = f"""\
<!-- {NOTE} -->

# Faults that the doctors find

`ankerort-hub doctor` looks at the hub and at what its devices said last, `ankerort-device doctor` at a Pi.
Both change nothing, may run beside the program, say of each fault which part it is and what was seen, and end with 1
when they found one.

## ankerort-hub doctor

{_table(hub)}
## ankerort-device doctor

{_table(device)}"""
    return {"reference/faults.md": text}


def _table(rows: list[tuple[str, str]]) -> str:
    lines = "".join(f"| `{name}` | {remedy} |\n" for name, remedy in rows)
    return f"| fault | what to do |\n| --- | --- |\n{lines}"
