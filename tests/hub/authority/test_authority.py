"""The authority's folder: what it issues, remembers, renews and refuses, whatever interrupts it."""

import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from hub.authority.broker_files import SERVICE_DAYS, BrokerFiles
from hub.authority.certificates import Use, client_name
from hub.authority.folder import Authority, AuthorityInPlace
from tests.hub.authority.site import DAY_US
from wire.errors import InvalidSetting

NOW_US = 1_796_000_000_000_000
PI = "werkstatt/pi-1"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    made = Authority(tmp_path / "authority")
    made.create(NOW_US)
    return made


def read(pem: bytes) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem)


def test_a_device_gets_a_certificate_in_its_name_that_serves_as_a_client_only(authority: Authority) -> None:
    made = read(authority.issue(PI, Use.CLIENT, NOW_US, 30).certificate)
    assert made.subject.rfc4514_string() == "CN=werkstatt/pi-1"
    usage = made.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert made.not_valid_after_utc.timestamp() * 1e6 == NOW_US + 30 * DAY_US


def test_a_certificate_is_valid_for_a_clock_that_is_behind(authority: Authority) -> None:
    # A Pi that was in a drawer believes it is the day on which it was switched off.
    made = read(authority.issue("broker", Use.SERVER, NOW_US + 700 * DAY_US, 30, ["hub.example"]).certificate)
    assert made.not_valid_before_utc.timestamp() * 1e6 < NOW_US


def test_no_certificate_outlasts_its_authority(authority: Authority) -> None:
    ((_, end),) = authority.generations()
    made = read(authority.issue(PI, Use.CLIENT, NOW_US + 7000 * DAY_US, 3000).certificate)
    assert made.not_valid_after_utc == end
    with pytest.raises(InvalidSetting, match="`ankerort-hub ca rotate`"):
        authority.issue(PI, Use.CLIENT, NOW_US + 9000 * DAY_US, 1)


def test_keys_and_folders_are_their_owners_alone(authority: Authority, tmp_path: Path) -> None:
    authority.issue(PI, Use.CLIENT, NOW_US, 30)
    modes = {
        str(path.relative_to(tmp_path)): stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")
    }
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}
    assert "authority/generation-1/authority.key" in modes


def test_another_authority_in_its_place_is_refused(authority: Authority) -> None:
    before = authority.trusted()
    with pytest.raises(AuthorityInPlace, match="every device would be a stranger"):
        authority.create(NOW_US)
    assert authority.trusted() == before


def test_without_an_authority_the_error_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting, match="`ankerort-hub ca init`"):
        Authority(tmp_path).issue(PI, Use.CLIENT, NOW_US, 30)


def test_a_making_that_was_interrupted_is_begun_anew(tmp_path: Path) -> None:
    folder = tmp_path / "authority" / "generation-1"
    folder.mkdir(parents=True)
    (folder / "authority.key").write_bytes(b"half a k")
    made = Authority(tmp_path / "authority")
    assert not made.exists
    made.create(NOW_US)
    assert read(made.issue(PI, Use.CLIENT, NOW_US, 30).certificate)


def test_a_key_that_is_not_the_authoritys_is_noticed(authority: Authority, tmp_path: Path) -> None:
    other = Authority(tmp_path / "other")
    other.create(NOW_US)
    key = tmp_path / "authority" / "generation-1" / "authority.key"
    key.write_bytes((tmp_path / "other" / "generation-1" / "authority.key").read_bytes())
    with pytest.raises(InvalidSetting, match=r"authority\.key is not the key of authority\.pem"):
        authority.issue(PI, Use.CLIENT, NOW_US, 30)


def test_a_key_that_others_may_read_is_refused(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "authority" / "generation-1" / "authority.key").chmod(0o644)
    with pytest.raises(InvalidSetting, match="chmod 0600"):
        authority.trusted()


def test_revoked_is_what_has_the_name_but_for_the_one_that_stays(authority: Authority) -> None:
    first, second = (authority.issue(PI, Use.CLIENT, NOW_US, 30) for _ in range(2))
    other = authority.issue("werkstatt/pi-2", Use.CLIENT, NOW_US, 30)
    assert authority.revoke(PI, "replaced", NOW_US + 1, keep=second.serial) == 1
    assert authority.revoke(PI, "replaced", NOW_US + 2, keep=second.serial) == 0
    listed = x509.load_pem_x509_crl(authority.revocation_list(NOW_US))
    assert [f"{one.serial_number:x}" for one in listed] == [first.serial]
    good = {one.serial for one in authority.certificates() if one.is_good(NOW_US + 3)}
    assert good == {second.serial, other.serial}


