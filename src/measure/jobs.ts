/** The plans and kernels that a run measures, and their sizes. */
import { ShapeError } from '../errors.ts';
import { glow, nice, realnvp, spline } from '../presets/index.ts';
import { shaderSources } from '../gpu/shaderSources.ts';
import { variantName } from '../plan/kernel.ts';
import { retiled } from '../kernels/dense/tiles.ts';
import type { TileSizes } from '../kernels/dense/tiles.ts';
import type { Plan } from '../plan/plan.ts';
import type { Precision } from '../plan/precision.ts';
import type { Domain } from '../model/domain.ts';
import type { FlowModel } from '../spec/layout.ts';
import { PLAIN_VARIANTS } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { chunkRowsOf } from '../passes/workspace.ts';
import { purposeOf } from './choices.ts';
import type { VariantsFor } from './choices.ts';
import { CONFIG_NAMES, configModel } from './configs.ts';
import type { BenchModel } from './configs.ts';
import { kernelCasesOf, shapeKey } from './kernelCases.ts';
import type { KernelCase } from './kernelCases.ts';
import {
  checkedRowsOf,
  isTraining,
  modelOf,
  passRowsOf,
  printedName,
  REPORTED,
  workloadOf,
} from './workloads.ts';
import type { AnyPass, ReportedPass, Workload } from './workloads.ts';
import type { Base } from '../bases/base.ts';
import { BASES } from '../bases/index.ts';
import type { BaseSpec } from '../bases/index.ts';
import { diagonalScale } from '../bijectors/diagonalScale.ts';
import { bijectorOf, BIJECTORS } from '../bijectors/index.ts';
import type { BijectorType } from '../bijectors/index.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { stack } from '../spec/stack.ts';

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

/** A workload to check with a few rows, and the parts to time at full size. */
export interface Job {
  /** Such as `L, 1,024 rows`. */
  shape: string;
  /** More than the workload's rows if the pass runs in chunks. */
  rows: number;
  timed: Workload;
  checked: Workload;
  timesPlan: boolean;
  kernels: readonly KernelCase[];
  /** The pass that the kernels come from: `train_step, L, 1,024 rows`. */
  takenFrom: string;
  variants: KernelVariants;
}

/** Kernels that a sweep uses regardless of the fixed table. */
interface ForcedKernels {
  name: string;
  variants: Partial<KernelVariants>;
  /** Whether they are fused or resident; these kernels have no half-precision variant. */
  isSingle?: boolean;
}

/** A flow and a pass whose plan is either reported or used only for its kernels. */
type Source = { model: BenchModel; rows?: number } & (
  { kind: 'reported'; pass: ReportedPass } | { kind: 'sweep'; pass: AnyPass; kernels?: ForcedKernels }
);

/** The most numbers in a pass's rows on the host. */
const MAX_NUMBERS = 2 ** 27;

/**
 * The jobs in the order in which they run. A kernel at a shape that an earlier job has is omitted.
 * @param fixed the fixed choice, whose precision all plans share
 * @param variantsFor chooses the reported kernels; the sweep uses the `fixed` choice
 * @throws {ShapeError} when there are too many rows, batches come with passes or kernels, or no plan launches a requested
 * kernel
 */
