/** What running the nets of a coupling takes. */
import type { CouplingBlocks } from '../model/blocks.ts';
import type { NetSlots } from '../model/tensors.ts';
import type { Activations } from '../plan/names.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { NetSpec } from './net.ts';

/** The parts of a coupling that the nets need. On images, `blocks` counts channels. */
export interface Coupling {
  spec: { conditioner: NetSpec };
  blocks: CouplingBlocks;
  nets: readonly NetSlots[];
  /** The context features that its convolutional nets read. */
  contextCount?: number;
}

export interface NetRun {
  rows: number;
  variants: KernelVariants;
  activations: Activations;
  /**
   * Whether the nets may run by pieces of their input, in a training step. The gradient of their outputs must then be in
   * D_CONDITIONER_OUTPUT.
   */
  sorts?: boolean;
}
