import type { Twin } from '../../plan/kernel.ts';
import type { denseCouplingBlockedKernel } from '../../kernels/coupling/dense_coupling_blocked.ts';
import { couplingTiles, TILE_TRANSFORMED } from '../../kernels/coupling/dense_coupling_blocked.ts';
import { at } from '../maths/at.ts';
import { logScaleOf } from '../maths/scaleMap.ts';

export const denseCouplingBlocked: Twin<typeof denseCouplingBlockedKernel> = ({
  params,
  flags,
  constants,
  buffers,
}) => {
  const { parameters, input, state, log_scale, output } = buffers;
  const rows = 4 * params.n_quads;
  const transformed = params.n_transformed;
  const tiles = couplingTiles(transformed);
  const layer = (o: number, row: number): number => {
    let sum = at(parameters, params.bias_offset + o);
    for (let i = 0; i < params.n_inputs; i++) {
      sum += at(parameters, params.weight_offset + o * params.n_inputs + i) * at(input, i * rows + row);
    }
    return sum;
  };
  log_scale.fill(0, 0, tiles * rows);
  for (let j = 0; j < transformed; j++) {
    for (let row = 0; row < rows; row++) {
      const a = layer(j, row);
      const t = layer(transformed + j, row);
      const s = logScaleOf(constants.SCALE_MAP, a, params.scale_bound).value;
      const place = (params.transform_start + j) * rows + row;
      state[place] = flags.INVERSE
        ? (at(state, place) - t) * Math.exp(-s)
        : at(state, place) * Math.exp(s) + t;
      const sum = Math.floor(j / TILE_TRANSFORMED) * rows + row;
      log_scale[sum] = at(log_scale, sum) + s;
      if (flags.STORE_OUTPUT) {
        output[j * rows + row] = a;
        output[(transformed + j) * rows + row] = t;
      }
    }
  }
};
