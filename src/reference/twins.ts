/** Every kernel's f64 twin, exported by the file with its stem under the stem in camel case. */
import type { KernelSpec, Twin } from '../plan/kernel.ts';

const files = import.meta.glob<Record<string, unknown>>(['./*/*.ts', '!./maths/*.ts'], { eager: true });

/** Twins by stem. */
export const twins: Record<string, Twin<KernelSpec>> = Object.fromEntries(
  Object.entries(files).flatMap(([path, exported]) => {
    const stem = path.replace(/^.*\//, '').replace(/\.ts$/, '');
    const twin = exported[stem.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase())];
    return typeof twin === 'function' ? [[stem, twin as Twin<KernelSpec>]] : [];
  }),
);

/**
 * The twin of the kernel with this stem.
 * @throws RangeError when there is none
 */
export function twinOf(stem: string): Twin<KernelSpec> {
  const twin = twins[stem];
  if (twin === undefined) throw new RangeError(`kernel ${stem} has no twin`);
  return twin;
}
