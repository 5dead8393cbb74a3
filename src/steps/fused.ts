/** The fused regime: couplings with small nets, a whole flow or a segment of it in one dispatch. */
import type { Dispatch } from '../kernel.ts';
import { couplingStackOf } from '../couplingStack.ts';
import type { CouplingStack } from '../couplingStack.ts';
import { keptUnits, MAX_COUPLINGS } from '../kernels/coupling_stack.ts';
import { deepBackwardWeight, deepPartials } from '../kernels/deep_backward_weight.ts';
import { deepWeightReduce } from '../kernels/deep_weight_reduce.ts';
import { flowBackward } from '../kernels/flow_backward.ts';
import { flowForward } from '../kernels/flow_forward.ts';
import type { FlowForwardArguments } from '../kernels/flow_forward.ts';
import { flowInverse } from '../kernels/flow_inverse.ts';
import { pieceBackwardWeight } from '../kernels/piece_backward_weight.ts';
import { pieceLineCount, pieceLines } from '../kernels/piece_lines.ts';
import { hasPieces, pieceCount, pieceOrder } from '../kernels/piece_order.ts';
import { pieceSumCount, pieceSums } from '../kernels/piece_sums.ts';
import type { PieceSumsArguments } from '../kernels/piece_sums.ts';
import { shallowBackwardWeight } from '../kernels/shallow_backward_weight.ts';
import { upperBackwardInput } from '../kernels/upper_backward_input.ts';
import { upperBackwardWeight } from '../kernels/upper_backward_weight.ts';
import type { BijectorSlots, ParamLayout } from '../paramLayout.ts';
import type { PlanBuilder } from '../plan.ts';
import { chunksOf } from '../shape.ts';
import { domainSteps } from './bijectors/domain.ts';
import type { FlowModel } from './forward.ts';
import {
  activationsOf,
  CONDITIONS,
  D_OUTPUTS,
  D_STATE,
  GRADIENTS,
  HIDDENS,
  LOG_DET,
  PARAMETERS,
  PIECE_ENDS,
  PIECE_LINES,
  PIECE_ORDER,
  PIECE_SUMS,
  PIECES,
  SLOPES,
  STATE,
  WEIGHT_PARTIALS,
} from './names.ts';
import type { KernelVariants } from './variants.ts';

/** Bytes of the widest buffer of a trace; within every binding's guaranteed 128 MiB. */
const WIDEST_TRACE_BYTES = 64 * 2 ** 20;

/** Elements of a net's Jacobian up to which carrying it costs less than a backward sweep, and compiles in seconds. */
const MAX_JACOBIAN = 8;

/** The flow's couplings as a stack, where the variants ask for the fused regime and it fits. */
export function fusedStack({ spec, layout }: FlowModel, variants: KernelVariants): CouplingStack | undefined {
  const { regime, precision } = variants;
  return regime === 'fused' && precision === 'f32' ? couplingStackOf(spec, layout) : undefined;
}

/** As `fusedStack`, for a training step. */
export function fusedTrainingStack(model: FlowModel, variants: KernelVariants): CouplingStack | undefined {
  const stack = fusedStack(model, variants);
  if (stack === undefined) return undefined;
  return stack.conditionCount * stack.netOutputs <= MAX_JACOBIAN ? stack : undefined;
}

interface ForwardRun {
  rows: number;
  variants: KernelVariants;
}

/** x → z on the state, with LOG_DET and, where it is named, the log-density. */
export function fusedForward(
  plan: PlanBuilder,
  model: FlowModel,
  stack: CouplingStack,
  { rows, variants, logProb }: ForwardRun & { logProb?: string },
): void {
  leaveDomain(plan, model, { rows, variants });
  const ranges = chunksOf(stack.flips.length, MAX_COUPLINGS);
  ranges.forEach(({ start, count }, index) => {
    const isLast = index === ranges.length - 1;
    plan.add(
      flowForward({
        ...forwardRange(model, stack, { rows, variants }, start, count),
        ...(isLast && logProb !== undefined ? { logProb } : {}),
      }),
    );
  });
}

