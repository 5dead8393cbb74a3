/** The nets of one coupling, forward and backward. */
import { activationForward } from '../kernels/dense/activation_forward.ts';
import { conditionerInput } from '../kernels/coupling/conditioner_input.ts';
import type { NetSlots } from '../model/tensors.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { layerBackwardInput, layerBackwardWeight, layerForward } from './layers.ts';
import {
  CONDITIONER_INPUT,
  CONTEXT,
  D_CONDITIONER_OUTPUT,
  D_STATE,
  dHiddenName,
  HALF_PARAMETERS,
  PARAMETERS,
  STATE,
} from '../plan/names.ts';
import type { KernelVariants } from '../plan/variants.ts';
import { netOf } from './index.ts';
import type { Coupling, NetRun } from './netRun.ts';
import { piecesBackward, piecesForward, pieceStack } from './pieces.ts';

/**
 * Runs every net of the coupling on the conditioning block of the state and writes their outputs to the
 * activations' output. `keepDerivatives` also keeps φ′ of each hidden layer for the backward pass.
 * `hiddenOnly` skips the last layers, if another kernel computes them.
 */
export function conditionerForward(
  plan: PlanBuilder,
  coupling: Coupling,
  run: NetRun & { keepDerivatives: boolean; hiddenOnly?: boolean },
): void {
  const { variants, activations, keepDerivatives, hiddenOnly = false } = run;
  const { spec, nets } = coupling;
  const rows = pixelRows(coupling, run.rows);
  const stack = run.sorts === true ? pieceStack(coupling, variants) : undefined;
  if (stack !== undefined) {
    piecesForward(plan, stack, run, coupling.blocks.conditionStart);
    return;
  }
  const { activation } = spec.conditioner;
  const condition = conditionOf(plan, coupling, run.rows);
  const image = { context: condition.context, imageRows: run.rows };
  const { precision } = variants;
  const f16 = precision === 'f16';
  if (!hiddenOnly) plan.buffer(activations.output, outputCount(nets) * rows);
  nets.forEach((net, netIndex) => {
    const hidden = (depth: number): string => activations.hidden(netIndex, depth);
    for (const route of netOf(spec.conditioner).routes(net.layers)) {
      const { layer, depth, isFirst, isLast, isTerm, isActivated } = route;
      if (isLast && hiddenOnly) continue;
      const elements = layer.outputs * rows;
      const derivative =
        keepDerivatives && isActivated
          ? plan.buffer(activations.derivative(netIndex, depth), elements, precision)
          : undefined;
      const layerRun = {
        rows,
        layer,
        activation: isActivated && !isTerm ? activation : 'identity',
        parameters: netParameters(variants),
        input: isFirst ? condition.buffer : hidden(depth - 1),
        inputStart: isFirst ? condition.start : 0,
        output: isLast ? activations.output : plan.buffer(hidden(route.place), elements, precision),
        outputStart: isLast ? net.outputStart : 0,
        add: isTerm && !isFirst,
        ...(isTerm ? {} : { derivative }),
        f16,
        f16Input: f16 && !isFirst,
        f16Output: f16 && !isLast,
      } as const;
      layerForward(plan, variants, layerRun, image);
      if (!isTerm || !isActivated) continue;
      // The sum itself continues; the next block reads its activation.
      plan.add(
        activationForward({
          rows,
          features: layer.outputs,
          activation,
          input: hidden(route.place),
          output: plan.buffer(hidden(depth), elements),
          derivative,
        }),
      );
    }
  });
}

/** The buffer from which the nets read their parameters. */
export function netParameters({ precision }: KernelVariants): string {
  return precision === 'f16' ? HALF_PARAMETERS : PARAMETERS;
}

/** Rows of the layers: on images, each pixel is one. */
function pixelRows({ nets: [net] }: Coupling, rows: number): number {
  return rows * (net?.pixels ?? 1);
}

