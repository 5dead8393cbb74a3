/** Compares kernels at half precision with their twins. */
import type { Dispatch } from '../../../src/plan/kernel.ts';
import { toHalves } from '../../../src/plan/precision.ts';
import { expectClose, expectHalves, expectNormClose } from '../../support/compare.ts';
import { hasHalfPrecision } from '../../support/device.ts';
import { runBoth } from '../harness.ts';
import type { BothResults, BufferContents } from '../harness.ts';

const VALUE_BOUND = 1e-5;
const GRADIENT_BOUND = 1e-4;

interface HalfRun {
  /** In float32; the buffers in `halves` are rounded. */
  contents: Record<string, Float32Array | number>;
  halves: readonly string[];
  values?: readonly string[];
  gradients?: readonly string[];
}

/**
 * The kernels' results match those of their twins on the same rounded numbers. f16 buffers are rounded once,
 * at the end; others are not rounded. Does nothing on a device without `shader-f16`.
 */
export async function expectHalfTwin(
  dispatches: readonly Dispatch[],
  { contents, halves, values = [], gradients = [] }: HalfRun,
): Promise<BothResults | undefined> {
  if (!(await hasHalfPrecision())) return undefined;
  const stored: BufferContents = { ...contents };
  for (const name of halves) {
    const content = contents[name]!;
    stored[name] = typeof content === 'number' ? new Uint16Array(content) : toHalves(content);
  }
  const results = await runBoth(dispatches, stored);
  const { gpu, exact } = results;
  for (const name of values) {
    if (halves.includes(name)) expectHalves(name, gpu(name), exact(name), VALUE_BOUND);
    else expectClose(name, gpu(name), exact(name), VALUE_BOUND);
  }
  for (const name of gradients) expectNormClose(name, gpu(name), exact(name), GRADIENT_BOUND);
  return results;
}
