import { describe, expect, it } from 'vitest';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { BaseSpec } from '../../src/bases/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { expectClose } from '../support/compare.ts';
import { randomParameters, specOf } from '../support/randomSpecs.ts';

const withBase = (base: BaseSpec, dim = 1): FlowSpec => ({ ...specOf(dim, []), base });

describe('the base distributions of the f64 twin', () => {
  it.each([
    [1, (z: number) => -Math.log(Math.PI) - Math.log1p(z * z)],
    [2, (z: number) => -1.5 * Math.log(2 + z * z)],
    [3, (z: number) => Math.log((6 * Math.sqrt(3)) / Math.PI) - 2 * Math.log(3 + z * z)],
  ])("know Student's t in closed form: %i degrees of freedom", (df, logDensity) => {
    // For two, (2 + z²)^(−3/2); for three, 6 √3 / (π (3 + z²)²).
    const flow = new ReferenceFlow(withBase({ type: 'student_t', df, learned: true }), [
      Math.log(df),
      0,
      0,
      0,
    ]);
    const z = [0, 0.3, -2, 50];
    expectClose('log p', flow.logProb(z), z.map(logDensity), 1e-12);
  });

  it('tend to the normal as a t has more degrees of freedom', () => {
    const t = new ReferenceFlow(withBase({ type: 'student_t', df: 1e3, learned: true }), [
      Math.log(1e9),
      0,
      0,
      0,
    ]);
    const normal = new ReferenceFlow(specOf(1, []), []);
    const z = [0, 0.5, -3];
    expectClose('log p', t.logProb(z), normal.logProb(z), 1e-7);
  });

  it.each<BaseSpec>([
    { type: 'diagonal_normal' },
    { type: 'mixture', components: 3 },
    { type: 'student_t', df: 4, learned: true },
    { type: 'uniform', bound: 2 },
  ])('have densities that integrate to 1: %j', (base) => {
    const spec = withBase(base);
    const flow = new ReferenceFlow(spec, randomParameters(spec, 3));
    // z = sinh y reaches the tails of a t; no cell's midpoint lies on the border of the box.
    const [step, cells] = base.type === 'uniform' ? [1e-3, 5000] : [1e-3, 60_000];
    const y = Array.from({ length: cells }, (_, i) => step * (i + 0.5 - cells / 2));
    const z = base.type === 'uniform' ? y : y.map(Math.sinh);
    const total = flow
      .logProb(z)
      .reduce(
        (sum, log, i) => sum + Math.exp(log) * step * (base.type === 'uniform' ? 1 : Math.cosh(y[i]!)),
        0,
      );
    expect(Math.abs(total - 1)).toBeLessThan(1e-6);
  });
});
