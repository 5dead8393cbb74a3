/** Times training steps of growing batches in about a second, for a page's advice. */
import { GpuProgram } from '../gpu/executor.ts';
import { Gpu } from '../gpu/gpu.ts';
import { Stopwatch } from '../gpu/timing.ts';
import { fixedVariants } from '../plan/variants.ts';
import type { FlowSpec } from '../spec/spec.ts';
import { batchStep, fullFrom } from './batches.ts';
import type { BatchStep, Filling } from './batches.ts';
import { measure, programTimer } from './measure.ts';
import type { Budget } from './measure.ts';
import { modelOf, smallStep } from './workloads.ts';

const BUDGET: Budget = { ms: 30, leastSamples: 1 };

/** No further batch begins after this time, ms, counted from when the kernels are compiled. */
const ENOUGH_MS = 1000;

/**
 * The rates of training steps with the fixed table's kernels. On a slow adapter the largest batches are left out.
 * @param batches by growing size
 * @throws the signal's reason once it is aborted
 */
export async function timeBatches(
  device: GPUDevice,
  spec: FlowSpec,
  batches: readonly number[],
  signal?: AbortSignal,
): Promise<Filling> {
  const gpu = Gpu.of(device);
  const [model, variants] = [modelOf(spec), fixedVariants(gpu.adapter)];
  const steps: BatchStep[] = [];
  using stopwatch = new Stopwatch(gpu);
  let begin = Infinity;
  for (const batch of batches) {
    if (performance.now() - begin > ENOUGH_MS) break;
    const { plan, contents } = smallStep(model, batch, variants);
    using program = await GpuProgram.create(gpu, plan);
    for (const [name, values] of contents) gpu.buffers.write(program.buffer(name), values);
    const { medianMs } = await measure(programTimer(stopwatch, program), BUDGET, signal);
    steps.push(batchStep(batch, medianMs));
    begin = Math.min(begin, performance.now());
  }
  return { steps, fullFrom: fullFrom(steps) };
}
