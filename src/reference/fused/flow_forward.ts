import type { Twin } from '../../plan/kernel.ts';
import type { flowForwardKernel } from '../../kernels/fused/flow_forward.ts';
import { at } from '../maths/at.ts';
import { blocksOf, keepHidden, netInputsOf, stackOutput } from '../maths/coupling_stack.ts';
import { mixed, mixLogDet, mixOf } from '../maths/mix.ts';
import { pieceOutput } from '../maths/pieces.ts';
import { logScaleOf } from '../maths/scaleMap.ts';

export const flowForward: Twin<typeof flowForwardKernel> = ({ params, flags, constants, sizes, buffers }) => {
  const { parameters, context, state, log_det, log_prob, conditions, outputs, hiddens, lines } = buffers;
  const rows = 4 * params.n_quads;
  for (let r = 0; r < rows; r++) {
    const x = Array.from({ length: sizes.N_DIM }, (_, f) => at(state, f * rows + r));
    let sum = flags.ACCUMULATE ? at(log_det, r) : 0;
    if (flags.STANDARDIZE) {
      x.forEach((value, f) => {
        const std = at(parameters, params.std_offset + f);
        x[f] = (value - at(parameters, params.mean_offset + f)) / std;
        sum -= Math.log(std);
      });
    }
    for (let c = 0; c < params.n_couplings; c++) {
      if (flags.MIX) {
        const mix = mixOf(sizes.N_DIM, params, parameters, c);
        mixed(x, mix).forEach((value, f) => {
          x[f] = value;
        });
        sum += mixLogDet(mix);
      }
      const { condition, transform } = blocksOf(sizes, params.flips, c);
      const inputs = netInputsOf(sizes, condition, x, { values: context, rows, r });
      const output = flags.PIECES
        ? pieceOutput(sizes, params, constants.ACTIVATION, parameters, lines, c, inputs[0] ?? NaN)
        : stackOutput(sizes, params, flags, constants.ACTIVATION, parameters, c, inputs);
      const { value } = output;
      if (flags.TANGENTS) {
        const first = c * sizes.N_COUPLING_OUT;
        const jacobians = params.n_couplings * sizes.N_COUPLING_OUT;
        inputs.forEach((input, i) => {
          conditions[(c * sizes.N_INPUT + i) * rows + r] = input;
        });
        value.forEach((raw, o) => {
          outputs[(first + o) * rows + r] = raw;
          output.jacobian[o]?.slice(0, sizes.N_CONDITION).forEach((value, i) => {
            outputs[(jacobians + (first + o) * sizes.N_CONDITION + i) * rows + r] = value;
          });
        });
      }
      if (flags.KEEP_HIDDEN) keepHidden(hiddens, output, c, params.n_couplings, rows, r);
      transform.forEach((f, j) => {
        if (flags.ADDITIVE) {
          x[f] = (x[f] ?? NaN) + (value[j] ?? NaN);
          return;
        }
        const s = logScaleOf(constants.SCALE_MAP, value[j] ?? NaN, params.scale_bound).value;
        x[f] = (x[f] ?? NaN) * Math.exp(s) + (value[sizes.N_TRANSFORM + j] ?? NaN);
        sum += s;
      });
    }
    x.forEach((value, f) => {
      state[f * rows + r] = value;
    });
    log_det[r] = sum;
    if (flags.LOG_PROB) {
      const sumSquares = x.reduce((total, value) => total + value * value, 0);
      log_prob[r] = -0.5 * (sumSquares + sizes.N_DIM * Math.log(2 * Math.PI)) + sum;
    }
  }
};
