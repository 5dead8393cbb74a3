/** Which plans and kernels a run measures, at which sizes. */
import { realnvp } from '../flows/index.ts';
import { variantName } from '../kernel.ts';
import type { Plan } from '../plan.ts';
import { twins } from '../reference/twins.ts';
import { PLAIN_VARIANTS } from '../steps/variants.ts';
import type { KernelVariants } from '../steps/variants.ts';
import { CONFIG_NAMES, configModel } from './configs.ts';
import type { BenchModel } from './configs.ts';
import { kernelCasesOf, shapeKey } from './kernelCases.ts';
import type { KernelCase } from './kernelCases.ts';
import { checkedRowsOf, isTraining, modelOf, passRowsOf, PASSES, workloadOf } from './workloads.ts';
import type { AnyPass, Workload } from './workloads.ts';

export interface BenchScope {
  /** Default S, M and L, with a sweep of further sizes for the kernels. */
  models?: readonly BenchModel[];
  /** Default both. */
  only?: 'plans' | 'kernels';
  /** Stems of the kernels to measure; then no plan is. */
  kernels?: readonly string[];
}

/** A workload to be checked at a few rows, and what of it to time at its full size. */
export interface Job {
  /** Such as `L, 1,024 rows`. */
  shape: string;
  timed: Workload;
  checked: Workload;
  timesPlan: boolean;
  kernels: readonly KernelCase[];
}

interface Source {
  model: BenchModel;
  pass: AnyPass;
  /** Default: the batch, or as many as a pass takes. */
  rows?: number;
  /** Choices of kernels that differ from the run's. */
  variants?: Partial<KernelVariants>;
  reported?: boolean;
}

/** The jobs in the order in which they run. A kernel at a shape that an earlier job has is left out. */
export function jobsOf(scope: BenchScope, variants: KernelVariants): Job[] {
  const wantsPlans = scope.only !== 'kernels' && scope.kernels === undefined;
  const wantsKernels = scope.only !== 'plans';
  const wantsStem = (stem: string): boolean => scope.kernels === undefined || scope.kernels.includes(stem);
  const seen = new Set<string>();
  const isNew = ({ dispatch }: KernelCase): boolean => {
    const key = shapeKey(dispatch);
    const isKnown = seen.has(key);
    seen.add(key);
    return !isKnown;
  };
  // The same check serves every size of a workload.
  const known = remembered(({ spec }: BenchModel) => ({
    flow: modelOf(spec),
    checks: new Map<string, Workload>(),
  }));
  return sourcesOf(scope, wantsKernels).flatMap(({ model, pass, reported, ...source }) => {
    const { flow, checks } = known(model);
    const rows = source.rows ?? (isTraining(pass) ? model.batch : passRowsOf(flow));
    const chosen = { ...variants, ...source.variants };
    const timed = workloadOf(flow, pass, rows, chosen);
    const kernels = kernelCasesOf(timed.plan).filter(
      (one) => wantsKernels && wantsStem(one.stem) && isNew(one),
    );
    const timesPlan = reported === true && wantsPlans;
    if (!timesPlan && kernels.length === 0) return [];
    const checkedRows = Math.min(rows, checkedRowsOf(flow));
    const key = JSON.stringify([pass, checkedRows, chosen]);
    const few = checks.get(key) ?? workloadOf(flow, pass, checkedRows, chosen);
    checks.set(key, few);
    const checked = hasVariants(few.plan, kernels) ? few : timed;
    const shape = `${model.name}, ${rows.toLocaleString('en')} rows`;
    return [{ shape, timed, checked, timesPlan, kernels }];
  });
}

/** `make` with one result for each key. */
function remembered<K, V>(make: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const value = known.get(key) ?? make(key);
    known.set(key, value);
    return value;
  };
}

/** Whether the plan has every pipeline of the cases: how many rows there are may decide which it takes. */
function hasVariants({ dispatches }: Plan, kernels: readonly KernelCase[]): boolean {
  const variants = new Set(dispatches.map(variantName));
  return kernels.every(({ dispatch }) => variants.has(variantName(dispatch)));
}

/** Stems of the kernels that can be measured. */
export const KERNEL_STEMS: readonly string[] = Object.keys(twins).filter((stem) => !stem.startsWith('peak_'));

function sourcesOf({ models }: BenchScope, wantsKernels: boolean): Source[] {
  const reported = (models ?? CONFIGS).flatMap((model) =>
    PASSES.map((pass): Source => ({ model, pass, reported: true })),
  );
  return models === undefined && wantsKernels ? [...reported, ...SWEEP] : reported;
}

const CONFIGS = CONFIG_NAMES.map(configModel) as [S: BenchModel, M: BenchModel, L: BenchModel];
const [SMALL, MEDIUM, LARGE] = CONFIGS;

const STANDARDIZED: BenchModel = {
  name: 'realnvp(8)',
  summary: '6 couplings, dim 8, shared net 4→64→64→8, standardised data',
  spec: realnvp(8, { couplings: 6, hidden: [64, 64] }),
  batch: 2048,
};

const THREE_LAYERS: BenchModel = {
  name: 'realnvp(2), three hidden layers',
  summary: '5 couplings, dim 2, shared net 1→32→32→32→2, standardised data',
  spec: realnvp(2, { couplings: 5, hidden: [32, 32, 32] }),
  batch: 512,
};

/** What brings in the kernels that the configurations do not use, and other sizes of those that they do. */
const SWEEP: readonly Source[] = [
  { model: SMALL, pass: 'train_step', rows: 4096 },
  { model: MEDIUM, pass: 'train_step', rows: 4096 },
  { model: LARGE, pass: 'train_step', rows: 256 },
  { model: SMALL, pass: 'toy_train_step', rows: 65_536 },
  { model: THREE_LAYERS, pass: 'train_step', variants: { regime: 'fused' } },
  { model: SMALL, pass: 'train_step', variants: PLAIN_VARIANTS },
  { model: LARGE, pass: 'train_step', variants: PLAIN_VARIANTS },
  { model: STANDARDIZED, pass: 'train_step', variants: PLAIN_VARIANTS },
  { model: STANDARDIZED, pass: 'sample_and_log_prob', variants: PLAIN_VARIANTS },
];
