import { describe, expect, it } from 'vitest';
import { glow, nice, realnvp, spline, vanilla } from '../../src/presets/index.ts';
import { GpuProgram } from '../../src/gpu/executor.ts';
import { columnsOf } from '../../src/gpu/rows.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { planProblems } from '../../src/plan/plan.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import { paddedRows } from '../../src/plan/shape.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { gradientsPlan } from '../../src/passes/backward.ts';
import { forwardPlan, inversePlan } from '../../src/passes/forward.ts';
import { CONTEXT, GRADIENTS, LOG_DET, PARAMETERS, STATE } from '../../src/plan/names.ts';
import { PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { KernelVariants } from '../../src/plan/variants.ts';
import { expectClose, expectNormClose } from '../support/compare.ts';
import { testGpu } from '../support/device.ts';
import { modelOf, randomContext, randomRows, scaledParameters } from '../support/randomSpecs.ts';
import { SPEC_SHAPES } from '../support/specShapes.ts';

const ROWS = 67;
/** Both sides are f64, but they add in different orders. */
const F64_BOUND = 1e-9;
const VALUE_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

const RESIDENT: KernelVariants = { ...PLAIN_VARIANTS, regime: 'resident' };

const SPECS: [string, FlowSpec][] = [
  ...SPEC_SHAPES,
  ['wide nets', realnvp(63, { couplings: 2, hidden: [128, 100] })],
  ['glow on 16 features', glow(16, { couplings: 2 })],
  ['nice on 6 features', nice(6, { couplings: 3 })],
  ['a wide layer', vanilla(2, { couplings: 3 })],
  [
    'residual nets with a context',
    realnvp(6, { couplings: 2, hidden: [20], residualBlocks: 2, contextDim: 4 }),
  ],
  ['splines of two features', spline(2)],
  ['splines of six features', spline(6, { couplings: 2 })],
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
  build: (model: ReturnType<typeof modelOf>, variants: KernelVariants) => Plan;
  values: readonly string[];
}
const PLANS: Case[] = [
  { name: 'forward', build: (m, v) => forwardPlan(m, ROWS, v), values: [STATE, LOG_DET] },
  { name: 'inverse', build: (m, v) => inversePlan(m, ROWS, v), values: [STATE, LOG_DET] },
  { name: 'gradients', build: (m, v) => gradientsPlan(m, ROWS, ROWS, v), values: [GRADIENTS] },
];

describe.each(SPECS)('a resident tile with %s', (_name, spec) => {
  const model = modelOf(spec);
  const inputs: Record<string, Float32Array> = {
    [PARAMETERS]: scaledParameters(spec, 7, 0.5),
    [STATE]: columnsOf(
      Float32Array.from(randomRows(ROWS, spec.dim, 2), (value) => value + 0.5),
      spec.dim,
      {
        start: 0,
        count: ROWS,
      },
    ),
    [CONTEXT]: columnsOf(randomContext(spec, ROWS) ?? new Float32Array(), spec.contextDim, {
      start: 0,
      count: ROWS,
    }),
  };
  const byTwins = (plan: Plan): ReferenceProgram => {
    const twin = new ReferenceProgram(plan);
    for (const [name, values] of Object.entries(inputs)) twin.buffers.get(name)?.set(values);
    twin.run();
    return twin;
  };

  it.each(PLANS)('means what single kernels mean, in f64: $name', ({ build, values }) => {
    const plain = byTwins(build(model, PLAIN_VARIANTS));
    const plan = build(model, RESIDENT);
    expect(planProblems(plan)).toEqual([]);
    const resident = byTwins(plan);
    for (const value of values) {
      expectNormClose(`${value}`, resident.floats(value), plain.floats(value), F64_BOUND);
    }
  });

  it.each(PLANS)('does so on the GPU: $name', async ({ build, values }) => {
    const plain = byTwins(build(model, PLAIN_VARIANTS));
    const context = await testGpu();
    const plan = build(model, RESIDENT);
    using program = await GpuProgram.create(context, plan);
    for (const [name, contents] of Object.entries(inputs)) {
      if (program.has(name)) context.buffers.write(program.buffer(name), contents);
    }
    await program.run();
    for (const value of values) {
      const { length } = plan.buffers.find((buffer) => buffer.name === value)!;
      const found = await context.buffers.download(program.buffer(value), length);
      if (value !== GRADIENTS) {
        const width = (value === STATE ? spec.dim : 1) * paddedRows(ROWS);
        expectClose(
          `${value}`,
          found.subarray(0, width),
          plain.floats(value).subarray(0, width),
          VALUE_BOUND,
        );
        continue;
      }
      for (const { name, offset, length: size, trainable } of model.layout.tensors) {
        if (!trainable) continue;
        const [gpu, twin] = [found, plain.floats(value)].map((all) => all.subarray(offset, offset + size));
        expectNormClose(`${name}`, gpu!, twin!, GRADIENT_BOUND);
      }
    }
  });
});
