"""The notebook in docs/ runs, and keeps its promises."""

import os

import nbclient
import nbformat
import pytest

from tests.helpers.binaries import ROOT
from tests.helpers.processes import PATIENCE

NOTEBOOK = ROOT / "docs" / "tutorial.ipynb"

PROMISES = """\
for name in ("photographs", "noise"):
    assert scores[name].mean() > scores["digits"].mean() + 0.3, scores
assert history["val_bits_per_dim"][-1] < np.log2(17)
assert tighter.mean() < bits.mean()
np.testing.assert_array_equal(model.sample(70, seed=0)[:64], samples)
from ade_tf.models import LikelihoodScorer
scorer = LikelihoodScorer(model, by_content=True)
bound = scorer.bound(model.as_split(test[:4])).bits_per_dim
np.testing.assert_allclose(exported.bits_per_dim(test[:4]), bound, rtol=1e-4)
"""


@pytest.fixture
def notebook():
    return nbformat.read(NOTEBOOK, as_version=4)


@pytest.mark.long
def test_every_cell_runs_and_what_the_text_says_is_so(notebook, tmp_path):
    (steps,) = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", ())]
    assert steps.source == "num_steps = 400"
    steps.source = "num_steps = 100"
    notebook.cells.append(nbformat.v4.new_code_cell(PROMISES))
    client = nbclient.NotebookClient(
        notebook, timeout=PATIENCE, resources={"metadata": {"path": tmp_path}}
    )
    paths = f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
    client.execute(env=os.environ | {"PYTHONPATH": paths, "MPLBACKEND": ""})


def test_its_outputs_are_those_of_one_run_and_small(notebook):
    """A reader of the file sees results, not warnings or the times of a machine."""
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert not any("execution" in cell.metadata for cell in code)
    outputs = [output for cell in code for output in cell.outputs]
    assert not any(output.get("name") == "stderr" for output in outputs)
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 7
    assert NOTEBOOK.stat().st_size < 250_000
