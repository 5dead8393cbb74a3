/** The fixed maps of bounded data to all numbers, the first bijector where there is one. */
import { domainForward } from '../kernels/elementwise/domain_forward.ts';
import type { DomainRange } from '../kernels/elementwise/domain_forward.ts';
import { domainInverse } from '../kernels/elementwise/domain_inverse.ts';
import type { BijectorSlots } from '../spec/layout.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { BijectorSteps } from './bijector.ts';

type Slots = BijectorSlots & { type: 'domain' };

const BUFFERS = { parameters: PARAMETERS, state: STATE, logDet: LOG_DET };

export const domainSteps: BijectorSteps<Slots> = {
  preservesVolume: false,

  forward(plan, slots, { rows, accumulate }) {
    rangesOf(slots).forEach((range, index) =>
      plan.add(domainForward({ ...range, rows, accumulate: accumulate || index > 0, ...BUFFERS })),
    );
  },

  inverse(plan, slots, { rows, accumulate }) {
    rangesOf(slots).forEach((range, index) =>
      plan.add(domainInverse({ ...range, rows, accumulate: accumulate || index > 0, ...BUFFERS })),
    );
  },

  backward() {
    // It comes first and has nothing to train, so its gradient is never asked for.
  },
};

/** The bounded features, those of one domain that lie side by side together, and all scales. */
function rangesOf({ spec, scale }: Slots): (DomainRange & { scale: TensorSlot })[] {
  const ranges: DomainRange[] = [];
  spec.features.forEach((domain, feature) => {
    if (domain === 'real') return;
    const last = ranges.at(-1);
    if (last?.domain === domain && last.start + last.count === feature) last.count++;
    else ranges.push({ start: feature, count: 1, domain });
  });
  return ranges.map((range) => ({ ...range, scale }));
}
