"""Names in the order in which Germans look for them, labels with their numbers as numbers."""

from hypothesis import given
from hypothesis import strategies as st

from hub.domain.collation import german_key, label_key


def test_an_umlaut_stands_beside_its_letter() -> None:
    assert sorted(["Zossen", "Äpfel", "Apfel", "Oß", "Oss"], key=german_key) == [
        "Apfel",
        "Äpfel",
        "Oss",
        "Oß",
        "Zossen",
    ]


def test_numbers_of_labels_count_as_numbers() -> None:
    labels = ["Karte 10", "Karte 2", "Karte 1", "karte 1b", "Gast 3", "7"]
    assert sorted(labels, key=label_key) == ["7", "Gast 3", "Karte 1", "karte 1b", "Karte 2", "Karte 10"]


@given(st.lists(st.text()))
def test_any_labels_have_one_order(labels: list[str]) -> None:
    backwards = labels[::-1]
    assert sorted(labels, key=label_key) == sorted(backwards, key=label_key)
