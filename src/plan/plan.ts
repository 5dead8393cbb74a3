/** A plan: plain data that lists the launches and their buffers. Builders make it, executors run it. */
import { activeBindings, elementOf } from './kernel.ts';
import type { Dispatch, ElementType } from './kernel.ts';

export interface BufferSpec {
  name: string;
  element: ElementType;
  /** Elements; `bufferBytes` returns their bytes on the GPU. */
  length: number;
}

/** Bytes of a buffer on the GPU: 4 per element, or 2 for f16, rounded up to whole words. */
export function bufferBytes({ element, length }: Pick<BufferSpec, 'element' | 'length'>): number {
  return element === 'f16' ? 4 * Math.ceil(length / 2) : 4 * length;
}

/** Bytes on the GPU of the tables of these dispatches. */
export function tableBytes(dispatches: readonly Dispatch[]): number {
  const tables = dispatches.flatMap(({ tables = {} }) => Object.values(tables));
  return tables.reduce((sum, words) => sum + 4 * words.length, 0);
}

export interface Plan {
  label: string;
  /** Every buffer that a dispatch names, listed once. */
  buffers: readonly BufferSpec[];
  dispatches: readonly Dispatch[];
}

/** Length in 4-byte words of a buffer for each name, large enough for every plan that uses it. */
export function wordsByName(plans: readonly Plan[]): Map<string, number> {
  const words = new Map<string, number>();
  for (const buffer of plans.flatMap(({ buffers }) => buffers)) {
    const { name } = buffer;
    words.set(name, Math.max(bufferBytes(buffer) / 4, words.get(name) ?? 0));
  }
  return words;
}

/** Collects buffers and dispatches; a buffer declared again keeps the larger length. */
export class PlanBuilder {
  readonly #label: string;
  readonly #buffers = new Map<string, BufferSpec>();
  readonly #dispatches: Dispatch[] = [];

  constructor(label: string) {
    this.#label = label;
  }

  buffer(name: string, length: number, element: ElementType = 'f32'): string {
    const known = this.#buffers.get(name);
    this.#buffers.set(name, { name, element, length: Math.max(length, known?.length ?? 1) });
    return name;
  }

  /** Whether a buffer of this name was declared. */
  has(name: string): boolean {
    return this.#buffers.has(name);
  }

  add(...dispatches: Dispatch[]): void {
    this.#dispatches.push(...dispatches);
  }

  build(): Plan {
    return { label: this.#label, buffers: [...this.#buffers.values()], dispatches: [...this.#dispatches] };
  }
}

/** The plan without the dispatches, and the buffers, that these results do not depend on. */
export function planFor({ label, buffers, dispatches }: Plan, results: readonly string[]): Plan {
  const needed = new Set(results);
  const kept = dispatches.toReversed().filter(({ kernel, flags, buffers: names }) => {
    const used = activeBindings(kernel, flags).map(({ name, spec }) => ({ spec, buffer: names[name] ?? '' }));
    const isNeeded = used.some(({ spec, buffer }) => spec.access === 'read_write' && needed.has(buffer));
    if (isNeeded) for (const { buffer } of used) needed.add(buffer);
    return isNeeded;
  });
  return {
    label,
    buffers: buffers.filter(({ name }) => needed.has(name)),
    dispatches: kept.toReversed(),
  };
}

/** Problems with the plan's dispatches, as sentences; empty for a sound plan. */
export function planProblems(plan: Plan): string[] {
  const problems: string[] = [];
  const buffers = new Map(plan.buffers.map((buffer) => [buffer.name, buffer]));
  plan.dispatches.forEach((dispatch, index) => {
    const where = `${plan.label} dispatch ${index} (${dispatch.kernel.stem})`;
    const seen = new Map<string, { binding: string; access: string }>();
    for (const [binding, spec] of Object.entries(dispatch.kernel.bindings)) {
      const name = dispatch.buffers[binding];
      const used = spec.when === undefined || dispatch.flags[spec.when] === true;
      if (!used) continue;
      if (spec.table === true) {
        if (!dispatch.tables?.[binding]) problems.push(`${where}: the table ${binding} has no contents`);
        continue;
      }
      const buffer = name === undefined ? undefined : buffers.get(name);
      if (name === undefined || buffer === undefined) {
        problems.push(`${where}: binding ${binding} names ${name ?? 'no buffer'}, which the plan lacks`);
        continue;
      }
      const element = elementOf(spec, dispatch.flags);
      if (buffer.element !== element) {
        problems.push(`${where}: binding ${binding} is ${element}, buffer ${name} is ${buffer.element}`);
      }
      const other = seen.get(name);
      if (other !== undefined && (spec.access === 'read_write' || other.access === 'read_write')) {
        problems.push(`${where}: ${other.binding} and ${binding} alias buffer ${name}`);
      }
      seen.set(name, { binding, access: spec.access });
    }
    if (!dispatch.workgroups.every((count) => Number.isInteger(count) && count >= 1)) {
      problems.push(`${where}: workgroups ${dispatch.workgroups.join(' × ')}`);
    }
  });
  return problems;
}

/** Totals over a plan. */
export function planCost(plan: Plan): { dispatches: number; flops: number; bytes: number } {
  return {
    dispatches: plan.dispatches.length,
    flops: plan.dispatches.reduce((sum, dispatch) => sum + dispatch.flops, 0),
    bytes: plan.dispatches.reduce((sum, dispatch) => sum + dispatch.bytes, 0),
  };
}
