import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { vanilla } from '../../src/presets/index.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import type { HostArray } from '../../src/reference/executor.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { paddedRows } from '../../src/plan/shape.ts';
import { gradientsPlan } from '../../src/passes/backward.ts';
import { batchCursor, datasetSource } from '../../src/passes/batch.ts';
import {
  datasetName,
  FIRST_MOMENT,
  GRADIENTS,
  NLL,
  PARAMETERS,
  STATE,
  STEP_CURSOR,
  STEP_LOSSES,
  STEP_SCALARS,
  STEP_STATE,
} from '../../src/plan/names.ts';
import { trainPlan } from '../../src/passes/train.ts';
import { chunkRowsOf } from '../../src/passes/workspace.ts';
import { expectClose, expectNormClose } from '../support/compare.ts';
import { laidOut } from '../support/laidOut.ts';
import { modelOf, randomFlows, randomParameters, randomRows, rowsWithin } from '../support/randomSpecs.ts';

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 0 };
const F64_BOUND = 1e-10;

describe('the plan of a training step', () => {
  it('lets the weights of nets decay, and no other tensor', () => {
    fc.assert(
      fc.property(randomFlows({ maxDim: 5 }), ({ spec, parameters }) => {
        const model = modelOf(spec);
        const source = datasetSource(4, spec.dim);
        const [plain, decayed] = [0, 0.25].map((weightDecay) => {
          const optimizer = { ...ADAM, weightDecay };
          const program = new ReferenceProgram(trainPlan(model, { source, batch: 4, seed: 1, optimizer }));
          program.floats(PARAMETERS).set(parameters);
          program.floats(datasetName(0)).set(rowsWithin(spec, 4));
          program.buffer(STEP_CURSOR).set(batchCursor(source, 0, 4));
          program.floats(STEP_SCALARS).set([0.01, 1 / 0.1, 1 / 0.001]);
          program.run();
          return program.floats(PARAMETERS);
        });
        const expected = Float64Array.from(plain!);
        for (const { name, offset, length } of model.layout.tensors) {
          if (!/\.(conditioner|scale|shift)\.\d+\.weight$/.test(name)) continue;
          for (let i = offset; i < offset + length; i++) expected[i]! -= 0.01 * 0.25 * parameters[i]!;
        }
        expectClose('parameters', decayed!, expected, F64_BOUND);
      }),
      { numRuns: 30 },
    );
  });

  it('applies the gradient of the batch’s mean NLL, records the NLL and the norm, and counts the step', () => {
    fc.assert(
      fc.property(randomFlows({ maxDim: 5 }), fc.integer({ min: 1, max: 9 }), (random, rows) => {
        const { spec, parameters } = random;
        const model = modelOf(spec);
        const source = datasetSource(rows, spec.dim, 4 * spec.dim * 4);
        const x = rowsWithin(spec, rows);
        const program = new ReferenceProgram(
          trainPlan(model, { source, batch: rows, seed: 1, optimizer: ADAM }),
        );
        program.floats(PARAMETERS).set(parameters);
        for (let segment = 0; segment * 4 < rows; segment++) {
          const values = x.slice(segment * 4 * spec.dim, (segment + 1) * 4 * spec.dim);
          program.floats(datasetName(segment)).set(values);
        }
        program.buffer(STEP_CURSOR).set(batchCursor(source, 0, rows));
        program.floats(STEP_SCALARS).set([0.01, 1 / 0.1, 1 / 0.001]);
        program.run();

        // A batch as large as the data set is the data set in another order.
        const { nll, gradients } = new ReferenceFlow(spec, parameters).gradients(x);
        const flat = laidOut(model.layout, gradients);
        const moments = flat.map((gradient) => (1 - ADAM.beta1) * gradient);
        expectClose('first moment', program.floats(FIRST_MOMENT), moments, F64_BOUND);
        const [recordedNll, recordedNorm] = program.floats(STEP_LOSSES);
        expectClose('step losses', [recordedNll!, recordedNorm!], [nll, Math.hypot(...flat)], F64_BOUND);
        const stepped = flat.map(
          (gradient, i) => parameters[i]! - (0.01 * gradient) / (Math.abs(gradient) + ADAM.epsilon),
        );
        const moved = program.floats(PARAMETERS);
        // If a gradient is no larger than its rounding error, Adam's first step for it is uncertain too.
        const sure = flat.flatMap((gradient, i) => (Math.abs(gradient) > 1e-6 ? [i] : []));
        expectClose(
          'parameters',
          sure.map((i) => moved[i]!),
          sure.map((i) => stepped[i]!),
          1e-8,
        );
        expect(moved.slice(flat.length)).toEqual(Float64Array.from(parameters.slice(flat.length)));
        expect(program.floats(GRADIENTS).every((gradient) => gradient === 0)).toBe(true);
        expect(program.buffer(STEP_STATE)[0]).toBe(1);
      }),
      { numRuns: 25, seed: 1 },
    );
  });

  it('cuts a batch larger than chunkRowsOf into chunks that cover every row once', () => {
    const model = modelOf(vanilla(2, { couplings: 2, hidden: [512] }));
    const chunk = chunkRowsOf(model);
    for (const batch of [1, chunk, chunk + 1, 2 * chunk + 77]) {
      const plan = trainPlan(model, { source: datasetSource(100, 2), batch, seed: 1, optimizer: ADAM });
      const losses = plan.dispatches.filter(({ kernel }) => kernel.stem === 'standard_normal_log_prob');
      let next = 0;
      for (const { params } of losses) {
        expect(params['row_start']).toBe(next);
        expect(params['n_total']).toBe(batch);
        expect(params['n_rows']).toBe(paddedRows(params['n_valid_rows']!));
        expect(params['n_rows']).toBeLessThanOrEqual(chunk);
        next += params['n_valid_rows']!;
      }
      expect(next).toBe(batch);
      const gathers = plan.dispatches.filter(({ kernel }) => kernel.stem === 'batch_gather');
      expect(gathers.map(({ params }) => [params['row_start'], params['n_rows']])).toEqual(
        losses.map(({ params }) => [params['row_start'], params['n_rows']]),
      );
      expect(plan.dispatches.filter(({ kernel }) => kernel.stem === 'adam_step')).toHaveLength(1);
    }
  });
});

