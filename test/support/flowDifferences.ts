/** The log-det and the gradients of f64 flows against differences. */
import { expect } from 'vitest';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { derivative, logAbsDeterminant, STENCIL, stepFor } from './differences.ts';
import { randomContext, randomParameters, rowsWithin } from './randomSpecs.ts';

const LOG_DET_BOUND = 1e-6;

export const GRADIENT_BOUND = 1e-6;

/** Smaller gradient norms are replaced by this in comparisons, because the differences round by 1e-11. */
export const SMALLEST_NORM = 1e-4;

/** Compares the log-det of a row with log|det| of the Jacobian from differences, all in one batch. */
export function checkLogDet(spec: FlowSpec, parameters: Float32Array, h: number): void {
  const { dim } = spec;
  const flow = new ReferenceFlow(spec, parameters);
  const x = rowsWithin(spec, 1, 9);
  const moved = Array.from({ length: dim }, (_, feature) =>
    STENCIL.map(([offset]) => x.map((value, j) => (j === feature ? value + offset * h : value))),
  );
  const context = randomContext(spec, 1);
  const { z } = flow.forward(
    moved.flat().flatMap((row) => [...row]),
    context,
  );
  const jacobian = new Float64Array(dim * dim);
  moved.forEach((_, feature) => {
    STENCIL.forEach(([, weight], k) => {
      for (let out = 0; out < dim; out++) {
        jacobian[out * dim + feature]! += (weight * z[(feature * STENCIL.length + k) * dim + out]!) / h;
      }
    });
  });
  const expected = logAbsDeterminant(jacobian);
  expect(Math.abs(flow.forward(x, context).logDet[0]! - expected)).toBeLessThanOrEqual(LOG_DET_BOUND);
}

/** Compares the gradient of every trainable tensor with differences of the mean NLL, element by element. */
export function checkEveryTensor(spec: FlowSpec, rows: number): void {
  const h = stepFor(spec);
  const flow = new ReferenceFlow(spec, randomParameters(spec, 11));
  const x = rowsWithin(spec, rows);
  const { gradients } = flow.gradients(x, randomContext(spec, rows));
  const trainable = flow.model.layout.tensors.filter((tensor) => tensor.trainable);
  expect(Object.keys(gradients).sort()).toEqual(trainable.map(({ name }) => name).sort());
  for (const { name, offset, length } of trainable) {
    const differences = Float64Array.from({ length }, (_, i) => {
      const before = flow.parameters[offset + i]!;
      const slope = derivative((step) => {
        flow.parameters[offset + i] = before + step;
        return meanNll(flow, x);
      }, h);
      flow.parameters[offset + i] = before;
      return slope;
    });
    const error = Math.hypot(...differences.map((value, i) => value - gradients[name]![i]!));
    const norm = Math.max(Math.hypot(...differences), SMALLEST_NORM);
    expect(
      error / norm,
      `${name}: ${differences.join(', ')} by differences, ${gradients[name]?.join(', ')}`,
    ).toBeLessThanOrEqual(GRADIENT_BOUND);
  }
}

export function meanNll(flow: ReferenceFlow, x: Float64Array): number {
  const { spec } = flow.model;
  const logProb = flow.logProb(x, randomContext(spec, x.length / spec.dim));
  return -logProb.reduce((sum, value) => sum + value, 0) / logProb.length;
}
