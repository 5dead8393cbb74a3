/** The shared data set and starting weights, so that all systems take the same steps. */
/** Correlation between column i and column i + dim / 2 of the correlated normals. */
const CORRELATION = 0.9;

/**
 * The rows (row-major [batches · batch, dim]) and the model (the bytes of a wgflow model file) of `config`.
 * @param library the exports of wgflow, which makes the spec and the toy data
 */
export function startingPoint(library, config, { batches, seed }) {
  const random = normals(seed);
  const rows = batches * config.batch;
  const data =
    config.data === 'moons'
      ? library.toyDensity('moons').sample(seed, 0, 0, rows)
      : correlatedNormals(rows, config.dim, random);
  const { couplings, hidden } = config;
  // The peers' base and activation, whatever the preset would choose.
  const base = { type: 'standard_normal' };
  const spec = library[config.preset](config.dim, { couplings, hidden, base });
  // The data are already standardised, so neither the peers nor wgflow need that layer.
  spec.bijectors = spec.bijectors.filter(({ type }) => type === 'affine_coupling');
  for (const { conditioner } of spec.bijectors) conditioner.activation = 'leaky_relu';
  return { data, model: modelBytes(spec, random) };
}

/** Column i + dim / 2 follows column i, so that a coupling of the two halves can learn at once. */
function correlatedNormals(rows, dim, random) {
  const half = dim / 2;
  const data = new Float32Array(rows * dim);
  for (let row = 0; row < rows; row++) {
    for (let i = 0; i < half; i++) {
      const first = random.normal();
      data[row * dim + i] = first;
      data[row * dim + half + i] =
        CORRELATION * first + Math.sqrt(1 - CORRELATION * CORRELATION) * random.normal();
    }
  }
  return data;
}

/** A model file (docs/model-file.md) of `spec`, its nets initialised as the spec says. */
function modelBytes(spec, random) {
  const tensors = spec.bijectors.flatMap((coupling, index) => tensorsOf(spec.dim, coupling, index, random));
  const header = { __metadata__: { wgflow: JSON.stringify(spec) } };
  let end = 0;
  for (const { name, shape, values } of tensors) {
    header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += values.byteLength)] };
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = 8 + 8 * Math.ceil(text.length / 8);
  const bytes = new Uint8Array(start + end).fill(32, 8, start);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(start - 8), true);
  bytes.set(text, 8);
  let at = start;
  for (const { values } of tensors) {
    bytes.set(new Uint8Array(values.buffer), at);
    at += values.byteLength;
  }
  return bytes;
}

function tensorsOf(dim, { split, flip, conditioner }, index, random) {
  const [inputs, outputs] = flip ? [dim - split, split] : [split, dim - split];
  const nets = conditioner.separate
    ? [
        ['scale', outputs],
        ['shift', outputs],
      ]
    : [['conditioner', 2 * outputs]];
  return nets.flatMap(([net, width]) => {
    const widths = [inputs, ...conditioner.hidden, width];
    return widths.slice(1).flatMap((out, layer) => {
      const last = layer === conditioner.hidden.length;
      const bound = last && conditioner.init === 'zero_last' ? 0 : 1 / Math.sqrt(widths[layer]);
      const tensor = (name, shape) => ({
        name: `bijectors.${index}.${net}.${layer}.${name}`,
        shape,
        values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () =>
          bound === 0 ? 0 : bound * (2 * random.uniform() - 1),
        ),
      });
      return [tensor('weight', [out, widths[layer]]), tensor('bias', [out])];
    });
  });
}

/** Seeded uniform numbers in (0, 1) by xorshift32, and normals from them by Box–Muller. */
function normals(seed) {
  let state = (seed * 0x9e3779b9) >>> 0 || 1;
  const uniform = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return {
    uniform,
    normal: () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform()),
  };
}
