import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { packUniforms } from '../../src/gpu/uniforms.ts';
import { activeBindings } from '../../src/plan/kernel.ts';
import type { Dispatch } from '../../src/plan/kernel.ts';
import type { TensorSlot } from '../../src/model/tensors.ts';
import { planProblems } from '../../src/plan/plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { STREAMS } from '../../src/random.ts';
import { netOf } from '../../src/nets/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import type { Domain } from '../../src/model/domain.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import { MAX_WORKGROUPS, roundUp } from '../../src/plan/shape.ts';
import { gradientsPlan, logProbGradientPlan } from '../../src/passes/backward.ts';
import { datasetFor, RING_SIZE } from '../../src/passes/batch.ts';
import type { FlowModel } from '../../src/spec/layout.ts';
import { forwardPlan, inversePlan, logProbPlan } from '../../src/passes/forward.ts';
import {
  CONTEXT,
  D_STATE,
  GRADIENTS,
  LOG_DET,
  LOG_PROB,
  NLL,
  PARAMETERS,
  PARTIAL_SUMS,
  STATE,
  STEP_CURSOR,
  STEP_LOSSES,
  STEP_SCALARS,
} from '../../src/plan/names.ts';
import { sampleAndLogProbPlan, samplePlan } from '../../src/passes/sample.ts';
import { trainPlan } from '../../src/passes/train.ts';
import { PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { KernelVariants } from '../../src/plan/variants.ts';
import { guardedBuffers } from '../support/guardedBuffers.ts';
import { givenSpecs } from '../support/givenSpecs.ts';
import { randomImageSpecs } from '../support/imageSpecs.ts';
import { modelOf, randomParameters, randomRows, randomSpecs } from '../support/randomSpecs.ts';

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1 };

const BLOCKED: KernelVariants = { ...PLAIN_VARIANTS, product: 'blocked' };

/** Every plan that the library makes. */
const BUILDERS: Record<string, (model: FlowModel, rows: number) => Plan> = {
  forward: forwardPlan,
  inverse: inversePlan,
  log_prob: logProbPlan,
  gradients: (model, rows) => gradientsPlan(model, rows, 3 * rows),
  log_prob_gradient: logProbGradientPlan,
  log_prob_gradient_blocked: (model, rows) => logProbGradientPlan(model, rows, BLOCKED),
  sample: (model, rows) => samplePlan(model, { rowStart: 7, rows, seed: 1, temperature: 1 }),
  sample_and_log_prob: (model, rows) =>
    sampleAndLogProbPlan(model, { rowStart: 7, rows, seed: 1, temperature: 1 }),
  forward_blocked: (model, rows) => forwardPlan(model, rows, BLOCKED),
  inverse_blocked: (model, rows) => inversePlan(model, rows, BLOCKED),
  gradients_blocked: (model, rows) => gradientsPlan(model, rows, 3 * rows, BLOCKED),
  gradients_blocked_stored: (model, rows) =>
    gradientsPlan(model, rows, 3 * rows, { ...BLOCKED, keep: 'store' }),
  train_step: (model, rows) =>
    trainPlan(model, {
      source: datasetFor(model.spec, 11),
      batch: rows,
      seed: 3,
      optimizer: ADAM,
    }),
  train_step_segmented: (model, rows) =>
    trainPlan(model, {
      source: datasetFor(model.spec, 11, 4 * 4 * Math.max(model.spec.dim, model.spec.contextDim)),
      batch: rows,
      seed: 3,
      optimizer: ADAM,
    }),
  train_step_toy: (model, rows) =>
    trainPlan(model, {
      source: { kind: 'toy', shape: 0, noise: 0.1, stream: STREAMS.toyTraining },
      batch: rows,
      seed: 3,
      optimizer: ADAM,
    }),
};

const rowCounts = fc.oneof(fc.constantFrom(1, 63, 64, 65), fc.integer({ min: 1, max: 2000 }));

