/** The flows and passes that a run takes its plans and kernels from. */
import { glow, nice, realnvp, spline } from '../presets/index.ts';
import type { TileSizes } from '../kernels/dense/tiles.ts';
import type { Precision } from '../plan/precision.ts';
import type { Domain } from '../model/domain.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { CONFIG_NAMES, configModel } from './configs.ts';
import type { BenchModel } from './configs.ts';
import { isTraining, REPORTED } from './workloads.ts';
import type { AnyPass, ReportedPass } from './workloads.ts';
import type { Base } from '../bases/base.ts';
import { BASES } from '../bases/index.ts';
import type { BaseSpec } from '../bases/index.ts';
import { diagonalScale } from '../bijectors/diagonalScale.ts';
import {
  bijectorOf,
  BIJECTORS,
  channelActnorm,
  convAdditiveCoupling,
  convAffineCoupling,
  convLinear,
  logit,
  split,
  squeeze,
} from '../bijectors/index.ts';
import type { BijectorType } from '../bijectors/index.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { stack } from '../spec/stack.ts';

/** What `bench` measures. */
export interface BenchScope {
  /** Default S, M and L, with a sweep over further sizes for the kernels. */
  models?: readonly BenchModel[];
  /** Rows of all passes but training; default a few thousand. Rows beyond one plan's limit are run in chunks. */
  rows?: readonly number[];
  /** Batches of the training step, in place of the model's. Then nothing else is measured. */
  batches?: readonly number[];
  /** Default both. */
  only?: 'plans' | 'kernels';
  /** Stems of the kernels to measure, each launched by some plan; then no plan is measured. */
  kernels?: readonly string[];
  /** Tile sizes by kernel stem, which replace the launcher's own. */
  tiles?: Readonly<Record<string, TileSizes>>;
}

/** Kernels that a sweep uses regardless of the fixed table. */
interface ForcedKernels {
  name: string;
  variants: Partial<KernelVariants>;
  /** Whether they are fused or resident; these kernels have no half-precision variant. */
  isSingle?: boolean;
}

/** A flow and a pass whose plan is either reported or used only for its kernels. */
export type Source = { model: BenchModel; rows?: number } & (
  { kind: 'reported'; pass: ReportedPass } | { kind: 'sweep'; pass: AnyPass; kernels?: ForcedKernels }
);

/** The flows that a run reports. */
export function modelsOf({ models }: BenchScope): readonly BenchModel[] {
  return models ?? CONFIGS;
}

/** What a run measures, in order: what it reports, then what it takes only kernels from. */
export function sourcesOf(scope: BenchScope, wantsKernels: boolean, precision: Precision): Source[] {
  const { models, rows, batches } = scope;
  if (batches !== undefined) {
    return modelsOf(scope).flatMap((model) =>
      [...new Set(batches)].map((rows): Source => ({ kind: 'reported', model, pass: 'trainStep', rows })),
    );
  }
  const sizes = rows === undefined ? [undefined] : [...new Set(rows)];
  const reported = modelsOf(scope).flatMap((model) =>
    REPORTED.flatMap((pass) =>
      (isTraining(pass) ? [undefined] : sizes).map((rows): Source => ({
        kind: 'reported',
        model,
        pass,
        rows,
      })),
    ),
  );
  if (models !== undefined || !wantsKernels) return reported;
  return [...reported, ...(precision === 'f32' ? SWEEP : SWEEP.filter(hasHalves))];
}

/** Whether the kernels of a sweep's plan exist at half precision. */
function hasHalves(source: Source): boolean {
  return source.model !== RESIDUAL && !(source.kind === 'sweep' && source.kernels?.isSingle === true);
}

const CONFIGS = CONFIG_NAMES.map(configModel) as [S: BenchModel, M: BenchModel, L: BenchModel];
const [SMALL, MEDIUM, LARGE] = CONFIGS;

const STANDARDIZED: BenchModel = {
  name: 'realnvp(8)',
  summary: '6 couplings, dim 8, shared net 4-64-64-8, standardised data',
  spec: realnvp(8, { couplings: 6, hidden: [64, 64] }),
  batch: 2048,
};

const FAMILY = { couplings: 2, hidden: [64, 64] };
const [GLOW, SPLINE, NICE] = (
  [
    ['glow(8)', glow],
    ['spline(8)', spline],
    ['nice(8)', nice],
  ] as const
).map(([name, preset]): BenchModel => ({
  name,
  summary: '2 couplings, dim 8, nets of 64-64, standardised data',
  spec: preset(8, FAMILY),
  batch: 2048,
})) as [BenchModel, BenchModel, BenchModel];

