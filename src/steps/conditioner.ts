/** The nets of one coupling, forward and backward. */
import { denseBackwardInput } from '../kernels/dense_backward_input.ts';
import { denseBackwardWeight, rowSlices, weightElements } from '../kernels/dense_backward_weight.ts';
import { denseWeightReduce } from '../kernels/dense_weight_reduce.ts';
import { denseForward } from '../kernels/dense_forward.ts';
import type { NetSlots } from '../paramLayout.ts';
import type { PlanBuilder } from '../plan.ts';
import type { CouplingBlocks, NetSpec } from '../spec.ts';
import {
  CONDITIONER_OUTPUT,
  D_CONDITIONER_OUTPUT,
  D_STATE,
  dHiddenName,
  GRADIENTS,
  hiddenName,
  PARAMETERS,
  slopeName,
  STATE,
  WEIGHT_PARTIALS,
} from './names.ts';

/** A coupling as the steps see it. */
export interface Coupling {
  spec: { conditioner: NetSpec };
  blocks: CouplingBlocks;
  nets: readonly NetSlots[];
}

/**
 * Runs every net of the coupling on the conditioning block of the state; their outputs land in CONDITIONER_OUTPUT.
 * `keepSlopes` also keeps φ′ of each hidden layer, which the backward pass needs.
 */
export function conditionerForward(
  plan: PlanBuilder,
  coupling: Coupling,
  rows: number,
  { keepSlopes }: { keepSlopes: boolean },
): void {
  const { spec, blocks, nets } = coupling;
  plan.buffer(CONDITIONER_OUTPUT, outputCount(nets) * rows);
  nets.forEach((net, netIndex) => {
    net.layers.forEach((layer, depth) => {
      const isFirst = depth === 0;
      const isLast = depth === net.layers.length - 1;
      const slope = keepSlopes && !isLast ? slopeName(netIndex, depth) : undefined;
      plan.add(
        denseForward({
          rows,
          layer,
          activation: isLast ? 'identity' : spec.conditioner.activation,
          parameters: PARAMETERS,
          input: isFirst ? STATE : hiddenName(netIndex, depth - 1),
          inputStart: isFirst ? blocks.conditionStart : 0,
          output: isLast
            ? CONDITIONER_OUTPUT
            : plan.buffer(hiddenName(netIndex, depth), layer.outputs * rows),
          outputStart: isLast ? net.outputStart : 0,
          ...(slope === undefined ? {} : { slope: plan.buffer(slope, layer.outputs * rows) }),
        }),
      );
    });
  });
}

function outputCount(nets: readonly NetSlots[]): number {
  return nets.reduce((sum, { layers }) => sum + (layers.at(-1)?.outputs ?? 0), 0);
}

/**
 * Pulls the gradient of the nets' outputs, which lies in `dOutputs`, back through every net: adds to the gradients
 * of its weights and biases and to the gradient of the conditioning block of the state. Needs conditionerForward's
 * hidden layers and slopes.
 */
export function conditionerBackward(
  plan: PlanBuilder,
  coupling: Coupling,
  rows: number,
  dOutputs = { buffer: D_CONDITIONER_OUTPUT, start: 0 },
): void {
  const { blocks, nets } = coupling;
  nets.forEach((net, netIndex) => {
    for (let depth = net.layers.length - 1; depth >= 0; depth--) {
      const layer = net.layers[depth];
      if (layer === undefined) continue;
      const isFirst = depth === 0;
      const isLast = depth === net.layers.length - 1;
      const dOutput = isLast ? dOutputs.buffer : dHiddenName(depth);
      const outputStart = isLast ? dOutputs.start + net.outputStart : 0;
      const inputStart = isFirst ? blocks.conditionStart : 0;
      plan.add(
        denseBackwardWeight({
          rows,
          layer,
          dOutput,
          outputStart,
          input: isFirst ? STATE : hiddenName(netIndex, depth - 1),
          inputStart,
          partials: plan.buffer(WEIGHT_PARTIALS, rowSlices(layer) * weightElements(layer)),
        }),
        denseWeightReduce({ layer, partials: WEIGHT_PARTIALS, gradients: GRADIENTS }),
        denseBackwardInput({
          rows,
          layer,
          parameters: PARAMETERS,
          dOutput,
          outputStart,
          dInput: isFirst ? D_STATE : plan.buffer(dHiddenName(depth - 1), layer.inputs * rows),
          inputStart,
          ...(isFirst ? {} : { slope: slopeName(netIndex, depth - 1) }),
        }),
      );
    }
  });
}
