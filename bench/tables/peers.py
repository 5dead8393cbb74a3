"""The mean NLL of TEST.csv under densities of TRAIN.csv, as JSON: python3 peers.py TRAIN.csv TEST.csv SEED.

A Gaussian mixture chosen by BIC (scikit-learn), and, if PyTorch is there, a Real NVP (affine couplings, as in
normflows) and a rational-quadratic spline flow with LU mixing (as in nflows). Both standardise, hold out a tenth of the
rows, train with Adam at 1e-3 and stop after 30 scores without a better one.
"""
import json
import math
import sys

import numpy as np
from sklearn.mixture import GaussianMixture


def mixture(train, test, seed):
    best = (math.inf, None)
    for kind in ['full', 'tied', 'diag']:
        for components in [1, 2, 3, 4, 6, 8, 12, 16]:
            if components * train.shape[1] > len(train):
                continue
            model = GaussianMixture(components, covariance_type=kind, random_state=seed).fit(train)
            best = min(best, (model.bic(train), model), key=lambda one: one[0])
    return -best[1].score(test)


def spline(x, raw, bins, bound):
    import torch
    from torch.nn.functional import pad, softplus

    least = 1e-3
    shares = [least + (1 - least * bins) * torch.softmax(part, -1) for part in (raw[..., :bins], raw[..., bins:2 * bins])]
    inner = least + softplus(raw[..., 2 * bins:] + math.log(math.exp(1 - least) - 1))
    slopes = pad(inner, (1, 1), value=1.0)
    knots = [pad(torch.cumsum(part, -1), (1, 0)) * 2 * bound - bound for part in shares]
    inside = (x > -bound) & (x < bound)
    xc = x.clamp(-bound + 1e-6, bound - 1e-6)
    place = (torch.searchsorted(knots[0].detach().contiguous(), xc.detach()[..., None].contiguous()) - 1).clamp(0, bins - 1)

    def take(values):
        return values.gather(-1, place)[..., 0]

    width, height = (2 * bound * take(part) for part in shares)
    left, low = take(knots[0][..., :-1]), take(knots[1][..., :-1])
    d0, d1 = take(slopes[..., :-1]), take(slopes[..., 1:])
    s = height / width
    t = ((xc - left) / width).clamp(0, 1)
    u = t * (1 - t)
    below = s + (d1 + d0 - 2 * s) * u
    y = low + height * (s * t * t + d0 * u) / below
    log_slope = 2 * torch.log(s) + torch.log(d1 * t * t + 2 * s * u + d0 * (1 - t) ** 2) - 2 * torch.log(below)
    return torch.where(inside, y, x), torch.where(inside, log_slope, torch.zeros_like(x))


def flow(train, test, seed, kind):
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    dim, half, bins, bound = train.shape[1], train.shape[1] // 2, 8, 3.0
    if dim < 2:
        raise ValueError('a coupling needs two features')
    mean, std = train.mean(0), train.std(0)
    std[std == 0] = 1
    rows, held_out = (torch.tensor((part - mean) / std, dtype=torch.float32) for part in (train, test))
    order = torch.randperm(len(rows))
    count = max(1, len(rows) // 10)
    held, rows = rows[order[:count]], rows[order[count:]]
    outputs = (dim - half) * (2 if kind == 'realnvp' else 3 * bins - 1)
    layers = 8 if kind == 'realnvp' else 5
    nets = torch.nn.ModuleList()
    mixes = torch.nn.ParameterList()
    orders = []
    for _ in range(layers):
        sizes = [half, 64, 64, outputs]
        parts = [part for a, b in zip(sizes, sizes[1:]) for part in (torch.nn.Linear(a, b), torch.nn.ReLU())][:-1]
        torch.nn.init.zeros_(parts[-1].weight)
        torch.nn.init.zeros_(parts[-1].bias)
        nets.append(torch.nn.Sequential(*parts))
        orders.append(torch.randperm(dim))
        mixes.append(torch.nn.Parameter(torch.zeros(2, dim, dim)))
    trained = [*nets.parameters(), *mixes] if kind == 'spline' else [*nets.parameters()]

    def log_prob(x):
        log_det = torch.zeros(len(x))
        for net, mix, order in zip(nets, mixes, orders):
            x = x[:, order]
            if kind == 'spline':
                lower = torch.tril(mix[0], -1) + torch.eye(dim)
                upper = torch.triu(mix[1], 1) + torch.diag(torch.exp(torch.diagonal(mix[1])))
                x = x @ (lower @ upper).T
                log_det = log_det + torch.diagonal(mix[1]).sum()
            a, b = x[:, :half], x[:, half:]
            out = net(a)
            if kind == 'realnvp':
                s = torch.tanh(out[:, :dim - half])
                b, log_slope = b * torch.exp(s) + out[:, dim - half:], s
            else:
                b, log_slope = spline(b, out.view(len(x), dim - half, -1), bins, bound)
            x, log_det = torch.cat([a, b], 1), log_det + log_slope.sum(1)
        return log_det - 0.5 * (x * x).sum(1) - 0.5 * dim * math.log(2 * math.pi)

    optimizer = torch.optim.Adam(trained, lr=1e-3)
    best, result, since = math.inf, math.nan, 0
    for step in range(20_000):
        batch = rows[torch.randint(len(rows), (min(256, len(rows)),))]
        loss = -log_prob(batch).mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 5.0)
        optimizer.step()
        if step % 25 == 24:
            with torch.no_grad():
                score = -log_prob(held).mean().item()
                since += 1
                if score < best:
                    best, since = score, 0
                    result = -log_prob(held_out).mean().item() + np.log(std).sum()
            if since >= 30:
                break
    return result


def main(train_file, test_file, seed):
    train, test = (np.loadtxt(name, delimiter=',', skiprows=1, ndmin=2) for name in (train_file, test_file))
    found = {'mixture': mixture(train, test, int(seed))}
    for kind in ['spline', 'realnvp']:
        try:
            found[kind] = flow(train.copy(), test.copy(), int(seed), kind)
        except (ImportError, ValueError):
            pass
    print(json.dumps({name: value for name, value in found.items() if math.isfinite(value)}))


main(*sys.argv[1:])
