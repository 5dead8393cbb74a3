"""A wgflow model in PyTorch, which is all that this file needs.

    from flow import Flow

    flow = Flow.load("model.safetensors")
    log_prob = flow.log_prob(x)          # x [B, D] -> [B], in nats
    z, log_det = flow(x)                 # [B, D], [B]
    x, log_det = flow.inverse(z)         # [B, D], [B]: the log-det of this direction
    samples = flow.sample(1000, seed=0)  # [1000, D], the rows of `wgflow sample`

    optimizer = torch.optim.Adam(flow.parameters(), lr=1e-3)
    loss = -flow.log_prob(x).mean()
    loss.backward()
    optimizer.step()
    flow.save("tuned.safetensors")       # wgflow reads it

A flow with a context takes it as a further argument, [B, C], or [C] for all rows. Parameters are float32;
`flow.double()` computes in float64. wgflow's docs/model-file.md describes each part of the spec and its tensors.
"""

import json
import math
import struct

import torch
from torch import nn
from torch.nn import functional

# Random numbers: word w of Philox4x32-10 with the counter (block, row low, row high, stream) and the key of the seed.
# A draw depends only on its place, so wgflow draws the same.

WORD = 0xFFFFFFFF
BASE_STREAM, CELL_STREAM = 1, 7
CHOICE_BLOCK = 0x80000000


def philox(block, row, stream, seed):
    """Four random words for each block and row (int64 tensors that broadcast): [..., 4]."""
    block, row = torch.broadcast_tensors(torch.as_tensor(block), torch.as_tensor(row))
    c0, c1, c2, c3 = block, row & WORD, row >> 32, torch.full_like(row, stream)
    k0, k1 = seed & WORD, seed >> 32
    for _ in range(10):
        # The products may exceed int64. They wrap around, and their 64 bits are right.
        p0, p1 = c0 * 0xD2511F53, c2 * 0xCD9E8D57
        c0, c1, c2, c3 = (p1 >> 32) & WORD ^ c1 ^ k0, p1 & WORD, (p0 >> 32) & WORD ^ c3 ^ k1, p0 & WORD
        k0, k1 = (k0 + 0x9E3779B9) & WORD, (k1 + 0xBB67AE85) & WORD
    return torch.stack([c0, c1, c2, c3], -1)


def uniforms(words):
    """Words as float64 in (0, 1)."""
    return ((words >> 8) + 0.5) * 2.0**-24


def normals(words):
    """Each pair of words as two standard normals, by Box and Muller."""
    u = uniforms(words).unflatten(-1, (-1, 2))
    radius, angle = (-2 * u[..., 0].log()).sqrt(), 2 * math.pi * u[..., 1]
    return torch.stack([radius * angle.cos(), radius * angle.sin()], -1).flatten(-2)


