"""Glow of normflows or nflows, or MAF of nflows, timed by another process.

Run by the Python of an environment that has torch and the library, which need not have
TensorFlow; see `peer_process.py`. One argument, JSON: `library` ("normflows" or
"nflows"), `model` ("glow" or "maf"), `channels_last`, `image_shape`, `steps` (of each
scale, or of the MAF), `width`, `blocks`, `batch_size`, `learning_rate`, `threads`. It
prints a line of JSON, `parameters` and `versions`, when the model stands; then each
line of its input, "train", "log_prob" or "sample", is one step, answered by a line when
it is done. The batch is fixed and its noise with it; the TensorFlow models draw theirs
anew in each step.
"""

import importlib.metadata
import json
import math
import sys

import torch

__all__ = ["main"]


def main():
    """Builds the model and answers until the input ends."""
    settings = json.loads(sys.argv[1])
    torch.set_num_threads(settings["threads"])
    torch.manual_seed(0)
    make = {
        ("normflows", "glow"): _normflows_glow,
        ("nflows", "glow"): _nflows_glow,
        ("nflows", "maf"): _nflows_maf,
    }
    model = settings["library"], settings["model"]
    module, log_prob, sample = make[model](settings)
    height, width, channels = settings["image_shape"]
    count = settings["batch_size"]
    x = torch.rand(count, channels, height, width) - 0.5
    if settings["channels_last"]:
        module.to(memory_format=torch.channels_last)
        x = x.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        # ActNorm takes its values from the first batch.
        log_prob(x)
    parameters = [p for p in module.parameters() if p.requires_grad]
    optimizer = torch.optim.Adam(parameters, lr=settings["learning_rate"])

    def train():
        optimizer.zero_grad(set_to_none=True)
        loss = -log_prob(x).mean() / x[0].numel()
        loss.backward()
        optimizer.step()
        return loss.item()

    def score():
        with torch.no_grad():
            return log_prob(x).mean().item()

    def draw():
        with torch.no_grad():
            return float(sample(count).reshape(-1)[0])

    modes = {"train": train, "log_prob": score, "sample": draw}
    names = ("torch", settings["library"])
    versions = {name: importlib.metadata.version(name) for name in names}
    counts = sum(p.numel() for p in parameters)
    _say({"parameters": counts, "versions": versions})
    for line in sys.stdin:
        modes[line.strip()]()
        _say({})


def _normflows_glow(settings):
    import normflows

    scales, steps = len(settings["steps"]), settings["steps"][0]
    height, width, channels = settings["image_shape"]
    bases, merges, flows = [], [], []
    for scale in range(scales):
        blocks = [
            normflows.flows.GlowBlock(
                channels * 2 ** (scales + 1 - scale),
                settings["width"],
                split_mode="channel",
                scale=True,
            )
            for _ in range(steps)
        ]
        flows.append([*blocks, normflows.flows.Squeeze()])
        out = channels * 2 ** (scales - scale + (scale == 0))
        sides = (height // 2 ** (scales - scale), width // 2 ** (scales - scale))
        if scale:
            merges.append(normflows.flows.Merge())
        bases.append(
            normflows.distributions.DiagGaussian((out, *sides), trainable=False)
        )
    model = normflows.MultiscaleFlow(bases, flows, merges, class_cond=False)
    return model, lambda x: model.log_prob(x, None), lambda n: model.sample(n)[0]


def _nflows_glow(settings):
    from nflows import distributions, flows, transforms

    class Network(torch.nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            width = settings["width"]
            self.layers = torch.nn.Sequential(
                torch.nn.Conv2d(inputs, width, 3, padding=1),
                torch.nn.ReLU(),
                torch.nn.Conv2d(width, width, 1),
                torch.nn.ReLU(),
                torch.nn.Conv2d(width, outputs, 3, padding=1),
            )
            torch.nn.init.zeros_(self.layers[-1].weight)
            torch.nn.init.zeros_(self.layers[-1].bias)

        def forward(self, x, context=None):
            return self.layers(x)

    height, width, channels = settings["image_shape"]
    scales = len(settings["steps"])
    whole = transforms.MultiscaleCompositeTransform(scales, split_dim=1)
    shape = (channels, height, width)
    for steps in settings["steps"]:
        squeeze = transforms.SqueezeTransform()
        shape = squeeze.get_output_shape(*shape)
        layers = [squeeze]
        for _ in range(steps):
            mask = torch.ones(shape[0])
            mask[: shape[0] // 2] = -1
            layers += [
                transforms.ActNorm(shape[0]),
                transforms.OneByOneConvolution(shape[0]),
                transforms.AffineCouplingTransform(mask, Network),
            ]
        shape = whole.add_transform(transforms.CompositeTransform(layers), shape)
    dims = height * width * channels
    model = flows.Flow(whole, distributions.StandardNormal([dims]))
    return model, model.log_prob, model.sample


def _nflows_maf(settings):
    from nflows.flows import MaskedAutoregressiveFlow

    model = MaskedAutoregressiveFlow(
        math.prod(settings["image_shape"]),
        settings["width"],
        num_layers=settings["steps"],
        # Behind the first hidden layer.
        num_blocks_per_layer=settings["blocks"] - 1,
        use_residual_blocks=False,
        activation=torch.nn.functional.elu,
    )
    return model, lambda x: model.log_prob(x.flatten(1)), model.sample


def _say(answer):
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
