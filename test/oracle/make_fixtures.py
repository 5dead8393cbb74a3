#!/usr/bin/env python3
"""Writes the PyTorch oracle's fixtures: small flows with the numbers PyTorch finds for them.

    OMP_NUM_THREADS=1 python3 test/oracle/make_fixtures.py [--out DIR]

Needs torch (1.13 or later) and nothing else; without --out the files go to `fixtures` beside this script.
Weights and inputs come from fixed seeds, so a second run on the same torch writes the same bytes. README.md
in this folder says what each field of a fixture is.

Everything is computed in float64 from weights and inputs that were first rounded to float32, so that a reader
of the F32 tensors starts from exactly the same numbers. Gradients come from PyTorch's autograd; the log-det
and the inverse are checked here against slogdet of the Jacobian and the round trip before a file is written.
"""
import argparse
import copy
import json
import math
import struct
from pathlib import Path

import torch
from torch import nn

LOG_2PI = math.log(2 * math.pi)
# Times PyTorch's Linear init. An unbounded scale allows less: five such couplings at 1.6 already overflow.
ENLARGE = {"exp": 1.25, "tanh": 1.75}
# A float32 run must be able to meet this bound, or the fixture would test its own conditioning.
F32_BOUND = 1e-5
ACTIVATIONS = {
    "identity": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
}


class Standardize(nn.Module):
    """z = (x - mean) / std, with log-det -sum(log std)."""

    def __init__(self, mean, std):
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)

    def forward(self, x):
        return (x - self.mean) / self.std, -self.std.log().sum().expand(x.shape[0])

    def inverse(self, z):
        return z * self.std + self.mean, self.std.log().sum().expand(z.shape[0])

    def named_tensors(self):
        yield "mean", self.mean
        yield "std", self.std


class AffineCoupling(nn.Module):
    """z2 = x2 * exp(s(x1)) + t(x1), with log-det sum(s).

    The blocks are columns [0, split) and [split, dim). Unflipped, the first conditions and the second is
    transformed; flipped, the second conditions and the first is transformed. No feature changes place.
    """

    def __init__(self, dim, spec):
        super().__init__()
        self.split = spec["split"]
        self.flip = spec["flip"]
        self.scale_map = spec["scale"]
        blocks = [self.split, dim - self.split]
        n_condition, self.n_transform = reversed(blocks) if self.flip else blocks
        conditioner = spec["conditioner"]
        outputs = (
            {"scale": self.n_transform, "shift": self.n_transform}
            if conditioner["separate"]
            else {"conditioner": 2 * self.n_transform}
        )
        self.nets = nn.ModuleDict(
            {
                name: mlp([n_condition, *conditioner["hidden"], n_out], conditioner["activation"])
                for name, n_out in outputs.items()
            }
        )

    def log_scale_and_shift(self, condition):
        if "conditioner" in self.nets:
            raw, shift = self.nets["conditioner"](condition).split(self.n_transform, dim=1)
        else:
            raw, shift = self.nets["scale"](condition), self.nets["shift"](condition)
        if self.scale_map["map"] == "tanh":
            bound = self.scale_map["bound"]
            raw = bound * torch.tanh(raw / bound)
        return raw, shift

    def blocks(self, x):
        first, second = x[:, : self.split], x[:, self.split :]
        return (second, first) if self.flip else (first, second)

    def join(self, condition, transformed):
        return torch.cat([transformed, condition] if self.flip else [condition, transformed], dim=1)

    def forward(self, x):
        condition, transform = self.blocks(x)
        log_scale, shift = self.log_scale_and_shift(condition)
        return self.join(condition, transform * log_scale.exp() + shift), log_scale.sum(dim=1)

    def inverse(self, z):
        condition, transform = self.blocks(z)
        log_scale, shift = self.log_scale_and_shift(condition)
        return self.join(condition, (transform - shift) * (-log_scale).exp()), -log_scale.sum(dim=1)

    def named_tensors(self):
        for name, net in self.nets.items():
            linears = [layer for layer in net if isinstance(layer, nn.Linear)]
            for index, linear in enumerate(linears):
                yield f"{name}.{index}.weight", linear.weight
                yield f"{name}.{index}.bias", linear.bias