describe('the plan of gradients', () => {
  it('adds up, chunk by chunk, to the gradient of the whole batch', () => {
    fc.assert(
      fc.property(randomFlows(), fc.integer({ min: 1, max: 6 }), ({ spec, parameters }, cut) => {
        const model = modelOf(spec);
        const x = rowsWithin(spec, 7);
        const { nll, gradients } = new ReferenceFlow(spec, parameters).gradients(x);
        const sum = new Float64Array(model.layout.trainableLength);
        const shared = new Map<string, HostArray>([
          [PARAMETERS, Float64Array.from(parameters)],
          [GRADIENTS, sum],
        ]);
        let nllSum = 0;
        for (const [start, end] of [
          [0, cut],
          [cut, 7],
        ] as const) {
          const program = new ReferenceProgram(gradientsPlan(model, end - start, 7), shared);
          const stride = paddedRows(end - start);
          const state = program.floats(STATE);
          for (let row = start; row < end; row++) {
            for (let j = 0; j < spec.dim; j++) state[j * stride + row - start] = x[row * spec.dim + j]!;
          }
          program.run();
          nllSum += program
            .floats(NLL)
            .slice(0, end - start)
            .reduce((a, b) => a + b, 0);
        }
        const flat = laidOut(model.layout, gradients);
        expectNormClose('gradient', sum, flat, F64_BOUND);
        expectClose('nll', [nllSum / 7], [nll], F64_BOUND);
      }),
      { numRuns: 25, seed: 2 },
    );
  });

  it('gives the padding no part, whatever finite rows it holds', () => {
    const spec = vanilla(3, { couplings: 2, hidden: [4] });
    const parameters = randomParameters(spec, 3);
    const x = randomRows(1, 3);
    const whole = new ReferenceFlow(spec, parameters).gradients(x);
    const model = modelOf(spec);
    const program = new ReferenceProgram(
      gradientsPlan(model, 1, 1),
      new Map<string, HostArray>([[PARAMETERS, Float64Array.from(parameters)]]),
    );
    program.floats(STATE).fill(3);
    for (let j = 0; j < 3; j++) program.floats(STATE)[j * paddedRows(1)] = x[j]!;
    program.run();
    expectNormClose('gradient', program.floats(GRADIENTS), laidOut(model.layout, whole.gradients), F64_BOUND);
  });
});
