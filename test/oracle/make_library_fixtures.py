#!/usr/bin/env python3
"""Writes fixtures of models that nflows, normflows and zuko build: their state dicts and the numbers they find.

    OMP_NUM_THREADS=1 python3 test/oracle/make_library_fixtures.py --nflows DIR --normflows DIR [--out DIR]
    OMP_NUM_THREADS=1 python3 test/oracle/make_library_fixtures.py --zuko DIR [--out DIR]

DIR is a clone of github.com/bayesiains/nflows, github.com/VincentStimper/normalizing-flows or
github.com/probabilists/zuko; nothing of them is kept here. Needs torch (1.13 or later); without --out the files go to `libraries` beside this script. README.md in this
folder says what each field of a fixture is.

As in make_fixtures.py, weights and inputs are random, from fixed seeds, rounded to float32 and computed with in
float64; here the library's own code computes. Log-dets are checked against slogdet of the Jacobian.
"""
import argparse
import copy
import json
import math
import sys
import types
from functools import partial
from pathlib import Path

import torch
from torch import nn

from make_fixtures import F32_BOUND, LOG_2PI, round_to_f32, safetensors_bytes

ROWS = 7


class NflowsModel:
    """An nflows `Flow`: its transform maps data to latent."""

    def __init__(self, flow):
        self.module = flow

    def forward(self, x):
        return self.module._transform(x)

    def inverse(self, z):
        return self.module._transform.inverse(z)

    def log_prob(self, x):
        return self.module.log_prob(x)


class NormflowsModel:
    """A normflows `NormalizingFlow`: its flows map latent to data. The latent is taken in units of the base."""

    def __init__(self, flow):
        self.module = flow

    def forward(self, x):
        z, log_det = self.module.inverse_and_log_det(x)
        base = self.module.q0
        return (z - base.loc) / base.log_scale.exp(), log_det - base.log_scale.sum()

    def inverse(self, z):
        base = self.module.q0
        x, log_det = self.module.forward_and_log_det(base.loc + base.log_scale.exp() * z)
        return x, log_det + base.log_scale.sum()

    def log_prob(self, x):
        return self.module.log_prob(x)


class ZukoModel:
    """A zuko `Flow`; all rows have the same context, if it takes one. The latent is taken in units of the base."""

    def __init__(self, flow, context=None):
        self.module, self.context = flow, context

    def distribution(self):
        context = None if self.context is None else torch.tensor(self.context)
        return self.module(context)

    def forward(self, x):
        flow, base = self.distribution(), self.module.base
        z, log_det = flow.transform.call_and_ladj(x)
        return (z - base.loc) / base.scale, log_det - base.scale.log().sum()

    def inverse(self, z):
        flow, base = self.distribution(), self.module.base
        x, log_det = flow.transform.inv.call_and_ladj(base.loc + base.scale * z)
        return x, log_det + base.scale.log().sum()

    def log_prob(self, x):
        return self.distribution().log_prob(x)


def zuko_models():
    import zuko
    from zuko.transforms import AdditiveTransform, MonotonicAffineTransform

    # With this slope, |s| < 0.7: far from the identity.
    steep = partial(MonotonicAffineTransform, slope=0.5)
    nets = {"hidden_features": (6,), "activation": nn.Tanh}
    based = zuko.flows.NICE(4, transforms=4, randmask=True, univariate=steep, **nets)
    based.base.loc.copy_(torch.tensor([0.5, -0.25, 0.0, 1.0]))
    based.base.scale.copy_(torch.tensor([1.0, 0.5, 2.0, 1.5]))
    additive = zuko.flows.NICE(5, transforms=3, hidden_features=(6, 5), univariate=AdditiveTransform, shapes=[()])
    # A coupling in zuko's words: two passes.
    passes = zuko.flows.MAF(5, transforms=3, passes=2, randperm=True, hidden_features=(8, 6))
    context = [0.5, -1.5]
    return {
        "zuko_realnvp_d3": (ZukoModel(zuko.flows.RealNVP(3, transforms=3, hidden_features=(6, 6))), {}),
        "zuko_based_d4": (ZukoModel(based), {"activation": "tanh", "slope": 0.5}),
        "zuko_additive_d5": (ZukoModel(additive), {}),
        "zuko_maf_d5": (ZukoModel(passes), {}),
        "zuko_context_d3": (ZukoModel(zuko.flows.NICE(3, 2, transforms=4, hidden_features=(6,)), context), {}),
    }