def row_words(rows, count, seed):
    """The first `count` words of each row of the base, [N, count]."""
    blocks = torch.arange((count + 3) // 4)
    return philox(blocks, rows[:, None], BASE_STREAM, seed).flatten(1)


# Nets of couplings.

ACTIVATIONS = {
    "identity": lambda h: h,
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "tanh": torch.tanh,
    "silu": functional.silu,
}


class Net(nn.ModuleList):
    """Linear layers with activations between them, or a residual net if the spec has `residualBlocks`."""

    def __init__(self, spec, tensors):
        super().__init__()
        self.activation = ACTIVATIONS[spec["activation"]]
        self.is_residual = "residualBlocks" in spec
        for k in range(len(tensors) // 2):
            self.append(self.layer_of(tensors[f"{k}.weight"], tensors[f"{k}.bias"]))

    def layer_of(self, weight, bias):
        layer = nn.utils.skip_init(nn.Linear, weight.shape[1], weight.shape[0])
        layer.load_state_dict({"weight": weight, "bias": bias})
        return layer

    def forward(self, x, *more):
        if len(self) == 1:
            return self[0](x, *more)
        first, *inner, last = self
        h = first(x, *more)
        if self.is_residual:
            for one, two in zip(inner[::2], inner[1::2]):
                h = h + two(self.activation(one(self.activation(h))))
            return last(h)
        for layer in inner:
            h = layer(self.activation(h))
        return last(self.activation(h))


class Convolution(nn.Module):
    """A convolution of images [B, C, H, W] with zeros around them: 3 x 3, or 1 x 1 if the weight is. A weight of two axes has
    the 3 x 3 filters in its first columns and a column for each feature of the context after them."""

    def __init__(self, weight, bias):
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(bias)

    def forward(self, x, context=None):
        if self.weight.dim() == 4:
            return functional.conv2d(x, self.weight, self.bias, padding=self.weight.shape[-1] // 2)
        filters, of_context = self.weight.tensor_split([9 * x.shape[1]], 1)
        h = functional.conv2d(x, filters.unflatten(1, (-1, 3, 3)), self.bias, padding=1)
        return h + (context @ of_context.T)[..., None, None]


class ConvNet(Net):
    """A net of convolutions, whose first layer reads the context."""

    def layer_of(self, weight, bias):
        return Convolution(weight, bias)


class Part(nn.Module):
    """A bijector or a base: its spec, its tensors by name, and its nets. `fixed` tensors are not trained."""

    fixed = ()
    net_kind = Net

    def __init__(self, spec, tensors):
        super().__init__()
        self.spec = spec
        nets = {}
        for name, tensor in tensors.items():
            net, _, rest = name.partition(".")
            if rest:
                nets.setdefault(net, {})[rest] = tensor
            elif name in self.fixed:
                self.register_buffer(name, tensor)
            else:
                self.register_parameter(name, nn.Parameter(tensor))
        for net, layers in nets.items():
            self.add_module(net, self.net_kind(spec.get("conditioner", {"activation": "identity"}), layers))


# Bijectors: forward(x, context) and inverse(z, context) give the image and the log-det of each row.

# The range of float32 numbers, in which wgflow keeps bounded data.
TINY, HUGE, LAST_BELOW_1 = 2.0**-126, (2 - 2.0**-23) * 2.0**127, 1 - 2.0**-24
LEAST_IMAGE, MOST_IMAGE_OF_UNIT = math.log(TINY), math.log(LAST_BELOW_1 / 2.0**-24)


class Domain(Part):
    """unit: z = log(x / (1 - x)). positive: z = log(exp(x / scale) - 1). real: z = x."""

    fixed = ("scale",)

    def features(self, domain):
        return [j for j, one in enumerate(self.spec["features"]) if one == domain]

    def forward(self, x, context):
        z, log_det = x.clone(), torch.zeros_like(x)
        unit, positive = self.features("unit"), self.features("positive")
        u = x[:, unit].clamp(TINY, LAST_BELOW_1)
        z[:, unit] = u.log() - torch.log1p(-u)
        log_det[:, unit] = -(u.log() + torch.log1p(-u))
        scale = self.scale[positive]
        p = (x[:, positive].clamp(min=TINY) / scale).clamp(TINY, HUGE)
        shrunk = torch.log(-torch.expm1(-p))
        z[:, positive] = p + shrunk
        log_det[:, positive] = -(shrunk + scale.log())
        return z, log_det.sum(1)

    def inverse(self, z, context):
        x, log_det = z.clone(), torch.zeros_like(z)
        unit, positive = self.features("unit"), self.features("positive")
        u = z[:, unit].clamp(LEAST_IMAGE, MOST_IMAGE_OF_UNIT)
        x[:, unit] = torch.sigmoid(u).clamp(TINY, LAST_BELOW_1)
        log_det[:, unit] = functional.logsigmoid(u) + functional.logsigmoid(-u)
        scale, p = self.scale[positive], z[:, positive].clamp(min=LEAST_IMAGE)
        x[:, positive] = (scale * functional.softplus(p).clamp(min=TINY)).clamp(TINY, HUGE)
        log_det[:, positive] = functional.logsigmoid(p) + scale.log()
        return x, log_det.sum(1)


class Standardize(Part):
    """z = (x - mean) / std. The flow has subtracted the offset before."""

    fixed = ("mean", "std")

    def forward(self, x, context):
        return (x - self.mean) / self.std, -self.std.log().sum().expand(len(x))

    def inverse(self, z, context):
        return z * self.std + self.mean, self.std.log().sum().expand(len(z))


class Actnorm(Part):
    """z = (x + bias) * exp(log_scale)."""

    fixed = ("initialised",)

    def forward(self, x, context):
        return (x + self.bias) * self.log_scale.exp(), self.log_scale.sum().expand(len(x))

    def inverse(self, z, context):
        return z * (-self.log_scale).exp() - self.bias, -self.log_scale.sum().expand(len(z))


class DiagonalScale(Part):
    """z = x * exp(log_scale)."""

    def forward(self, x, context):
        return x * self.log_scale.exp(), self.log_scale.sum().expand(len(x))

    def inverse(self, z, context):
        return z * (-self.log_scale).exp(), -self.log_scale.sum().expand(len(z))


class Permutation(Part):
    """z[j] = signs[j] x[permutation[j]]; without signs they are 1."""

    fixed = ("permutation", "signs")

    def forward(self, x, context):
        z = x[:, self.permutation.long()]
        return z * self.signs if "signs" in self._buffers else z, x.new_zeros(len(x))

    def inverse(self, z, context):
        signed = z * self.signs if "signs" in self._buffers else z
        return signed[:, self.permutation.long().argsort()], z.new_zeros(len(z))


class InvertibleLinear(Part):
    """y = (U + diag(exp(log_diagonal))) x, w = L y, z[j] = w[permutation[j]]."""

    fixed = ("permutation",)

    def matrices(self):
        dim = len(self.log_diagonal)
        lower = torch.eye(dim, dtype=self.lower.dtype, device=self.lower.device)
        upper = self.log_diagonal.exp().diag()
        lower = lower.index_put(tuple(torch.tril_indices(dim, dim, -1)), self.lower)
        return lower, upper.index_put(tuple(torch.triu_indices(dim, dim, 1)), self.upper)

    def forward(self, x, context):
        lower, upper = self.matrices()
        w = x @ upper.T @ lower.T
        return w[:, self.permutation.long()], self.log_diagonal.sum().expand(len(x))

    def inverse(self, z, context):
        lower, upper = self.matrices()
        w = z[:, self.permutation.long().argsort()].T
        y = torch.linalg.solve_triangular(lower, w, upper=False, unitriangular=True)
        x = torch.linalg.solve_triangular(upper, y, upper=True)
        return x.T, -self.log_diagonal.sum().expand(len(z))


class Coupling(Part):
    """One block of the features conditions, `map_block` maps the other one: (block, inputs, inverse) -> block, log-det."""

    def forward(self, x, context):
        return self.move(x, context, False)

    def inverse(self, z, context):
        return self.move(z, context, True)

    def move(self, x, context, inverse):
        first, second = x.tensor_split([self.spec["split"]], 1)
        condition, moved = (second, first) if self.spec["flip"] else (first, second)
        inputs = condition if context is None else torch.cat([condition, context], 1)
        moved, log_det = self.map_block(moved, inputs, inverse)
        return torch.cat([moved, condition] if self.spec["flip"] else [condition, moved], 1), log_det.sum(1)


def log_scale(spec, a):
    """The log-scale s of an affine coupling from its net's output a."""
    if spec["map"] == "tanh":
        return spec["bound"] * torch.tanh(a / spec["bound"])
    if spec["map"] == "sigmoid":
        return torch.log(torch.sigmoid(a + 2) + spec["floor"]) if "floor" in spec else functional.logsigmoid(a + 2)
    if spec["map"] == "softclip":
        return a / (1 + a.abs() / spec["bound"])
    return a


def affine(spec, x, a, t, inverse):
    """x * exp(s) + t, or (x + t) * exp(s) with `shiftFirst`, or its inverse; and the log-det of each element."""
    s = log_scale(spec["scale"], a)
    if spec.get("shiftFirst"):
        return (x * (-s).exp() - t, -s) if inverse else ((x + t) * s.exp(), s)
    return ((x - t) * (-s).exp(), -s) if inverse else (x * s.exp() + t, s)


class AffineCoupling(Coupling):
    """z2 = x2 * exp(s) + t, or (x2 + t) * exp(s) with `shiftFirst`."""

    def map_block(self, x, inputs, inverse):
        if self.spec["conditioner"]["separate"]:
            return affine(self.spec, x, self.scale(inputs), self.shift(inputs), inverse)
        return affine(self.spec, x, *self.conditioner(inputs).chunk(2, 1), inverse)


class AdditiveCoupling(Coupling):
    """z2 = x2 + t."""

    def map_block(self, x, inputs, inverse):
        t = self.conditioner(inputs)
        return x - t if inverse else x + t, torch.zeros_like(x)


LEAST_SHARE = LEAST_DERIVATIVE = 1e-3
DERIVATIVE_SHIFT = math.log(math.expm1(1 - LEAST_DERIVATIVE))


def knots(raw, bound):
    """The edges of bins from their raw sizes [..., K]: [..., K + 1]."""
    shares = LEAST_SHARE + (1 - LEAST_SHARE * raw.shape[-1]) * raw.softmax(-1)
    inner = 2 * bound * shares.cumsum(-1)[..., :-1] - bound
    end = torch.full_like(inner[..., :1], bound)
    return torch.cat([-end, inner, end], -1)


def spline(x, raw, bins, bound, inverse):
    """The monotone rational-quadratic spline (Durkan et al. 2019) of each element of x [B, T], raw [B, T, 3 bins - 1]."""
    is_inside = x.abs() <= bound
    at = torch.where(is_inside, x, torch.zeros_like(x))
    xs, zs = knots(raw[..., :bins], bound), knots(raw[..., bins : 2 * bins], bound)
    derivatives = LEAST_DERIVATIVE + functional.softplus(raw[..., 2 * bins :] + DERIVATIVE_SHIFT)
    derivatives = functional.pad(derivatives, (1, 1), value=1.0)

    starts = (zs if inverse else xs)[..., :-1]
    k = ((at[..., None] >= starts).sum(-1, keepdim=True) - 1).clamp(min=0)
    x0, x1, z0, z1, left, right = (
        numbers.gather(-1, k + side)[..., 0] for numbers in (xs, zs, derivatives) for side in (0, 1)
    )
    mean = (z1 - z0) / (x1 - x0)
    if inverse:
        rise = at - z0
        bend = rise * (left + right - 2 * mean)
        a, b, c = (z1 - z0) * (mean - left) + bend, (z1 - z0) * left - bend, mean * rise
        xi = 2 * c / (b + (b * b + 4 * a * c).clamp(min=0).sqrt())
    else:
        xi = (at - x0) / (x1 - x0)
    q = xi * (1 - xi)
    denominator = mean + (left + right - 2 * mean) * q
    image = x0 + (x1 - x0) * xi if inverse else z0 + (z1 - z0) * (mean * xi**2 + left * q) / denominator
    log_derivative = torch.log(right * xi**2 + 2 * mean * q + left * (1 - xi) ** 2) + 2 * torch.log(mean / denominator)
    log_det = torch.where(is_inside, -log_derivative if inverse else log_derivative, torch.zeros_like(x))
    return torch.where(is_inside, image, x), log_det


class RationalQuadraticCoupling(Coupling):
    """A spline for each feature of one block, with numbers from a net."""

    def map_block(self, x, inputs, inverse):
        raw = self.conditioner(inputs).unflatten(1, (x.shape[1], -1))
        return spline(x, raw, self.spec["bins"], self.spec["bound"], inverse)


class RationalQuadraticElementwise(Part):
    """A spline for each feature of a block, by default all, with its own numbers."""

    def forward(self, x, context, inverse=False):
        start = self.spec.get("block", {"start": 0})["start"]
        before, block, after = x.tensor_split([start, start + len(self.raw)], 1)
        raw = self.raw.expand(len(x), -1, -1)
        block, log_det = spline(block, raw, self.spec["bins"], self.spec["bound"], inverse)
        return torch.cat([before, block, after], 1), log_det.sum(1)

    def inverse(self, z, context):
        return self.forward(z, context, True)


# Bijectors on images. After a split, they map the first features alone.


class Logit(Part):
    """z = log(v / (1 - v)), v = alpha + (1 - 2 alpha) x / levels."""

    def forward(self, x, context):
        span = (1 - 2 * self.spec["alpha"]) / self.spec["levels"]
        v = self.spec["alpha"] + span * x
        return v.log() - torch.log1p(-v), (math.log(span) - v.log() - torch.log1p(-v)).sum(1)

    def inverse(self, z, context):
        span = (1 - 2 * self.spec["alpha"]) / self.spec["levels"]
        log_det = functional.logsigmoid(z) + functional.logsigmoid(-z) - math.log(span)
        return (torch.sigmoid(z) - self.spec["alpha"]) / span, log_det.sum(1)


class ImagePart(Part):
    """Maps images [B, C, H, W] of the shape `image` by move(images, context, inverse) -> images, log-det."""

    leaves = False

    def forward(self, x, context):
        return self.run(x, context, False)

    def inverse(self, z, context):
        return self.run(z, context, True)

    def run(self, x, context, inverse):
        images, left = x.tensor_split([math.prod(self.image)], 1)
        shape = self.image_after(self.image) if inverse and not self.leaves else self.image
        images, log_det = self.move(images.unflatten(1, shape), context, inverse)
        return torch.cat([images.flatten(1), left], 1), log_det.expand(len(x))

    @staticmethod
    def image_after(image):
        return image


class Squeeze(ImagePart):
    """z[4c + 2i + j, y, x] = x[c, 2y + i, 2x + j]."""

    @staticmethod
    def image_after(image):
        return [4 * image[0], image[1] // 2, image[2] // 2]

    def move(self, images, context, inverse):
        map = functional.pixel_shuffle if inverse else functional.pixel_unshuffle
        return map(images, 2), images.new_zeros(1)


class ChannelActnorm(ImagePart):
    """z = (x + bias) * exp(log_scale) of each channel."""

    fixed = ("initialised",)

    def move(self, images, context, inverse):
        bias, log_scale = self.bias[:, None, None], self.log_scale[:, None, None]
        log_det = self.image[1] * self.image[2] * self.log_scale.sum()
        if inverse:
            return images * (-log_scale).exp() - bias, -log_det
        return (images + bias) * log_scale.exp(), log_det


class ConvLinear(ImagePart):
    """An `invertible_linear` of the channels of each pixel."""

    fixed = ("permutation",)
    matrices = InvertibleLinear.matrices

    def move(self, images, context, inverse):
        map = InvertibleLinear.inverse if inverse else InvertibleLinear.forward
        pixels = images.movedim(1, -1)
        moved, log_det = map(self, pixels.flatten(0, 2), context)
        return moved.unflatten(0, pixels.shape[:3]).movedim(-1, 1), self.image[1] * self.image[2] * log_det[:1]


class ConvCoupling(ImagePart):
    """Half of the channels, or the pixels of one colour of a checkerboard, conditions; `map_block` maps the others."""

    net_kind = ConvNet

    def move(self, images, context, inverse):
        if self.spec["mask"] == "checkerboard":
            rows, columns = (torch.arange(size, device=images.device) for size in self.image[1:])
            stays = (rows[:, None] + columns) % 2 == int(self.spec["flip"])
            mapped, log_det = self.map_block(images, self.conditioner(images * stays, context), inverse)
            return torch.where(stays, images, mapped), log_det.masked_fill(stays, 0).sum((1, 2, 3))
        first, second = images.tensor_split([self.image[0] // 2], 1)
        condition, moved = (second, first) if self.spec["flip"] else (first, second)
        moved, log_det = self.map_block(moved, self.conditioner(condition, context), inverse)
        return torch.cat([moved, condition] if self.spec["flip"] else [condition, moved], 1), log_det.sum((1, 2, 3))


class ConvAffineCoupling(ConvCoupling):
    """z2 = x2 * exp(s) + t, or (x2 + t) * exp(s) with `shiftFirst`."""

    def map_block(self, x, outputs, inverse):
        return affine(self.spec, x, *outputs.chunk(2, 1), inverse)


class ConvAdditiveCoupling(ConvCoupling):
    """z2 = x2 + t."""

    def map_block(self, x, outputs, inverse):
        return x - outputs if inverse else x + outputs, torch.zeros_like(x)


class Split(ConvAffineCoupling):
    """The second half of the channels leaves: z2 = (x2 + t) * exp(s)."""

    leaves = True

    def __init__(self, spec, tensors):
        super().__init__({**spec, "mask": "channel", "flip": False, "shiftFirst": True}, tensors)

    @staticmethod
    def image_after(image):
        return [image[0] // 2, *image[1:]]

    def move(self, images, context, inverse):
        return super().move(images, None, inverse)


BIJECTORS = {
    "logit": Logit,
    "squeeze": Squeeze,
    "channel_actnorm": ChannelActnorm,
    "conv_linear": ConvLinear,
    "conv_affine_coupling": ConvAffineCoupling,
    "conv_additive_coupling": ConvAdditiveCoupling,
    "split": Split,
    "domain": Domain,
    "standardize": Standardize,
    "actnorm": Actnorm,
    "diagonal_scale": DiagonalScale,
    "permutation": Permutation,
    "invertible_linear": InvertibleLinear,
    "affine_coupling": AffineCoupling,
    "additive_coupling": AdditiveCoupling,
    "rational_quadratic_coupling": RationalQuadraticCoupling,
    "rational_quadratic_elementwise": RationalQuadraticElementwise,
}


# Bases: log_prob(z, context) of each row, and draw(rows, dim, context, seed, temperature) of rows [N] by their numbers.


def normal_log_prob(z):
    return -0.5 * (z * z + math.log(2 * math.pi)).sum(-1)


class StandardNormal(Part):
    def log_prob(self, z, context):
        return normal_log_prob(z)

    def draw(self, rows, dim, context, seed, temperature):
        return temperature * normals(row_words(rows, dim, seed))[:, :dim]


class ClassConditional(StandardNormal):
    """N(M c, I) with the tensor mean M and the context c."""

    def log_prob(self, z, context):
        return normal_log_prob(z - context @ self.mean.T)

    def draw(self, rows, dim, context, seed, temperature):
        return super().draw(rows, dim, context, seed, temperature) + (context @ self.mean.T).cpu()


class Mixture(StandardNormal):
    """A mixture of K diagonal normals: mean, log_scale [K, D], logits [K]."""

    def log_weights(self):
        return self.logits.log_softmax(0)

    def log_prob(self, z, context):
        u = (z[:, None] - self.mean) * (-self.log_scale).exp()
        return (self.log_weights() + normal_log_prob(u) - self.log_scale.sum(1)).logsumexp(1)

    def draw(self, rows, dim, context, seed, temperature):
        shares = self.log_weights().double().cpu().exp().cumsum(0)[:-1]
        u = uniforms(philox(CHOICE_BLOCK, rows, BASE_STREAM, seed)[:, 0])
        k = (u[:, None] >= shares).sum(1)
        normal = super().draw(rows, dim, context, seed, temperature)
        return self.mean.double().cpu()[k] + self.log_scale.double().cpu().exp()[k] * normal


class DiagonalNormal(Mixture):
    """One component without a weight: mean, log_scale [1, D]."""

    def log_weights(self):
        return self.mean.new_zeros(1)


class StudentT(Part):
    """Independent Student's t with exp(log_df) degrees of freedom."""

    def __init__(self, spec, tensors):
        self.fixed = () if spec["learned"] else ("log_df",)
        super().__init__(spec, tensors)

    def log_prob(self, z, context):
        # The two values of lgamma are nearly equal, and may be large.
        df = self.log_df.double().exp()
        normaliser = torch.lgamma((df + 1) / 2) - torch.lgamma(df / 2) - 0.5 * torch.log(df * math.pi)
        return (normaliser.to(z.dtype) - (df.to(z.dtype) + 1) / 2 * torch.log1p(z * z / df.to(z.dtype))).sum(1)

    def draw(self, rows, dim, context, seed, temperature):
        u = uniforms(row_words(rows, 2 * dim, seed)).unflatten(1, (-1, 2))[:, :dim]
        df = self.log_df.double().cpu().exp()
        exponent = (-2 * u[..., 0].log() / df).clamp(max=80)
        return temperature * (df * torch.expm1(exponent)).sqrt() * (2 * math.pi * u[..., 1]).cos()


class Uniform(Part):
    """Uniform on [-bound, bound] in each feature; outside, the log-density is -infinity."""

    def log_prob(self, z, context):
        inside = z.new_full((len(z),), -z.shape[1] * math.log(2 * self.spec["bound"]))
        return inside.masked_fill((z.abs() > self.spec["bound"]).any(1), -math.inf)

    def draw(self, rows, dim, context, seed, temperature):
        u = uniforms(row_words(rows, dim, seed))[:, :dim]
        return min(temperature, 1) * 2 * self.spec["bound"] * torch.where(u < 0.5, u, u - 1)


BASES = {
    "standard_normal": StandardNormal,
    "class_conditional": ClassConditional,
    "diagonal_normal": DiagonalNormal,
    "mixture": Mixture,
    "student_t": StudentT,
    "uniform": Uniform,
}


class Flow(nn.Module):
    """The flow of a model file: its `state_dict` has the tensors of the file, by the same names."""

    def __init__(self, spec, tensors, metadata=None):
        super().__init__()
        self.dim, self.context_dim, self.metadata = spec["dim"], spec["contextDim"], metadata or {}
        offsets = [one["offset"] for one in spec["bijectors"] if "offset" in one]
        self.offset = torch.tensor(offsets[0], dtype=torch.float64) if offsets else None
        self.bijectors = nn.ModuleList(
            BIJECTORS[one["type"]](one, beginning(f"bijectors.{i}.", tensors))
            for i, one in enumerate(spec["bijectors"])
        )
        image = spec.get("image")
        for bijector in self.bijectors:
            bijector.image = image
            image = bijector.image_after(image) if isinstance(bijector, ImagePart) else image
        self.base = BASES[spec["base"]["type"]](spec["base"], beginning("base.", tensors))
        self.register_buffer("like", torch.zeros(()), persistent=False)

    @classmethod
    def load(cls, path):
        """The flow of a model file that wgflow or `save` wrote."""
        with open(path, "rb") as file:
            blob = bytearray(file.read())
        start = 8 + struct.unpack("<Q", blob[:8])[0]
        header = json.loads(blob[8:start])
        metadata = header.pop("__metadata__")
        tensors = {}
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            data = torch.frombuffer(blob[start + begin : start + end], dtype=torch.float32)
            tensors[name] = data.reshape(entry["shape"])
        return cls(json.loads(metadata["wgflow"]), tensors, metadata)

    def save(self, path):
        """Writes a model file that wgflow reads. Scores of held-out rows stay behind: they were of the weights before."""
        training = json.loads(self.metadata.get("wgflow_training", "null"))
        metadata = {"wgflow": self.metadata["wgflow"]}
        if training is not None:
            for name in ("heldOut", "validation", "bestValidationNll"):
                training.pop(name, None)
            origin = training["library"].split(", then PyTorch")[0]
            training["library"] = f"{origin}, then PyTorch {torch.__version__}"
            metadata["wgflow_training"] = json.dumps(training)
        header, chunks, end = {"__metadata__": metadata}, [], 0
        for name, tensor in self.state_dict().items():
            chunks.append(struct.pack(f"<{tensor.numel()}f", *tensor.detach().cpu().flatten().tolist()))
            begin, end = end, end + len(chunks[-1])
            header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [begin, end]}
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + b"".join(chunks))

    def forward(self, x, context=None):
        """z [B, D] and the log-det [B] of x [B, D], in the data's units."""
        x = torch.as_tensor(x)
        if self.offset is not None:
            x = x.double() - self.offset.to(x.device)
        x, context = x.to(self.like), self.context_of(context, len(x))
        log_det = x.new_zeros(len(x))
        for bijector in self.bijectors:
            x, own = bijector(x, context)
            log_det = log_det + own
        return x, log_det

    def inverse(self, z, context=None):
        """x [B, D], in the data's units, and the log-det [B] of z [B, D]. With a large offset, x is float64."""
        x = torch.as_tensor(z).to(self.like)
        context = self.context_of(context, len(x))
        log_det = x.new_zeros(len(x))
        for bijector in reversed(self.bijectors):
            x, own = bijector.inverse(x, context)
            log_det = log_det + own
        return x if self.offset is None else x.double() + self.offset.to(x.device), log_det

    def log_prob(self, x, context=None):
        """The log-density [B] of x [B, D], in nats."""
        z, log_det = self(x, context)
        return self.base.log_prob(z, self.context_of(context, len(z))) + log_det

    @torch.no_grad()
    def sample(self, n, context=None, seed=None, temperature=1.0, first_row=0):
        """Rows x [n, D]. Row r depends only on the seed and r; by default torch's generator draws the seed."""
        seed = int(torch.randint(2**53, ())) if seed is None else seed
        rows = first_row + torch.arange(n)
        given = self.context_of(context, n)
        return self.inverse(self.base.draw(rows, self.dim, given, seed, temperature), context)[0]

    def context_of(self, context, rows):
        """The context of each row [B, C], or None for a flow without one."""
        width = 0 if context is None else torch.as_tensor(context).shape[-1]
        if width != self.context_dim:
            raise ValueError(f"context: found {width} features, expected {self.context_dim}")
        return None if context is None else torch.as_tensor(context).to(self.like).expand(rows, -1)


def beginning(prefix, tensors):
    """The tensors whose names begin with the prefix, without it."""
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}