def test_the_list_of_revoked_never_runs_out_before_the_authority(authority: Authority) -> None:
    ((_, end),) = authority.generations()
    listed = x509.load_pem_x509_crl(authority.revocation_list(NOW_US))
    assert listed.next_update_utc == end


def test_a_line_that_a_power_cut_ended_is_passed_over_and_a_damaged_one_is_not(
    authority: Authority, tmp_path: Path
) -> None:
    log = tmp_path / "authority" / "issued.jsonl"
    authority.issue(PI, Use.CLIENT, NOW_US, 30)
    with log.open("ab") as stream:
        stream.write(b'{"what":"revoked","ser')
    authority.issue("werkstatt/pi-2", Use.CLIENT, NOW_US, 30)
    assert [one.name for one in authority.certificates()] == [PI, "werkstatt/pi-2"]
    log.write_bytes(log.read_bytes().replace(b'"issued"', b'"eaten"'))
    with pytest.raises(InvalidSetting, match="line 1 can't be read"):
        authority.certificates()


def test_a_generation_that_a_device_still_needs_can_not_be_retired(authority: Authority) -> None:
    authority.issue(PI, Use.CLIENT, NOW_US, 30)
    with pytest.raises(InvalidSetting, match="one must stay"):
        authority.retire(1, NOW_US)
    assert authority.rotate(NOW_US) == 2
    with pytest.raises(InvalidSetting, match=f"still needed by {PI}"):
        authority.retire(1, NOW_US)
    authority.issue(PI, Use.CLIENT, NOW_US, 30)
    authority.retire(1, NOW_US)
    assert [number for number, _ in authority.generations()] == [2]


def test_names_of_any_length_that_ids_may_have_are_taken_or_refused_with_the_remedy() -> None:
    assert client_name("a" * 40, "b" * 23) == "a" * 40 + "/" + "b" * 23
    with pytest.raises(InvalidSetting, match="shorter id"):
        client_name("a" * 40, "b" * 24)


def test_an_address_that_is_none_is_named(authority: Authority) -> None:
    with pytest.raises(InvalidSetting, match="neither a host name nor an IP address"):
        authority.issue("broker", Use.SERVER, NOW_US, 30, ["ö" * 64])


@pytest.mark.parametrize(
    ("later_days", "addresses", "is_new"),
    [
        (0, ["hub.example", "::1"], False),
        (SERVICE_DAYS * 2 // 3 - 1, ["hub.example", "::1"], False),
        (SERVICE_DAYS * 2 // 3 + 1, ["hub.example", "::1"], True),
        (0, ["hub.example"], True),
        (0, ["other.example", "::1"], True),
    ],
    ids=["at once", "before two thirds", "after two thirds", "an address less", "another name"],
)
def test_the_brokers_certificate_is_renewed_when_it_must_be(
    authority: Authority, tmp_path: Path, later_days: int, addresses: list[str], is_new: bool
) -> None:
    files = BrokerFiles(tmp_path / "broker", authority, None)
    assert files.write_server(["hub.example", "::1"], NOW_US)
    before = (tmp_path / "broker" / "server.pem").read_bytes()
    assert files.write_server(addresses, NOW_US + later_days * DAY_US) is is_new
    assert ((tmp_path / "broker" / "server.pem").read_bytes() != before) is is_new


def test_a_damaged_certificate_of_the_broker_is_replaced(authority: Authority, tmp_path: Path) -> None:
    files = BrokerFiles(tmp_path / "broker", authority, None)
    files.write_server(["hub.example"], NOW_US)
    (tmp_path / "broker" / "server.pem").write_bytes(b"\0" * 500)
    assert files.write_server(["hub.example"], NOW_US)
    assert read((tmp_path / "broker" / "server.pem").read_bytes())
    assert stat.S_IMODE((tmp_path / "broker" / "server.key").stat().st_mode) == 0o600