def nflows_models():
    from nflows.distributions.normal import StandardNormal
    from nflows.flows.base import Flow
    from nflows.flows.realnvp import SimpleRealNVP
    from nflows.nn.nets import ResidualNet
    from nflows.transforms import (
        CompositeTransform,
        LULinear,
        PiecewiseRationalQuadraticCouplingTransform,
        RandomPermutation,
    )
    from nflows.transforms.normalization import ActNorm
    from nflows.utils.torchutils import create_alternating_binary_mask

    def spline(dim, even):
        return PiecewiseRationalQuadraticCouplingTransform(
            mask=create_alternating_binary_mask(dim, even=even),
            transform_net_create_fn=lambda inputs, outputs: ResidualNet(
                inputs, outputs, hidden_features=6, num_blocks=2
            ),
            num_bins=5,
            tails="linear",
            tail_bound=3.0,
        )

    def spline_flow(dim, layers):
        transforms = [ActNorm(dim)]
        for layer in range(layers):
            transforms += [RandomPermutation(dim), LULinear(dim), spline(dim, layer % 2 == 0)]
        return Flow(CompositeTransform(transforms), StandardNormal([dim]))

    volume_preserving = SimpleRealNVP(
        3, 5, num_layers=3, num_blocks_per_layer=1, use_volume_preserving=True, activation=torch.tanh
    )
    return {
        "nflows_simple_realnvp_d5": (NflowsModel(SimpleRealNVP(5, 6, 4, 2)), {}),
        "nflows_simple_realnvp_d2": (NflowsModel(SimpleRealNVP(2, 8, 5, 1)), {}),
        "nflows_volume_preserving_d3": (NflowsModel(volume_preserving), {"activation": "tanh"}),
        "nflows_spline_d4": (NflowsModel(spline_flow(4, 3)), {"tailBound": 3}),
    }


