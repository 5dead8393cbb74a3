/** Checks plans on the GPU against their f64 twins, dispatch by dispatch and as a whole. */
import type { Gpu } from '../gpu/gpu.ts';
import { GpuProgram } from '../gpu/executor.ts';
import { activeBindings, variantName } from '../plan/kernel.ts';
import type { Dispatch, ElementType } from '../plan/kernel.ts';
import type { BufferSpec, Plan } from '../plan/plan.ts';
import { distanceToHalf } from '../plan/precision.ts';
import { hostArray, ReferenceProgram } from '../reference/executor.ts';
import type { HostArray } from '../reference/executor.ts';
import { LAYER_SUMS } from '../plan/names.ts';
import { HalfSteps, roundAlike } from './halfSteps.ts';
import { kernelCasesOf } from './kernelCases.ts';
import { download, upload } from './planBuffers.ts';
import type { BufferValues } from './planBuffers.ts';
import { peakCheckPlans } from './peaks.ts';
import type { Workload } from './workloads.ts';

/** |gpu − twin| ≤ bound · (1 + |twin|) for every element: a few roundings of float32. */
export const VALUE_BOUND = 1e-5;
/** ‖gpu − twin‖ ≤ bound · ‖twin‖: gradients are sums that partly cancel. */
export const GRADIENT_BOUND = 1e-4;

/** Kernels leave scratch values in these buffers, which are not compared. */
const SCRATCH: readonly string[] = [LAYER_SUMS];

const BOUNDED_BY_NORM = /^d_|gradient|moment|partial|piece_sums/;

export interface Mismatch {
  /** The kernel's variant, or the plan. */
  what: string;
  buffer: string;
  /** The error as a multiple of the allowed error; above 1, or NaN. */
  excess: number;
  /** The element with the largest error. */
  element: number;
  found: number;
  expected: number;
}

export interface Verification {
  /** For each kernel variant, by `variantName`: the worst buffer's share of the allowed error. */
  kernels: Map<string, number>;
  /** The same for the results of the whole plan. */
  plan: number;
  mismatches: Mismatch[];
}

/**
 * Runs the workload with the twins. At every kernel and shape it also runs the dispatch on the GPU from the
 * same float32 values or halves; finally it runs the whole plan on the GPU. A stored half must be the rounded
 * value of the twin, or of a value within float32's error of it. In the second case the twins continue from
 * the GPU's half, so that all roundings agree and float32's bounds apply.
 */
export async function verify(
  context: Gpu,
  { plan, contents, results }: Pick<Workload, 'plan' | 'contents' | 'results'>,
  signal?: AbortSignal,
): Promise<Verification> {
  using halves = await HalfSteps.of(context, plan, contents);
  const reference = new ReferenceProgram(plan, undefined, (values, buffer) =>
    roundAlike(values, halves?.stored(buffer) ?? [], VALUE_BOUND),
  );
  for (const [name, values] of contents) reference.buffer(name).set(values);
  const mismatches: Mismatch[] = [];
  const kernels = new Map<string, number>();
  const checked = new Set(kernelCasesOf(plan).map(({ index }) => index));
  for (const [index, dispatch] of plan.dispatches.entries()) {
    signal?.throwIfAborted();
    if (checked.has(index)) {
      const name = variantName(dispatch);
      const found = await verifyDispatch(context, plan, dispatch, reference);
      kernels.set(name, worse(kernels.get(name) ?? 0, found.worst));
      mismatches.push(...found.mismatches);
    }
    await halves?.run(dispatch);
    reference.run(index, index + 1);
  }
  const names = new Set(results);
  const gpu = await runOnGpu(context, plan, contents, results);
  const whole = compareAll(
    plan.label,
    plan.buffers.filter(({ name }) => names.has(name)),
    gpu,
    reference.buffers,
  );
  return { kernels, plan: whole.worst, mismatches: [...mismatches, ...whole.mismatches] };
}

interface Comparison {
  worst: number;
  mismatches: Mismatch[];
}

/** Checks every layout of the peak kernels against its twin. */
export async function verifyPeaks(context: Gpu): Promise<Mismatch[]> {
  const mismatches: Mismatch[] = [];
  for (const plan of peakCheckPlans()) {
    const input = Float32Array.from({ length: 4 * 257 }, (_, i) => Math.sin(i));
    const contents = new Map(
      plan.buffers.filter(({ name }) => name === 'input').map(({ name }) => [name, input]),
    );
    const found = await verify(context, { plan, contents, results: [] });
    mismatches.push(...found.mismatches);
  }
  return mismatches;
}