const SHIFTS: BenchModel = {
  name: 'shifts(8)',
  summary: 'nice(8) without what changes volumes, and a permutation',
  spec: {
    ...NICE.spec,
    bijectors: [
      ...NICE.spec.bijectors.filter((layer) => bijectorOf(layer).preservesVolume),
      { type: 'permutation', init: 'random' },
    ],
  },
  batch: 2048,
};

const ONE_FEATURE: BenchModel = {
  name: 'spline(1)',
  summary: '2 elementwise splines and actnorms, dim 1, standardised data',
  spec: spline(1, { couplings: 2 }),
  batch: 2048,
};

const CONDITIONAL: BenchModel = {
  name: 'conditional(8)',
  summary: 'realnvp(8) of 2 couplings given 3 context features, which also give the mean of its base',
  spec: { ...realnvp(8, { ...FAMILY, contextDim: 3 }), base: { type: 'class_conditional' } },
  batch: 2048,
};

const BOUNDS: Domain[] = ['positive', 'positive', 'unit', 'unit'];
const BOUNDED: BenchModel = {
  name: 'domains(8)',
  summary: 'dim 8, half of it above 0 and half in (0, 1), mapped and scaled',
  spec: {
    ...NICE.spec,
    bijectors: [{ type: 'domain', features: [...BOUNDS, ...BOUNDS] }, { type: 'diagonal_scale' }],
  },
  batch: 2048,
};

const CONV_NET = { hidden: [16, 16] };
const IMAGES: BenchModel = {
  name: 'images(1 × 8 × 8)',
  summary: 'images of 8 × 8 given 2 context features: two levels, convolutional nets of 16-16',
  spec: stack(
    [
      logit(),
      convAffineCoupling({ mask: 'checkerboard', conditioner: CONV_NET }),
      convAdditiveCoupling({ mask: 'checkerboard', conditioner: CONV_NET }),
      squeeze(),
      channelActnorm(),
      convLinear(),
      convAffineCoupling({ conditioner: CONV_NET }),
      split(),
      convAdditiveCoupling({ conditioner: CONV_NET }),
    ],
    { image: [1, 8, 8], contextDim: 2 },
  ),
  batch: 64,
};

/** A flow for each base that the other flows lack. */
const BASE_FLOWS = Object.entries<Base>(BASES).flatMap(([type, room]): BenchModel[] => {
  if (room.isStandardNormal === true || room.readsContext === true) return [];
  const base = { type, ...room.defaults() } as BaseSpec;
  return [alone(`${type}(8)`, `a scale of dim 8, base ${type}`, stack([diagonalScale()], { dim: 8, base }))];
});

/** Each bijector that the other flows lack. */
const OTHERS = (Object.keys(BIJECTORS) as BijectorType[])
  .filter(
    (type) => ![GLOW, SPLINE, NICE, SHIFTS, ONE_FEATURE, BOUNDED, IMAGES].some(({ spec }) => has(spec, type)),
  )
  .map((type) => alone(`${type}(8)`, 'alone, dim 8', stack([{ type }], { dim: 8 })));

function has({ bijectors }: FlowSpec, type: BijectorType): boolean {
  return bijectors.some((bijector) => bijector.type === type);
}

function alone(name: string, summary: string, spec: FlowSpec): BenchModel {
  return { name, summary, spec, batch: 2048 };
}

const THREE_LAYERS: BenchModel = {
  name: 'realnvp(2), three hidden layers',
  summary: '5 couplings, dim 2, shared net 1-32-32-32-2, standardised data',
  spec: realnvp(2, { couplings: 5, hidden: [32, 32, 32] }),
  batch: 512,
};

const MIXED: BenchModel = {
  name: 'glow(2)',
  summary: '5 couplings after actnorms and linear maps, dim 2, shared net 1-32-32-2, standardised data',
  spec: glow(2, { couplings: 5, hidden: [32, 32] }),
  batch: 512,
};

const CURVED: BenchModel = {
  name: 'spline(2)',
  summary: '2 spline couplings, dim 2, nets of 32-32, standardised data',
  spec: spline(2, { couplings: 2, hidden: [32, 32] }),
  batch: 512,
};

const GIVEN: BenchModel = {
  name: 'conditional(2)',
  summary: '5 couplings, dim 2, shared net 5-32-32-2, given 4 context features, standardised data',
  spec: realnvp(2, { couplings: 5, hidden: [32, 32], contextDim: 4 }),
  batch: 512,
};

const RESIDUAL: BenchModel = {
  name: 'realnvp(8), residual nets',
  summary: 'one coupling, dim 8, shared residual net of one block of 64, standardised data',
  spec: realnvp(8, { couplings: 1, hidden: [64], residualBlocks: 1 }),
  batch: 2048,
};

