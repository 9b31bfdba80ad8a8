from tests.parts.virtual_desfire import VirtualDesfire
from tests.parts_test.card_terminal import Terminal, little, send, status, wrap

UID = bytes.fromhex("04112233445566")
AID = bytes.fromhex("F48120")
SECRET = bytes(range(16))


def prepared() -> VirtualDesfire:
    card = VirtualDesfire(UID)
    send(card.handle, 0xCA, AID + b"\x0b\x82")
    send(card.handle, 0x5A, AID)
    terminal = Terminal(card.handle)
    terminal.authenticate(0)
    terminal.send(0xCD, bytes.fromhex("01 03 0010") + little(32))
    return card


def test_what_is_written_in_full_mode_is_read_again_after_the_card_left_the_field() -> None:
    card = prepared()
    terminal = Terminal(card.handle)
    terminal.authenticate(0)
    terminal.send(0x8D, b"\x01" + little(0) + little(16), SECRET)
    card.power_off()
    assert status(card.handle(wrap(0xAD, b"\x01" + little(0) + little(16)))) == "919D"
    send(card.handle, 0x5A, AID)
    terminal.authenticate(1)
    assert terminal.send(0xAD, b"\x01" + little(0) + little(16), encrypted=True) == SECRET