export async function jobsOf(
  scope: BenchScope,
  fixed: KernelVariants,
  variantsFor: VariantsFor = () => fixed,
): Promise<Job[]> {
  const { precision } = fixed;
  requireStepsOnly(scope);
  if (precision === 'f32' && scope.kernels?.includes(HALF_STEM) === true) {
    throw new ShapeError(
      'kernels',
      `${HALF_STEM} at the precision f32`,
      'it at f16',
      "Plans launch it with --precision f16, in a program with { precision: 'f16' }.",
    );
  }
  const wantsPlans = scope.only !== 'kernels' && scope.kernels === undefined;
  const wantsKernels = scope.only !== 'plans' && scope.batches === undefined;
  const wantsStem = (stem: string): boolean => scope.kernels === undefined || scope.kernels.includes(stem);
  const seen = new Set<string>();
  const isNew = ({ dispatch }: KernelCase): boolean => {
    const key = shapeKey(dispatch);
    const isKnown = seen.has(key);
    seen.add(key);
    return !isKnown;
  };
  // All sizes of a workload share one check; all passes with the same purpose share one choice.
  const known = remembered(({ spec }: BenchModel) => ({
    flow: modelOf(spec),
    checks: new Map<string, Workload>(),
    choices: new Map<string, KernelVariants>(),
  }));
  const variantsOf = async (source: Source): Promise<KernelVariants> => {
    if (source.kind === 'sweep') return { ...fixed, ...source.kernels?.variants, precision };
    const { flow, choices } = known(source.model);
    const { pass, rows } = purposeOf(source.pass, flow, source.rows ?? source.model.batch);
    const key = `${pass} ${rows}`;
    const variants = choices.get(key) ?? { ...(await variantsFor(flow, pass, rows)), precision };
    choices.set(key, variants);
    return variants;
  };
  const jobs: Job[] = [];
  for (const source of sourcesOf(scope, wantsKernels, precision)) {
    const { model, pass } = source;
    const { flow, checks } = known(model);
    const rows = source.rows ?? (isTraining(pass) ? model.batch : passRowsOf(flow));
    const atOnce = isTraining(pass) ? rows : atOnceOf(flow, rows);
    const variants = await variantsOf(source);
    const timed = withTiles(workloadOf(flow, pass, atOnce, variants), scope.tiles);
    const kernels = kernelCasesOf(timed.plan).filter(
      (one) => wantsKernels && wantsStem(one.stem) && isNew(one),
    );
    const timesPlan = source.kind === 'reported' && wantsPlans;
    if (!timesPlan && kernels.length === 0) continue;
    const checkedRows = Math.min(atOnce, checkedRowsOf(flow));
    const key = JSON.stringify([pass, checkedRows, variants]);
    const few = checks.get(key) ?? withTiles(workloadOf(flow, pass, checkedRows, variants), scope.tiles);
    checks.set(key, few);
    const forced = source.kind === 'sweep' && source.kernels ? `, ${source.kernels.name} kernels` : '';
    jobs.push({
      shape: shapeOf(model, rows),
      rows,
      timed,
      checked: hasVariants(few.plan, kernels) ? few : timed,
      timesPlan,
      kernels,
      takenFrom: `${printedName(pass)}, ${shapeOf(model, atOnce)}${forced}`,
      variants,
    });
  }
  requireMeasured(scope.kernels ?? [], jobs, precision);
  return jobs;
}

/** @throws {ShapeError} when batches come with a choice of passes or kernels, which they replace */
function requireStepsOnly({ batches, rows, only, kernels }: BenchScope): void {
  if (batches === undefined) return;
  const others = { rows, kernels, 'only "kernels"': only === 'kernels' ? only : undefined };
  const given = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (given.length > 0) {
    throw new ShapeError(
      'batches',
      `them with ${given.join(' and ')}`,
      'batches alone',
      'They time training steps only.',
    );
  }
}

/** @throws {ShapeError} when no job has a requested kernel */
function requireMeasured(stems: readonly string[], jobs: readonly Job[], precision: Precision): void {
  const measured = new Set(jobs.flatMap(({ kernels }) => kernels.map(({ stem }) => stem)));
  const missing = stems.filter((stem) => !measured.has(stem));
  if (missing.length === 0) return;
  throw new ShapeError(
    'kernels',
    `${missing.join(', ')} in no plan of this run`,
    'kernels that its plans launch',
    precision === 'f32'
      ? 'A run without chosen models has a sweep that launches every kernel that the device can run.'
      : 'Not every flow and device uses every kernel; fused and resident kernels and those of residual nets exist at f32 only.',
  );
}

