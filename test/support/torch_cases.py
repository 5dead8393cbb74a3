"""Runs models in PyTorch by the flow.py of a folder: reads cases.json there, and writes results.json.

A case has `model`, a file of the folder, and what it asks for: `x` [B, D] for log_prob, z and log_det; `z` [B, D] for
inverse; `sample` {n, seed, temperature}; `rows` of a table for row_log_prob; `draw` {n, seed, given} for rows; `gradients` true for those of the mean NLL of x; `tune` {steps, file} for a
file with the model after some steps of Adam on x. `context` [B, C] goes along. `double` computes in float64.
"""

import json
import sys
from pathlib import Path

import torch

folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))

from flow import Flow  # noqa: E402
from table import Table  # noqa: E402

torch.manual_seed(0)


def run(case):
    flow = Flow.load(folder / case["model"])
    if case.get("double"):
        flow.double()
    context = torch.tensor(case["context"]) if "context" in case else None
    x = torch.tensor(case["x"], dtype=torch.float64) if "x" in case else None
    result = {}
    if "tune" in case:
        optimizer = torch.optim.Adam(flow.parameters(), lr=1e-3)
        losses = []
        for _ in range(case["tune"]["steps"]):
            loss = -flow.log_prob(x, context).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        flow.save(folder / case["tune"]["file"])
        result["losses"] = losses
    if case.get("gradients"):
        (-flow.log_prob(x, context).mean()).backward()
        # A tensor that the NLL does not depend on, such as the sum of softmaxed logits, may have no gradient.
        result["gradients"] = {
            name: (torch.zeros_like(p) if p.grad is None else p.grad).flatten().tolist()
            for name, p in flow.named_parameters()
        }
    with torch.no_grad():
        if x is not None:
            z, log_det = flow(x, context)
            result |= {"log_prob": flow.log_prob(x, context), "z": z, "log_det": log_det}
        if "z" in case:
            back, log_det = flow.inverse(torch.tensor(case["z"], dtype=torch.float64), context)
            result |= {"x": back, "inverse_log_det": log_det}
        if "sample" in case:
            result["sample"] = flow.sample(context=context, **case["sample"])
        if "rows" in case:
            result["row_log_prob"] = Table(flow).log_prob(case["rows"])
        if "draw" in case:
            result["rows"] = Table(flow).sample(**case["draw"])
    return {k: v.flatten().tolist() if isinstance(v, torch.Tensor) else v for k, v in result.items()}


cases = json.loads((folder / "cases.json").read_text())
(folder / "results.json").write_text(json.dumps([run(case) for case in cases]))
