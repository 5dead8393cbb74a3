/** z = (x + bias) ⊙ exp(log_scale), with a bias or without. */
import { diagonalBackward } from '../kernels/elementwise/diagonal_backward.ts';
import { diagonalForward } from '../kernels/elementwise/diagonal_forward.ts';
import { diagonalInverse } from '../kernels/elementwise/diagonal_inverse.ts';
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
    plan.add(diagonalForward({ rows, bias, logScale, accumulate, ...BUFFERS, logDet: LOG_DET }));
  },

  inverse(plan, { tensors: { bias, logScale } }, { rows, accumulate }) {
    plan.add(diagonalInverse({ rows, bias, logScale, accumulate, ...BUFFERS, logDet: LOG_DET }));
  },

  backward(plan, { tensors: { bias, logScale } }, { rows, validRows, dLogDet }) {
    const gradient = { dState: D_STATE, gradients: GRADIENTS };
    plan.add(diagonalBackward({ rows, validRows, bias, logScale, dLogDet, ...BUFFERS, ...gradient }));
  },
};
