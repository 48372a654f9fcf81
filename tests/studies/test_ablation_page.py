"""The page of an ablation, from results written by hand."""

from experiments.studies.ablation_page import ablation_page
from experiments.studies.ablation_results import results_by_row, scores_of

EXTRACTOR = {"name": "net", "sha256": "0" * 64}


def distance(value, split="test"):
    return {
        "metric": "frechet_distance",
        "name": "Frechet distance (net)",
        "value": value,
        "split": split,
        "extractor": EXTRACTOR,
        "num_examples": 30,
        "num_reference": 50,
        "images": "train",
    }


def bits(value, count=1, **more):
    return {
        "metric": "bits_per_dim",
        "value": value,
        "split": "test",
        "importance_samples": count,
        **more,
    }


def run(row, seed, records, seconds=90.0, **more):
    times = {"training_cpu_seconds": seconds} if seconds else {}
    return {
        "row": row,
        "seed": seed,
        "approximate": "fit" in more,
        "decoder_and_feature_map_parameters": 1234,
        "steps": 5000,
        "scores": scores_of(records) | times,
        "records": records,
        "packages": {"keras": "3"},
        "machine": "x86_64, 2 cores",
        **more,
    }


def page():
    runs = [
        run("vae", 0, [bits(2.0, kl=0.25), bits(1.9, 64), distance(10.0)]),
        run("vae", 1, [bits(3.0, kl=0.75), bits(2.8, 64), distance(30.0)], 30.0),
        run(
            "gan",
            0,
            [bits(4.0), distance(5.0)],
            None,
            fit={"steps": 70, "cpu_seconds": 18},
        ),
    ]
    real = [distance(1.5)]
    return ablation_page(
        {
            "rows": results_by_row(runs),
            "runs": runs,
            "real": {"scores": scores_of(real), "records": real},
            "references": {"test": 50},
            "images": {"dataset": "d", "train": 99, "validation": 9, "test": 50},
            "seeds": [0, 1],
            "options": {
                "noise": False,
                "num_samples": 30,
                "temperature": 1.0,
                "seed": 0,
                "protocol": "desk",
                "importance_samples": 64,
            },
            "protocol_summary": "of one machine",
            "extractor": EXTRACTOR,
            "command": "python3 -m experiments.ablation",
            "pictures": {"ablation.png": "a picture"},
        }
    )


def test_means_stand_with_their_range_and_approximations_are_marked():
    lines = page().splitlines()
    assert lines[2:7] == [
        "| row | decoder + f | bits/dim | of it KL | FD to test | CPU minutes "
        "| steps |",
        "|---|---|---|---|---|---|---|",
        "| real images |  |  |  | 1.50 |  |  |",
        "| `vae` | 1,234 | 2.500 (2.000 to 3.000) | 0.500 (0.250 to 0.750) | "
        "20.0 (10.0 to 30.0) | 1.0 (0.5 to 1.5) | 5,000 |",
        "| `gan` | 1,234 | ~ 4.000 | - | 5.00 | - | 5,000 |",
    ]
    assert "| `vae` | 2.350 (1.900 to 2.800) |" in lines


def test_the_notes_say_how_the_numbers_were_made():
    text = page()
    for words in (
        "seeds 0, 1: means, and their range",
        "30 per run, f^-1(y) with y = mu(z), temperature 1, seed 0",
        "Protocol `desk`: of one machine",
        "30 of train in the place of samples against 50 of test",
        "not in the table: `gan` 70 steps, 0.3 CPU minutes.",
        "* -: trained by another command",
        "Trained on x86_64, 2 cores, with keras 3",
        "By `python3 -m experiments.ablation`",
        "![a picture](ablation.png)",
    ):
        assert words in text, words
