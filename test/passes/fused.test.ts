import { describe, expect, it } from 'vitest';
import { couplingStackAt } from '../../src/passes/couplingStack.ts';
import { glow } from '../../src/presets/glow.ts';
import { nice } from '../../src/presets/nice.ts';
import { realnvp } from '../../src/presets/realnvp.ts';
import { spline } from '../../src/presets/spline.ts';
import { vanilla } from '../../src/presets/vanilla.ts';
import { paramLayout } from '../../src/spec/layout.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import { gradientsPlan } from '../../src/passes/backward.ts';
import { forwardPlan, inversePlan, logProbPlan } from '../../src/passes/forward.ts';
import { CONTEXT, GRADIENTS, LOG_DET, LOG_PROB, NLL, PARAMETERS, STATE } from '../../src/plan/names.ts';
import { stagesOf } from '../../src/passes/stages.ts';
import { fixedVariants, PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { KernelVariants } from '../../src/plan/variants.ts';
import type { BijectorSpec } from '../../src/bijectors/index.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { SOFTWARE_WITHOUT_SUBGROUPS } from '../support/adapters.ts';
import { expectClose } from '../support/compare.ts';
import { modelOf, randomRows, scaledParameters, withoutWhitening } from '../support/randomSpecs.ts';

const FUSED = fixedVariants(SOFTWARE_WITHOUT_SUBGROUPS);
const SORTED: KernelVariants = { ...FUSED, weights: 'sorted' };
/** Both sides are f64, but they add in different orders. */
const F64_BOUND = 1e-10;

const SPECS: [string, FlowSpec][] = [
  ['the article’s model', vanilla(2, { couplings: 5, hidden: [12] })],
  ['nine couplings, more than a segment', vanilla(2, { couplings: 9, hidden: [3] })],
  ['33 couplings, more than one dispatch', vanilla(2, { couplings: 33, hidden: [2] })],
  ['two hidden layers', realnvp(2, { couplings: 4, hidden: [5, 4] })],
  ['two hidden layers, more than a segment', realnvp(2, { couplings: 9, hidden: [5, 4] })],
  ['a context', realnvp(2, { couplings: 9, hidden: [5, 4], contextDim: 3 })],
  ['a context and one hidden layer', realnvp(3, { couplings: 3, hidden: [5], contextDim: 2 })],
  ['additive couplings', nice(2, { couplings: 9, hidden: [5, 4] })],
  ['additive couplings on four features', nice(4, { couplings: 3, hidden: [5, 4] })],
  ['three hidden layers', realnvp(4, { couplings: 3, hidden: [5, 4, 3] })],
  ['three hidden layers, more than a segment', realnvp(2, { couplings: 9, hidden: [5, 4, 6] })],
  ['eight features', realnvp(8, { couplings: 3, hidden: [6] })],
  ['other bijectors between the couplings', glow(5, { couplings: 3, hidden: [5, 4] })],
  ['actnorms and linear maps', glow(2, { couplings: 9, hidden: [5, 4] })],
  ['actnorms and linear maps on four features', glow(4, { couplings: 3, hidden: [5, 4], contextDim: 2 })],
  ['blocks that are not alike', realnvp(3, { couplings: 4, hidden: [5] })],
];

describe.each(SPECS)('the fused plans of %s', (_name, spec) => {
  const model = modelOf(spec);
  const builders = {
    forward: forwardPlan,
    inverse: inversePlan,
    log_prob: logProbPlan,
    gradients: (m: typeof model, rows: number, variants = PLAIN_VARIANTS) =>
      gradientsPlan(m, rows, rows, variants),
  };

  it.each(Object.entries(builders))('do what the tiled ones do: %s', (_plan, build) => {
    const results = [PLAIN_VARIANTS, FUSED].map((variants) => {
      const program = new ReferenceProgram(build(model, 6, variants));
      program.floats(PARAMETERS).set(scaledParameters(spec, 3, 0.4));
      program.floats(STATE).set(randomRows(program.floats(STATE).length, 1));
      program.buffers.get(CONTEXT)?.set(randomRows(program.floats(CONTEXT).length, 1, 2));
      program.run();
      return program;
    });
    for (const name of [STATE, LOG_DET, LOG_PROB, NLL, GRADIENTS]) {
      const [tiled, fused] = results.map(({ buffers }) => buffers.get(name));
      expect(fused === undefined, name).toBe(tiled === undefined);
      if (tiled !== undefined && fused !== undefined) expectClose(name, fused, tiled, F64_BOUND);
    }
  });
});

describe('a tiled training step', () => {
  it.each(SPECS)('has the same gradients with every hidden layer kept: %s', (_name, spec) => {
    const model = modelOf(spec);
    const [rebuilt, stored] = (['rebuild', 'store'] as const).map((keep) => {
      const plan = gradientsPlan(model, 6, 6, { ...PLAIN_VARIANTS, keep });
      const program = new ReferenceProgram(plan);
      program.floats(PARAMETERS).set(scaledParameters(spec, 3, 0.4));
      program.floats(STATE).set(randomRows(program.floats(STATE).length, 1));
      program.run();
      return { program, dispatches: plan.dispatches.length };
    });
    expect(stored!.dispatches).toBeLessThan(rebuilt!.dispatches);
    expectClose(
      'gradients',
      stored!.program.floats(GRADIENTS),
      rebuilt!.program.floats(GRADIENTS),
      F64_BOUND,
    );
  });
});

/** The same couplings with tanh units. */
function smooth(spec: FlowSpec): FlowSpec {
  const bijectors = spec.bijectors.map((bijector) =>
    bijector.type === 'affine_coupling'
      ? { ...bijector, conditioner: { ...bijector.conditioner, activation: 'tanh' as const } }
      : bijector,
  );
  return { ...spec, bijectors };
}

describe('a fused training step', () => {
  const DEEP_SPECS: [string, FlowSpec, boolean][] = [
    ['one input', realnvp(2, { couplings: 9, hidden: [5, 4] }), true],
    ['two inputs', realnvp(4, { couplings: 2, hidden: [5, 4] }), false],
    ['a smooth activation', smooth(realnvp(2, { couplings: 2, hidden: [5, 4] })), false],
    ['one hidden layer', realnvp(2, { couplings: 2, hidden: [5] }), false],
  ];

  it.each(DEEP_SPECS)(
    'has the same gradients from sorted rows, where it can sort: %s',
    (_name, spec, can) => {
      const model = modelOf(spec);
      const [summed, sorted] = (['summed', 'sorted'] as const).map((weights) => {
        const plan = gradientsPlan(model, 38, 38, { ...FUSED, weights });
        const program = new ReferenceProgram(plan);
        program.floats(PARAMETERS).set(scaledParameters(spec, 3, 0.4));
        program.floats(STATE).set(randomRows(program.floats(STATE).length, 1));
        program.run();
        return { program, sorts: plan.dispatches.some(({ kernel }) => kernel.stem === 'piece_order') };
      });
      expect([summed!.sorts, sorted!.sorts]).toEqual([false, can]);
      expectClose(
        'gradients',
        sorted!.program.floats(GRADIENTS),
        summed!.program.floats(GRADIENTS),
        F64_BOUND,
      );
    },
  );
});

describe('spline couplings with one conditioning feature', () => {
  const couplings = (count: number): FlowSpec => spline(2, { couplings: count, hidden: [5, 4] });

  it.each([1, 3])('have the same gradients by pieces of it: %i couplings', (count) => {
    const spec = couplings(count);
    const [tiled, sorted] = [PLAIN_VARIANTS, SORTED].map((variants) => {
      const plan = gradientsPlan(modelOf(spec), 38, 38, variants);
      const program = new ReferenceProgram(plan);
      program.floats(PARAMETERS).set(scaledParameters(spec, 3, 0.4));
      program.floats(STATE).set(randomRows(program.floats(STATE).length, 1));
      program.run();
      return { program, stems: plan.dispatches.map(({ kernel }) => kernel.stem) };
    });
    expect(sorted!.stems.filter((stem) => stem === 'piece_forward').length).toBe(count);
    expect(sorted!.stems).not.toContain('dense_forward');
    for (const name of [STATE, NLL, GRADIENTS]) {
      expectClose(name, sorted!.program.floats(name), tiled!.program.floats(name), F64_BOUND);
    }
  });

  it('score and sample by their layers', () => {
    const stems = forwardPlan(modelOf(couplings(2)), 64, SORTED).dispatches.map(({ kernel }) => kernel.stem);
    expect(stems).not.toContain('piece_forward');
  });
});

describe('the fused regime', () => {
  const stems = (spec: FlowSpec): string[] =>
    gradientsPlan(modelOf(spec), 512, 512, FUSED).dispatches.map(({ kernel }) => kernel.stem);
  const traceBytes = (couplings: number): number =>
    gradientsPlan(modelOf(vanilla(2, { couplings })), 512, 512, FUSED)
      .buffers.filter(({ name }) => ![PARAMETERS, GRADIENTS].includes(name))
      .reduce((sum, { length }) => sum + 4 * length, 0);

  it('takes the gradient of the article’s model in four dispatches', () => {
    expect(stems(vanilla(2, { couplings: 5 }))).toEqual([
      'flow_forward',
      'standard_normal_log_prob',
      'flow_backward',
      'shallow_backward_weight',
    ]);
  });

  it.each([
    [5, 1],
    [64, 8],
  ])(
    'takes it in five dispatches a segment with three hidden layers: %i couplings',
    (couplings, segments) => {
      const all = stems(vanilla(2, { couplings, hidden: [64, 64, 64] }));
      expect(all.slice(-5)).toEqual([
        'flow_backward',
        'upper_backward_weight',
        'upper_backward_input',
        'deep_backward_weight',
        'deep_weight_reduce',
      ]);
      expect(all.filter((stem) => stem === 'flow_backward').length).toBe(segments);
    },
  );

  it('keeps no more at 64 couplings than at 8', () => {
    expect(traceBytes(64)).toBe(traceBytes(8));
  });

  it('takes a run of couplings of one architecture as one stage, wherever it lies', () => {
    const [standardize, ...couplings] = realnvp(2, { couplings: 3, hidden: [4] }).bijectors;
    const [, other] = realnvp(2, { couplings: 1, hidden: [5] }).bijectors;
    const scale = { type: 'diagonal_scale' as const };
    const stagesOfSpec = (...bijectors: BijectorSpec[]): [number, boolean][] =>
      stagesOf(modelOf({ ...realnvp(2), bijectors }), FUSED, true).map(({ place, hasNets }) => [
        place,
        hasNets,
      ]);
    expect(stagesOfSpec(standardize!, ...couplings)).toEqual([[0, true]]);
    expect(stagesOfSpec(standardize!, scale, ...couplings, scale)).toEqual([
      [0, false],
      [1, false],
      [2, true],
      [5, false],
    ]);
    expect(stagesOfSpec(...couplings, other!, ...couplings)).toEqual([
      [0, true],
      [3, true],
      [4, true],
    ]);
  });

  it('leaves couplings to the tiled kernels that do not fit', () => {
    const lengths = (spec: FlowSpec): (number | undefined)[] =>
      spec.bijectors.map(
        (_, index) => couplingStackAt(spec, paramLayout(spec).bijectors, index)?.flips.length,
      );
    const small = realnvp(2, { couplings: 2, hidden: [4] });
    expect(lengths(small)).toEqual([undefined, 2, 1]);
    // Their blocks alternate between 1|2 and 2|1.
    expect(lengths(withoutWhitening(realnvp(3, { couplings: 2, hidden: [4] })))).toEqual([undefined, 1, 1]);
    for (const misfit of [
      realnvp(9, { couplings: 1 }),
      realnvp(2, { couplings: 1, hidden: [4], residualBlocks: 1 }),
      realnvp(2, { couplings: 1, hidden: [129, 4] }),
      realnvp(2, { couplings: 1, hidden: [4, 4, 129] }),
      realnvp(2, { couplings: 1, hidden: [4, 4, 4, 4] }),
    ]) {
      expect(lengths(withoutWhitening(misfit))).toEqual([undefined, undefined]);
    }
    const shiftFirst = small.bijectors.map((bijector) =>
      bijector.type === 'affine_coupling' ? { ...bijector, shiftFirst: true } : bijector,
    );
    expect(lengths({ ...small, bijectors: shiftFirst })).toEqual([undefined, undefined, undefined]);
  });
});
