import { describe, expect, it } from 'vitest';
import {
  actnorm,
  affineCoupling,
  invertibleLinear,
  splineCoupling,
  splineElementwise,
  standardize,
} from '../../src/bijectors/index.ts';
import { stack } from '../../src/spec/stack.ts';
import { glow, nice, realnvp, spline, vanilla } from '../../src/presets/index.ts';
import { GpuProgram } from '../../src/gpu/executor.ts';
import { columnsOf } from '../../src/gpu/rows.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { bufferBytes, planProblems } from '../../src/plan/plan.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import { activeBindings } from '../../src/plan/kernel.ts';
import { paddedRows } from '../../src/plan/shape.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { datasetFor } from '../../src/passes/batch.ts';
import { trainPlan } from '../../src/passes/train.ts';
import { gradientsPlan } from '../../src/passes/backward.ts';
import { residentTrainingRows } from '../../src/passes/resident.ts';
import { forwardPlan, inversePlan, logProbPlan } from '../../src/passes/forward.ts';
import { sampleAndLogProbPlan, samplePlan } from '../../src/passes/sample.ts';
import {
  CONTEXT,
  datasetName,
  GRADIENTS,
  LATENT,
  LOG_DET,
  LOG_PROB,
  NLL,
  PARAMETERS,
  STATE,
  STEP_SCALARS,
} from '../../src/plan/names.ts';
import { PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { KernelVariants } from '../../src/plan/variants.ts';
import { expectClose, expectNormClose } from '../support/compare.ts';
import { BASES, mixture, studentT } from '../../src/bases/index.ts';
import type { BaseSpec } from '../../src/bases/index.ts';
import { testGpu } from '../support/device.ts';
import { modelOf, randomContext, randomRows, scaledParameters } from '../support/randomSpecs.ts';
import { SPEC_SHAPES } from '../support/specShapes.ts';

const ROWS = 67;
/** Both sides are f64, but they add in different orders. */
const F64_BOUND = 1e-9;
const VALUE_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;
/** The storage buffers that WebGPU guarantees to a kernel. */
const STORAGE_BUFFERS = 8;

const RESIDENT: KernelVariants = { ...PLAIN_VARIANTS, regime: 'resident' };

const SPECS: [string, FlowSpec][] = [
  ['wide nets', realnvp(63, { couplings: 2, hidden: [128, 100] })],
  ['glow on 16 features', glow(16, { couplings: 1 })],
  ['glow on 20 features', glow(20, { couplings: 2 })],
  ['nice on 6 features', nice(6, { couplings: 3 })],
  ['a wide layer', vanilla(2, { couplings: 3 })],
  [
    'residual nets with a context',
    realnvp(6, { couplings: 2, hidden: [20], residualBlocks: 2, contextDim: 4 }),
  ],
  ['splines of two features', spline(2)],
  ['splines in slices', spline(16, { couplings: 1 })],
  ['residual nets of splines in slices', spline(16, { couplings: 2, hidden: [9], residualBlocks: 2 })],
  ['a spline of one feature', spline(1)],
  ['splines with a context', spline(3, { couplings: 2, hidden: [9], contextDim: 2 })],
  [
    'splines of bounded features',
    spline(4, { couplings: 2, hidden: [9], domain: ['positive', 'positive', 'real', 'unit'] }),
  ],
];

interface Case {
  name: string;
  build: (model: ReturnType<typeof modelOf>, variants: KernelVariants, rows: number) => Plan;
  values: readonly string[];
}
const PLANS: Case[] = [
  { name: 'forward', build: (m, v, rows) => forwardPlan(m, rows, v), values: [STATE, LOG_DET] },
  { name: 'inverse', build: (m, v, rows) => inversePlan(m, rows, v), values: [STATE, LOG_DET] },
  { name: 'gradients', build: (m, v, rows) => gradientsPlan(m, rows, rows, v), values: [NLL, GRADIENTS] },
];

const DRAWS = { rowStart: 2 ** 32 - 9, rows: ROWS, seed: 3, temperature: 0.8 };
const BASE_PLANS: Case[] = [
  ...PLANS.filter(({ name }) => name === 'gradients'),
  { name: 'logProb', build: (m, v, rows) => logProbPlan(m, rows, v), values: [LOG_PROB] },
  {
    name: 'sampleAndLogProb',
    build: (m, v) => sampleAndLogProbPlan(m, DRAWS, v),
    values: [STATE, LATENT, LOG_PROB],
  },
];

/** Every base, and those whose tensors have an awkward number of components. */
const BASE_SPECS: [string, BaseSpec][] = [
  ...Object.entries(BASES).map(([type, room]): [string, BaseSpec] => [
    type,
    { type, ...room.defaults() } as BaseSpec,
  ]),
  ['a mixture of 71', mixture({ components: 71 })],
  ["Student's t that is not trained", studentT({ learned: false })],
];

const WITH_BASES = BASE_SPECS.map(([name, base]): [string, FlowSpec] => [
  name,
  { ...realnvp(5, { couplings: 2, hidden: [9], contextDim: 3 }), base },
]);

// variants.test.ts runs these on the GPU, by every choice of kernels.
describe.each(SPEC_SHAPES)('a resident tile with %s', (_name, spec) => {
  comparePlans(spec, PLANS, { onGpu: false });
});
describe.each(SPECS)('a resident tile with %s', (_name, spec) => {
  comparePlans(spec, PLANS);
});
/** Flows whose training step takes several dispatches. */
const IN_PARTS: [string, FlowSpec][] = [
  ['more factors than are kept at once', realnvp(3, { couplings: 25, hidden: [128, 128], contextDim: 2 })],
  [
    'one activation after the other',
    stack(
      [
        standardize(),
        affineCoupling({ conditioner: { hidden: [9], activation: 'tanh' } }),
        splineCoupling({ conditioner: { hidden: [9], activation: 'relu' } }),
        invertibleLinear(),
      ],
      { dim: 3, contextDim: 2, base: mixture() },
    ),
  ],
  [
    'a net that is too wide between others',
    stack(
      [
        affineCoupling({ conditioner: { hidden: [9] } }),
        affineCoupling({ conditioner: { hidden: [1200] } }),
        affineCoupling({ conditioner: { hidden: [9] } }),
      ],
      { dim: 3 },
    ),
  ],
];
describe.each(IN_PARTS)('resident tiles with %s', (_name, spec) => {
  comparePlans(spec, PLANS);
});

/** Enough rows for the larger tiles; the last has a quad of padding. */
const MANY_ROWS = 2051;
describe.each<[string, FlowSpec]>([
  [
    'linear maps',
    stack([standardize(), invertibleLinear(), actnorm(), affineCoupling({ conditioner: { hidden: [9] } })], {
      dim: 3,
    }),
  ],
  ['splines', spline(3, { couplings: 1, hidden: [9] })],
])('large resident tiles with %s', (_name, spec) => {
  comparePlans(spec, PLANS, { rows: MANY_ROWS });
});

describe.each(WITH_BASES)('a resident tile and the base %s', (_name, spec) => {
  comparePlans(spec, BASE_PLANS);
});

describe('resident plans are short', () => {
  const flows: Record<string, (shape: { contextDim: number }) => FlowSpec> = {
    vanilla: (shape) => vanilla(2, shape),
    realnvp: (shape) => realnvp(16, shape),
    nice: (shape) => nice(6, shape),
    glow: (shape) => glow(63, shape),
    spline: (shape) => spline(63, shape),
    'residual nets': (shape) => realnvp(63, { ...shape, residualBlocks: 2 }),
    'wide nets': (shape) => realnvp(63, { ...shape, hidden: [128, 128] }),
  };

  it.each(Object.keys(flows).flatMap((name) => Object.keys(BASES).map((base) => [name, base] as const)))(
    '%s with the base %s',
    (name, baseName) => {
      const base = new Map(BASE_SPECS).get(baseName)!;
      const model = modelOf({ ...flows[name]!({ contextDim: 3 }), base });
      const passes = [
        forwardPlan(model, ROWS, RESIDENT),
        inversePlan(model, ROWS, RESIDENT),
        logProbPlan(model, ROWS, RESIDENT),
        samplePlan(model, DRAWS, RESIDENT),
        sampleAndLogProbPlan(model, DRAWS, RESIDENT),
      ];
      for (const plan of passes) expect(plan.dispatches.length, plan.label).toBeLessThanOrEqual(2);
      const step = trainPlan(model, {
        source: datasetFor(model.spec, 1000),
        batch: 512,
        seed: 1,
        optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1 },
        variants: RESIDENT,
      });
      expect(step.dispatches.length).toBeLessThanOrEqual(12);
      for (const { kernel, flags } of [...passes, step].flatMap((plan) => plan.dispatches)) {
        expect(activeBindings(kernel, flags).length, kernel.stem).toBeLessThanOrEqual(STORAGE_BUFFERS);
      }
    },
  );
});

