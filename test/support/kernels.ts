/** Every kernel of src/kernels, found by its file rather than a list. */
import type { KernelSpec } from '../../src/plan/kernel.ts';

const modules = import.meta.glob<Record<string, unknown>>('../../src/kernels/*/*.ts', { eager: true });

/** The kernels by the stem of the file that exports them. */
export const kernelsByFile: ReadonlyMap<string, KernelSpec> = new Map(
  Object.entries(modules).flatMap(([path, exports]) =>
    Object.entries(exports)
      .filter(([name]) => name.endsWith('Kernel'))
      .map(([, kernel]): [string, KernelSpec] => [
        path.replace(/^.*\//, '').replace(/\.ts$/, ''),
        kernel as KernelSpec,
      ]),
  ),
);
