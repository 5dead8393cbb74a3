/** The kernel variants that a search may choose from: complete choices, the fixed table's first. */
import * as v from 'valibot';
import { variantName } from '../plan/kernel.ts';
import { bufferBytes } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { purposePlan } from './purpose.ts';
import type { DeviceFacts, Purpose } from './purpose.ts';
import { PRECISIONS } from '../plan/precision.ts';
import type { FlowModel } from '../spec/layout.ts';
import { fixedVariants } from '../plan/variants.ts';
import type { KernelVariants } from '../plan/variants.ts';

/** The valid values of every choice. */
export const variantsSchema = v.object({
  regime: v.picklist(['fused', 'tiled', 'resident']),
  lanes: v.picklist([8, 4, 1]),
  segment: v.picklist([8, 32]),
  product: v.picklist(['plain', 'blocked', 'streamed']),
  weights: v.picklist(['summed', 'sorted']),
  keep: v.picklist(['rebuild', 'store']),
  // Choices stored before this setting existed lack it.
  precision: v.optional(v.picklist(PRECISIONS), 'f32'),
}) satisfies v.GenericSchema<unknown, KernelVariants>;

/** A regime whose plan has more launches is not searched: building its plans would take too long. */
const MAX_LAUNCHES = 4096;

/** WebGPU does not report the memory size. A choice may use this much even if the fixed one uses less. */
const WORKSPACE_BYTES = 256 * 2 ** 20;

/**
 * The choices worth measuring. The fixed table's comes first; the others change one setting of it, or of its
 * counterpart in the other regime. Each has a different plan. Choices that the device cannot run or that need
 * too much memory are omitted.
 */
export function candidateVariants(
  model: FlowModel,
  purpose: Purpose,
  facts: DeviceFacts,
): [KernelVariants, ...KernelVariants[]] {
  const fixed = fixedVariants(facts, purpose.precision);
  const plan = purposePlan(model, purpose, fixed);
  const candidates: [KernelVariants, ...KernelVariants[]] = [fixed];
  if (plan.dispatches.length > MAX_LAUNCHES) return candidates;
  const seen = new Set([signature(plan)]);
  const tooLong = new Set<KernelVariants['regime']>();
  for (const variants of changesOf(fixed)) {
    if (!isRunnable(variants, facts) || isHopeless(variants, fixed, facts)) continue;
    if (tooLong.has(variants.regime)) continue;
    const other = purposePlan(model, purpose, variants);
    if (other.dispatches.length > MAX_LAUNCHES) {
      tooLong.add(variants.regime);
      continue;
    }
    const made = signature(other);
    if (seen.has(made) || !fits(other, plan, facts)) continue;
    seen.add(made);
    candidates.push(variants);
  }
  return candidates;
}

/** The choice in a cache or a checkpoint, if it is valid and this device can run it. */
export function storedVariants(
  stored: unknown,
  model: FlowModel,
  purpose: Purpose,
  facts: DeviceFacts,
): KernelVariants | undefined {
  const { success, output } = v.safeParse(variantsSchema, stored);
  if (!success || !isRunnable(output, facts)) return undefined;
  const { precision = 'f32' } = purpose;
  if (output.precision !== precision) return undefined;
  const fixed = fixedVariants(facts, precision);
  const plans = [output, fixed].map((variants) => purposePlan(model, purpose, variants));
  const [plan, usual] = plans;
  return plan !== undefined && usual !== undefined && fits(plan, usual, facts) ? output : undefined;
}

/** Choices within the same regime come first: they share kernels, so there is less to compile. */
function changesOf(fixed: KernelVariants): KernelVariants[] {
  const { regime, precision: _, ...others } = variantsSchema.entries;
  const within = (base: KernelVariants): KernelVariants[] =>
    Object.entries(others).flatMap(([name, { options }]) =>
      options.map((value) => ({ ...base, [name]: value })),
    );
  const other = regime.options.filter((option) => option !== fixed.regime);
  return [
    ...within(fixed),
    ...other.map((option) => ({ ...fixed, regime: option })).flatMap((base) => [base, ...within(base)]),
  ];
}

function isRunnable({ lanes, regime }: KernelVariants, facts: DeviceFacts): boolean {
  if (regime === 'resident' && facts.refusesResident === true) return false;
  return lanes === 1 || lanes <= facts.subgroupMinSize;
}

/**
 * On a CPU, lanes match its vector unit. Fewer lanes were slower in all measurements; so were the other
 * regime, the other products and the other sums for weights. lavapipe compiles at a kernel's first launch,
 * and nothing can stop it: for 16 s with fewer lanes, for 4 s in the tiled regime.
 */
function isHopeless(
  { lanes, regime, product, weights }: KernelVariants,
  fixed: KernelVariants,
  { software }: DeviceFacts,
): boolean {
  return (
    software &&
    (lanes !== fixed.lanes ||
      regime !== fixed.regime ||
      product !== fixed.product ||
      weights !== fixed.weights)
  );
}

function fits(plan: Plan, usual: Plan, { maxStorageBufferBindingSize }: DeviceFacts): boolean {
  const isBindable = plan.buffers.every((buffer) => bufferBytes(buffer) <= maxStorageBufferBindingSize);
  return isBindable && bytesOf(plan) <= Math.max(bytesOf(usual), WORKSPACE_BYTES);
}

function bytesOf({ buffers }: Plan): number {
  return buffers.reduce((sum, buffer) => sum + bufferBytes(buffer), 0);
}

/** Equal for plans that do the same work. */
export function signature({ buffers, dispatches }: Plan): string {
  const launches = dispatches.map((dispatch) => [
    variantName(dispatch),
    dispatch.params,
    dispatch.buffers,
    dispatch.tables,
    dispatch.workgroups,
  ]);
  return JSON.stringify([buffers, launches]);
}
