/** The starting point and the timing of every system, in Node and in a page. */

/**
 * The training rows, row-major [batches · batch, dim], as batches of the two halves of the columns:
 * `[{ first, second }]`, each [batch, dim / 2].
 */
export function batchesOf(rows, { dim, batch }) {
  const half = dim / 2;
  return Array.from({ length: rows.length / (batch * dim) }, (_, index) => {
    const first = new Float32Array(batch * half);
    const second = new Float32Array(batch * half);
    for (let row = 0; row < batch; row++) {
      const start = (index * batch + row) * dim;
      first.set(rows.subarray(start, start + half), row * half);
      second.set(rows.subarray(start + half, start + dim), row * half);
    }
    return { first, second };
  });
}

/**
 * The couplings of the starting model, given the bytes of its file: `{ flip, bound, nets }`. `bound` is
 * undefined for a raw exp scale. `nets` are one net (outputs [a | t]) or two (a, then t), each a list of
 * layers `{ weight [inputs, outputs], bias [outputs], inputs, outputs }`.
 */
export function couplingsOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  const tensor = (name) => {
    const {
      shape,
      data_offsets: [begin, end],
    } = header[name];
    const values = new Float32Array(bytes.slice(start + begin, start + end).buffer);
    return { shape, values };
  };
  const spec = JSON.parse(header['__metadata__'].wgflow);
  return spec.bijectors.map(({ flip, scale, conditioner }, index) => ({
    flip,
    bound: scale.map === 'tanh' ? scale.bound : undefined,
    nets: (conditioner.separate ? ['scale', 'shift'] : ['conditioner']).map((net) =>
      [...conditioner.hidden, undefined].map((_, layer) => {
        const name = `bijectors.${index}.${net}.${layer}`;
        const {
          shape: [outputs, inputs],
          values,
        } = tensor(`${name}.weight`);
        return {
          inputs,
          outputs,
          weight: transposed(values, outputs, inputs),
          bias: tensor(`${name}.bias`).values,
        };
      }),
    ),
  }));
}

function transposed(values, rows, columns) {
  const result = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = values[row * columns + column];
  }
  return result;
}

/**
 * Checks and times a system. Steps are queued without waiting; only `readLoss` waits.
 * @param step (batch index) => a handle of that step's loss, before its update
 * @param readLoss (handle) => the loss in nats, when the step is done
 * @param drop (handle) => frees an unread loss
 */
export async function measure({ check, timing }, batches, { step, readLoss, drop }) {
  const checkLosses = [];
  let ms = 0;
  for (let i = 0; i < check.steps; i++) {
    const begun = performance.now();
    checkLosses.push(await readLoss(step(0)));
    ms = performance.now() - begun;
  }

  let next = 0;
  const losses = [];
  const timed = async (steps) => {
    const begun = performance.now();
    for (let i = 1; i < steps; i++) drop(step(next++ % batches));
    const loss = await readLoss(step(next++ % batches));
    return { ms: (performance.now() - begun) / steps, loss };
  };
  const stepsFor = (stepMs) => Math.max(1, Math.round(timing.repeatMs / stepMs));
  let stepsPerRepeat = stepsFor(ms);
  // A fast system's first guess is mostly overhead; these steps also warm it up.
  if (stepsPerRepeat > 1) stepsPerRepeat = stepsFor((await timed(stepsPerRepeat)).ms);
  const repeats = [];
  const begun = performance.now();
  const enough = () => repeats.length >= timing.leastRepeats && performance.now() - begun > timing.enoughMs;
  while (repeats.length < timing.repeats && !enough()) {
    const repeat = await timed(stepsPerRepeat);
    repeats.push(repeat.ms);
    losses.push(repeat.loss);
  }
  return { checkLosses, losses, stepsPerRepeat, repeats };
}
