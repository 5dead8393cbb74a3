/** The dispatches of a model's plans, in tables: how they are launched, and what bounds them. */
import { launchBound, SCALES } from '../measure/bounds.ts';
import type { GpuScale, LaunchBound } from '../measure/bounds.ts';
import { OPERATION_CYCLES } from '../measure/gpuModel.ts';
import { amount, intensityOf, duration, rate } from '../measure/index.ts';
import { launchKinds, subgroupSizeOf, subgroupsOf } from '../measure/launches.ts';
import type { LaunchKind } from '../measure/launches.ts';
import { passRowsOf, printedName, REPORTED, reportedPlan } from '../measure/workloads.ts';
import { PASSES } from '../passes/index.ts';
import type { PassName } from '../passes/index.ts';
import { planCost } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { FlowModel } from '../spec/layout.ts';
import { tableText } from './table.ts';

/** No adapter is open. */
const SUBGROUPS = subgroupSizeOf();

type Scale = keyof typeof SCALES;
const SCALE_NAMES = Object.keys(SCALES) as Scale[];

/** A pass or a training step. */
export interface PlanLaunches {
  name: string;
  rows: number;
  dispatches: number;
  /** Of the whole plan. */
  flops: number;
  bytes: number;
  /** At least this many milliseconds on each GPU, by its maker's figures. */
  leastMs: Record<Scale, number>;
  kinds: BoundKind[];
}

export interface BoundKind extends LaunchKind {
  subgroups: number;
  bound: Record<Scale, LaunchBound>;
}

/** The training step of `batch` rows, and every pass over the rows that `wgflow bench` takes. */
export function planLaunches(
  model: FlowModel,
  batch: number,
  variants: KernelVariants,
): Promise<PlanLaunches[]> {
  const rows = passRowsOf(model);
  const passes = Object.entries(PASSES).map(([pass, { plan }]) =>
    launchesOf(printedName(pass as PassName), rows, plan(model, { count: rows }, variants)),
  );
  const step = launchesOf('train_step', batch, reportedPlan(model, 'trainStep', batch, variants));
  return Promise.all([step, ...passes]);
}

async function launchesOf(name: string, rows: number, plan: Plan): Promise<PlanLaunches> {
  const kinds = (await launchKinds(plan)).map((kind): BoundKind => ({
    ...kind,
    subgroups: subgroupsOf(kind, SUBGROUPS),
    bound: ofScales((scale) => launchBound(kind, scale)),
  }));
  const leastMs = ofScales((_, name) =>
    kinds.reduce((sum, { count, bound }) => sum + count * bound[name].leastMs, 0),
  );
  return { name, rows, ...planCost(plan), leastMs, kinds };
}

function ofScales<T>(of: (scale: GpuScale, name: Scale) => T): Record<Scale, T> {
  return { small: of(SCALES.small, 'small'), large: of(SCALES.large, 'large') };
}

/** A line for each plan, and one for each kind of dispatch of the reported plans. */
export function launchTables(plans: readonly PlanLaunches[]): string[] {
  const least = SCALE_NAMES.map((name) => `at least, on ${SCALES[name].title}`);
  const totals = plans.map(({ name, rows, dispatches, flops, bytes, leastMs }) => [
    name,
    rows.toLocaleString('en'),
    dispatches.toLocaleString('en'),
    amount(flops),
    amount(bytes),
    ...SCALE_NAMES.map((scale) => duration(leastMs[scale])),
  ]);
  const reported: readonly string[] = REPORTED.map(printedName);
  const kinds = plans
    .filter(({ name }) => reported.includes(name))
    .flatMap(({ name, kinds }) => kinds.map((kind, index) => kindCells(index === 0 ? name : '', kind)));
  return [
    tableText(totals, ['plan', 'rows', 'dispatches', 'FLOPs', 'bytes', ...least]),
    tableText(kinds, [
      'plan',
      'dispatch',
      'workgroups',
      'subgroups',
      'FLOPs',
      'bytes',
      'FLOPs a byte',
      ...SCALE_NAMES.map((name) => `${SCALES[name].title}: bound by`),
    ]),
    NOTE,
  ];
}

function kindCells(plan: string, kind: BoundKind): string[] {
  const { kernel, count, workgroups, groupSize, subgroups, flops, bytes } = kind;
  return [
    plan,
    count === 1 ? kernel : `${count} × ${kernel}`,
    `${workgroups.toLocaleString('en')} × ${groupSize}`,
    subgroups.toLocaleString('en'),
    amount(flops),
    amount(bytes),
    rate(intensityOf(kind)),
    ...SCALE_NAMES.map((name) => boundText(kind, SCALES[name], kind.bound[name])),
  ];
}

/** `latency, 31.2 µs, 8 of 96 cores`. */
function boundText({ workgroups }: LaunchKind, { cores }: GpuScale, { by, leastMs }: LaunchBound): string {
  const idle = workgroups < cores ? `, ${workgroups} of ${cores} cores` : '';
  return `${by}, ${duration(leastMs)}${idle}`;
}

const SCALE_WORDS = SCALE_NAMES.map((name) => {
  const { title, gflops, gbPerSecond, cores } = SCALES[name];
  return `${title} (${rate(gflops / 1000)} TFLOP/s, ${rate(gbPerSecond)} GB/s, ${cores} cores)`;
}).join(' and ');

const NOTE =
  "Nothing here is measured. FLOPs, bytes and subgroups are the plan's, of one dispatch each. The kernels are those of the " +
  `fixed table for a GPU without subgroups; a subgroup has ${SUBGROUPS.words}. Times and bounds are for ${SCALE_WORDS}, ` +
  "by their makers' figures. A dispatch takes at least its launch, " +
  `${duration(SCALES.large.launchMs)}, and the longest of arithmetic, memory and latency. A workgroup runs on one core. ` +
  `Latency is that of a table of operations, one after the other, with ${OPERATION_CYCLES} cycles each. ` +
  '"wgflow bench" measures your adapter.\n';