const PLAIN: ForcedKernels = { name: 'plain', variants: PLAIN_VARIANTS };
const BLOCKED: ForcedKernels = { name: 'blocked', variants: { ...PLAIN_VARIANTS, product: 'blocked' } };
const TILED: ForcedKernels = { name: 'tiled', variants: { regime: 'tiled' } };
const RESIDENT: ForcedKernels = { name: 'resident', variants: { regime: 'resident' }, isSingle: true };
const FUSED: ForcedKernels = { name: 'fused', variants: { regime: 'fused' }, isSingle: true };
const SUMMED: ForcedKernels = {
  name: 'summed',
  variants: { ...FUSED.variants, weights: 'summed' },
  isSingle: true,
};
const SORTED: ForcedKernels = {
  name: 'sorted',
  variants: { ...FUSED.variants, weights: 'sorted' },
  isSingle: true,
};

/** Adds kernels that the configurations do not use, and other sizes of kernels that they do. */
const SWEEP: readonly Source[] = [
  { kind: 'sweep', model: SMALL, pass: 'trainStep', rows: 4096 },
  { kind: 'sweep', model: MEDIUM, pass: 'trainStep', rows: 4096 },
  { kind: 'sweep', model: MEDIUM, pass: 'trainStep', kernels: SUMMED },
  { kind: 'sweep', model: MEDIUM, pass: 'trainStep', kernels: SORTED },
  { kind: 'sweep', model: LARGE, pass: 'trainStep', rows: 256 },
  { kind: 'sweep', model: SMALL, pass: 'toyTrainStep', rows: 65_536 },
  { kind: 'sweep', model: STANDARDIZED, pass: 'toyTrainStep', rows: 4096 },
  { kind: 'sweep', model: SMALL, pass: 'averagedTrainStep' },
  { kind: 'sweep', model: SMALL, pass: 'frozenTrainStep' },
  { kind: 'sweep', model: SMALL, pass: 'noisyTrainStep' },
  { kind: 'sweep', model: SMALL, pass: 'sgdTrainStep' },
  { kind: 'sweep', model: THREE_LAYERS, pass: 'trainStep', kernels: FUSED },
  { kind: 'sweep', model: GIVEN, pass: 'trainStep', kernels: FUSED },
  { kind: 'sweep', model: MIXED, pass: 'trainStep', kernels: FUSED },
  { kind: 'sweep', model: CURVED, pass: 'trainStep', kernels: SORTED },
  { kind: 'sweep', model: SMALL, pass: 'trainStep', kernels: FUSED },
  { kind: 'sweep', model: SMALL, pass: 'sample', kernels: FUSED },
  { kind: 'sweep', model: SMALL, pass: 'trainStep', kernels: RESIDENT },
  { kind: 'sweep', model: SMALL, pass: 'trainStep', kernels: PLAIN },
  { kind: 'sweep', model: LARGE, pass: 'trainStep', kernels: PLAIN },
  { kind: 'sweep', model: LARGE, pass: 'trainStep', rows: 512, kernels: BLOCKED },
  { kind: 'sweep', model: STANDARDIZED, pass: 'trainStep', kernels: PLAIN },
  { kind: 'sweep', model: STANDARDIZED, pass: 'sampleAndLogProb', kernels: PLAIN },
  { kind: 'sweep', model: RESIDUAL, pass: 'trainStep', kernels: TILED },
  { kind: 'sweep', model: GLOW, pass: 'dataStart' },
  { kind: 'sweep', model: NICE, pass: 'trace' },
  { kind: 'sweep', model: NICE, pass: 'logProbGradient' },
  { kind: 'sweep', model: BOUNDED, pass: 'logProbGradient' },
  { kind: 'sweep', model: IMAGES, pass: 'logProbGradient' },
  { kind: 'sweep', model: IMAGES, pass: 'trainStep', kernels: PLAIN },
  { kind: 'sweep', model: IMAGES, pass: 'trainStep', kernels: BLOCKED },
  ...[GLOW, SPLINE, NICE, SHIFTS, ONE_FEATURE, CONDITIONAL, BOUNDED, IMAGES, ...OTHERS].flatMap(
    (model): Source[] => [
      { kind: 'sweep', model, pass: 'trainStep' },
      { kind: 'sweep', model, pass: 'sample' },
      { kind: 'sweep', model, pass: 'trainStep', kernels: TILED },
      { kind: 'sweep', model, pass: 'sample', kernels: TILED },
    ],
  ),
  ...BASE_FLOWS.flatMap((model): Source[] => [
    { kind: 'sweep', model, pass: 'trainStep' },
    { kind: 'sweep', model, pass: 'sampleAndLogProb' },
    // A resident pass has the densities of the bases inside.
    { kind: 'sweep', model, pass: 'trainStep', kernels: TILED },
    { kind: 'sweep', model, pass: 'sampleAndLogProb', kernels: TILED },
  ]),
];
