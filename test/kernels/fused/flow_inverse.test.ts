import { describe, expect, it } from 'vitest';
import { MAX_COUPLINGS } from '../../../src/kernels/fused/coupling_stack.ts';
import { flowInverse } from '../../../src/kernels/fused/flow_inverse.ts';
import { expectClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth } from '../harness.ts';
import { DEEP_STACKS, DEEPER_STACKS, named, stackModel, STACKS } from './stacks.ts';

const F32_BOUND = 1e-5;
const NAMES = { parameters: 'parameters', context: 'context', state: 'state', logDet: 'log_det' };
const shapes = named([...STACKS, ...DEEP_STACKS, ...DEEPER_STACKS]);

describe('flow_inverse', () => {
  describe.each(shapes)('through %s', (_name, shape) => {
    it.each([
      [68, 'the whole', true],
      [4, 'a part', false],
    ])('matches its twin at %i rows and %s of it, with and without subgroups', async (rows, _part, whole) => {
      const { stack, parameters, standardize } = stackModel(shape);
      const contents = {
        parameters,
        state: ramp(shape.dim * rows, 1.5),
        log_det: ramp(rows, 2, 3),
        context: ramp(Math.max(1, shape.contextDim) * rows, 1, 6),
      };
      for (const lanes of await lanesOf()) {
        const dispatch = flowInverse({
          ...NAMES,
          stack,
          lanes,
          rows,
          first: whole ? 0 : shape.couplings - 1,
          count: whole ? shape.couplings : 1,
          accumulate: !whole,
          ...(whole ? { standardize } : {}),
        });
        const { gpu, twin } = await runBoth([dispatch], contents);
        for (const name of ['state', 'log_det']) {
          expectClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), F32_BOUND);
        }
      }
    });
  });

  it('takes no more couplings than it has bits for their flips', () => {
    const { stack } = stackModel({ ...shapes[0]![1], couplings: MAX_COUPLINGS + 1 });
    const dispatch = (count: number) =>
      flowInverse({ ...NAMES, stack, lanes: 1, rows: 4, first: 1, count, accumulate: false });
    expect(dispatch(MAX_COUPLINGS).params.flips).toBe(0x55555555);
    expect(() => dispatch(MAX_COUPLINGS + 1)).toThrow(/33 couplings/);
  });
});