describe('large batches', () => {
  const adam = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1 };

  it.each([
    ['two nets of two layers', vanilla(2, { hidden: [64, 64], couplings: 16 })],
    ['four layers', realnvp(2, { hidden: [100, 100, 100, 100] })],
    ['a wide layer on 63 features', vanilla(63)],
    ['a mixture of 71', { ...realnvp(16), base: mixture({ components: 71 }) }],
  ])('fit the bindings of every device: %s', (_, spec) => {
    const plan = trainPlan(modelOf(spec), {
      source: datasetFor(spec, 200_000),
      batch: 100_000,
      seed: 1,
      optimizer: adam,
      variants: RESIDENT,
    });
    for (const buffer of plan.buffers) {
      expect(bufferBytes(buffer), buffer.name).toBeLessThanOrEqual(64 * 2 ** 20);
    }
  });

  it('train in chunks as in one piece', () => {
    // Many factors for few operations.
    const splines = Array.from({ length: 6 }, () => splineElementwise({ bins: 64 }));
    const model = modelOf(stack(splines, { dim: 8 }));
    const batch = residentTrainingRows(model) + 70;
    const source = datasetFor(model.spec, batch);
    const step = (variants: KernelVariants): ReferenceProgram => {
      const twin = new ReferenceProgram(
        trainPlan(model, { source, batch, seed: 1, optimizer: adam, variants }),
      );
      twin.floats(PARAMETERS).set(scaledParameters(model.spec, 7, 0.5));
      twin.floats(datasetName(0)).set(randomRows(batch, model.spec.dim, 2));
      twin.floats(STEP_SCALARS).set([0.01, 10, 1000]);
      twin.run();
      return twin;
    };
    const [plain, resident] = [PLAIN_VARIANTS, RESIDENT].map(step);
    for (const name of [NLL, PARAMETERS]) {
      expectNormClose(name, resident!.floats(name), plain!.floats(name), F64_BOUND);
    }
  });
});

