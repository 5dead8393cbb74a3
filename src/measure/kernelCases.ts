/** The kernels of a plan, each with the shapes of its launches. */
import { variantName } from '../plan/kernel.ts';
import type { Dispatch } from '../plan/kernel.ts';
import type { Plan } from '../plan/plan.ts';

export interface KernelCase {
  stem: string;
  /** The first dispatch of this kernel and shape, and its index in the plan. */
  dispatch: Dispatch;
  index: number;
  /** Distinguishes it from other cases of the same stem in the plan: `inputs 21, outputs 256`; often empty. */
  detail: string;
}

/** A case for every kernel of the plan and each of its shapes. */
export function kernelCasesOf({ dispatches }: Plan): KernelCase[] {
  const cases = new Map<string, Omit<KernelCase, 'detail'>>();
  dispatches.forEach((dispatch, index) => {
    const key = shapeKey(dispatch);
    if (!cases.has(key)) cases.set(key, { stem: dispatch.kernel.stem, dispatch, index });
  });
  const all = [...cases.values()];
  return all.map((one) => {
    const others = all.filter((other) => other !== one && other.stem === one.stem);
    return {
      ...one,
      detail: detailOf(
        one.dispatch,
        others.map(({ dispatch }) => dispatch),
      ),
    };
  });
}

/** Equal for dispatches that do the same work: the same pipeline and counts, regardless of tensor offsets. */
export function shapeKey(dispatch: Dispatch): string {
  const counts = Object.entries(dispatch.params).filter(([name]) => isCount(name));
  return `${variantName(dispatch)} ${counts.map(([name, value]) => `${name}=${value}`).join(' ')}`;
}

function isCount(param: string): boolean {
  return param.startsWith('n_') || param === 'accumulate';
}

/** Counts if they distinguish the dispatch from the others, else also flags, else also all numbers. */
function detailOf(dispatch: Dispatch, others: readonly Dispatch[]): string {
  let details = '';
  for (const facts of [countsOf, flagsOf, numbersOf]) {
    const rest = others.map(facts);
    const own = facts(dispatch).filter((fact) => rest.some((facts) => !facts.includes(fact)));
    details = [details, ...own].filter((part) => part !== '').join(', ');
    others = others.filter((_, index) => own.every((fact) => rest[index]?.includes(fact)));
    if (others.length === 0) break;
  }
  return details;
}

function countsOf({ params }: Dispatch): string[] {
  return Object.entries(params)
    .filter(([name]) => isCount(name))
    .map(([name, value]) => `${name.replace(/^n_/, '').replaceAll('_', ' ')} ${value.toLocaleString('en')}`);
}

function flagsOf({ flags }: Dispatch): string[] {
  return Object.entries(flags).map(([name, on]) => (on ? name : `no ${name}`));
}

function numbersOf({ constants, sizes }: Dispatch): string[] {
  return Object.entries({ ...constants, ...sizes }).map(([name, value]) => `${name} ${value}`);
}
