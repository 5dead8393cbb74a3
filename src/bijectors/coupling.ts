/** One affine coupling as a map of the state, in either direction. */
import { affineCoupling } from '../kernels/coupling/affine_coupling.ts';
import { couplingTiles, denseCouplingBlocked } from '../kernels/coupling/dense_coupling_blocked.ts';
import { logDetReduce } from '../kernels/coupling/log_det_reduce.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import type { AffineCouplingSpec } from '../spec/spec.ts';
import { conditionerForward, netParameters } from '../nets/conditioner.ts';
import type { Coupling, NetRun } from '../nets/conditioner.ts';
import { LOG_DET, LOG_SCALE, STATE } from '../plan/names.ts';

/** An affine coupling as the steps see it. */
export interface AffineCoupling extends Coupling {
  spec: AffineCouplingSpec;
}

export interface CouplingRun extends NetRun {
  inverse: boolean;
  /** Whether the coupling's log-determinant is added to LOG_DET, or starts it. */
  accumulate: boolean;
  /** Whether the activations stay for a backward pass, with the slopes of the hidden layers. */
  keep: boolean;
}

/** The transformed block of the state through the coupling, in place; its log-determinant goes to LOG_DET. */
export function couplingMap(plan: PlanBuilder, coupling: AffineCoupling, run: CouplingRun): void {
  const { rows, variants, activations, inverse, accumulate, keep } = run;
  const { spec, blocks, nets } = coupling;
  const { shiftFirst } = spec;
  const isFusable = variants.product === 'blocked' && nets.length === 1 && shiftFirst !== true;
  const net = isFusable ? nets[0] : undefined;
  const last = net?.layers.at(-1);
  const fused = net !== undefined && last !== undefined;
  conditionerForward(plan, coupling, { ...run, keepSlopes: keep, hiddenOnly: fused });
  // Of each row, what adds up to the log-determinant.
  const terms = fused ? couplingTiles(blocks.transformCount) : blocks.transformCount;
  const logScale = plan.buffer(LOG_SCALE, terms * rows);
  const common = { rows, blocks, scale: spec.scale, state: STATE, logScale };
  if (fused) {
    const output = keep ? plan.buffer(activations.output, last.outputs * rows) : undefined;
    plan.add(
      denseCouplingBlocked({
        ...common,
        layer: last,
        inverse,
        parameters: netParameters(variants),
        input: activations.hidden(0, net.layers.length - 2),
        f16: variants.precision === 'f16',
        ...(output === undefined ? {} : { output }),
      }),
    );
  } else {
    plan.add(affineCoupling({ ...common, inverse, shiftFirst, conditionerOutput: activations.output }));
  }
  plan.add(
    logDetReduce({ rows, features: terms, sign: inverse ? -1 : 1, accumulate, logScale, logDet: LOG_DET }),
  );
}
