"""PyTorch on the CPU: eager, one thread, torch.optim.Adam."""

import json
import math
import platform
import struct
import sys
import time

with open(sys.argv[1], encoding="utf-8") as file:
    job = json.load(file)


def answer(result):
    with open(job["resultFile"], "w", encoding="utf-8") as file:
        json.dump(result, file)
    sys.exit(0)


try:
    import torch
except ImportError as error:
    answer({"skipped": f"{sys.executable} has no PyTorch ({error}); Debian: apt-get install python3-torch"})

torch.set_num_threads(1)
torch.set_num_interop_threads(1)

config, training, check, timing = job["config"], job["training"], job["check"], job["timing"]
batch, dim = config["batch"], config["dim"]


def read_model(path):
    """The spec and the tensors of a wgflow model file."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    spec = json.loads(header.pop("__metadata__")["wgflow"])
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        flat = torch.frombuffer(data, dtype=torch.float32, count=(end - begin) // 4, offset=begin)
        tensors[name] = flat.clone().reshape(entry["shape"])
    return spec, tensors


def mlp(tensors, name, hidden):
    layers = []
    for layer in range(len(hidden) + 1):
        weight, bias = tensors[f"{name}.{layer}.weight"], tensors[f"{name}.{layer}.bias"]
        linear = torch.nn.Linear(weight.shape[1], weight.shape[0])
        with torch.no_grad():
            linear.weight.copy_(weight)
            linear.bias.copy_(bias)
        layers += [linear, torch.nn.LeakyReLU(0.01)]
    return torch.nn.Sequential(*layers[:-1])


class Flow(torch.nn.Module):
    """Real NVP; the two halves of the columns swap roles from one coupling to the next."""

    def __init__(self, spec, tensors):
        super().__init__()
        self.couplings = spec["bijectors"]
        self.nets = torch.nn.ModuleList()
        for index, coupling in enumerate(self.couplings):
            conditioner = coupling["conditioner"]
            names = ["scale", "shift"] if conditioner["separate"] else ["conditioner"]
            self.nets.append(
                torch.nn.ModuleList(
                    mlp(tensors, f"bijectors.{index}.{name}", conditioner["hidden"]) for name in names
                )
            )

    def forward(self, first, second):
        """Mean negative log-likelihood in nats."""
        halves = [first, second]
        log_scales = None
        for coupling, nets in zip(self.couplings, self.nets):
            source, target = (1, 0) if coupling["flip"] else (0, 1)
            outputs = [net(halves[source]) for net in nets]
            raw, shift = outputs if len(outputs) == 2 else outputs[0].chunk(2, dim=1)
            bound = coupling["scale"].get("bound")
            log_scale = raw if bound is None else torch.tanh(raw / bound) * bound
            halves[target] = halves[target] * torch.exp(log_scale) + shift
            log_scales = log_scale if log_scales is None else log_scales + log_scale
        squares = halves[0].square() + halves[1].square()
        return (0.5 * squares - log_scales).sum() / batch + 0.5 * dim * math.log(2 * math.pi)


flow = Flow(*read_model(job["modelFile"]))
adam = training["adam"]
optimizer = torch.optim.Adam(
    flow.parameters(), lr=adam["learningRate"], betas=(adam["beta1"], adam["beta2"]), eps=adam["epsilon"]
)
with open(job["dataFile"], "rb") as file:
    rows = torch.frombuffer(bytearray(file.read()), dtype=torch.float32).reshape(-1, batch, dim)
batches = [(part[:, : dim // 2].contiguous(), part[:, dim // 2 :].contiguous()) for part in rows]


def step(index):
    loss = flow(*batches[index])
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss


check_losses = []
ms = 0.0
for _ in range(check["steps"]):
    begun = time.perf_counter()
    check_losses.append(step(0).item())
    ms = 1000 * (time.perf_counter() - begun)

taken = 0
losses = []


def timed(steps):
    global taken
    begun = time.perf_counter()
    for _ in range(steps):
        loss = step(taken % len(batches))
        taken += 1
    value = loss.item()
    return 1000 * (time.perf_counter() - begun) / steps, value


def steps_for(step_ms):
    return max(1, round(timing["repeatMs"] / step_ms))


steps_per_repeat = steps_for(ms)
if steps_per_repeat > 1:
    steps_per_repeat = steps_for(timed(steps_per_repeat)[0])
repeats = []
begun = time.perf_counter()
while len(repeats) < timing["repeats"]:
    if len(repeats) >= timing["leastRepeats"] and 1000 * (time.perf_counter() - begun) > timing["enoughMs"]:
        break
    step_ms, value = timed(steps_per_repeat)
    repeats.append(step_ms)
    losses.append(value)

answer(
    {
        "setup": f"PyTorch {torch.__version__}, eager, one thread",
        "adapter": f"CPU: {job['cpu'] or platform.processor()}",
        "checkLosses": check_losses,
        "losses": losses,
        "stepsPerRepeat": steps_per_repeat,
        "repeats": repeats,
    }
)
