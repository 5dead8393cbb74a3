import { describe, expect, it } from 'vitest';
import type { Base } from '../../src/bases/base.ts';
import { BASES } from '../../src/bases/index.ts';
import type { BaseSpec } from '../../src/bases/index.ts';
import { Flow } from '../../src/flow/flow.ts';
import type { Domain } from '../../src/model/domain.ts';
import { exportOnnx } from '../../src/onnx/index.ts';
import { PRESETS } from '../../src/presets/index.ts';
import { normals } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { expectClose } from '../support/compare.ts';
import { testOptions } from '../support/device.ts';
import { randomContext, within } from '../support/randomSpecs.ts';
import { farRows } from '../support/roughTable.ts';
import { baseDraws } from './baseDraws.ts';
import { runOnnx } from './session.ts';
import type { Given } from './session.ts';

/** Allowed error of a value: this times 1 + its size. */
const BOUND = 1e-5;
const DIM = 3;
const ROWS = 256;
const SCORED = 24;
const DOMAINS: readonly (Domain | readonly Domain[])[] = [
  'real',
  ['real', 'positive', 'unit'],
  'positive',
  'unit',
];
const BASE_SPECS = Object.entries<Base>(BASES).map(
  ([type, room]) => ({ type, ...room.defaults() }) as BaseSpec,
);

/** Every preset with every base; domains, contexts and nets take turns. */
const FLOWS: [string, FlowSpec][] = Object.entries(PRESETS).flatMap(([name, preset], i) =>
  BASE_SPECS.map((base, j): [string, FlowSpec] => {
    const domain = DOMAINS[(i + j) % DOMAINS.length]!;
    const contextDim = base.type === 'class_conditional' || (i + j) % 3 === 0 ? 2 : 0;
    const nets = j % 2 === 0 ? { hidden: [12, 8] } : { hidden: [10], residualBlocks: 2 };
    const spec = preset.spec(DIM, { couplings: 4, ...nets, domain, contextDim, base });
    const words = [String(domain), contextDim > 0 ? 'a context' : '', j % 2 === 0 ? '' : 'residual nets'];
    return [[`${name} with ${base.type}`, ...words.filter((word) => word !== '')].join(', '), spec];
  }),
);

describe('an exported flow that was trained', () => {
  it.each(FLOWS)('gives the numbers of the library: %s', async (name, spec) => {
    using flow = await Flow.create(spec, await testOptions());
    const data = within(spec, correlated());
    const context = randomContext(spec, ROWS);
    const settings = { steps: 30, batch: 64, learningRate: 1e-2, ...(context && { context }) };
    for await (const _ of flow.fit(data, settings)) {
      // The steps alone matter.
    }
    const graphs = await exportOnnx(flow);

    const x = data.subarray(0, SCORED * DIM);
    const near = context?.subarray(0, SCORED * spec.contextDim);
    const options = near && { context: near };
    const forward = await runOnnx(graphs.forward, { x: rowsOf(x, SCORED), ...contextOf(near, SCORED) });
    const { z, logDet } = await flow.forward(x, options);
    expectClose('z', forward['z']!, z, BOUND);
    expectClose('log_det', forward['log_det']!, logDet, BOUND);
    expectSame('log_prob', forward['log_prob']!, await flow.logProb(x, options));

    const inverse = await runOnnx(graphs.inverse, { z: rowsOf(z, SCORED), ...contextOf(near, SCORED) });
    const back = await flow.inverse(z, options);
    expectClose('x', inverse['x']!, back.x, BOUND);
    expectClose('log_det of the inverse', inverse['log_det']!, back.logDet, BOUND);

    const drawn = await flow.sampleAndLogProb(SCORED, { seed: 5, ...options });
    const sample = await runOnnx(graphs.sample, {
      ...baseDraws(spec, SCORED, 5),
      ...contextOf(near, SCORED),
    });
    expectClose('z of samples', sample['z']!, drawn.z, BOUND);
    expectClose('samples', sample['x']!, drawn.x, BOUND);
    expectSame('log_prob of samples', sample['log_prob']!, drawn.logProb);

    // The unbounded scales of vanilla overflow there.
    if (!name.startsWith('vanilla')) await expectCloseFarOut(flow, graphs.forward);
  });
});

/**
 * Eight standard deviations out, float32 itself may be off by more than the bound. There the graph is as close to the flow
 * in float64 as the library is, up to a factor of two: both round the same sums in different orders.
 */
async function expectCloseFarOut(flow: Flow, graph: Uint8Array): Promise<void> {
  const { spec } = flow;
  const x = within(spec, farRows(correlated(), DIM));
  const rows = x.length / DIM;
  const context = randomContext(spec, rows);
  const exact = new ReferenceFlow(spec, await flow.parameters()).forward(x, context);
  const ofFlow = await flow.forward(x, context && { context });
  const found = await runOnnx(graph, { x: rowsOf(x, rows), ...contextOf(context, rows) });
  const bound = (ofLibrary: ArrayLike<number>, reference: ArrayLike<number>): number =>
    Math.max(
      BOUND,
      2 *
        Math.max(
          ...Array.from(reference, (value, i) => Math.abs(ofLibrary[i]! - value) / (1 + Math.abs(value))),
        ),
    );
  expectClose('z far out', found['z']!, exact.z, bound(ofFlow.z, exact.z));
  expectClose('log_det far out', found['log_det']!, exact.logDet, bound(ofFlow.logDet, exact.logDet));
}

/** Rows [ROWS, DIM] of correlated normals. */
function correlated(): Float32Array {
  const z = normals(4, 1, ROWS * DIM);
  return Float32Array.from(z, (value, i) =>
    i % DIM === 0 ? value : 0.6 * value + 0.8 * z[i - 1]! ** 2 - 0.5,
  );
}

function rowsOf(values: ArrayLike<number>, rows: number): Given {
  return { shape: [rows, DIM], values };
}

function contextOf(context: Float32Array | undefined, rows: number): Record<string, Given> {
  return context === undefined ? {} : { context: { shape: [rows, context.length / rows], values: context } };
}

/** Like `expectClose`, for values that may be −∞. */
function expectSame(name: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  const isFinite = Array.from(expected, Number.isFinite);
  expect(Array.from(actual, Number.isFinite), name).toEqual(isFinite);
  const finite = (values: ArrayLike<number>): number[] => Array.from(values).filter(Number.isFinite);
  expectClose(name, finite(actual), finite(expected), BOUND);
}
