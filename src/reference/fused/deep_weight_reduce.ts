import type { Twin } from '../../plan/kernel.ts';
import type { deepWeightReduceKernel } from '../../kernels/fused/deep_weight_reduce.ts';
import { roundUp } from '../../plan/shape.ts';
import { at } from '../maths/at.ts';

export const deepWeightReduce: Twin<typeof deepWeightReduceKernel> = ({ params, sizes, buffers }) => {
  const { partials, gradients } = buffers;
  const { N_INPUT, N_PARTIALS, N_NETS, HIDDEN_0 } = sizes;
  for (let net = 0; net < params.n_nets; net++) {
    const start =
      params.net_start +
      Math.floor(net / N_NETS) * params.coupling_stride +
      (net % N_NETS) * params.net_stride;
    for (let block = 0; block < params.n_blocks; block++) {
      for (let i = 0; i < N_PARTIALS; i++) {
        for (let unit = 0; unit < HIDDEN_0; unit++) {
          const place = start + (i === 0 ? roundUp(HIDDEN_0 * N_INPUT, 4) + unit : unit * N_INPUT + i - 1);
          const partial = ((net * params.n_blocks + block) * N_PARTIALS + i) * HIDDEN_0 + unit;
          gradients[place] = at(gradients, place) + at(partials, partial);
        }
      }
    }
  }
};
