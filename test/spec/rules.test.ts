import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../src/errors.ts';
import { realnvp } from '../../src/presets/index.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { BijectorSpec } from '../../src/bijectors/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { checkedSpec } from '../../src/spec/schema.ts';

const HUGE = 1e9;

function coupling(conditioner: object): BijectorSpec[] {
  const [, last] = realnvp(2, { couplings: 1, hidden: [4] }).bijectors;
  if (last?.type !== 'affine_coupling') throw new Error('realnvp has no coupling where it is looked for');
  return [{ ...last, conditioner: { ...last.conditioner, ...conditioner } }];
}

describe('a spec of a size that no memory holds', () => {
  const changes: [string, Partial<FlowSpec>][] = [
    ['features', { dim: HUGE }],
    ['context features', { contextDim: HUGE }],
    ['components', { base: { type: 'mixture', components: HUGE } }],
    ['bins', { bijectors: [{ type: 'rational_quadratic_elementwise', bins: HUGE, bound: 3 }] }],
    ['bijectors', { bijectors: Array.from({ length: 1e5 }, () => ({ type: 'actnorm' as const })) }],
    ['units', { bijectors: coupling({ hidden: [HUGE] }) }],
    ['hidden layers', { bijectors: coupling({ hidden: Array.from({ length: 1e5 }, () => 4) }) }],
    ['residual blocks', { bijectors: coupling({ residualBlocks: HUGE }) }],
  ];

  it.each(changes)('is refused before anything is made of it: %s', (_, change) => {
    const spec: FlowSpec = { ...realnvp(2, { couplings: 1, hidden: [4] }), ...change };
    for (const use of [() => checkedSpec(spec), () => new ReferenceFlow(spec, new Float32Array(4))]) {
      expect(use).toThrow(ShapeError);
      expect(use).toThrow(/expected (an integer from \d+ to \d+|at most \d+)/);
    }
  });
});
