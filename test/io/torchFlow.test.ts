/** flow.py in float64 against the f64 twins: the same formulas, so that only roundings differ. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import type { Base } from '../../src/bases/base.ts';
import { BASES } from '../../src/bases/index.ts';
import type { BaseSpec } from '../../src/bases/index.ts';
import { encodeModel } from '../../src/io/modelFile.ts';
import { pytorchFiles } from '../../src/io/torch/export.ts';
import { ACTIVATIONS } from '../../src/model/activation.ts';
import { intoDomain } from '../../src/model/domain.ts';
import type { ScaleMap } from '../../src/model/scaleMap.ts';
import { glowImage, PRESETS, realnvpImage } from '../../src/presets/index.ts';
import type { PresetOptions } from '../../src/presets/index.ts';
import { uniforms } from '../../src/random.ts';
import { ReferenceFlow } from '../../src/reference/flow.ts';
import { domainsOf } from '../../src/spec/offset.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { expectClose, expectNormClose } from '../support/compare.ts';
import { randomImageSpecs } from '../support/imageSpecs.ts';
import { randomContext, randomParameters, randomSpecs } from '../support/randomSpecs.ts';
import { hasTorch, rowsOf, runTorch } from '../support/torch.ts';

const ROWS = 7;
/** torch's softplus is linear above 20, which is 2e-9 off. */
const BOUND = 1e-7;
const FOLDER = mkdtempSync(join(tmpdir(), 'wgflow-torch-'));

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

describe.runIf(hasTorch)('flow.py', () => {
  it('computes what the twins do, for each preset with each base, context, domain and net', () => {
    const bases = Object.entries<Base>(BASES).map(
      ([type, room]) => ({ type, ...room.defaults() }) as BaseSpec,
    );
    const varied: [dim: number, options: PresetOptions][] = [
      [1, {}],
      [2, {}],
      [5, {}],
      [3, { contextDim: 2 }],
      [1, { contextDim: 2 }],
      [4, { domain: ['real', 'unit', 'positive', 'unit'] }],
      [3, { hidden: [6], residualBlocks: 2 }],
      ...bases.map((base): [number, PresetOptions] => [
        3,
        { base, contextDim: base.type === 'class_conditional' ? 2 : 0 },
      ]),
    ];
    const small = { couplings: 3, hidden: [6, 5] };
    expectNumbersOfTwins(
      Object.values(PRESETS).flatMap(({ name, spec }) =>
        varied
          // The article's model has couplings only, which need two features.
          .filter(([dim]) => dim > 1 || name !== 'vanilla')
          .map(([dim, options]) => spec(dim, { ...small, ...options })),
      ),
    );
  });

  it('computes what the twins do, for random flows', () => {
    const specs = fc.sample(randomSpecs({ maxDim: 7, maxContext: 3 }), 60);
    expectNumbersOfTwins(specs);
  });

  it('computes what the twins do, for random flows of images', () => {
    expectNumbersOfTwins([
      ...fc.sample(randomImageSpecs({ activations: ACTIVATIONS, maxContext: 3 }), 60),
      glowImage([1, 8, 8], { depth: 2, width: 4 }),
      realnvpImage([3, 4, 4], { depth: 1, width: 3, contextDim: 2 }),
    ]);
  });

  it('subtracts and adds large offsets in float64', () => {
    const base: FlowSpec = PRESETS.realnvp.spec(3, {
      couplings: 2,
      hidden: [4],
      domain: ['real', 'unit', 'real'],
    });
    const bijectors = base.bijectors.map((one) =>
      one.type === 'standardize' ? { ...one, offset: [5_400_000, 0, -(2 ** 31)] } : one,
    );
    expectNumbersOfTwins([{ ...base, bijectors }]);
  });

  it('knows every activation and scale map', () => {
    const place = { type: 'affine_coupling', split: 1, flip: false } as const;
    const scales = [
      { map: 'exp' },
      { map: 'tanh', bound: 1.5 },
      { map: 'sigmoid' },
      { map: 'sigmoid', floor: 1e-3 },
      { map: 'softclip', bound: 2 },
    ] satisfies ScaleMap[];
    const couplings = ACTIVATIONS.flatMap((activation) =>
      scales.flatMap((scale) =>
        [true, false].map((shiftFirst) => ({
          ...place,
          scale,
          shiftFirst,
          conditioner: { hidden: [5], activation, separate: false, init: 'zero_last' as const },
        })),
      ),
    );
    const flow = { version: 1, dim: 3, contextDim: 0, base: { type: 'standard_normal' } } as const;
    expectNumbersOfTwins(couplings.map((coupling) => ({ ...flow, bijectors: [coupling] })));
  });

  it('is exported as it is, next to the model without the state of its optimiser', () => {
    const spec = PRESETS.realnvp.spec(2, { couplings: 1, hidden: [3] });
    const parameters = randomParameters(spec, 1);
    const files = pytorchFiles(encodeModel({ spec, parameters }));
    expect([...files.keys()]).toEqual(['model.safetensors', 'flow.py']);
    expect(files.get('model.safetensors')).toEqual(encodeModel({ spec, parameters }));
  });
});

