import { describe, expect, it } from 'vitest';
import { glowImage } from '../../src/presets/glowImage.ts';
import { realnvp } from '../../src/presets/realnvp.ts';
import { realnvpImage } from '../../src/presets/realnvpImage.ts';
import { vanilla } from '../../src/presets/vanilla.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import { gradientsPlan } from '../../src/passes/backward.ts';
import type { FlowModel } from '../../src/spec/layout.ts';
import { forwardPlan, inversePlan, logProbPlan } from '../../src/passes/forward.ts';
import { GRADIENTS, LOG_DET, LOG_PROB, NLL, PARAMETERS, STATE } from '../../src/plan/names.ts';
import { samplePlan } from '../../src/passes/sample.ts';
import { PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { KernelVariants } from '../../src/plan/variants.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { expectClose, expectNormClose } from '../support/compare.ts';
import { modelOf, scaledParameters, randomRows, withoutWhitening } from '../support/randomSpecs.ts';
import { runBoth } from '../kernels/harness.ts';

const BLOCKED: KernelVariants = { ...PLAIN_VARIANTS, product: 'blocked' };
const STORED: KernelVariants = { ...BLOCKED, keep: 'store' };
/** Both sides are f64, but they add in different orders. */
const F64_BOUND = 1e-10;
const F32_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;
const RESULTS = [STATE, LOG_DET, LOG_PROB, NLL, GRADIENTS];

const SPECS: [string, FlowSpec][] = [
  ['a shared net', withoutWhitening(realnvp(5, { couplings: 3, hidden: [7, 6] }))],
  ['separate nets', vanilla(4, { couplings: 2, hidden: [9] })],
  [
    'images in two levels',
    withoutLogit(glowImage([1, 4, 4], { levels: 2, depth: 1, width: 5, contextDim: 2 })),
  ],
  ['images on a checkerboard', withoutLogit(realnvpImage([3, 4, 4], { levels: 1, depth: 1, width: 4 }))],
  ['two tiles of transformed features', withoutWhitening(realnvp(67, { couplings: 2, hidden: [5] }))],
];

const BUILDERS: Record<string, (model: FlowModel, rows: number, variants: KernelVariants) => Plan> = {
  forward: forwardPlan,
  inverse: inversePlan,
  log_prob: logProbPlan,
  gradients: (model, rows, variants) => gradientsPlan(model, rows, rows, variants),
};

describe.each(SPECS)('the blocked plans of %s', (_name, spec) => {
  const model = modelOf(spec);

  it.each(Object.entries(BUILDERS))('do what the plain ones do: %s', (_plan, build) => {
    const [plain, ...others] = [PLAIN_VARIANTS, BLOCKED, STORED].map((variants) => {
      const program = new ReferenceProgram(build(model, 270, variants));
      program.floats(PARAMETERS).set(parametersOf(spec));
      program.floats(STATE).set(randomRows(program.floats(STATE).length, 1));
      program.run();
      return program;
    });
    for (const name of RESULTS) {
      const expected = plain!.buffers.get(name);
      for (const { buffers } of others) {
        const found = buffers.get(name);
        expect(found === undefined, name).toBe(expected === undefined);
        if (found !== undefined && expected !== undefined) expectClose(name, found, expected, F64_BOUND);
      }
    }
  });
});

describe.each<[string, FlowSpec]>([
  ['features', withoutWhitening(realnvp(6, { couplings: 2, hidden: [63, 20] }))],
  ['images', withoutLogit(glowImage([1, 4, 4], { levels: 2, depth: 2, width: 20, contextDim: 2 }))],
  ['images on a checkerboard', withoutLogit(realnvpImage([3, 4, 4], { levels: 1, depth: 1, width: 20 }))],
])('the blocked kernels of a whole plan: %s', (_kind, spec) => {
  const model = modelOf(spec);

  it.each([
    ['log_prob', logProbPlan(model, 30, BLOCKED)],
    ['inverse', inversePlan(model, 30, BLOCKED)],
    ['gradients', gradientsPlan(model, 30, 30, BLOCKED)],
    ['gradients, stored', gradientsPlan(model, 30, 30, STORED)],
  ])('do what their twins do: %s', async (_name, plan) => {
    const rows = plan.buffers.find(({ name }) => name === STATE)!.length;
    const { gpu, twin } = await runBoth(plan.dispatches, {
      ...Object.fromEntries(plan.buffers.map(({ name, length }) => [name, length])),
      [PARAMETERS]: Float32Array.from(parametersOf(spec)),
      [STATE]: Float32Array.from(randomRows(rows, 1)),
    });
    const results = plan.buffers.map(({ name }) => name).filter((name) => RESULTS.includes(name));
    expect(results).toContain(STATE);
    for (const name of results) {
      if (name === GRADIENTS) expectNormClose(name, gpu(name), twin(name), GRADIENT_BOUND);
      else expectClose(name, gpu(name), twin(name), F32_BOUND);
    }
  });
});

describe('the blocked kernels', () => {
  it('take a shared net’s last layer and the coupling in one dispatch', () => {
    const stems = (flow: FlowSpec): string[] =>
      samplePlan(modelOf(flow), { rowStart: 0, rows: 4, seed: 1, temperature: 1 }, BLOCKED).dispatches.map(
        ({ kernel }) => kernel.stem,
      );
    expect(stems(withoutWhitening(realnvp(4, { couplings: 1, hidden: [8, 8] })))).toEqual([
      'student_t_sample',
      'dense_forward_blocked',
      'dense_forward_blocked',
      'dense_coupling_blocked',
      'log_det_reduce',
      'standardize',
    ]);
    expect(stems(vanilla(4, { couplings: 1 }))).toContain('affine_coupling');
  });
});

/** Small enough for rows to stay within a few units. */
function parametersOf(spec: FlowSpec): Float64Array {
  return Float64Array.from(scaledParameters(spec, 3, spec.image === undefined ? 0.4 : 0.25));
}

/** The flow of rows around 0, which are no pixels. */
function withoutLogit(spec: FlowSpec): FlowSpec {
  return { ...spec, bijectors: spec.bijectors.slice(1) };
}
