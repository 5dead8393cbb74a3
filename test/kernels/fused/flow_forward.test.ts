import { describe, expect, it } from 'vitest';
import { keptUnits, MAX_COUPLINGS } from '../../../src/kernels/fused/coupling_stack.ts';
import { flowForward } from '../../../src/kernels/fused/flow_forward.ts';
import { pieceLineCount, pieceLines } from '../../../src/kernels/fused/piece_lines.ts';
import { expectClose } from '../../support/compare.ts';
import { lanesOf } from '../../support/device.ts';
import { ramp, runBoth, runTwin } from '../harness.ts';
import {
  DEEP_STACKS,
  DEEPER_STACKS,
  named,
  PIECE_STACKS,
  stackModel,
  STACKS,
  tapeElements,
  trainedFused,
} from './stacks.ts';

const F32_BOUND = 1e-5;
/** Both sides are f64, but they add in different orders. */
const F64_BOUND = 1e-10;
const NAMES = { parameters: 'parameters', context: 'context', state: 'state', logDet: 'log_det' };
const ALL = [...STACKS, ...DEEP_STACKS, ...DEEPER_STACKS];

describe('flow_forward', () => {
  describe.each(named(ALL))('through %s', (_name, shape) => {
    it.each([
      [68, 'the whole', true],
      [4, 'a part', false],
    ])('matches its twin at %i rows and %s of it, with and without subgroups', async (rows, _part, whole) => {
      const { stack, parameters, standardize } = stackModel(shape);
      const contents = {
        parameters,
        state: ramp(shape.dim * rows, 1.5),
        log_det: ramp(rows, 2, 3),
        log_prob: rows,
        context: ramp(Math.max(1, shape.contextDim) * rows, 1, 6),
      };
      for (const lanes of await lanesOf()) {
        const dispatch = flowForward({
          ...NAMES,
          stack,
          lanes,
          rows,
          first: whole ? 0 : shape.couplings - 1,
          count: whole ? shape.couplings : 1,
          accumulate: !whole,
          ...(whole ? { logProb: 'log_prob', standardize } : {}),
        });
        const { gpu, twin } = await runBoth([dispatch], contents);
        for (const name of ['state', 'log_det', 'log_prob']) {
          expectClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), F32_BOUND);
        }
      }
    });
  });

  describe.each(named(trainedFused(ALL)))('through %s, with a tape,', (_name, shape) => {
    it('leaves what its twin leaves, with and without subgroups', async () => {
      const rows = 68;
      const model = stackModel(shape);
      const { stack, parameters } = model;
      const { dim, contextDim, couplings } = shape;
      const elements = tapeElements(model, rows);
      const upper = keptUnits(stack, couplings);
      const contents = {
        parameters,
        state: ramp(dim * rows, 1.5),
        log_det: rows,
        context: ramp(Math.max(1, contextDim) * rows, 1, 6),
        conditions: elements.conditions,
        outputs: elements.outputs + elements.jacobians,
        ...(upper > 0 ? { hiddens: upper * rows } : {}),
      };
      const tape = {
        conditions: 'conditions',
        outputs: 'outputs',
        ...(upper > 0 ? { hiddens: 'hiddens' } : {}),
      };
      for (const lanes of await lanesOf()) {
        const dispatch = flowForward({
          ...NAMES,
          stack,
          lanes,
          rows,
          first: 0,
          count: couplings,
          accumulate: false,
          tape,
        });
        const { gpu, twin } = await runBoth([dispatch], contents);
        for (const name of ['state', 'log_det', ...Object.values(tape)]) {
          expectClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), F32_BOUND);
        }
      }
    });
  });

  const pieceShapes = named(PIECE_STACKS);

  describe.each(pieceShapes)('through %s, by the lines of the second layer,', (_name, shape) => {
    it('leaves what its twin leaves, and what the layers give', async () => {
      const rows = 68;
      const model = stackModel(shape);
      const { stack, parameters } = model;
      const { dim, contextDim, couplings } = shape;
      const elements = tapeElements(model, rows);
      const tape = { conditions: 'conditions', outputs: 'outputs' };
      const contents = {
        parameters,
        state: ramp(dim * rows, 1.5),
        log_det: rows,
        context: ramp(Math.max(1, contextDim) * rows, 1, 6),
        conditions: elements.conditions,
        outputs: elements.outputs + elements.jacobians,
        lines: pieceLineCount(stack, couplings),
      };
      for (const lanes of await lanesOf()) {
        const range = { stack, lanes, first: 0, count: couplings };
        const forward = { ...NAMES, ...range, rows, accumulate: false, tape };
        const byLayers = runTwin([flowForward(forward)], contents);
        const { gpu, twin } = await runBoth(
          [pieceLines({ ...NAMES, ...range, lines: 'lines' }), flowForward({ ...forward, lines: 'lines' })],
          contents,
        );
        for (const name of ['state', 'log_det', ...Object.values(tape)]) {
          expectClose(`${name}, ${lanes} lanes`, gpu(name), twin(name), F32_BOUND);
          expectClose(`${name} of the twins`, twin(name), byLayers(name), F64_BOUND);
        }
      }
    });
  });

  it('takes no more couplings than it has bits for their flips', () => {
    const { stack } = stackModel({ ...STACKS[0]!, couplings: MAX_COUPLINGS + 1 });
    const dispatch = (count: number) =>
      flowForward({ ...NAMES, stack, lanes: 1, rows: 4, first: 1, count, accumulate: false });
    expect(dispatch(MAX_COUPLINGS).params.flips).toBe(0x55555555);
    expect(() => dispatch(MAX_COUPLINGS + 1)).toThrow(/33 couplings/);
  });
});