function comparePlans(spec: FlowSpec, plans: readonly Case[], { onGpu = true, rows = ROWS } = {}): void {
  const model = modelOf(withSingleBounds(spec));
  const inputs: Record<string, Float32Array> = {
    [PARAMETERS]: scaledParameters(spec, 7, 0.5),
    [STATE]: columnsOf(
      Float32Array.from(randomRows(rows, spec.dim, 2), (value) => value + 0.5),
      spec.dim,
      {
        start: 0,
        count: rows,
      },
    ),
    [CONTEXT]: columnsOf(randomContext(spec, rows) ?? new Float32Array(), spec.contextDim, {
      start: 0,
      count: rows,
    }),
  };
  const byTwins = (plan: Plan): ReferenceProgram => {
    const twin = new ReferenceProgram(plan);
    for (const [name, values] of Object.entries(inputs)) twin.buffers.get(name)?.set(values);
    twin.run();
    return twin;
  };

  it.each(plans)('means what single kernels mean, in f64: $name', ({ build, values }) => {
    const plain = byTwins(build(model, PLAIN_VARIANTS, rows));
    const plan = build(model, RESIDENT, rows);
    expect(planProblems(plan)).toEqual([]);
    const resident = byTwins(plan);
    for (const value of values) {
      const [found, expected] = [resident, plain].map((program) => finite(program.floats(value)));
      expectNormClose(value, found!, expected!, F64_BOUND);
    }
  });

  if (!onGpu) return;

  it.each(plans)('does so on the GPU: $name', async ({ build, values }) => {
    const plain = byTwins(build(model, PLAIN_VARIANTS, rows));
    const context = await testGpu();
    const plan = build(model, RESIDENT, rows);
    using program = await GpuProgram.create(context, plan);
    for (const [name, contents] of Object.entries(inputs)) {
      if (program.has(name)) context.buffers.write(program.buffer(name), contents);
    }
    await program.run();
    for (const value of values) {
      const { length } = plan.buffers.find((buffer) => buffer.name === value)!;
      const found = await context.buffers.download(program.buffer(value), length);
      if (value !== GRADIENTS) {
        const width = ([STATE, LATENT].includes(value) ? spec.dim : 1) * paddedRows(rows);
        const [gpu, twin] = [found, plain.floats(value)].map((all) => finite(all.subarray(0, width)));
        expectClose(value, gpu!, twin!, VALUE_BOUND);
        continue;
      }
      for (const { name, offset, length: size, trainable } of model.layout.tensors) {
        if (!trainable) continue;
        const [gpu, twin] = [found, plain.floats(value)].map((all) => all.subarray(offset, offset + size));
        expectNormClose(name, gpu!, twin!, GRADIENT_BOUND);
      }
    }
  });
}

/** The table of operations holds bounds in float32, so that also the twins round them. */
function withSingleBounds(spec: FlowSpec): FlowSpec {
  const single = (key: string, value: unknown): unknown =>
    key === 'bound' ? Math.fround(Number(value)) : value;
  return JSON.parse(JSON.stringify(spec), single) as FlowSpec;
}

/** The values, with a number in place of −∞. */
function finite(values: ArrayLike<number>): number[] {
  return Array.from(values, (value) => (value === -Infinity ? -1e6 : value));
}
