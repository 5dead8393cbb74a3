/** Flows whose conditionals have closed forms. */
import type { Flow } from '../../src/index.ts';
import { Flow as FlowClass } from '../../src/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';

const BASE = { version: 1, contextDim: 0 } as const;

/** x = A⁻¹ z of standard normal z, with correlated features. */
export async function gaussianFlow(dim: number, device: GPUDevice): Promise<Flow> {
  const spec = {
    ...BASE,
    dim,
    bijectors: [{ type: 'invertible_linear' }],
    base: { type: 'standard_normal' },
  } as FlowSpec;
  const flow = await FlowClass.create(spec, { device, seed: 3 });
  const values = (length: number, scale: number): Float32Array =>
    Float32Array.from({ length }, (_, i) => scale * Math.sin(3 + 2.3 * i));
  await flow.setParameters({
    'bijectors.0.lower': values((dim * (dim - 1)) / 2, 0.9),
    'bijectors.0.upper': values((dim * (dim - 1)) / 2, -0.7),
    'bijectors.0.log_diagonal': values(dim, 0.5),
  });
  return flow;
}

/** The precision AᵀA [D, D] of a linear flow with mean 0. */
export async function precisionOf(flow: Flow): Promise<number[][]> {
  const { dim } = flow;
  const units = Float32Array.from({ length: dim * dim }, (_, i) => (i % (dim + 1) === 0 ? 1 : 0));
  const { z } = await flow.forward(units);
  // Row i of z is column i of A.
  return Array.from({ length: dim }, (_, i) =>
    Array.from({ length: dim }, (__, j) => {
      let sum = 0;
      for (let k = 0; k < dim; k++) sum += z[i * dim + k]! * z[j * dim + k]!;
      return sum;
    }),
  );
}

/** Mean and standard deviation of feature i given the others of a row, for N(0, P⁻¹). */
export function conditionalOf(
  precision: number[][],
  row: ArrayLike<number>,
  i: number,
): { mean: number; sd: number } {
  const own = precision[i]![i]!;
  let mean = 0;
  for (let j = 0; j < precision.length; j++) if (j !== i) mean -= (precision[i]![j]! / own) * row[j]!;
  return { mean, sd: 1 / Math.sqrt(own) };
}