/** Expects the numbers of the twins of random parameters in PyTorch: maps, densities, gradients. */
function expectNumbersOfTwins(specs: readonly FlowSpec[]): void {
  const cases = specs.map((spec, index) => {
    const model = `${index}.safetensors`;
    const parameters = randomParameters(spec, index);
    writeFileSync(join(FOLDER, model), encodeModel({ spec, parameters }));
    const z = Array.from(uniforms(index, 5, ROWS * spec.dim), (u) => 4 * u - 2);
    const context = randomContext(spec, ROWS);
    const flow = new ReferenceFlow(spec, parameters);
    return { spec, model, flow, z, x: Array.from(dataRows(spec)), context };
  });
  const results = runTorch(
    FOLDER,
    cases.map(({ spec, model, x, z, context }) => ({
      model,
      x: rowsOf(x, spec.dim),
      z: rowsOf(z, spec.dim),
      ...(context && { context: rowsOf(context, spec.contextDim) }),
      gradients: spec.base.type !== 'uniform',
      double: true,
    })),
  );
  cases.forEach(({ spec, flow, x, z, context }, index) => {
    const found = results[index]!;
    const forward = flow.forward(x, context);
    const inverse = flow.inverse(z, context);
    const name = JSON.stringify(spec);
    const logProb = flow.logProb(x, context);
    expect(found.log_prob.map(Number.isFinite), name).toEqual(Array.from(logProb, Number.isFinite));
    const isFinite = (_: number, row: number): boolean => Number.isFinite(logProb[row]);
    expectClose(`${name} log_prob`, found.log_prob.filter(isFinite), logProb.filter(isFinite), BOUND);
    expectClose(`${name} z`, found.z, forward.z, BOUND);
    expectClose(`${name} log_det`, found.log_det, forward.logDet, BOUND);
    expectClose(`${name} x`, found.x, inverse.x, BOUND);
    expectClose(`${name} inverse log_det`, found.inverse_log_det, inverse.logDet, BOUND);
    if (spec.base.type === 'uniform') return;
    const { gradients } = flow.gradients(x, context);
    expect(Object.keys(found.gradients).sort()).toEqual(Object.keys(gradients).sort());
    for (const [tensor, values] of Object.entries(gradients)) {
      if (Math.hypot(...values) < 1e-12) continue;
      expectNormClose(`${name} ${tensor}`, found.gradients[tensor]!, values, BOUND);
    }
  });
}

/** Rows of about unit size in the flow's domains, around its offset, or pixels. */
function dataRows(spec: FlowSpec): Float64Array {
  const domains = domainsOf(spec);
  const offset = spec.bijectors.flatMap((one) => ('offset' in one ? (one.offset ?? []) : []));
  return uniforms(1, 6, ROWS * spec.dim).map((u, i) => {
    const feature = i % spec.dim;
    const [first] = spec.bijectors;
    if (first?.type === 'logit') return Math.fround(u * first.levels);
    const value = Math.fround(4 * u - 2);
    const domain = domains?.[feature] ?? 'real';
    return (domain === 'real' ? value : intoDomain(domain, value).value) + (offset[feature] ?? 0);
  });
}
