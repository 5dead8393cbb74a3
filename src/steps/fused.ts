/** The fused regime: couplings with small nets, a whole flow or a segment of it in one dispatch. */
import { couplingStackOf } from '../couplingStack.ts';
import type { CouplingStack } from '../couplingStack.ts';
import { MAX_COUPLINGS } from '../kernels/coupling_stack.ts';
import { flowBackward } from '../kernels/flow_backward.ts';
import { flowForward } from '../kernels/flow_forward.ts';
import { flowInverse } from '../kernels/flow_inverse.ts';
import { shallowBackwardWeight } from '../kernels/shallow_backward_weight.ts';
import type { PlanBuilder } from '../plan.ts';
import { chunksOf } from '../shape.ts';
import type { FlowModel } from './forward.ts';
import { CONDITIONS, D_OUTPUTS, D_STATE, GRADIENTS, LOG_DET, PARAMETERS, STATE } from './names.ts';
import type { KernelVariants } from './variants.ts';

/** Couplings whose trace is kept at once, so that memory does not grow with depth. */
const SEGMENT = 8;

/** The flow's couplings as a stack, where the variants ask for the fused regime and it fits. */
export function fusedStack({ spec, layout }: FlowModel, variants: KernelVariants): CouplingStack | undefined {
  return variants.regime === 'fused' ? couplingStackOf(spec, layout) : undefined;
}

/** As `fusedStack`, for a training step. */
export function fusedTrainingStack(model: FlowModel, variants: KernelVariants): CouplingStack | undefined {
  const stack = fusedStack(model, variants);
  return stack?.hidden.length === 1 ? stack : undefined;
}

/** x → z on the state, with LOG_DET and, where it is named, the log-density. */
export function fusedForward(
  plan: PlanBuilder,
  { layout }: FlowModel,
  stack: CouplingStack,
  { rows, lanes, logProb }: { rows: number; lanes: number; logProb?: string },
): void {
  const [start] = layout.bijectors;
  const ranges = chunksOf(stack.flips.length, MAX_COUPLINGS);
  ranges.forEach(({ start: first, count }, index) => {
    plan.add(
      flowForward({
        stack,
        first,
        count,
        lanes,
        rows,
        ...(index === 0 && start?.type === 'standardize' ? { standardize: start } : {}),
        parameters: PARAMETERS,
        state: STATE,
        logDet: LOG_DET,
        starts: index === 0,
        ...(index === ranges.length - 1 && logProb !== undefined ? { logProb } : {}),
      }),
    );
  });
}

/** z → x on the state, with LOG_DET of the inverse map. */
export function fusedInverse(
  plan: PlanBuilder,
  { layout }: FlowModel,
  stack: CouplingStack,
  { rows, lanes }: { rows: number; lanes: number },
): void {
  const [start] = layout.bijectors;
  const ranges = chunksOf(stack.flips.length, MAX_COUPLINGS).toReversed();
  ranges.forEach(({ start: first, count }, index) => {
    plan.add(
      flowInverse({
        stack,
        first,
        count,
        lanes,
        rows,
        ...(index === ranges.length - 1 && start?.type === 'standardize' ? { standardize: start } : {}),
        parameters: PARAMETERS,
        state: STATE,
        logDet: LOG_DET,
        starts: index === 0,
      }),
    );
  });
}

/** Pulls D_STATE back through the couplings, segment by segment, and adds to GRADIENTS. */
export function fusedBackward(
  plan: PlanBuilder,
  stack: CouplingStack,
  { rows, validRows, lanes, dLogDet }: { rows: number; validRows: number; lanes: number; dLogDet: number },
): void {
  const { conditionCount, transformCount, flips } = stack;
  for (const { start: first, count } of chunksOf(flips.length, SEGMENT).toReversed()) {
    const range = { stack, first, count, lanes, rows };
    const trace = {
      parameters: PARAMETERS,
      conditions: plan.buffer(CONDITIONS, count * conditionCount * rows),
      dOutputs: plan.buffer(D_OUTPUTS, count * 2 * transformCount * rows),
    };
    plan.add(
      flowBackward({ ...range, ...trace, validRows, dLogDet, state: STATE, dState: D_STATE }),
      shallowBackwardWeight({ ...range, ...trace, gradients: GRADIENTS }),
    );
  }
}
