/** The nets of one coupling, forward and backward. */
import type { NetSlots } from '../paramLayout.ts';
import type { PlanBuilder } from '../plan.ts';
import type { CouplingBlocks, NetSpec } from '../spec.ts';
import { layerBackwardInput, layerBackwardWeight, layerForward } from './layers.ts';
import { D_CONDITIONER_OUTPUT, D_STATE, dHiddenName, HALF_PARAMETERS, PARAMETERS, STATE } from './names.ts';
import type { Activations } from './names.ts';
import type { KernelVariants } from './variants.ts';

/** A coupling as the steps see it. */
export interface Coupling {
  spec: { conditioner: NetSpec };
  blocks: CouplingBlocks;
  nets: readonly NetSlots[];
}

export interface NetRun {
  rows: number;
  variants: KernelVariants;
  activations: Activations;
}

/**
 * Runs every net of the coupling on the conditioning block of the state; their outputs land in the activations' output.
 * `keepSlopes` also keeps φ′ of each hidden layer, which the backward pass needs. `hiddenOnly` leaves out the last
 * layers, where another kernel takes them.
 */
export function conditionerForward(
  plan: PlanBuilder,
  coupling: Coupling,
  run: NetRun & { keepSlopes: boolean; hiddenOnly?: boolean },
): void {
  const { rows, variants, activations, keepSlopes, hiddenOnly = false } = run;
  const { spec, blocks, nets } = coupling;
  const { precision } = variants;
  const f16 = precision === 'f16';
  if (!hiddenOnly) plan.buffer(activations.output, outputCount(nets) * rows);
  nets.forEach((net, netIndex) => {
    net.layers.forEach((layer, depth) => {
      const isFirst = depth === 0;
      const isLast = depth === net.layers.length - 1;
      if (isLast && hiddenOnly) return;
      const slope = keepSlopes && !isLast ? activations.slope(netIndex, depth) : undefined;
      layerForward(plan, variants, {
        rows,
        layer,
        activation: isLast ? 'identity' : spec.conditioner.activation,
        parameters: netParameters(variants),
        input: isFirst ? STATE : activations.hidden(netIndex, depth - 1),
        inputStart: isFirst ? blocks.conditionStart : 0,
        output: isLast
          ? activations.output
          : plan.buffer(activations.hidden(netIndex, depth), layer.outputs * rows, precision),
        outputStart: isLast ? net.outputStart : 0,
        ...(slope === undefined ? {} : { slope: plan.buffer(slope, layer.outputs * rows, precision) }),
        f16,
        f16Input: f16 && !isFirst,
        f16Output: f16 && !isLast,
      });
    });
  });
}

/** What the nets read of the parameters. */
export function netParameters({ precision }: KernelVariants): string {
  return precision === 'f16' ? HALF_PARAMETERS : PARAMETERS;
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
  { rows, variants, activations }: NetRun,
  dOutputs = { buffer: D_CONDITIONER_OUTPUT, start: 0 },
): void {
  const { blocks, nets } = coupling;
  const f16 = variants.precision === 'f16';
  nets.forEach((net, netIndex) => {
    for (let depth = net.layers.length - 1; depth >= 0; depth--) {
      const layer = net.layers[depth];
      if (layer === undefined) continue;
      const isFirst = depth === 0;
      const isLast = depth === net.layers.length - 1;
      const dOutput = isLast ? dOutputs.buffer : dHiddenName(depth);
      const outputStart = isLast ? dOutputs.start + net.outputStart : 0;
      const inputStart = isFirst ? blocks.conditionStart : 0;
      layerBackwardWeight(plan, variants, {
        rows,
        layer,
        dOutput,
        outputStart,
        input: isFirst ? STATE : activations.hidden(netIndex, depth - 1),
        inputStart,
        f16: f16 && !isFirst,
      });
      layerBackwardInput(plan, variants, {
        rows,
        layer,
        parameters: netParameters(variants),
        dOutput,
        outputStart,
        dInput: isFirst ? D_STATE : plan.buffer(dHiddenName(depth - 1), layer.inputs * rows),
        inputStart,
        ...(isFirst ? {} : { slope: activations.slope(netIndex, depth - 1) }),
        f16,
      });
    }
  });
}