class Flow(nn.Module):
    """The bijectors of a spec in turn, data to latent, over a standard normal base."""

    def __init__(self, spec, statistics):
        super().__init__()
        self.spec = spec
        self.bijectors = nn.ModuleList(
            Standardize(*statistics)
            if bijector["type"] == "standardize"
            else AffineCoupling(spec["dim"], bijector)
            for bijector in spec["bijectors"]
        )

    def forward(self, x):
        log_det = x.new_zeros(x.shape[0])
        for bijector in self.bijectors:
            x, contribution = bijector(x)
            log_det = log_det + contribution
        return x, log_det

    def inverse(self, z):
        log_det = z.new_zeros(z.shape[0])
        for bijector in reversed(self.bijectors):
            z, contribution = bijector.inverse(z)
            log_det = log_det + contribution
        return z, log_det

    def log_prob(self, x):
        z, log_det = self(x)
        return -0.5 * (z.square().sum(dim=1) + self.spec["dim"] * LOG_2PI) + log_det

    def named_tensors(self):
        return {
            f"bijectors.{index}.{name}": tensor
            for index, bijector in enumerate(self.bijectors)
            for name, tensor in bijector.named_tensors()
        }


def mlp(widths, activation):
    layers = []
    for n_in, n_out in zip(widths, widths[1:]):
        layers += [nn.Linear(n_in, n_out), ACTIVATIONS[activation]()]
    return nn.Sequential(*layers[:-1])


def couplings(count, split, scale, hidden, activation, separate, init):
    return [
        {
            "type": "affine_coupling",
            "split": split,
            "flip": index % 2 == 1,
            "scale": scale,
            "conditioner": {
                "hidden": hidden,
                "activation": activation,
                "separate": separate,
                "init": init,
            },
        }
        for index in range(count)
    ]


def flow_spec(dim, bijectors):
    return {
        "version": 1,
        "dim": dim,
        "contextDim": 0,
        "base": {"type": "standard_normal"},
        "bijectors": bijectors,
    }


def article(dim, split, count, hidden, rows):
    """The article's model: separate one-hidden-layer nets, leaky ReLU, unbounded log-scale, PyTorch's init."""
    bijectors = couplings(count, split, {"map": "exp"}, [hidden], "leaky_relu", True, "torch_linear")
    name = f"article_d{dim}_k{split}_l{count}"
    return name, flow_spec(dim, bijectors), rows


def shared(dim, split, count, scale, hidden, activation):
    """One net for both outputs, its last layer declared `zero_last` (the weights here are not zero)."""
    return couplings(count, split, scale, hidden, activation, False, "zero_last")


def cases():
    tanh3 = {"map": "tanh", "bound": 3}
    return [
        article(2, 1, 1, 32, 17),
        article(2, 1, 2, 16, 16),
        article(2, 1, 3, 32, 1),
        article(2, 1, 5, 32, 17),
        article(4, 1, 2, 16, 9),
        article(4, 1, 5, 8, 5),
        article(4, 2, 4, 16, 8),
        article(4, 3, 3, 16, 17),
        article(6, 1, 3, 8, 7),
        article(6, 2, 5, 16, 11),
        article(6, 3, 2, 32, 13),
        ("tanh_scale_shared_d2", flow_spec(2, shared(2, 1, 4, tanh3, [16, 16], "leaky_relu")), 17),
        (
            "standardize_silu_two_hidden_d3",
            flow_spec(3, [{"type": "standardize"}, *shared(3, 1, 4, tanh3, [16, 8], "silu")]),
            13,
        ),
        (
            "tanh_separate_two_hidden_d5",
            flow_spec(5, couplings(3, 2, {"map": "tanh", "bound": 1.5}, [8, 16], "tanh", True, "zero_last")),
            7,
        ),
        ("relu_exp_shared_d6", flow_spec(6, shared(6, 4, 3, {"map": "exp"}, [16], "relu")), 9),
        ("silu_three_hidden_d4", flow_spec(4, shared(4, 3, 2, tanh3, [8, 12, 8], "silu")), 5),
    ]


def round_to_f32(tensor):
    return tensor.to(torch.float32).to(torch.float64)