/**
 * Where the first layers find their inputs: in the state, in the context, or in a buffer with both. A convolution reads
 * the context itself.
 */
function conditionOf(
  plan: PlanBuilder,
  { blocks, nets, contextCount: imageContext }: Coupling,
  rows: number,
): { buffer: string; start: number; context?: string } {
  if (imageContext !== undefined) {
    const context = imageContext > 0 ? { context: plan.buffer(CONTEXT, imageContext * rows) } : {};
    return { buffer: STATE, start: blocks.conditionStart, ...context };
  }
  const inputs = nets[0]?.layers[0]?.inputs ?? 0;
  const contextCount = inputs - blocks.conditionCount;
  if (contextCount === 0) return { buffer: STATE, start: blocks.conditionStart };
  const context = plan.buffer(CONTEXT, contextCount * rows);
  if (blocks.conditionCount === 0) return { buffer: context, start: 0 };
  plan.add(
    conditionerInput({
      rows,
      blocks,
      contextCount,
      state: STATE,
      context,
      conditionerInput: plan.buffer(CONDITIONER_INPUT, inputs * rows),
    }),
  );
  return { buffer: CONDITIONER_INPUT, start: 0 };
}

function outputCount(nets: readonly NetSlots[]): number {
  return nets.reduce((sum, { layers }) => sum + (layers.at(-1)?.outputs ?? 0), 0);
}

/**
 * Pulls the gradient in `dOutputs` back through every net. Adds to the gradients of the weights and biases
 * and, if there is a conditioning block, to the gradient of that block. Needs conditionerForward's hidden
 * layers and derivatives.
 */
export function conditionerBackward(
  plan: PlanBuilder,
  coupling: Coupling,
  run: NetRun,
  dOutputs = { buffer: D_CONDITIONER_OUTPUT, start: 0 },
): void {
  const { variants, activations } = run;
  const { spec, blocks, nets } = coupling;
  const rows = pixelRows(coupling, run.rows);
  const stack = run.sorts === true ? pieceStack(coupling, variants) : undefined;
  if (stack !== undefined) {
    piecesBackward(plan, stack, run, blocks.conditionStart);
    return;
  }
  // Copied again: other couplings may have overwritten the buffer since these nets ran.
  const condition = conditionOf(plan, coupling, run.rows);
  const image = { context: condition.context, imageRows: run.rows };
  const f16 = variants.precision === 'f16';
  nets.forEach((net, netIndex) => {
    const routes = netOf(spec.conditioner).routes(net.layers);
    for (const { layer, depth, isLast, place } of routes.toReversed()) {
      const below = routes[depth - 1];
      const dOutput = isLast ? dOutputs.buffer : dHiddenName(place);
      const outputStart = isLast ? dOutputs.start + net.outputStart : 0;
      const weightRun = {
        rows,
        layer,
        dOutput,
        outputStart,
        input: below === undefined ? condition.buffer : activations.hidden(netIndex, below.depth),
        inputStart: below === undefined ? condition.start : 0,
        f16: f16 && below !== undefined,
      };
      layerBackwardWeight(plan, variants, weightRun, image);
      // The context needs no gradient.
      if (below === undefined && blocks.conditionCount === 0) continue;
      const inputRun = {
        rows,
        layer,
        parameters: netParameters(variants),
        dOutput,
        outputStart,
        dInput:
          below === undefined ? D_STATE : plan.buffer(dHiddenName(below.place), below.layer.outputs * rows),
        inputStart: below === undefined ? blocks.conditionStart : 0,
        ...(below === undefined ? { inputs: blocks.conditionCount } : {}),
        derivative: below?.isActivated === true ? activations.derivative(netIndex, below.depth) : undefined,
        // The gradient of a block adds to the gradient of the sum around it.
        add: below === undefined || (below.isTerm && below.isActivated),
        f16,
      };
      layerBackwardInput(plan, variants, inputRun, image);
    }
  });
}