function withTiles(workload: Workload, tiles: BenchScope['tiles'] = {}): Workload {
  const { plan } = workload;
  const dispatches = plan.dispatches.map((dispatch) => retiled(dispatch, tiles[dispatch.kernel.stem] ?? {}));
  return { ...workload, plan: { ...plan, dispatches } };
}

/** Such as `L, 1,024 rows`. */
export function shapeOf({ name }: BenchModel, rows: number): string {
  return `${name}, ${rows.toLocaleString('en')} rows`;
}

/** @throws {ShapeError} when the rows are too many for the host */
function atOnceOf(flow: FlowModel, rows: number): number {
  const { dim } = flow.spec;
  if (rows * dim > MAX_NUMBERS) {
    throw new ShapeError(
      'rows of a pass',
      `${rows.toLocaleString('en')} of ${dim} features`,
      `at most ${Math.floor(MAX_NUMBERS / dim).toLocaleString('en')}`,
    );
  }
  return Math.min(rows, chunkRowsOf(flow));
}

/** Memoises `make`, with one result per key. */
function remembered<K, V>(make: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}

/** Whether the plan has every pipeline of the cases; its choice may depend on the number of rows. */
function hasVariants({ dispatches }: Plan, kernels: readonly KernelCase[]): boolean {
  const variants = new Set(dispatches.map(variantName));
  return kernels.every(({ dispatch }) => variants.has(variantName(dispatch)));
}

/** The kernel that only half-precision plans launch. */
const HALF_STEM = 'half_parameters';

/**
 * Stems of the kernels that can be measured. Those of conditionals are not: they take a small part of a plan of
 * log-densities, and where they put nodes depends on roundings.
 */
export const KERNEL_STEMS: readonly string[] = [...shaderSources]
  .flatMap(([stem, text]) => (text.includes('@compute') ? [stem] : []))
  .filter((stem) => !/^(?:peak|conditional)_/.test(stem))
  .sort();

/** The flows that a run reports. */
export function modelsOf({ models }: BenchScope): readonly BenchModel[] {
  return models ?? CONFIGS;
}

function sourcesOf(scope: BenchScope, wantsKernels: boolean, precision: Precision): Source[] {
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

/** A flow for each base that the other flows lack. */
const BASE_FLOWS = Object.entries<Base>(BASES).flatMap(([type, room]): BenchModel[] => {
  if (room.isStandardNormal === true || room.readsContext === true) return [];
  const base = { type, ...room.defaults() } as BaseSpec;
  return [alone(`${type}(8)`, `a scale of dim 8, base ${type}`, stack([diagonalScale()], { dim: 8, base }))];
});

/** Each bijector that the other flows lack. */
const OTHERS = (Object.keys(BIJECTORS) as BijectorType[])
  .filter((type) => ![GLOW, SPLINE, NICE, SHIFTS, ONE_FEATURE, BOUNDED].some(({ spec }) => has(spec, type)))
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
  ...[GLOW, SPLINE, NICE, SHIFTS, ONE_FEATURE, CONDITIONAL, BOUNDED, ...OTHERS].flatMap((model): Source[] => [
    { kind: 'sweep', model, pass: 'trainStep' },
    { kind: 'sweep', model, pass: 'sample' },
    { kind: 'sweep', model, pass: 'trainStep', kernels: TILED },
    { kind: 'sweep', model, pass: 'sample', kernels: TILED },
  ]),
  ...BASE_FLOWS.flatMap((model): Source[] => [
    { kind: 'sweep', model, pass: 'trainStep' },
    { kind: 'sweep', model, pass: 'sampleAndLogProb' },
    // A resident pass has the densities of the bases inside.
    { kind: 'sweep', model, pass: 'trainStep', kernels: TILED },
    { kind: 'sweep', model, pass: 'sampleAndLogProb', kernels: TILED },
  ]),
];
