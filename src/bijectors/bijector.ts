/** What a bijector must be able to do: one room of its own for each, in the table of index.ts. */
import type { BijectorSlots } from '../spec/layout.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import type { NetRun } from '../nets/conditioner.ts';

/** The rows on their way through the flow, which are in the state, padded; and how nets are run. */
export interface Pass extends NetRun {
  /** Number of features D. */
  dim: number;
}

export interface MapPass extends Pass {
  /** Whether LOG_DET already holds that of other bijectors, or starts here. */
  accumulate: boolean;
}

export interface ForwardPass extends MapPass {
  /** Whether to leave in the workspace what the backward pass needs of a net. */
  keepSlopes: boolean;
  /** Where a backward pass follows: the buffer for rows that cannot be rebuilt without loss. */
  keptRows?: string;
}

export interface BackwardPass extends Pass {
  /** Rows before the padding, which has no gradient. */
  validRows: number;
  /** ∂loss/∂logDet, equal for every row: −1/B for the mean NLL of B rows. */
  dLogDet: number;
  /** Whether the forward pass has just run this bijector's nets with `keepSlopes`. */
  netsHaveRun: boolean;
  /** What the forward pass had as `keptRows`. */
  keptRows: string;
}

export interface BijectorSteps<Slots extends BijectorSlots = BijectorSlots> {
  /** Whether the log-det is 0 whatever the tensors are; LOG_DET is left alone then. */
  readonly preservesVolume: boolean;
  /** x → z in STATE; the log-det of the map goes to LOG_DET. */
  forward(plan: PlanBuilder, slots: Slots, pass: ForwardPass): void;
  /** z → x in STATE; the log-det of the inverse goes to LOG_DET. */
  inverse(plan: PlanBuilder, slots: Slots, pass: MapPass): void;
  /** z → x in STATE, d_z → d_x in D_STATE; adds the gradients of its tensors to GRADIENTS. */
  backward(plan: PlanBuilder, slots: Slots, pass: BackwardPass): void;
}