def normflows_models():
    import normflows as nf

    def model(dim, flows):
        return NormflowsModel(nf.NormalizingFlow(nf.distributions.base.DiagGaussian(dim), flows))

    def realnvp():
        """As in the README, smaller."""
        flows = []
        for _ in range(6):
            param_map = nf.nets.MLP([1, 8, 8, 2], init_zeros=True)
            flows += [nf.flows.AffineCouplingBlock(param_map), nf.flows.Permute(2, mode="swap")]
        return model(2, flows)

    def glow(dim, linear):
        flows = []
        for _ in range(3):
            widths = [(dim + 1) // 2, 6, 6, 2 * (dim // 2)]
            param_map = nf.nets.MLP(widths, leaky=0.01)
            flows += [
                nf.flows.AffineCouplingBlock(param_map, scale_map="sigmoid"),
                linear(dim),
                nf.flows.ActNorm(dim),
            ]
        return model(dim, flows)

    def spline(dim):
        flows = []
        for layer in range(3):
            flows += [
                nf.flows.CoupledRationalQuadraticSpline(
                    dim, 2, 6, num_bins=4, reverse_mask=layer % 2 == 1
                ),
                nf.flows.LULinearPermute(dim),
            ]
        return model(dim, flows)

    leaky = {"flows": 9, "scaleMap": "sigmoid", "activation": "leaky_relu"}
    return {
        "normflows_realnvp_d2": (realnvp(), {"flows": 12}),
        "normflows_glow_lu_d5": (glow(5, nf.flows.LULinearPermute), leaky),
        "normflows_glow_affine_d4": (glow(4, nf.flows.InvertibleAffine), leaky),
        "normflows_spline_d3": (spline(3), {"flows": 6}),
    }


def randomise(module):
    """Values that make every part matter; those that a constructor starts at zero too."""
    with torch.no_grad():
        for name, tensor in module.named_parameters():
            stem = name.split(".")[-1]
            owner = module.get_submodule(name.rpartition(".")[0])
            if hasattr(owner, "in_features"):
                bound = 1 / math.sqrt(owner.in_features)
                tensor.uniform_(-bound, bound)
            elif stem in ("L", "U", "lower_entries", "upper_entries"):
                tensor.add_(0.3 * torch.randn_like(tensor))
            elif stem in ("unnormalized_widths", "unnormalized_heights", "unnormalized_derivatives"):
                tensor.copy_(torch.randn_like(tensor))
            else:
                tensor.add_(0.3 * torch.randn_like(tensor))
            tensor.copy_(round_to_f32(tensor))
        for name, buffer in module.named_buffers():
            if name.endswith(("initialized", "data_dep_init_done")):
                buffer.fill_(1)


def check_conditioning(model, x, latent, references):
    """A float32 run of the library itself must come within F32_BOUND, or the fixture would test its conditioning."""
    torch.set_default_dtype(torch.float32)
    single = copy.copy(model)
    single.module = copy.deepcopy(model.module).to(torch.float32)
    with torch.no_grad():
        found = (*single.forward(x.float()), *single.inverse(latent.float()))
    torch.set_default_dtype(torch.float64)
    worst = max(((f - r).abs() / (1 + r.abs())).max().item() for f, r in zip(found, references))
    assert worst < F32_BOUND, f"a float32 run is off by {worst}"
    return worst


def fixture(model, options, seed):
    torch.manual_seed(seed)
    dim = model.forward_dim
    x = round_to_f32(1.5 * torch.randn(ROWS, dim))
    latent = round_to_f32(1.5 * torch.randn(ROWS, dim))
    with torch.no_grad():
        z, log_det = model.forward(x)
        log_prob = model.log_prob(x)
        inverse_x, inverse_log_det = model.inverse(latent)
        round_trip = (model.inverse(z)[0] - x).abs().max().item()
    assert round_trip < 1e-6, f"inverse(forward(x)) is off by {round_trip}"
    normal = -0.5 * (z.square().sum(dim=1) + dim * LOG_2PI) + log_det
    assert (normal - log_prob).abs().max().item() < 1e-9
    for row in range(ROWS):
        jacobian = torch.autograd.functional.jacobian(lambda v: model.forward(v[None])[0][0], x[row])
        error = (torch.linalg.slogdet(jacobian).logabsdet - log_det[row]).abs().item()
        assert error < 1e-6, f"log-det of row {row} is off by {error}"
    f32_error = check_conditioning(model, x, latent, (z, log_det, inverse_x, inverse_log_det))
    numbers = {
        "options": options,
        **({} if getattr(model, "context", None) is None else {"context": model.context}),
        "x": x.tolist(),
        "z": z.tolist(),
        "log_det": log_det.tolist(),
        "log_prob": log_prob.tolist(),
        "latent": latent.tolist(),
        "inverse_x": inverse_x.tolist(),
        "inverse_log_det": inverse_log_det.tolist(),
    }
    return numbers, f32_error


def without_plotting():
    """nflows imports matplotlib and UMNN for parts that are not used here; stand-ins do where they are missing."""
    for name in ("matplotlib", "matplotlib.pyplot", "UMNN"):
        try:
            __import__(name)
        except ImportError:
            sys.modules[name] = types.ModuleType(name)
    sys.modules["matplotlib"].pyplot = sys.modules["matplotlib.pyplot"]
    for name in ("NeuralIntegral", "ParallelNeuralIntegral"):
        if not hasattr(sys.modules["UMNN"], name):
            setattr(sys.modules["UMNN"], name, None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nflows", help="a clone of nflows, with --normflows")
    parser.add_argument("--normflows", help="a clone of normflows")
    parser.add_argument("--zuko", help="a clone of zuko, alone")
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "libraries")
    arguments = parser.parse_args()
    sys.path[:0] = [arguments.zuko] if arguments.zuko else [arguments.nflows, arguments.normflows]
    arguments.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    without_plotting()
    torch.manual_seed(1)
    models = zuko_models() if arguments.zuko else {**nflows_models(), **normflows_models()}
    for index, (name, (model, options)) in enumerate(models.items()):
        torch.manual_seed(1000 + index)
        model.module.eval()
        randomise(model.module)
        model.forward_dim = int(name.rpartition("_d")[2])
        numbers, f32_error = fixture(model, options, 2000 + index)
        # What a user's export does: every tensor as float32.
        state = {key: value.float() for key, value in model.module.state_dict().items()}
        weights = safetensors_bytes(state, {"format": "pt"})
        text = json.dumps(numbers, separators=(",", ":")) + "\n"
        (arguments.out / f"{name}.safetensors").write_bytes(weights)
        (arguments.out / f"{name}.json").write_text(text)
        log_det = torch.tensor(numbers["log_det"])
        print(
            f"{name:28} log-det {log_det.min():8.3f} … {log_det.max():8.3f}  "
            f"float32 error {f32_error:.1e}  {(len(weights) + len(text)) / 1024:.0f} KiB"
        )


if __name__ == "__main__":
    main()
