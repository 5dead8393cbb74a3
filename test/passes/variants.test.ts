import { describe, expect, it } from 'vitest';
import { GpuProgram } from '../../src/gpu/executor.ts';
import { columnsOf } from '../../src/gpu/rows.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import { paddedRows } from '../../src/plan/shape.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { gradientsPlan } from '../../src/passes/backward.ts';
import { candidateVariants } from '../../src/passes/candidates.ts';
import { variantsText } from '../../src/passes/purpose.ts';
import type { Purpose } from '../../src/passes/purpose.ts';
import { forwardPlan, inversePlan } from '../../src/passes/forward.ts';
import type { FlowModel } from '../../src/spec/layout.ts';
import { CONTEXT, GRADIENTS, LOG_DET, LOG_PROB, NLL, PARAMETERS, STATE } from '../../src/plan/names.ts';
import { sampleAndLogProbPlan } from '../../src/passes/sample.ts';
import { PLAIN_VARIANTS } from '../../src/plan/variants.ts';
import type { KernelVariants } from '../../src/plan/variants.ts';
import { expectClose, expectNormClose } from '../support/compare.ts';
import { testGpu } from '../support/device.ts';
import { modelOf, randomContext, randomRows, scaledParameters } from '../support/randomSpecs.ts';
import { SPEC_SHAPES } from '../support/specShapes.ts';

const ROWS = 67;
const VALUE_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

interface PlanCase {
  name: string;
  pass: Purpose['pass'];
  build: (model: FlowModel, variants: KernelVariants) => Plan;
  values: readonly string[];
}

const drawn = { rowStart: 3, rows: ROWS, seed: 5, temperature: 0.7 };
const PLANS: PlanCase[] = [
  { name: 'forward', pass: 'forward', build: (m, v) => forwardPlan(m, ROWS, v), values: [STATE, LOG_DET] },
  { name: 'inverse', pass: 'inverse', build: (m, v) => inversePlan(m, ROWS, v), values: [STATE, LOG_DET] },
  {
    name: 'sample',
    pass: 'inverse',
    build: (m, v) => sampleAndLogProbPlan(m, drawn, v),
    values: [STATE, LOG_PROB],
  },
  { name: 'gradients', pass: 'gradient', build: (m, v) => gradientsPlan(m, ROWS, ROWS, v), values: [NLL] },
];

describe.each(SPEC_SHAPES)('every choice of kernels for %s', (_name, spec) => {
  const model = modelOf(spec);

  it.each(PLANS)('does in float32 what the plain kernels do in float64: $name', async (plan) => {
    const context = await testGpu();
    const inputs = inputsOf(spec);
    const twin = new ReferenceProgram(plan.build(model, PLAIN_VARIANTS));
    twin.floats(PARAMETERS).set(inputs.parameters);
    twin.floats(STATE).set(inputs.state);
    twin.buffers.get(CONTEXT)?.set(inputs.context);
    twin.run();

    // A CPU's starting choice, plus choices that its search skips: a checkpoint may request them.
    const candidates = [true, false].flatMap((software) =>
      candidateVariants(
        model,
        { pass: plan.pass, rows: ROWS },
        {
          subgroupMinSize: context.adapter.subgroupMinSize,
          software,
          maxStorageBufferBindingSize: context.device.limits.maxStorageBufferBindingSize,
        },
      ),
    );
    for (const variants of candidates) {
      const name = variantsText(variants);
      const values = plan.pass === 'gradient' ? [...plan.values, GRADIENTS] : plan.values;
      const [first, second] = [
        await resultsOf(plan.build(model, variants), inputs, values),
        await resultsOf(plan.build(model, variants), inputs, values),
      ];
      expect(second, `${name}, run again`).toEqual(first);
      for (const value of plan.values) {
        const width = (value === STATE ? spec.dim : 1) * paddedRows(ROWS);
        expectClose(
          `${value}, ${name}`,
          first.get(value)!.subarray(0, width),
          twin.floats(value).subarray(0, width),
          VALUE_BOUND,
        );
      }
      if (plan.pass !== 'gradient') continue;
      for (const { name: tensor, offset, length, trainable } of model.layout.tensors) {
        if (!trainable) continue;
        expectNormClose(
          `${tensor}, ${name}`,
          first.get(GRADIENTS)!.subarray(offset, offset + length),
          twin.floats(GRADIENTS).subarray(offset, offset + length),
          GRADIENT_BOUND,
        );
      }
    }
  });
});

interface Inputs {
  parameters: Float32Array;
  state: Float32Array;
  context: Float32Array;
}

function inputsOf(spec: FlowSpec): Inputs {
  // Off centre, because gradients of symmetric rows cancel and lose the compared digits.
  const rows = Float32Array.from(randomRows(ROWS, spec.dim, 2), (value) => value + 0.5);
  return {
    // Smaller than initial nets, so that nine couplings do not blow up a row.
    parameters: scaledParameters(spec, 7, 0.5),
    state: columnsOf(rows, spec.dim, { start: 0, count: ROWS }),
    context: columnsOf(randomContext(spec, ROWS) ?? new Float32Array(), spec.contextDim, {
      start: 0,
      count: ROWS,
    }),
  };
}

async function resultsOf(
  plan: Plan,
  { parameters, state, context: contextRows }: Inputs,
  names: readonly string[],
): Promise<Map<string, Float32Array>> {
  const context = await testGpu();
  using program = await GpuProgram.create(context, plan);
  context.buffers.write(program.buffer(PARAMETERS), parameters);
  context.buffers.write(program.buffer(STATE), state);
  if (program.has(CONTEXT)) context.buffers.write(program.buffer(CONTEXT), contextRows);
  void program.run();
  const results = new Map<string, Float32Array>();
  for (const name of names) {
    const { length } = plan.buffers.find((buffer) => buffer.name === name)!;
    results.set(name, await context.buffers.download(program.buffer(name), length));
  }
  return results;
}
