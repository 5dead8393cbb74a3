/** The kernels of a run's plans. */
import type { Purpose } from '../passes/purpose.ts';
import { PASSES } from '../passes/index.ts';
import type { TunedPass } from '../passes/index.ts';
import type { FlowModel } from '../spec/layout.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { chunkRowsOf } from '../passes/workspace.ts';
import type { Choice } from './document.ts';
import type { ReportedPass } from './workloads.ts';

/** Chooses the kernels of `pass` for plans of at most `rows` rows of the model; the run sets the precision. */
export type VariantsFor = (
  model: FlowModel,
  pass: TunedPass,
  rows: number,
) => ChosenKernels | Promise<ChosenKernels>;

type ChosenKernels = Omit<KernelVariants, 'precision'>;

/** Like a flow's request: for the batch of a training step, or for a chunk of any other pass. */
export function purposeOf(pass: ReportedPass, model: FlowModel, batch: number): Purpose {
  if (pass === 'trainStep') return { pass: 'gradient', rows: batch };
  return { pass: PASSES[pass].kernels, rows: chunkRowsOf(model) };
}

/** How a choice differs from the fixed table's: `segment 32`, or `fixed table`. */
export function choiceText(choice: Choice, fixed: Choice): string {
  const others = Object.entries(choice).filter(([name, value]) => fixed[name] !== value);
  return others.length === 0 ? 'fixed table' : others.map(([name, value]) => `${name} ${value}`).join(', ');
}
