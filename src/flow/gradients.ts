/** The mean NLL of rows and its gradient: `Flow.gradients`. */
import type { RunOptions, TakenRows } from '../calls/rows.ts';
import { ShapeError } from '../errors.ts';
import { GRADIENTS } from '../plan/names.ts';
import { tensorOf } from '../spec/layout.ts';
import type { FlowModel } from '../spec/layout.ts';
import { passJob } from './jobs.ts';
import type { PassRunner } from './passRunner.ts';
import { requireFiniteGradient } from './soundRows.ts';

export interface FlowGradients {
  nll: number;
  loss: number;
  withoutDensity: number;
  gradients: Record<string, Float32Array>;
}

/** @throws {ShapeError} when there are no rows, or the context is not that of the rows */
export async function gradientsOf(
  passes: PassRunner,
  model: FlowModel,
  taken: TakenRows,
  options: RunOptions,
): Promise<FlowGradients> {
  const { count } = taken;
  if (count === 0) throw new ShapeError('x', '0 rows', 'at least 1 row');
  const { trainableLength, tensors } = model.layout;
  const job = passJob(model, 'gradients', taken, options);
  const flat = await passes.accumulate(job, { buffer: GRADIENTS, length: trainableLength });
  const trainable = tensors.filter((tensor) => tensor.trainable);
  const gradients = Object.fromEntries(trainable.map((tensor) => [tensor.name, tensorOf(flat, tensor)]));
  for (const [name, values] of Object.entries(gradients)) requireFiniteGradient(name, values, count);
  const loss = job.result.nll.reduce((sum, value) => sum + value, 0) / count;
  const withoutDensity = await countWithoutDensity(passes, model, taken, options);
  return { nll: withoutDensity === 0 ? loss : Infinity, loss, withoutDensity, gradients };
}

/** Rows outside a uniform base; every other base has a density everywhere. */
async function countWithoutDensity(
  passes: PassRunner,
  model: FlowModel,
  taken: TakenRows,
  options: RunOptions,
): Promise<number> {
  if (model.spec.base.type !== 'uniform') return 0;
  const { logProb } = await passes.sound(passJob(model, 'logProb', taken, options));
  return logProb.reduce((count, value) => count + (value === -Infinity ? 1 : 0), 0);
}
