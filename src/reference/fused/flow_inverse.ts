import type { Twin } from '../../plan/kernel.ts';
import type { flowInverseKernel } from '../../kernels/fused/flow_inverse.ts';
import { at } from '../maths/at.ts';
import { blocksOf, netInputsOf, stackOutput } from '../maths/coupling_stack.ts';
import { mixLogDet, mixOf, unmixed } from '../maths/mix.ts';
import { logScaleOf } from '../maths/scaleMap.ts';

export const flowInverse: Twin<typeof flowInverseKernel> = ({ params, flags, constants, sizes, buffers }) => {
  const { parameters, context, state, log_det } = buffers;
  const rows = 4 * params.n_quads;
  for (let r = 0; r < rows; r++) {
    const z = Array.from({ length: sizes.N_DIM }, (_, f) => at(state, f * rows + r));
    let sum = flags.ACCUMULATE ? at(log_det, r) : 0;
    for (let c = params.n_couplings - 1; c >= 0; c--) {
      const { condition, transform } = blocksOf(sizes, params.flips, c);
      const inputs = netInputsOf(sizes, condition, z, { values: context, rows, r });
      const { value } = stackOutput(sizes, params, flags, constants.ACTIVATION, parameters, c, inputs);
      transform.forEach((f, j) => {
        if (flags.ADDITIVE) {
          z[f] = (z[f] ?? NaN) - (value[j] ?? NaN);
          return;
        }
        const s = logScaleOf(constants.SCALE_MAP, value[j] ?? NaN, params.scale_bound).value;
        z[f] = ((z[f] ?? NaN) - (value[sizes.N_TRANSFORM + j] ?? NaN)) * Math.exp(-s);
        sum -= s;
      });
      if (!flags.MIX) continue;
      const mix = mixOf(sizes.N_DIM, params, parameters, c);
      unmixed(z, mix).x.forEach((value, f) => {
        z[f] = value;
      });
      sum -= mixLogDet(mix);
    }
    if (flags.STANDARDIZE) {
      z.forEach((value, f) => {
        const std = at(parameters, params.std_offset + f);
        z[f] = value * std + at(parameters, params.mean_offset + f);
        sum += Math.log(std);
      });
    }
    z.forEach((value, f) => {
      state[f * rows + r] = value;
    });
    log_det[r] = sum;
  }
};
