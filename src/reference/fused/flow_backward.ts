import type { Twin } from '../../plan/kernel.ts';
import type { flowBackwardKernel } from '../../kernels/fused/flow_backward.ts';
import { at } from '../maths/at.ts';
import { blocksOf, keepHidden, netInputsOf, stackOutput } from '../maths/coupling_stack.ts';
import { mixGradient, mixOf, unmixed } from '../maths/mix.ts';
import { logScaleOf } from '../maths/scaleMap.ts';

export const flowBackward: Twin<typeof flowBackwardKernel> = ({
  params,
  flags,
  constants,
  sizes,
  buffers,
}) => {
  const { parameters, context, state, d_state, conditions, d_outputs, hiddens } = buffers;
  const { N_CONDITION, N_TRANSFORM, N_INPUT, N_COUPLING_OUT } = sizes;
  const rows = 4 * params.n_quads;
  const outputs = Array.from({ length: N_COUPLING_OUT }, (_, o) => o);
  for (let r = 0; r < rows; r++) {
    const place = (feature: number): number => feature * rows + r;
    const dLogDet = r < params.n_valid_rows ? params.d_log_det : 0;
    for (let c = params.n_couplings - 1; c >= 0; c--) {
      const { condition, transform } = blocksOf(sizes, params.flips, c);
      const z = Array.from({ length: sizes.N_DIM }, (_, f) => at(state, place(f)));
      const first = c * N_COUPLING_OUT;
      const jacobians = params.n_couplings * N_COUPLING_OUT;
      const inputs = flags.STORED ? [] : netInputsOf(sizes, condition, z, { values: context, rows, r });
      const output = flags.STORED
        ? {
            value: outputs.map((o) => at(d_outputs, place(first + o))),
            jacobian: outputs.map((o) =>
              condition.map((_, i) => at(d_outputs, place(jacobians + (first + o) * N_CONDITION + i))),
            ),
            hiddens: [],
          }
        : stackOutput(sizes, params, flags, constants.ACTIVATION, parameters, c, inputs);
      if (flags.KEEP_HIDDEN) keepHidden(hiddens, output, c, params.n_couplings, rows, r);
      inputs.forEach((value, i) => {
        conditions[place(c * N_INPUT + i)] = value;
      });
      const dOutputs = new Map<number, number>();
      transform.forEach((f, j) => {
        const dT = at(d_state, place(f));
        if (flags.ADDITIVE) {
          state[place(f)] = at(state, place(f)) - (output.value[j] ?? NaN);
          dOutputs.set(j, dT);
          return;
        }
        const s = logScaleOf(constants.SCALE_MAP, output.value[j] ?? NaN, params.scale_bound);
        const scaled = at(state, place(f)) - (output.value[N_TRANSFORM + j] ?? NaN);
        dOutputs.set(j, (dT * scaled + dLogDet) * s.derivative);
        dOutputs.set(N_TRANSFORM + j, dT);
        state[place(f)] = scaled * Math.exp(-s.value);
        d_state[place(f)] = dT * Math.exp(s.value);
      });
      for (const [o, d] of dOutputs) {
        d_outputs[place(first + o)] = d;
        condition.forEach((feature, i) => {
          d_state[place(feature)] = at(d_state, place(feature)) + (output.jacobian[o]?.[i] ?? NaN) * d;
        });
      }
      if (!flags.MIX) continue;
      const mix = mixOf(sizes.N_DIM, params, parameters, c);
      const features = z.map((_, f) => f);
      const before = unmixed(
        features.map((f) => at(state, place(f))),
        mix,
      );
      const d = mixGradient(
        features.map((f) => at(d_state, place(f))),
        mix,
      );
      const kept = [before.scaled, before.y, d.dW, d.dY, d.dScaled].flat();
      kept.forEach((value, i) => {
        conditions[place(params.n_couplings * N_INPUT + c * kept.length + i)] = value;
      });
      for (const f of features) {
        state[place(f)] = before.x[f] ?? NaN;
        d_state[place(f)] = d.dX[f] ?? NaN;
      }
    }
  }
};