describe.each(Object.keys(BUILDERS))('the plan of %s', (name) => {
  const build = BUILDERS[name]!;
  const specs =
    name === 'train_step_toy'
      ? randomSpecs({ minDim: 2, maxDim: 2 })
      : fc.oneof(
          { weight: 3, arbitrary: randomSpecs({ maxContext: 8 }) },
          { weight: 1, arbitrary: givenSpecs() },
          { weight: 1, arbitrary: randomImageSpecs({ maxContext: 3 }) },
        );

  it('is sound for random specs and any number of rows', () => {
    fc.assert(
      fc.property(specs, rowCounts, (spec, rows) => {
        const plan = build(modelOf(spec), rows);
        expect(planProblems(plan)).toEqual([]);
        expect(plan.dispatches.flatMap(aliases)).toEqual([]);
        expect(unusedBuffers(plan)).toEqual([]);
        expect(() => packUniforms(plan.dispatches)).not.toThrow();
        for (const { kernel, params, workgroups, flops, bytes } of plan.dispatches) {
          expect(Object.keys(params).sort()).toEqual(Object.keys(kernel.params).sort());
          expect(Math.max(...workgroups)).toBeLessThanOrEqual(MAX_WORKGROUPS);
          expect(flops, kernel.stem).toBeGreaterThanOrEqual(0);
          expect(bytes, kernel.stem).toBeGreaterThan(0);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('has buffers of exactly the size that its kernels use', () => {
    fc.assert(
      fc.property(specs, fc.integer({ min: 1, max: 9 }), (spec, rows) => {
        const model = modelOf(spec);
        const plan = build(model, rows);
        const { buffers, used } = guardedBuffers(plan);
        // Small enough for every gradient to be finite: adam_step skips others and leaves the moments alone.
        buffers.get(PARAMETERS)?.fill(0.01);
        for (const { length, offset } of permutationsOf(model)) {
          buffers.get(PARAMETERS)?.set(
            Array.from({ length }, (_, j) => j),
            offset,
          );
        }
        new ReferenceProgram(plan, buffers).run();
        // Tensors, and so the gradients as a whole, take whole quads of elements.
        const sizes = (pairs: Iterable<[string, number]>): Record<string, number> =>
          Object.fromEntries(
            [...pairs]
              .filter(([buffer]) => !SLACK.has(buffer))
              // A net that reads only the context has no gradient of x, and may be wider than the others.
              .filter(
                ([buffer]) =>
                  !(name.startsWith('log_prob_gradient') && /^(d_hidden|derivative)/.test(buffer)),
              )
              .map(([buffer, length]) => [buffer, buffer === GRADIENTS ? roundUp(length, 4) : length]),
          );
        expect(sizes(used)).toEqual(sizes(plan.buffers.map(({ name: key, length }) => [key, length])));
      }),
      { numRuns: 15 },
    );
  });
});

describe.each(Object.keys(BUILDERS).filter((name) => !name.startsWith('train')))('the plan of %s', (name) => {
  const specs = fc.oneof(randomSpecs({ maxContext: 8 }), givenSpecs());

  it('owes nothing to what an earlier run left in the workspace', () => {
    fc.assert(
      fc.property(specs, fc.integer({ min: 1, max: 9 }), (spec, rows) => {
        const run = (leftover: number): ReferenceProgram => {
          const program = new ReferenceProgram(BUILDERS[name]!(modelOf(spec), rows));
          for (const buffer of program.buffers.values()) buffer.fill(leftover);
          program.floats(PARAMETERS).set(randomParameters(spec, 1));
          program.floats(STATE).set(randomRows(program.floats(STATE).length, 1));
          program.buffers.get(CONTEXT)?.fill(0.5);
          program.buffers.get(GRADIENTS)?.fill(0);
          program.run();
          return program;
        };
        const [fresh, used] = [run(0), run(1e3)];
        for (const buffer of [
          LOG_PROB,
          GRADIENTS,
          ...(name.startsWith('log_prob_gradient') ? [D_STATE] : [STATE, LOG_DET]),
        ]) {
          expect(used.buffers.get(buffer), buffer).toEqual(fresh.buffers.get(buffer));
        }
      }),
      { numRuns: 15 },
    );
  });
});

/** Buffers that one step uses only in part. */
const SLACK = new Set([
  STEP_CURSOR,
  STEP_SCALARS,
  STEP_LOSSES,
  PARTIAL_SUMS,
  // The padding has room for a loss and gets none.
  NLL,
  // A data segment is read only where the batch's rows lie.
  'dataset.0',
  'dataset.1',
  'dataset.2',
  'context_dataset.0',
  'context_dataset.1',
  'context_dataset.2',
]);

describe('a plan', () => {
  it('launches one kernel per layer and net, one or two more per coupling and what else each bijector needs', () => {
    fc.assert(
      fc.property(randomSpecs(), (spec) => {
        const launches = spec.bijectors.reduce(
          (sum, bijector) => {
            if (bijector.type === 'domain') return sum + boundedRuns(bijector.features);
            if (bijector.type === 'rational_quadratic_elementwise') return sum + 2;
            if (!('conditioner' in bijector)) return sum + 1;
            const { residualBlocks = 0 } = bijector.conditioner;
            // An activation follows each block except the last, and the layer before the first block.
            const layers =
              netOf(bijector.conditioner).innerWidths(bijector.conditioner).length + 1 + residualBlocks;
            if (bijector.type === 'additive_coupling') return sum + layers + 1;
            const nets = bijector.type === 'affine_coupling' && bijector.conditioner.separate ? 2 : 1;
            return sum + nets * layers + 2;
          },
          startsLogDet(spec) ? 0 : 1,
        );
        const model = modelOf(spec);
        expect(forwardPlan(model, 5).dispatches).toHaveLength(launches);
        expect(inversePlan(model, 5).dispatches).toHaveLength(launches);
        expect(logProbPlan(model, 5).dispatches).toHaveLength(launches + 1);
        expect(samplePlan(model, { rowStart: 0, rows: 5, seed: 1, temperature: 1 }).dispatches).toHaveLength(
          launches + 1,
        );
      }),
      { numRuns: 30 },
    );
  });

  it('holds a step’s rings, whatever the batch', () => {
    fc.assert(
      fc.property(randomSpecs({ maxDim: 5 }), rowCounts, (spec, rows) => {
        const lengths = new Map(
          BUILDERS['train_step']!(modelOf(spec), rows).buffers.map(({ name, length }) => [name, length]),
        );
        expect(lengths.get(STEP_CURSOR)).toBe(2 * RING_SIZE);
        expect(lengths.get(STEP_SCALARS)).toBe(3 * RING_SIZE);
        expect(lengths.get(STEP_LOSSES)).toBe(2 * RING_SIZE);
        expect(lengths.get(PARAMETERS)).toBe(modelOf(spec).layout.length);
        expect(lengths.get(GRADIENTS)).toBe(modelOf(spec).layout.trainableLength);
      }),
      { numRuns: 10 },
    );
  });
});

describe('planProblems', () => {
  const sound = (): Plan => logProbPlan(modelOf(fc.sample(randomSpecs(), { numRuns: 1, seed: 1 })[0]!), 5);
  const withFirst = (change: (dispatch: Dispatch) => Partial<Dispatch>): Plan => {
    const plan = sound();
    const [first, ...rest] = plan.dispatches;
    return { ...plan, dispatches: [{ ...first!, ...change(first!) }, ...rest] };
  };

  it('names a buffer that the plan lacks', () => {
    const plan = withFirst(({ buffers }) => ({ buffers: { ...buffers, parameters: 'nowhere' } }));
    expect(planProblems(plan)).toEqual([
      expect.stringMatching(/^log_prob dispatch 0 .*binding parameters names nowhere, which the plan lacks/),
    ]);
  });

  it('names a binding without a buffer', () => {
    const plan = withFirst(({ buffers }) => ({ buffers: { ...buffers, parameters: undefined! } }));
    expect(planProblems(plan)).toEqual([expect.stringMatching(/parameters names no buffer/)]);
  });

  it('names a buffer of another element type', () => {
    const plan = sound();
    const buffers = plan.buffers.map((buffer) =>
      buffer.name === 'parameters' ? { ...buffer, element: 'u32' as const } : buffer,
    );
    expect(planProblems({ ...plan, buffers })).toContainEqual(
      expect.stringMatching(/parameters is f32, buffer parameters is u32/),
    );
  });

  it('names workgroup counts that are not whole and positive', () => {
    for (const count of [0, 1.5, NaN]) {
      const plan = withFirst(() => ({ workgroups: [count, 1, 1] }));
      expect(planProblems(plan)).toEqual([expect.stringMatching(/workgroups (0|1\.5|NaN) × 1 × 1/)]);
    }
  });
});

/** Buffers that a dispatch writes through one binding and uses through another, which WebGPU refuses. */
function aliases({ kernel, flags, buffers }: Dispatch): string[] {
  const bindings = activeBindings(kernel, flags);
  return bindings
    .filter(({ spec }) => spec.access === 'read_write')
    .flatMap(({ name }) =>
      bindings
        .filter((other) => other.name !== name && buffers[other.name] === buffers[name])
        .map((other) => `${kernel.stem}: ${name} and ${other.name} are ${buffers[name]}`),
    );
}

function permutationsOf({ layout }: FlowModel): TensorSlot[] {
  return layout.tensors.filter(({ name }) => name.endsWith('.permutation'));
}

/** Counts runs of neighbouring features with the same bounded domain. */
function boundedRuns(features: readonly Domain[]): number {
  return features.filter((domain, j) => domain !== 'real' && domain !== features[j - 1]).length;
}

function startsLogDet({ bijectors }: FlowSpec): boolean {
  return bijectors.some(({ type }) => !['additive_coupling', 'permutation'].includes(type));
}

function unusedBuffers({ buffers, dispatches }: Plan): string[] {
  const used = new Set(
    dispatches.flatMap((dispatch) =>
      activeBindings(dispatch.kernel, dispatch.flags).map(({ name }) => dispatch.buffers[name]),
    ),
  );
  return buffers.map(({ name }) => name).filter((name) => !used.has(name));
}
