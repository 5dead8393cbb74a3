import { describe, expect, it } from 'vitest';
import { mixtureLogProb } from '../../../src/kernels/base/mixture_log_prob.ts';
import { expectClose, expectNormClose } from '../../support/compare.ts';
import { ramp, runBoth } from '../harness.ts';
import { mixtureSlots } from '../slots.ts';

const F32_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

const SIZES = [
  [1, 1, 1],
  [63, 2, 1],
  [64, 3, 4],
  [65, 1, 7],
  [257, 65, 2],
] as const;

describe('mixture_log_prob', () => {
  it.each(SIZES)(
    'matches its twin at %i rows, %i features, %i components',
    async (rows, features, components) => {
      for (const sign of [1, -1] as const) {
        const { gpu, twin } = await runBoth([mixtureLogProb({ ...args(rows, features, components), sign })], {
          parameters: parameters(features, components),
          state: ramp(features * rows, 3, 5),
          log_det: ramp(rows, 4),
          log_prob: rows,
        });
        expectClose('log_prob', gpu('log_prob'), twin('log_prob'), F32_BOUND);
      }
    },
  );

  it.each(SIZES)(
    'has the loss and gradients of its twin at %i rows, %i features, %i components',
    async (rows, features, components) => {
      const dBase = (2 * features + 1) * components * rows;
      const loss = {
        validRows: Math.ceil(rows / 2),
        rowStart: 3,
        totalRows: 37,
        dState: 'd_state',
        dBase: 'd_base',
      };
      const { gpu, twin } = await runBoth([mixtureLogProb({ ...args(rows, features, components), loss })], {
        parameters: parameters(features, components),
        state: ramp(features * rows, 3, 5),
        log_det: ramp(rows, 4),
        log_prob: 3 + rows,
        d_state: new Float32Array(features * rows).fill(NaN),
        d_base: new Float32Array(dBase).fill(NaN),
      });
      expectClose('nll', gpu('log_prob'), twin('log_prob'), F32_BOUND);
      expectNormClose('d_state', gpu('d_state'), twin('d_state'), GRADIENT_BOUND);
      expectNormClose('d_base', gpu('d_base'), twin('d_base'), GRADIENT_BOUND);
    },
  );

  it('stays finite where every component is far away', async () => {
    const { gpu } = await runBoth([mixtureLogProb(args(2, 1, 3))], {
      parameters: parameters(1, 3),
      state: Float32Array.of(1e6, -1e6),
      log_det: 2,
      log_prob: 2,
    });
    for (const value of gpu('log_prob')) expect(Number.isFinite(value)).toBe(true);
  });
});

function args(rows: number, features: number, components: number): Parameters<typeof mixtureLogProb>[0] {
  return {
    rows,
    features,
    slots: mixtureSlots(features, components),
    sign: 1,
    parameters: 'parameters',
    state: 'state',
    logDet: 'log_det',
    logProb: 'log_prob',
  };
}

function parameters(features: number, components: number): Float32Array {
  return Float32Array.of(
    NaN,
    NaN,
    NaN,
    ...ramp(features * components, 2, 1),
    ...ramp(features * components, 0.5, 2),
    ...(components === 1 ? [] : ramp(components, 1, 3)),
  );
}
