/** The launches of all plans: flows of many shapes, in every pass, with every choice of kernels. */
import * as fc from 'fast-check';
import { toyDensity } from '../../src/data/toy.ts';
import { peakCheckPlans } from '../../src/measure/peaks.ts';
import { logProbGradientPlan } from '../../src/passes/backward.ts';
import { datasetFor } from '../../src/passes/batch.ts';
import type { BatchSource } from '../../src/passes/batch.ts';
import { variantsSchema } from '../../src/passes/candidates.ts';
import { cellsConditionalPlan, numberConditionalPlan } from '../../src/passes/conditional.ts';
import { dataStartPlan } from '../../src/passes/dataStart.ts';
import { forwardPlan, inversePlan, logProbPlan } from '../../src/passes/forward.ts';
import type { OptimizerSettings } from '../../src/passes/optimize.ts';
import { sampleAndLogProbPlan } from '../../src/passes/sample.ts';
import { tracePlan } from '../../src/passes/trace.ts';
import { trainPlan } from '../../src/passes/train.ts';
import type { Dispatch } from '../../src/plan/kernel.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { PRECISIONS } from '../../src/plan/precision.ts';
import { fixedVariants } from '../../src/plan/variants.ts';
import type { KernelVariants } from '../../src/plan/variants.ts';
import { STREAMS } from '../../src/random.ts';
import type { FlowModel } from '../../src/spec/layout.ts';
import type { FlowSpec } from '../../src/spec/spec.ts';
import { NVIDIA, SOFTWARE_WITHOUT_SUBGROUPS, SWIFTSHADER } from './adapters.ts';
import { randomImageSpecs } from './imageSpecs.ts';
import { modelOf, randomSpecs, specOf } from './randomSpecs.ts';
import { SPEC_SHAPES } from './specShapes.ts';

const ROWS = 12;
const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, clipNorm: 1 };
/** The other updates of a training step; the rest of the step is the same. */
const OTHER_UPDATES: OptimizerSettings[] = [
  { ...ADAM, weightDecay: 0.01, averageDecay: 0.99 },
  { ...ADAM, freeze: ['bijectors.0'] },
  { ...ADAM, optimizer: 'sgd' },
  { ...ADAM, optimizer: 'sgd', weightDecay: 0.01 },
];

/** The fixed choices, and variants that differ from one of them in one value. */
const CHOICES: KernelVariants[] = distinct(
  [SOFTWARE_WITHOUT_SUBGROUPS, SWIFTSHADER, NVIDIA]
    .flatMap((facts) =>
      PRECISIONS.flatMap((precision) => {
        const fixed = fixedVariants(facts, precision);
        const { precision: _, ...others } = variantsSchema.entries;
        return Object.entries(others).flatMap(([name, { options }]) =>
          options.map((value): KernelVariants => ({ ...fixed, [name]: value })),
        );
      }),
    )
    .filter(({ regime, precision }) => regime === 'tiled' || precision === 'f32'),
);

/** A dispatch of each kernel with each combination of flags that plans launch it with. */
export function launches(): Dispatch[] {
  const seen = new Map<string, Dispatch>();
  const add = ({ dispatches }: Plan): void => {
    for (const dispatch of dispatches) {
      const key = JSON.stringify([dispatch.kernel.stem, dispatch.flags]);
      if (!seen.has(key)) seen.set(key, dispatch);
    }
  };
  peakCheckPlans().forEach(add);
  const drawn = fc.sample(randomSpecs({ maxContext: 4, maxDim: 9 }), { numRuns: 60, seed: 1 });
  const images = fc.sample(randomImageSpecs({ maxContext: 3 }), { numRuns: 20, seed: 1 });
  const box: FlowSpec = { ...specOf(3, [{ type: 'diagonal_scale' }]), base: { type: 'uniform', bound: 3 } };
  for (const spec of [...SPEC_SHAPES.map(([, shape]) => shape), ...drawn, ...images, box]) {
    const model = modelOf(spec);
    for (const variants of CHOICES) {
      if (variants.precision === 'f32' || !hasResidualNets(spec)) plansOf(model, variants).forEach(add);
    }
  }
  for (const model of [modelOf(box), modelOf({ ...box, contextDim: 2, base: { type: 'standard_normal' } })]) {
    const column = { count: ROWS, draws: 2, feature: 1 };
    add(cellsConditionalPlan(model, { ...column, cells: 3 }));
    add(
      numberConditionalPlan(model, {
        ...column,
        companion: 0,
        domain: 'positive',
        scale: 1,
        effort: 'quick',
        spread: 1,
        quantiles: [-2, 0, 2],
        points: 1,
        levels: 1,
      }),
    );
  }
  const source = datasetFor(box, ROWS);
  for (const marks of [
    { isWeighted: true },
    { hasWidths: true, hasNoise: true },
    { isWeighted: true, hasWidths: true },
  ]) {
    add(trainPlan(modelOf(box), { source: { ...source, ...marks }, batch: ROWS, seed: 1, optimizer: ADAM }));
  }
  for (const optimizer of OTHER_UPDATES) {
    add(trainPlan(modelOf(box), { source, batch: ROWS, seed: 1, optimizer }));
  }
  return [...seen.values()];
}

function plansOf(model: FlowModel, variants: KernelVariants): Plan[] {
  const { spec } = model;
  const drawn = { rowStart: 0, rows: ROWS, seed: 1, temperature: 1 };
  const start = dataStartPlan(model, { source: datasetFor(spec, ROWS), batch: ROWS, seed: 1 }, variants);
  return [
    forwardPlan(model, ROWS, variants),
    inversePlan(model, ROWS, variants),
    logProbPlan(model, ROWS, variants),
    logProbGradientPlan(model, ROWS, variants),
    sampleAndLogProbPlan(model, drawn, variants),
    tracePlan(model, ROWS, 'forward', variants),
    tracePlan(model, ROWS, 'inverse', variants),
    ...sourcesFor(spec).map((source) =>
      trainPlan(model, { source, batch: ROWS, seed: 1, optimizer: ADAM, variants }),
    ),
    ...(start === undefined ? [] : [start]),
  ];
}

/** A data set, and a toy density of each kind with as many features. */
function sourcesFor(spec: FlowSpec): BatchSource[] {
  const toy = (name: Parameters<typeof toyDensity>[0], classes?: number): BatchSource => {
    const { shape, noise } = toyDensity(name);
    return { kind: 'toy', shape, noise, stream: STREAMS.toyTraining, ...(classes ? { classes } : {}) };
  };
  return [
    datasetFor(spec, ROWS),
    ...(spec.dim === 2 && spec.contextDim === 0 ? [toy('moons')] : []),
    ...(spec.dim === 2 && spec.contextDim === 2 ? [toy('moons', 2)] : []),
    ...(spec.dim === 8 && spec.contextDim === 0 ? [toy('warped8')] : []),
  ];
}

function hasResidualNets({ bijectors }: FlowSpec): boolean {
  return bijectors.some(
    (bijector) => 'conditioner' in bijector && bijector.conditioner.residualBlocks !== undefined,
  );
}

function distinct<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}