def build(spec, generator_seed):
    """A flow of enlarged PyTorch Linear weights, so that log-scales are not tiny; float64 at F32 values."""
    torch.manual_seed(generator_seed)
    dim = spec["dim"]
    statistics = (torch.randn(dim) * 2, torch.rand(dim) * 2 + 0.25)
    flow = Flow(spec, statistics).to(torch.float64)
    with torch.no_grad():
        for name, tensor in flow.named_tensors().items():
            bijector = spec["bijectors"][int(name.split(".")[1])]
            factor = ENLARGE[bijector["scale"]["map"]] if isinstance(tensor, nn.Parameter) else 1
            tensor.copy_(round_to_f32(tensor * factor))
    return flow


def check(flow, x, z, log_det):
    """The log-det against slogdet of the whole Jacobian, and the inverse by the round trip."""
    round_trip = (flow.inverse(z)[0] - x).abs().max().item()
    assert round_trip < 1e-9, f"inverse(forward(x)) is off by {round_trip}"
    for row in range(x.shape[0]):
        jacobian = torch.autograd.functional.jacobian(lambda v: flow(v[None])[0][0], x[row])
        error = (torch.linalg.slogdet(jacobian).logabsdet - log_det[row]).abs().item()
        assert error < 1e-9, f"log-det of row {row} is off by {error}"


def check_conditioning(flow, x, latent, references):
    """A float32 run of the same flow must come within F32_BOUND of the float64 numbers."""
    single = copy.deepcopy(flow).to(torch.float32)
    with torch.no_grad():
        found = (*single(x.float()), *single.inverse(latent.float()))
    worst = max(((f - r).abs() / (1 + r.abs())).max().item() for f, r in zip(found, references))
    assert worst < F32_BOUND, f"a float32 run is off by {worst}"
    return worst


def fixture(flow, rows, generator_seed):
    torch.manual_seed(generator_seed)
    dim = flow.spec["dim"]
    x = torch.randn(rows, dim)
    if isinstance(flow.bijectors[0], Standardize):
        x = x * flow.bijectors[0].std + flow.bijectors[0].mean
    x = round_to_f32(x)
    latent = round_to_f32(torch.randn(rows, dim))

    mean_nll = -flow.log_prob(x).mean()
    mean_nll.backward()
    with torch.no_grad():
        z, log_det = flow(x)
        log_prob = flow.log_prob(x)
        inverse_x, inverse_log_det = flow.inverse(latent)
    check(flow, x, z, log_det)
    f32_error = check_conditioning(flow, x, latent, (z, log_det, inverse_x, inverse_log_det))
    numbers = {
        "x": x.tolist(),
        "z": z.tolist(),
        "log_det": log_det.tolist(),
        "log_prob": log_prob.tolist(),
        "latent": latent.tolist(),
        "inverse_x": inverse_x.tolist(),
        "inverse_log_det": inverse_log_det.tolist(),
        "mean_nll": mean_nll.item(),
        "gradients": {
            name: tensor.grad.tolist()
            for name, tensor in flow.named_tensors().items()
            if isinstance(tensor, nn.Parameter)
        },
    }
    return numbers, f32_error


def safetensors_bytes(tensors, metadata):
    """The safetensors container: u64 LE header length, JSON header padded to 8 bytes, then the F32 data."""
    header = {"__metadata__": metadata}
    data = b""
    for name, tensor in tensors.items():
        chunk = struct.pack(f"<{tensor.numel()}f", *tensor.detach().flatten().tolist())
        header[name] = {
            "dtype": "F32",
            "shape": list(tensor.shape),
            "data_offsets": [len(data), len(data) + len(chunk)],
        }
        data += chunk
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path(__file__).resolve().parent / "fixtures")
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    total = 0
    for index, (name, spec, rows) in enumerate(cases()):
        flow = build(spec, generator_seed=1000 + index)
        numbers, f32_error = fixture(flow, rows, generator_seed=2000 + index)
        model = safetensors_bytes(flow.named_tensors(), {"wgflow": json.dumps(spec, separators=(",", ":"))})
        text = json.dumps(numbers, separators=(",", ":")) + "\n"
        (out / f"{name}.safetensors").write_bytes(model)
        (out / f"{name}.json").write_text(text)
        total += len(model) + len(text)
        log_det = torch.tensor(numbers["log_det"])
        print(
            f"{name:32} rows {rows:2}  log-det {log_det.min():7.3f} … {log_det.max():7.3f}  "
            f"NLL {numbers['mean_nll']:8.4f}  float32 error {f32_error:.1e}"
        )
    print(f"{len(cases())} fixtures, {total / 1024:.0f} KiB in {out}")


if __name__ == "__main__":
    main()
