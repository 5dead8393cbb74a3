/** The plans and kernels that a run measures, and their sizes. */
import { ShapeError } from '../errors.ts';
import { SHADER_STEMS } from '../gpu/shaderSources.ts';
import { variantName } from '../plan/kernel.ts';
import { retiled } from '../kernels/dense/tiles.ts';
import type { Plan } from '../plan/plan.ts';
import type { Precision } from '../plan/precision.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { chunkRowsOf } from '../passes/workspace.ts';
import { purposeOf } from './choices.ts';
import type { VariantsFor } from './choices.ts';
import type { BenchModel } from './configs.ts';
import { kernelCasesOf, shapeKey } from './kernelCases.ts';
import type { KernelCase } from './kernelCases.ts';
import { sourcesOf } from './sources.ts';
import type { BenchScope, Source } from './sources.ts';
import { checkedRowsOf, isTraining, modelOf, passRowsOf, printedName, workloadOf } from './workloads.ts';
import type { Workload } from './workloads.ts';

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
export const KERNEL_STEMS: readonly string[] = SHADER_STEMS.filter(
  (stem) => !/^(?:peak|conditional)_/.test(stem),
).sort();
