/** Which kernels the plans of a run are made of. */
import type { Purpose } from '../passes/candidates.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { chunkRowsOf } from '../passes/workspace.ts';
import type { Choice } from './document.ts';
import type { Pass } from './workloads.ts';

/** Chooses the kernels of `pass` for plans of at most `rows` rows of the model at once; the precision is the run's. */
export type VariantsFor = (
  model: FlowModel,
  pass: Purpose['pass'],
  rows: number,
) => ChosenKernels | Promise<ChosenKernels>;

type ChosenKernels = Omit<KernelVariants, 'precision'>;

/** The purpose for which a flow chooses the kernels of each pass. */
const PURPOSES: Readonly<Record<Pass, Purpose['pass']>> = {
  train_step: 'gradient',
  forward: 'forward',
  sample: 'inverse',
  log_prob: 'forward',
};

/** As a flow asks: for the batch of a training step, for a chunk of every other pass. */
export function purposeOf(pass: Pass, model: FlowModel, batch: number): Purpose {
  const purpose = PURPOSES[pass];
  return { pass: purpose, rows: purpose === 'gradient' ? batch : chunkRowsOf(model) };
}

/** How a choice differs from the fixed table's: `segment 32`, or `fixed table`. */
export function choiceText(choice: Choice, fixed: Choice): string {
  const others = Object.entries(choice).filter(([name, value]) => fixed[name] !== value);
  return others.length === 0 ? 'fixed table' : others.map(([name, value]) => `${name} ${value}`).join(', ');
}