/** As `fusedForward`; leaves the trace of the last segment for `fusedBackward`. */
export function fusedTrainingForward(
  plan: PlanBuilder,
  model: FlowModel,
  stack: CouplingStack,
  run: ForwardRun,
): void {
  leaveDomain(plan, model, run);
  const last = segmentsOf(stack, run).at(-1) ?? { start: 0, count: 0 };
  for (const { start, count } of chunksOf(last.start, MAX_COUPLINGS)) {
    plan.add(flowForward(forwardRange(model, stack, run, start, count)));
  }
  const { conditions, dOutputs, slopes, hiddens } = traceBuffers(plan, stack, run, last.count);
  plan.add(
    flowForward({
      ...forwardRange(model, stack, run, last.start, last.count),
      trace: { conditions, outputs: dOutputs, slopes, ...hiddens },
      ...(isByPieces(stack, run) ? { lines: addLines(plan, stack, run, last) } : {}),
    }),
  );
}

/** Maps bounded features to all numbers first, where the flow does: the fused kernels begin after that. */
function leaveDomain(plan: PlanBuilder, { spec, layout }: FlowModel, { rows, variants }: ForwardRun): void {
  const [start] = layout.bijectors;
  if (start?.type !== 'domain') return;
  const pass = { dim: spec.dim, rows, variants, activations: activationsOf() };
  domainSteps.forward(plan, start, { ...pass, accumulate: false, keepSlopes: false });
}

function forwardRange(
  { layout }: FlowModel,
  stack: CouplingStack,
  { rows, variants }: ForwardRun,
  first: number,
  count: number,
): FlowForwardArguments {
  const standardize = standardizeOf(layout);
  return {
    stack,
    first,
    count,
    lanes: variants.lanes,
    rows,
    ...(first === 0 && standardize !== undefined ? { standardize } : {}),
    parameters: PARAMETERS,
    state: STATE,
    logDet: LOG_DET,
    accumulate: first > 0 || layout.bijectors[0]?.type === 'domain',
  };
}

function standardizeOf({ bijectors }: ParamLayout): (BijectorSlots & { type: 'standardize' }) | undefined {
  return bijectors.find((slots) => slots.type === 'standardize');
}

/** Whether the nets' gradients, and in a traced pass their outputs, are found by the pieces of their input. */
function isByPieces(stack: CouplingStack, { variants }: ForwardRun): boolean {
  return variants.weights === 'sorted' && hasPieces(stack);
}

/** The lines of a segment's nets over the pieces of their input. */
function addLines(
  plan: PlanBuilder,
  stack: CouplingStack,
  { variants }: ForwardRun,
  { start, count }: { start: number; count: number },
): string {
  const lines = plan.buffer(PIECE_LINES, pieceLineCount(stack, count));
  plan.add(pieceLines({ stack, first: start, count, lanes: variants.lanes, parameters: PARAMETERS, lines }));
  return lines;
}

/** The segments of the stack in order, each short enough for its trace to fit a binding. */
function segmentsOf(stack: CouplingStack, run: ForwardRun): { start: number; count: number }[] {
  const slopes = 2 * stack.transformCount * stack.conditionCount;
  const widest = 4 * run.rows * Math.max(slopes, isByPieces(stack, run) ? 0 : keptUnits(stack, 1));
  const fitting = Math.max(1, Math.floor(WIDEST_TRACE_BYTES / widest));
  return chunksOf(stack.flips.length, Math.min(run.variants.segment, fitting));
}

function traceBuffers(
  plan: PlanBuilder,
  stack: CouplingStack,
  run: ForwardRun,
  count: number,
): { conditions: string; dOutputs: string; slopes: string; hiddens: { hiddens?: string } } {
  const { conditionCount, transformCount } = stack;
  const { rows } = run;
  const outputs = count * 2 * transformCount * rows;
  const units = isByPieces(stack, run) ? 0 : keptUnits(stack, count);
  return {
    conditions: plan.buffer(CONDITIONS, count * conditionCount * rows),
    dOutputs: plan.buffer(D_OUTPUTS, outputs),
    slopes: plan.buffer(SLOPES, outputs * conditionCount),
    hiddens: units === 0 ? {} : { hiddens: plan.buffer(HIDDENS, units * rows) },
  };
}

