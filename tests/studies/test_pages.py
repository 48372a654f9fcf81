"""Numbers over seeds in words, and the files of a page."""

import json

from experiments.studies.pages import cell, mean_and_range, write_page


def test_numbers_over_seeds_have_a_mean_and_a_range():
    text = "{:.2f}".format
    assert mean_and_range([2.0], text) == "2.00"
    assert mean_and_range([2.5, 1.0, 4.0], text) == "2.50 (1.00 to 4.00)"
    assert mean_and_range([], text) == "-"


def test_a_cell_is_of_the_results_that_have_a_number():
    results = [{"kl": 1.0}, {"kl": None}, {}, {"kl": 3.0}]
    assert cell(results, "kl", "{:.1f}".format) == "2.0 (1.0 to 3.0)"
    assert cell(results, "other", str) == "-"


def test_a_page_stands_beside_its_numbers(tmp_path):
    write_page(tmp_path, "study", {"a": [1, 2]}, "# Study\n")
    assert json.loads((tmp_path / "study.json").read_text()) == {"a": [1, 2]}
    assert (tmp_path / "study.md").read_text() == "# Study\n"
