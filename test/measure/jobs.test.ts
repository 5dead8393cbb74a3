import { describe, expect, it } from 'vitest';
import { choiceText } from '../../src/measure/choices.ts';
import type { VariantsFor } from '../../src/measure/choices.ts';
import { CONFIG_NAMES, configModel } from '../../src/measure/configs.ts';
import { roundAlike } from '../../src/measure/halfSteps.ts';
import { jobsOf, KERNEL_STEMS } from '../../src/measure/jobs.ts';
import { kernelCasesOf, shapeKey } from '../../src/measure/kernelCases.ts';
import { peakCheckPlans } from '../../src/measure/peaks.ts';
import { compare } from '../../src/measure/verify.ts';
import { REPORTED, workloadOf } from '../../src/measure/workloads.ts';
import { variantName } from '../../src/plan/kernel.ts';
import { planProblems } from '../../src/plan/plan.ts';
import { PARAMETERS } from '../../src/plan/names.ts';
import { fixedVariants, PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { AdapterFacts, KernelVariants } from '../../src/plan/variants.ts';
import { INTEL, LAVAPIPE, NVIDIA, SOFTWARE_WITHOUT_SUBGROUPS, SWIFTSHADER } from '../support/adapters.ts';
import { kernelsByFile } from '../support/kernels.ts';
import { modelOf } from '../support/randomSpecs.ts';

const kinds = await Promise.all(
  Object.entries({ SOFTWARE_WITHOUT_SUBGROUPS, SWIFTSHADER, LAVAPIPE, INTEL }).map(async ([name, facts]) => ({
    name,
    facts,
    jobs: await jobsOf({}, fixedVariants(facts)),
  })),
);

const atHalves = await Promise.all(
  Object.entries({ SOFTWARE_WITHOUT_SUBGROUPS, LAVAPIPE, INTEL }).map(async ([name, facts]) => ({
    name,
    facts,
    jobs: await jobsOf({}, fixedVariants(facts, 'f16')),
  })),
);

const NEED_HALVES = ['half_parameters'];
/** Kernels of the fused and the resident regime, and of residual nets. */
const NEED_SINGLES = [
  'activation_forward',
  'deep_backward_weight',
  'deep_weight_reduce',
  'first_backward_weight',
  'flow_backward',
  'flow_forward',
  'flow_inverse',
  'mix_backward_weight',
  'piece_backward_input',
  'piece_backward_weight',
  'piece_forward',
  'piece_lines',
  'piece_order',
  'piece_sums',
  'resident_backward_weight',
  'resident_pack',
  'resident_pass',
  'resident_weight_reduce',
  'shallow_backward_weight',
  'upper_backward_input',
  'upper_backward_weight',
];
/** Kernels that only a CPU with subgroups uses by default. */
const NEED_VECTOR_UNIT = [
  'dense_backward_input_streamed',
  'dense_backward_weight_streamed',
  'dense_forward_streamed',
  'dense_weight_transpose',
];

function isVectorUnit({ subgroupMinSize, software }: AdapterFacts): boolean {
  return software && subgroupMinSize > 0;
}

describe.each(kinds)('the jobs for $name', ({ facts, jobs }) => {
  it('measure every kernel', () => {
    const measured = jobs.flatMap(({ kernels }) => kernels.map(({ stem }) => stem));
    const peaks = peakCheckPlans().flatMap(({ dispatches }) => dispatches.map(({ kernel }) => kernel.stem));
    const missing = [...kernelsByFile.keys()].filter(
      (stem) => ![...measured, ...peaks].includes(stem) && !stem.startsWith('conditional_'),
    );
    const outOfReach = [...NEED_HALVES, ...(isVectorUnit(facts) ? [] : NEED_VECTOR_UNIT)];
    expect(missing.sort()).toEqual(outOfReach.sort());
    const within = KERNEL_STEMS.filter((stem) => !outOfReach.includes(stem));
    expect([...new Set(measured)].sort()).toEqual(within.sort());
  });

  it('are made of sound plans', () => {
    const problems = jobs.flatMap(({ timed, checked }) => [
      ...planProblems(timed.plan),
      ...planProblems(checked.plan),
    ]);
    expect(problems).toEqual([]);
  });

  it('start from contents that fit their buffers', () => {
    for (const { plan, contents, results, restored } of jobs.flatMap(({ timed, checked }) => [
      timed,
      checked,
    ])) {
      const lengths = new Map(plan.buffers.map(({ name, length }) => [name, length]));
      for (const [name, values] of contents)
        expect(values.length, name).toBeLessThanOrEqual(lengths.get(name)!);
      for (const name of [...results, ...restored]) expect(lengths.has(name), name).toBe(true);
    }
  });

  it('check every pipeline that they time', () => {
    for (const { kernels, checked } of jobs) {
      const variants = checked.plan.dispatches.map(variantName);
      for (const { dispatch } of kernels) expect(variants).toContain(variantName(dispatch));
    }
  });

  it.each<Partial<KernelVariants>>([
    {},
    { segment: 32 },
    { keep: 'store' },
    { regime: 'tiled' },
    PLAIN_VARIANTS,
  ])(
    'name every entry apart, and measure no shape of a kernel twice: reported plans with %o',
    async (changes) => {
      const fixed = fixedVariants(facts);
      const chosen = await jobsOf({}, fixed, () => ({ ...fixed, ...changes }));
      const cases = chosen.flatMap(({ takenFrom, kernels }) =>
        kernels.map((one) => ({ ...one, title: `${one.stem} ${takenFrom}: ${one.detail}` })),
      );
      expect(new Set(cases.map(({ title }) => title)).size).toBe(cases.length);
      expect(new Set(cases.map(({ dispatch }) => shapeKey(dispatch))).size).toBe(cases.length);
    },
  );
});

describe.each(atHalves)('the jobs at half precision for $name', ({ facts, jobs }) => {
  const measured = jobs.flatMap(({ kernels }) => kernels);

  it('measure every kernel that has it, with all that it can store so', () => {
    const outOfReach = [...NEED_SINGLES, ...(isVectorUnit(facts) ? [] : NEED_VECTOR_UNIT)];
    const within = KERNEL_STEMS.filter((stem) => !outOfReach.includes(stem));
    expect([...new Set(measured.map(({ stem }) => stem))].sort()).toEqual(within.sort());
    const stored = new Set(
      measured.flatMap(({ stem, dispatch }) =>
        Object.entries(dispatch.flags).flatMap(([flag, isOn]) => (isOn ? [`${stem} ${flag}`] : [])),
      ),
    );
    const flags = within.flatMap((stem) =>
      Object.values(kernelsByFile.get(stem)!.bindings).flatMap(({ f16When }) =>
        f16When === undefined ? [] : [`${stem} ${f16When}`],
      ),
    );
    expect(flags.filter((flag) => !stored.has(flag))).toEqual([]);
  });

  it('are made of sound plans, whose variants all say so', () => {
    const plans = jobs.flatMap(({ timed, checked }) => [timed.plan, checked.plan]);
    expect(plans.flatMap(planProblems)).toEqual([]);
    expect(new Set(jobs.map(({ variants }) => variants.precision))).toEqual(new Set(['f16']));
  });
});

describe('the scope of a run', () => {
  const variants = fixedVariants(LAVAPIPE);
  const S = configModel('S');

  it('may be one flow, its plans or its kernels', async () => {
    const plans = await jobsOf({ models: [S], only: 'plans' }, variants);
    expect(plans.map(({ timed }) => timed.pass)).toEqual([...REPORTED]);
    expect(plans.every(({ timesPlan, kernels }) => timesPlan && kernels.length === 0)).toBe(true);
    const kernels = await jobsOf({ models: [S], only: 'kernels' }, variants);
    expect(kernels.every(({ timesPlan, kernels }) => !timesPlan && kernels.length > 0)).toBe(true);
  });

  it('may be some kernels, wherever they are used', async () => {
    const jobs = await jobsOf({ kernels: ['adam_step'] }, variants);
    expect(jobs.length).toBeGreaterThan(2);
    expect(new Set(jobs.flatMap(({ kernels }) => kernels.map(({ stem }) => stem)))).toEqual(
      new Set(['adam_step']),
    );
    expect(jobs.some(({ timesPlan }) => timesPlan)).toBe(false);
  });

  it('has kernels that its plans launch, or says what to do', async () => {
    const halves = fixedVariants(LAVAPIPE, 'f16');
    const jobs = await jobsOf({ models: [S], kernels: ['half_parameters'] }, halves);
    expect(jobs.flatMap(({ kernels }) => kernels.map(({ stem }) => stem))).toEqual(['half_parameters']);
    await expect(jobsOf({ kernels: ['half_parameters'] }, variants)).rejects.toThrow(
      'kernels: found half_parameters at the precision f32, expected it at f16. Plans launch it with --precision f16',
    );
    await expect(
      jobsOf({ models: [S], kernels: ['flow_forward', 'standard_normal_log_prob'] }, halves),
    ).rejects.toThrow(/kernels: found flow_forward in no plan of this run, .* exist at f32 only/);
    await expect(jobsOf({ models: [S], kernels: ['dense_forward'] }, variants)).rejects.toThrow(
      /kernels: found dense_forward in no plan of this run, .* has a sweep/,
    );
  });

  it('may be numbers of rows for the passes, each once; plans take a chunk of them at most', async () => {
    const jobs = await jobsOf({ models: [S], only: 'plans', rows: [100, 20_000, 100] }, variants);
    expect(jobs.map(({ timed, rows, shape }) => [timed.pass, timed.rows, rows, shape])).toEqual([
      ['trainStep', 512, 512, 'S, 512 rows'],
      ...['forward', 'sample', 'logProb'].flatMap((pass) => [
        [pass, 100, 100, 'S, 100 rows'],
        [pass, 8192, 20_000, 'S, 20,000 rows'],
      ]),
    ]);
  });

  it('has room on the host: more numbers than 2²⁷ are refused', async () => {
    const jobs = jobsOf({ models: [configModel('L')], rows: [10_000_000] }, variants);
    await expect(jobs).rejects.toThrow(
      /rows of a pass: found 10,000,000 of 42 features, expected at most 3,195,660/,
    );
  });
});

describe('the kernels of the reported plans', () => {
  const fixed = fixedVariants(LAVAPIPE);

  it('are chosen once for each purpose, as a flow chooses: for the batch, or for a chunk', async () => {
    const [S, M] = [configModel('S'), configModel('M')];
    const asked: unknown[] = [];
    const jobs = await jobsOf(
      { models: [S, M], only: 'plans', rows: [100] },
      fixed,
      ({ spec }, pass, rows) => {
        asked.push([spec === S.spec ? 'S' : 'M', pass, rows]);
        return {
          ...fixed,
          segment: pass === 'gradient' ? 32 : 8,
          keep: pass === 'inverse' ? 'store' : 'rebuild',
        };
      },
    );
    expect(asked).toEqual([
      ['S', 'gradient', 512],
      ['S', 'forward', 8192],
      ['S', 'inverse', 8192],
      ['M', 'gradient', 512],
      ['M', 'forward', 65_536],
      ['M', 'inverse', 65_536],
    ]);
    const choices = jobs.slice(4).map(({ timed, variants }) => [timed.pass, variants.segment, variants.keep]);
    expect(choices).toEqual([
      ['trainStep', 32, 'rebuild'],
      ['forward', 8, 'rebuild'],
      ['sample', 8, 'store'],
      ['logProb', 8, 'rebuild'],
    ]);
    const launches = async (variantsFor?: VariantsFor): Promise<number | undefined> =>
      (await jobsOf({ models: [M], only: 'plans' }, fixed, variantsFor))[0]?.timed.plan.dispatches.length;
    expect(jobs[4]?.timed.plan.dispatches.length).toBe(await launches(() => ({ ...fixed, segment: 32 })));
    expect(jobs[4]?.timed.plan.dispatches.length).not.toBe(await launches());
  });

  it('are not those of the sweep, which has the fixed table’s or plain ones', async () => {
    const jobs = await jobsOf({}, fixed, () => ({ ...fixed, segment: 32 }));
    const sweep = jobs.filter(({ shape }) => shape === 'M, 4,096 rows');
    expect(sweep.map(({ variants }) => variants)).toEqual([fixed]);
    const plain = jobs.filter(({ takenFrom }) => takenFrom.endsWith(', plain kernels'));
    expect(plain.length).toBeGreaterThan(0);
    for (const { variants } of plain) expect(variants).toEqual(PLAIN_VARIANTS);
  });

  it('have the precision of the run, whatever chooses the rest', async () => {
    const halves = fixedVariants(LAVAPIPE, 'f16');
    const scope = { models: [configModel('S')], only: 'plans' } as const;
    for (const { variants, timed } of await jobsOf(scope, halves, () => ({ ...fixed, keep: 'store' }))) {
      expect(variants).toEqual({ ...fixed, keep: 'store', precision: 'f16' });
      expect(timed.plan.dispatches.map(({ kernel }) => kernel.stem)).toContain('half_parameters');
    }
  });

  it('are told by what differs from the fixed table', () => {
    expect(choiceText({ ...fixed }, { ...fixed })).toBe('fixed table');
    expect(choiceText({ ...fixed, segment: 32, keep: 'store' }, { ...fixed })).toBe('segment 32, keep store');
  });
});

describe('a workload', () => {
  it.each(CONFIG_NAMES)('starts from parameters that are not zero: %s', (name) => {
    const model = modelOf(configModel(name).spec);
    const parameters = workloadOf(model, 'forward', 4, PLAIN_VARIANTS).contents.get(PARAMETERS)!;
    const zero = model.layout.tensors.filter(({ offset, length }) =>
      parameters.subarray(offset, offset + length).every((value) => value === 0),
    );
    expect(zero.map((tensor) => tensor.name)).toEqual([]);
  });
});

describe('kernelCasesOf', () => {
  it('tells the layers of a net apart by their inputs and outputs', () => {
    const { plan } = workloadOf(modelOf(configModel('L').spec), 'forward', 64, PLAIN_VARIANTS);
    const details = kernelCasesOf(plan)
      .filter(({ stem }) => stem === 'dense_forward')
      .map(({ detail }) => detail);
    expect(details).toEqual(['inputs 21, outputs 256', 'inputs 256, outputs 256', 'inputs 256, outputs 42']);
  });
});

describe('roundAlike', () => {
  const bound = 1e-5;
  const halfway = 1 + 2 ** -11;
  const rounded = (value: number, stored: number): number | undefined => {
    const values = Float64Array.of(value);
    roundAlike(values, [stored], bound);
    return values[0];
  };

  it('rounds as the GPU did what lies as near to halfway as its error may be', () => {
    expect([1, 1 + 2 ** -10].map((stored) => rounded(halfway + bound, stored))).toEqual([1, 1 + 2 ** -10]);
    expect([1, 1 + 2 ** -10].map((stored) => rounded(halfway - bound, stored))).toEqual([1, 1 + 2 ** -10]);
  });

  it('rounds all else to the nearest, whatever the GPU did', () => {
    for (const stored of [1, 1 + 2 ** -9, NaN, -1]) {
      expect(rounded(halfway + 3 * bound, stored)).toBe(1 + 2 ** -10);
    }
  });
});

describe('compare', () => {
  it('bounds values one by one', () => {
    expect(compare('k', 'state', [1, 2.00001], [1, 2]).excess).toBeCloseTo(1 / 3);
    expect(compare('k', 'state', [1, 3], [1, 2])).toMatchObject({ element: 1, found: 3, expected: 2 });
    expect(compare('k', 'state', [1, 3], [1, 2]).excess).toBeGreaterThan(1);
  });

  it('bounds gradients, moments and partial sums by their norm', () => {
    for (const buffer of ['gradients', 'd_state', 'first_moment', 'weight_partials']) {
      expect(compare('k', buffer, [1000, 0.01], [1000, 0]).excess).toBeCloseTo(0.1);
    }
  });

  it('bounds what was stored as halves by how far the twin’s value is from those that are stored so', () => {
    const excess = (found: number, expected: number): number =>
      compare('k', 'hidden.0.0', [found], [expected], 'f16').excess;
    expect(excess(1, 1 + 2 ** -11)).toBe(0);
    expect(excess(1, 1 + 2 ** -11 + 1e-5)).toBeCloseTo(0.5);
    expect(excess(1, 1 + 2 ** -11 + 3e-5)).toBeGreaterThan(1);
    expect(excess(1 + 2 ** -10, 1)).toBeGreaterThan(1);
    expect(excess(NaN, 1)).toBeNaN();
  });

  it('finds what is not a number', () => {
    const found = compare('k', 'state', [1, NaN, 2], [1, 1, 2]);
    expect(found.excess).toBeNaN();
    expect(found.element).toBe(1);
  });
});

describe('the jobs of a sweep of batches', () => {
  const fixed = fixedVariants(NVIDIA);
  const models = [configModel('S')];

  it('are training steps only, each with the kernels that are chosen for its batch', async () => {
    const asked: unknown[] = [];
    const jobs = await jobsOf({ models, batches: [64, 16, 64, 9000] }, fixed, (_, pass, rows) => {
      asked.push([pass, rows]);
      return fixed;
    });
    expect(jobs.map(({ shape, rows, timesPlan, kernels }) => [shape, rows, timesPlan, kernels])).toEqual([
      ['S, 64 rows', 64, true, []],
      ['S, 16 rows', 16, true, []],
      ['S, 9,000 rows', 9000, true, []],
    ]);
    expect(asked).toEqual([
      ['gradient', 64],
      ['gradient', 16],
      ['gradient', 9000],
    ]);
  });

  it.each([
    [{ rows: [5] }, /batches: found them with rows, expected batches alone/],
    [{ kernels: ['adam_step'] }, /batches: found them with kernels/],
    [{ only: 'kernels' }, /batches: found them with only "kernels"/],
  ] as const)('refuse a choice of passes or kernels: %j', async (scope, message) => {
    await expect(jobsOf({ models, batches: [8], ...scope }, fixed)).rejects.toThrow(message);
  });
});