async function verifyDispatch(
  context: Gpu,
  { label, buffers }: Plan,
  dispatch: Dispatch,
  reference: ReferenceProgram,
): Promise<Comparison> {
  const bindings = activeBindings(dispatch.kernel, dispatch.flags);
  const namesOf = (access?: string): Set<string> =>
    new Set(
      bindings
        .filter(({ spec }) => access === undefined || spec.access === access)
        .map(({ name }) => dispatch.buffers[name] ?? name),
    );
  const bound = namesOf();
  const plan: Plan = {
    label: `${label} ${dispatch.kernel.stem}`,
    buffers: buffers.filter(({ name }) => bound.has(name)),
    dispatches: [dispatch],
  };
  const contents = new Map(
    plan.buffers.map(({ name }) => {
      const values = reference.buffer(name);
      return [name, values instanceof Float64Array ? Float32Array.from(values) : values.slice()];
    }),
  );
  const twin = new Map(
    plan.buffers.map(({ name, element, length }) => {
      const start = hostArray(element, length);
      start.set(contents.get(name) ?? []);
      return [name, start];
    }),
  );
  // Stored halves are compared before rounding.
  new ReferenceProgram(plan, twin, () => undefined).run();
  const written = namesOf('read_write');
  for (const name of SCRATCH) written.delete(name);
  const gpu = await runOnGpu(context, plan, contents, [...written]);
  return compareAll(
    variantName(dispatch),
    plan.buffers.filter(({ name }) => written.has(name)),
    gpu,
    twin,
  );
}

/** The contents of the named buffers after one run of a separate program. */
async function runOnGpu(
  context: Gpu,
  plan: Plan,
  contents: Workload['contents'],
  wanted: readonly string[],
): Promise<Map<string, BufferValues>> {
  using program = await GpuProgram.create(context, plan);
  for (const spec of plan.buffers) {
    const values = contents.get(spec.name);
    if (values !== undefined) upload(context, program, spec, values);
  }
  await program.run();
  const found = new Map<string, BufferValues>();
  for (const spec of plan.buffers) {
    if (wanted.includes(spec.name)) found.set(spec.name, await download(context, program, spec));
  }
  return found;
}

function compareAll(
  what: string,
  buffers: readonly BufferSpec[],
  gpu: ReadonlyMap<string, BufferValues>,
  twin: ReadonlyMap<string, HostArray>,
): Comparison {
  const compared = buffers.flatMap(({ name, element }) => {
    const found = gpu.get(name);
    const expected = twin.get(name);
    return found === undefined || expected === undefined
      ? []
      : [compare(what, name, found, expected, element)];
  });
  return {
    worst: compared.reduce((worst, { excess }) => worse(worst, excess), 0),
    // NaN is a mismatch too.
    mismatches: compared.filter(({ excess }) => !(excess <= 1)),
  };
}

/**
 * Compares one buffer: `excess` is the error as a share of the allowed error. For a stored half, the error is
 * the distance of the expected number from the numbers that round to this half.
 */
export function compare(
  what: string,
  buffer: string,
  found: ArrayLike<number>,
  expected: ArrayLike<number>,
  element: ElementType = 'f32',
): Mismatch {
  const byNorm = BOUNDED_BY_NORM.test(buffer);
  let excess = 0;
  let worst = 0;
  let furthest = 0;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; i++) {
    const wanted = expected[i] ?? NaN;
    const value = found[i] ?? NaN;
    const apart = element === 'f16' ? distanceToHalf(value, wanted) : Math.abs(value - wanted);
    const share = apart / (VALUE_BOUND * (1 + Math.abs(wanted)));
    excess = worse(excess, share);
    difference += apart * apart;
    norm += wanted * wanted;
    const distance = byNorm ? apart : share;
    if (!(distance <= furthest) && !Number.isNaN(furthest)) {
      furthest = distance;
      worst = i;
    }
  }
  return {
    what,
    buffer,
    excess: byNorm ? Math.sqrt(difference) / (GRADIENT_BOUND * Math.max(Math.sqrt(norm), 1e-30)) : excess,
    element: worst,
    found: found[worst] ?? NaN,
    expected: expected[worst] ?? NaN,
  };
}

/** Whichever is worse; NaN is worse than any number. */
function worse(a: number, b: number): number {
  return b <= a || Number.isNaN(a) ? a : b;
}
