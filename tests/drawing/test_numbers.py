import pytest

from ade_tf.drawing.numbers import measured, number, words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (2.30349, "2.303"),
        (123.456, "123.5"),
        (12345.6, "12,346"),
        (0.00123456, "0.001235"),
        (1.5e-9, "1.500e-09"),
        (-31.25, "-31.25"),
        (50000, "50,000"),
        (None, "none"),
        (True, "yes"),
        ([0.5, None], "0.5000, none"),
        ([0.1] * 9, "9 values"),
        ({"a_b": {"c": 1}}, "a b c 1"),
    ],
)
def test_words(value, text):
    assert words(value) == text


@pytest.mark.parametrize(
    ("value", "error", "shown"),
    [
        (2.345678, 0.01234, ("2.346", "± 0.012")),
        (2.345678, 0.5, ("2.35", "± 0.50")),
        (1234.5, 31.0, ("1,234", "± 31")),
        (2.5, 0.0, ("2.500", "± 0")),
        (2.5, None, ("2.500", "")),
        (None, None, ("none", "")),
    ],
)
def test_a_value_has_the_digits_of_its_error(value, error, shown):
    assert measured({"value": value, "standard_error": error}) == shown


def test_a_deviation_is_no_standard_error():
    record = {"value": 3.5, "standard_error": None, "standard_deviation": 0.123}
    assert measured(record) == ("3.500", "(s.d. 0.12)")
    assert number(0.123, 2) == "0.12"
