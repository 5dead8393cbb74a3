import { describe, expect, it } from 'vitest';
import { PRESETS } from '../../src/flows/index.ts';
import { initialParameters } from '../../src/init.ts';
import { paramLayout } from '../../src/paramLayout.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { FlowSpec } from '../../src/spec.ts';
import { randomRows } from '../support/randomSpecs.ts';

const ROWS = 64;
/** Far more than any training gives the nets. */
const HUGE = 1e3;
/** By docs/derivations.md, (86), with the log-scales of a feature within ±6 and its shifts within ±9. */
const LOG_SCALE = 6;
const SHIFT = 9;
/** What the log-det of a feature can be; the density of a row within a spline's box may be low. */
const VOLUMES = { realnvp: LOG_SCALE, glow: LOG_SCALE, nice: 0, spline: Infinity };

describe.each(['realnvp', 'glow', 'nice', 'spline'] as const)('the whole stack of %s', (preset) => {
  it.each([
    [2, 12, 0],
    [2, 32, 0],
    [2, 5, 0],
    [6, 12, 0],
    [13, 12, 0],
    [13, 12, 2],
  ])(
    'is bounded whatever its nets give: %i features, %i couplings, %i of context',
    (dim, couplings, contextDim) => {
      const spec = PRESETS[preset].spec(dim, { couplings, contextDim });
      const flow = new ReferenceFlow(spec, withHugeNets(spec));
      const x = randomRows(ROWS, dim, 3);
      const context = contextDim > 0 ? randomRows(ROWS, contextDim, 4) : undefined;
      const { z, logDet } = flow.forward(x, context);
      // Glow permutes: one value may be transformed by every coupling instead of every other.
      const share = Math.ceil(couplings / 2);
      const times = preset === 'glow' ? couplings : share;
      const far = Math.max(...x.map(Math.abs));
      const bound =
        preset === 'spline' ? Math.max(far, 3) : reach(far, times, LOG_SCALE / share, SHIFT / share);
      expect(Math.max(...z.map(Math.abs))).toBeLessThanOrEqual(bound * (1 + 1e-9));
      const volume = dim * VOLUMES[preset] * (1 + 1e-9);
      expect(logDet.filter((value) => !(Math.abs(value) <= volume))).toHaveLength(0);
      const back = flow.inverse(z, context).x;
      expect(back.every(Number.isFinite)).toBe(true);
    },
  );
});

/** How far a value within ±`far` can get through so many couplings. */
function reach(far: number, times: number, logScale: number, shift: number): number {
  return Array.from({ length: times }).reduce<number>((value) => value * Math.exp(logScale) + shift, far);
}

/** A fresh flow whose nets are anything but fresh. */
function withHugeNets(spec: FlowSpec): Float32Array {
  const parameters = initialParameters(spec, 1);
  for (const slots of paramLayout(spec).bijectors) {
    if (!('nets' in slots)) continue;
    for (const { weight, bias } of slots.nets.flatMap(({ layers }) => layers)) {
      for (const { offset, length } of [weight, bias]) {
        parameters.set(
          randomRows(length, 1, offset).map((value) => HUGE * value),
          offset,
        );
      }
    }
  }
  return parameters;
}
