/** z = (x + bias) ⊙ exp(log_scale), with a bias or without. */
import { diagonalScale } from '../kernels/elementwise/diagonal_scale.ts';
import { diagonalScaleBackward } from '../kernels/elementwise/diagonal_scale_backward.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { D_STATE, GRADIENTS, LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { Bijector, LayerSpec } from './bijector.ts';

export interface DiagonalTensors {
  bias?: TensorSlot;
  logScale: TensorSlot;
}

const BUFFERS = { parameters: PARAMETERS, state: STATE };

type Map = Pick<Bijector<LayerSpec, DiagonalTensors>, 'preservesVolume' | 'forward' | 'inverse' | 'backward'>;

export const diagonalMap: Map = {
  preservesVolume: false,

  forward(plan, { tensors: { bias, logScale } }, { rows, accumulate }) {
    const args = { rows, bias, logScale, accumulate, ...BUFFERS, logDet: LOG_DET };
    plan.add(diagonalScale({ ...args, inverse: false }));
  },

  inverse(plan, { tensors: { bias, logScale } }, { rows, accumulate }) {
    const args = { rows, bias, logScale, accumulate, ...BUFFERS, logDet: LOG_DET };
    plan.add(diagonalScale({ ...args, inverse: true }));
  },

  backward(plan, { tensors: { bias, logScale } }, { rows, validRows, dLogDet }) {
    const gradient = { dState: D_STATE, gradients: GRADIENTS };
    plan.add(diagonalScaleBackward({ rows, validRows, bias, logScale, dLogDet, ...BUFFERS, ...gradient }));
  },
};
