import type { Twin } from '../../plan/kernel.ts';
import type { flowBackwardKernel } from '../../kernels/fused/flow_backward.ts';
import { at } from '../maths/at.ts';
import { blocksOf, keepHidden, stackOutput } from '../maths/coupling_stack.ts';
import { logScaleOf } from '../maths/scaleMap.ts';

export const flowBackward: Twin<typeof flowBackwardKernel> = ({
  params,
  flags,
  constants,
  sizes,
  buffers,
}) => {
  const { parameters, state, d_state, conditions, d_outputs, jacobians, hiddens } = buffers;
  const rows = 4 * params.n_quads;
  for (let r = 0; r < rows; r++) {
    const place = (feature: number): number => feature * rows + r;
    const dLogDet = r < params.n_valid_rows ? params.d_log_det : 0;
    for (let c = params.n_couplings - 1; c >= 0; c--) {
      const { condition, transform } = blocksOf(sizes, params.flips, c);
      const x = condition.map((f) => at(state, place(f)));
      const first = c * 2 * sizes.N_TRANSFORM;
      const outputs = Array.from({ length: 2 * sizes.N_TRANSFORM }, (_, o) => o);
      const output = flags.STORED
        ? {
            value: outputs.map((o) => at(d_outputs, place(first + o))),
            jacobian: outputs.map((o) =>
              x.map((_, i) => at(jacobians, place((first + o) * sizes.N_CONDITION + i))),
            ),
            hiddens: [],
          }
        : stackOutput(sizes, params, flags, constants.ACTIVATION, parameters, c, x);
      if (flags.KEEP_HIDDEN) keepHidden(hiddens, output, c, params.n_couplings, rows, r);
      if (!flags.STORED) {
        x.forEach((value, i) => {
          conditions[place(c * sizes.N_CONDITION + i)] = value;
        });
      }
      transform.forEach((f, j) => {
        const s = logScaleOf(constants.SCALE_MAP, output.value[j] ?? NaN, params.scale_bound);
        const scaled = at(state, place(f)) - (output.value[sizes.N_TRANSFORM + j] ?? NaN);
        const dT = at(d_state, place(f));
        const dA = (dT * scaled + dLogDet) * s.derivative;
        d_outputs[place(first + j)] = dA;
        d_outputs[place(first + sizes.N_TRANSFORM + j)] = dT;
        state[place(f)] = scaled * Math.exp(-s.value);
        d_state[place(f)] = dT * Math.exp(s.value);
        condition.forEach((feature, i) => {
          const dX =
            (output.jacobian[j]?.[i] ?? NaN) * dA + (output.jacobian[sizes.N_TRANSFORM + j]?.[i] ?? NaN) * dT;
          d_state[place(feature)] = at(d_state, place(feature)) + dX;
        });
      });
    }
  }
};
