/** The fused regime: a stack of couplings with small nets, or a segment of it, in one dispatch. */
import { couplingOutputs, mixFactors, netInputs } from '../model/couplingStack.ts';
import type { CouplingStack } from '../model/couplingStack.ts';
import { goesByLayers, keptUnits, MAX_COUPLINGS } from '../kernels/fused/coupling_stack.ts';
import { deepBackwardWeight, deepPartials } from '../kernels/fused/deep_backward_weight.ts';
import { deepWeightReduce } from '../kernels/fused/deep_weight_reduce.ts';
import { firstBackwardWeight } from '../kernels/fused/first_backward_weight.ts';
import { flowBackward } from '../kernels/fused/flow_backward.ts';
import { flowForward } from '../kernels/fused/flow_forward.ts';
import type { FlowForwardArguments } from '../kernels/fused/flow_forward.ts';
import { flowInverse } from '../kernels/fused/flow_inverse.ts';
import { mixBackwardWeight } from '../kernels/fused/mix_backward_weight.ts';
import { pieceLineCount, pieceLines } from '../kernels/fused/piece_lines.ts';
import { hasPieces } from '../kernels/fused/piece_order.ts';
import { shallowBackwardWeight } from '../kernels/fused/shallow_backward_weight.ts';
import { upperBackwardInput } from '../kernels/fused/upper_backward_input.ts';
import { upperBackwardWeight } from '../kernels/fused/upper_backward_weight.ts';
import { sortedBackwardWeight } from '../nets/pieces.ts';
import type { PlanBuilder } from '../plan/plan.ts';
import { chunksOf } from '../plan/shape.ts';
import type { BackwardPass } from '../bijectors/bijector.ts';
import {
  CONDITIONS,
  CONTEXT,
  D_FIRST,
  D_OUTPUTS,
  D_STATE,
  GRADIENTS,
  HIDDENS,
  LOG_DET,
  PARAMETERS,
  PIECE_LINES,
  STATE,
  WEIGHT_PARTIALS,
} from '../plan/names.ts';
import type { Stage } from './stage.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { TensorSlot } from '../model/tensors.ts';

/** Bytes of the widest buffer of a tape; below every binding's guaranteed 128 MiB. */
const WIDEST_TAPE_BYTES = 64 * 2 ** 20;

/** Elements of the largest Jacobian of a net that is cheaper than a backward sweep and compiles in seconds. */
const MAX_JACOBIAN = 8;

interface StackRun {
  rows: number;
  variants: KernelVariants;
}

/** Consecutive couplings of a stack whose tape is kept at once. */
interface Segment {
  start: number;
  count: number;
}

/**
 * Whether a training step runs the stack fused, with nets that carry their Jacobians. A single coupling whose
 * nets have several inputs is faster tiled.
 */
export function isTrainedFused({ conditionCount, netOutputs, flips }: CouplingStack): boolean {
  return conditionCount * netOutputs <= MAX_JACOBIAN && (conditionCount === 1 || flips.length > 1);
}

/** A stack as a stage of the flow, after a standardisation if there is one. */
export function fusedStage(
  stack: CouplingStack,
  standardize: { mean: TensorSlot; std: TensorSlot } | undefined,
): Omit<Stage, 'place' | 'canScore'> {
  const rangeOf = ({ rows, variants }: StackRun, first: number, count: number) => ({
    stack,
    first,
    count,
    lanes: variants.lanes,
    rows,
    ...(first === 0 && standardize !== undefined ? { standardize } : {}),
    parameters: PARAMETERS,
    context: CONTEXT,
    state: STATE,
    logDet: LOG_DET,
  });
  return {
    preservesVolume: false,
    hasNets: true,
    canStore: false,
    canDraw: false,

    forward(plan, { rows, variants, accumulate, keepDerivatives, score }) {
      declareContext(plan, stack, rows);
      const range = (first: number, count: number): FlowForwardArguments => ({
        ...rangeOf({ rows, variants }, first, count),
        accumulate: accumulate || first > 0,
      });
      const { length } = stack.flips;
      const last = keepDerivatives ? segmentsOf(stack, { rows, variants }).at(-1) : undefined;
      const untaped = chunksOf(last?.start ?? length, MAX_COUPLINGS);
      untaped.forEach(({ start, count }) => {
        const isLast = start + count === length;
        plan.add(
          flowForward({
            ...range(start, count),
            ...(isLast && score !== undefined ? { logProb: score.buffer } : {}),
          }),
        );
      });
      if (last === undefined) return;
      const { conditions, dOutputs, hiddens } = tapeBuffers(plan, stack, { rows, variants }, last.count);
      plan.add(
        flowForward({
          ...range(last.start, last.count),
          tape: { conditions, outputs: dOutputs, ...hiddens },
          ...(isByPieces(stack, variants) ? { lines: addLines(plan, stack, variants, last) } : {}),
        }),
      );
    },

    inverse(plan, { rows, variants, accumulate }) {
      declareContext(plan, stack, rows);
      const ranges = chunksOf(stack.flips.length, MAX_COUPLINGS).toReversed();
      ranges.forEach(({ start: first, count }, index) => {
        const range = rangeOf({ rows, variants }, first, count);
        plan.add(flowInverse({ ...range, accumulate: accumulate || index > 0 }));
      });
    },

    // Segment by segment. The standardisation, which comes first, is not trained.
    backward(plan, pass) {
      segmentsOf(stack, pass)
        .toReversed()
        .forEach((segment, index) =>
          segmentBackward(plan, stack, segment, { ...pass, netsHaveRun: pass.netsHaveRun && index === 0 }),
        );
    },
  };
}