/** z → x on the state, with LOG_DET of the inverse map. */
export function fusedInverse(
  plan: PlanBuilder,
  { spec, layout }: FlowModel,
  stack: CouplingStack,
  { rows, variants }: ForwardRun,
): void {
  const [start] = layout.bijectors;
  const standardize = standardizeOf(layout);
  const ranges = chunksOf(stack.flips.length, MAX_COUPLINGS).toReversed();
  ranges.forEach(({ start: first, count }, index) => {
    plan.add(
      flowInverse({
        stack,
        first,
        count,
        lanes: variants.lanes,
        rows,
        ...(index === ranges.length - 1 && standardize !== undefined ? { standardize } : {}),
        parameters: PARAMETERS,
        state: STATE,
        logDet: LOG_DET,
        accumulate: index > 0,
      }),
    );
  });
  if (start?.type !== 'domain') return;
  const pass = { dim: spec.dim, rows, variants, activations: activationsOf() };
  domainSteps.inverse(plan, start, { ...pass, accumulate: true });
}

/** Pulls D_STATE back through the couplings, segment by segment, and adds to GRADIENTS. */
export function fusedBackward(
  plan: PlanBuilder,
  stack: CouplingStack,
  run: ForwardRun & { validRows: number; dLogDet: number },
): void {
  const { rows, variants, validRows, dLogDet } = run;
  segmentsOf(stack, run)
    .toReversed()
    .forEach(({ start: first, count }, index) => {
      const { conditions, dOutputs, slopes, hiddens } = traceBuffers(plan, stack, run, count);
      const trace = { parameters: PARAMETERS, conditions, dOutputs };
      const range = { stack, first, count, lanes: variants.lanes, rows };
      plan.add(
        flowBackward({
          ...range,
          ...trace,
          ...(index === 0 ? { slopes } : hiddens),
          validRows,
          dLogDet,
          state: STATE,
          dState: D_STATE,
        }),
      );
      if (isByPieces(stack, run)) {
        // Those of the last segment are there since the forward pass.
        const lines = index === 0 ? PIECE_LINES : addLines(plan, stack, run, { start: first, count });
        plan.add(...sortedBackwardWeight(plan, { ...range, ...trace, lines, gradients: GRADIENTS }));
        return;
      }
      if (hiddens.hiddens === undefined) {
        plan.add(shallowBackwardWeight({ ...range, ...trace, gradients: GRADIENTS }));
        return;
      }
      const kept = { ...range, ...trace, hiddens: hiddens.hiddens };
      if (stack.hidden.length > 2) {
        plan.add(upperBackwardWeight({ ...kept, gradients: GRADIENTS }), upperBackwardInput(kept));
      }
      const partials = plan.buffer(WEIGHT_PARTIALS, deepPartials(stack, count));
      plan.add(
        deepBackwardWeight({ ...kept, gradients: GRADIENTS, partials }),
        deepWeightReduce({ ...range, partials, gradients: GRADIENTS }),
      );
    });
}

/** The gradients of a segment's weights by rows that are sorted between the kinks of the first hidden layer. */
function sortedBackwardWeight(
  plan: PlanBuilder,
  args: Omit<PieceSumsArguments, 'order' | 'ends' | 'sums'>,
): Dispatch[] {
  const { stack, count, rows } = args;
  const nets = count * stack.netCount;
  const order = plan.buffer(PIECE_ORDER, nets * rows, 'u32');
  const pieces = plan.buffer(PIECES, nets * rows, 'u32');
  const ends = plan.buffer(PIECE_ENDS, nets * pieceCount(stack), 'u32');
  const sums = plan.buffer(PIECE_SUMS, pieceSumCount(stack, count));
  return [
    pieceOrder({ ...args, pieces, order, ends }),
    pieceSums({ ...args, order, ends, sums }),
    pieceBackwardWeight({ ...args, pieces, order, sums }),
  ];
}
