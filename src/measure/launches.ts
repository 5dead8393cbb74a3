/** The dispatches of a plan by kind: how each is launched, and how much work it has. */
import type { AdapterReport } from '../gpu/device.ts';
import { preprocess } from '../gpu/preprocess.ts';
import { variantName } from '../plan/kernel.ts';
import type { Dispatch } from '../plan/kernel.ts';
import type { Plan } from '../plan/plan.ts';
import { groupSizeOf } from './machineCode.ts';
import type { Work } from './roofline.ts';

/** Dispatches of one kernel variant with the same workgroups and the same work. */
export interface LaunchKind extends Work {
  /** The kernel's stem. */
  kernel: string;
  /** The flags and sizes that it was compiled with. */
  variant: string;
  /** Launches of this kind. */
  count: number;
  /** Of one dispatch; so are the FLOPs and the bytes. */
  workgroups: number;
  /** Invocations of a workgroup. */
  groupSize: number;
  /** Entries of the table that a workgroup follows, one after the other; absent without a table. */
  operations?: number;
}

/** In the order of their first dispatches. */
export async function launchKinds({ dispatches }: Plan): Promise<LaunchKind[]> {
  const groupSizes = new Map<string, number>();
  const kinds = new Map<string, LaunchKind>();
  for (const dispatch of dispatches) {
    const { kernel, flops, bytes, chain } = dispatch;
    const variant = variantName(dispatch);
    const workgroups = dispatch.workgroups.reduce((product, count) => product * count, 1);
    const groupSize = groupSizes.get(variant) ?? (await groupSizeIn(dispatch));
    groupSizes.set(variant, groupSize);
    const key = [variant, workgroups, flops, bytes, chain?.operations].join(' ');
    const known = kinds.get(key)?.count ?? 0;
    kinds.set(key, {
      kernel: kernel.stem,
      variant,
      count: known + 1,
      workgroups,
      groupSize,
      flops,
      bytes,
      ...(chain === undefined ? {} : { operations: chain.operations }),
    });
  }
  return [...kinds.values()];
}

async function groupSizeIn({ kernel, flags, sizes, constants }: Dispatch): Promise<number> {
  return groupSizeOf(await preprocess(kernel.stem, flags, sizes), constants);
}

/** Lanes of a subgroup if an adapter does not say: of NVIDIA's and Apple's GPUs, and of AMD's newer ones. */
const ASSUMED_LANES = 32;

/** The lanes of a subgroup, as a kernel sees them. */
export interface SubgroupSize {
  /** Number of lanes. */
  lanes: number;
  /** `32 lanes (assumed: …)`, or `8 lanes`. */
  words: string;
}

/** The size of the adapter's subgroups. Most GPUs report a range, and WebGPU 4 to 128 for an unknown one. */
export function subgroupSizeOf(
  adapter?: Pick<AdapterReport, 'subgroupMinSize' | 'subgroupMaxSize'>,
): SubgroupSize {
  const { subgroupMinSize: min = 0, subgroupMaxSize: max = 0 } = adapter ?? {};
  if (min > 0 && min === max) return { lanes: min, words: `${min} lanes` };
  const reason =
    adapter === undefined
      ? 'no adapter is open'
      : `the adapter reports ${max > 0 ? `${min} to ${max}` : 'no size'}`;
  const lanes = max > 0 ? Math.min(Math.max(ASSUMED_LANES, min), max) : ASSUMED_LANES;
  return { lanes, words: `${lanes} lanes (assumed: ${reason})` };
}

/** Subgroups of one dispatch. */
export function subgroupsOf(
  { workgroups, groupSize }: Pick<LaunchKind, 'workgroups' | 'groupSize'>,
  { lanes }: Pick<SubgroupSize, 'lanes'>,
): number {
  return workgroups * Math.ceil(groupSize / lanes);
}