function declareContext(plan: PlanBuilder, { contextCount }: CouplingStack, rows: number): void {
  if (contextCount > 0) plan.buffer(CONTEXT, contextCount * rows);
}

/** Whether the nets' gradients, and in a taped pass their outputs, come from the pieces of their input. */
function isByPieces(stack: CouplingStack, { weights }: KernelVariants): boolean {
  return weights === 'sorted' && hasPieces(stack);
}

/** The lines of a segment's nets over the pieces of their input. */
function addLines(
  plan: PlanBuilder,
  stack: CouplingStack,
  { lanes }: KernelVariants,
  { start, count }: Segment,
): string {
  const lines = plan.buffer(PIECE_LINES, pieceLineCount(stack, count));
  plan.add(pieceLines({ stack, first: start, count, lanes, parameters: PARAMETERS, lines }));
  return lines;
}

/**
 * The segments of the stack in order, each short enough for its tape to fit a binding. The last one is the longest: its nets
 * run once, those of the others twice.
 */
function segmentsOf(stack: CouplingStack, { rows, variants }: StackRun): Segment[] {
  const outputs = couplingOutputs(stack) * (1 + stack.conditionCount);
  const dFirst = goesByLayers(stack) ? stack.netCount * (stack.hidden[0] ?? 0) : 0;
  const units = isByPieces(stack, variants) ? 0 : Math.max(dFirst, keptUnits(stack, 1));
  const widest = 4 * rows * Math.max(outputs, units);
  const fitting = Math.max(1, Math.floor(WIDEST_TAPE_BYTES / widest));
  const { length } = stack.flips;
  const longest = Math.min(variants.segment, fitting);
  const first = length % longest;
  const others = chunksOf(length - first, longest).map(({ start, count }) => ({
    start: first + start,
    count,
  }));
  return [...chunksOf(first, longest), ...others];
}

function tapeBuffers(
  plan: PlanBuilder,
  stack: CouplingStack,
  { rows, variants }: StackRun,
  count: number,
): { conditions: string; dOutputs: string; hiddens: { hiddens?: string } } {
  const units = isByPieces(stack, variants) ? 0 : keptUnits(stack, count);
  return {
    // What the backward pass keeps of actnorms and linear maps follows the inputs.
    conditions: plan.buffer(CONDITIONS, count * (netInputs(stack) + mixFactors(stack)) * rows),
    // The Jacobians follow the outputs.
    dOutputs: plan.buffer(D_OUTPUTS, count * couplingOutputs(stack) * (1 + stack.conditionCount) * rows),
    hiddens: units === 0 ? {} : { hiddens: plan.buffer(HIDDENS, units * rows) },
  };
}

/** Pulls D_STATE back through the couplings of a segment, and adds to GRADIENTS. */
function segmentBackward(
  plan: PlanBuilder,
  stack: CouplingStack,
  segment: Segment,
  { rows, variants, validRows, dLogDet, netsHaveRun }: BackwardPass,
): void {
  const { start: first, count } = segment;
  const { conditions, dOutputs, hiddens } = tapeBuffers(plan, stack, { rows, variants }, count);
  const tape = { parameters: PARAMETERS, conditions, dOutputs };
  const range = { stack, first, count, lanes: variants.lanes, rows };
  plan.add(
    flowBackward({
      ...range,
      ...tape,
      ...hiddens,
      isTaped: netsHaveRun,
      context: CONTEXT,
      validRows,
      dLogDet,
      state: STATE,
      dState: D_STATE,
    }),
  );
  if (stack.mix !== undefined) {
    plan.add(mixBackwardWeight({ ...range, ...tape, validRows, dLogDet, gradients: GRADIENTS }));
  }
  if (isByPieces(stack, variants)) {
    const lines = netsHaveRun ? PIECE_LINES : addLines(plan, stack, variants, segment);
    plan.add(...sortedBackwardWeight(plan, { ...range, ...tape, lines, gradients: GRADIENTS }));
    return;
  }
  if (hiddens.hiddens === undefined) {
    plan.add(shallowBackwardWeight({ ...range, ...tape, gradients: GRADIENTS }));
    return;
  }
  const kept = { ...range, ...tape, hiddens: hiddens.hiddens };
  if (goesByLayers(stack)) {
    const dFirst = plan.buffer(D_FIRST, count * stack.netCount * (stack.hidden[0] ?? 0) * rows);
    plan.add(
      deepBackwardWeight({ ...kept, gradients: GRADIENTS }),
      upperBackwardInput({ ...kept, firstLayer: { conditions, dFirst } }),
      firstBackwardWeight({ ...kept, dFirst, gradients: GRADIENTS }),
    );
    return;
  }
  if (stack.hidden.length > 2) {
    plan.add(upperBackwardWeight({ ...kept, gradients: GRADIENTS }), upperBackwardInput(kept));
  }
  const partials = plan.buffer(WEIGHT_PARTIALS, deepPartials(stack, count));
  plan.add(
    deepBackwardWeight({ ...kept, gradients: GRADIENTS, partials }),
    deepWeightReduce({ ...range, partials, gradients: GRADIENTS }),
  );
}
