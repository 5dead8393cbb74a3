/** z = (x + bias) ⊙ exp(log_scale), with a bias or without. */
import { diagonalScale } from '../kernels/elementwise/diagonal_scale.ts';
import { diagonalScaleBackward } from '../kernels/elementwise/diagonal_scale_backward.ts';
import type { TensorSlot } from '../model/tensors.ts';
import { D_STATE, GRADIENTS, LOG_DET, PARAMETERS, STATE } from '../plan/names.ts';
import type { Bijector, LayerSpec, Layer } from './bijector.ts';
import { INVERTED } from '../kernels/resident/ops.ts';
import { offsetOf } from '../kernels/resident/row_ops.ts';
import type { RowOps } from '../kernels/resident/row_ops.ts';

export interface DiagonalTensors {
  bias?: TensorSlot;
  logScale: TensorSlot;
}

const BUFFERS = { parameters: PARAMETERS, state: STATE };

type Map = Pick<
  Bijector<LayerSpec, DiagonalTensors>,
  'resident' | 'preservesVolume' | 'forward' | 'inverse' | 'backward' | 'backwardInput'
>;

export const diagonalMap: Map = {
  resident: {
    forward(ops, layer) {
      const { bias, logScale } = layer.tensors;
      const count = logScale.length;
      const slot = ops.keep(2 * count);
      residentMap(ops, layer, slot, false);
      return () => {
        const tensors = { tensor: logScale.offset, bias: offsetOf(bias) };
        ops.add({ kind: 'scale_backward', to: 0, count, ...tensors, slot });
        ops.sumsTo(logScale, slot);
        if (bias !== undefined) ops.sumsTo(bias, slot + count);
      };
    },
    inverse: (ops, layer) => residentMap(ops, layer, 0, true),
  },

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

  // The gradient is multiplied by the scales, as x is. Nothing reads the log-dets.
  backwardInput(plan, { tensors: { bias, logScale } }, { rows }) {
    const args = { rows, logScale, accumulate: false, parameters: PARAMETERS, logDet: LOG_DET };
    plan.add(
      diagonalScale({ ...args, bias, inverse: true, state: STATE }),
      diagonalScale({ ...args, inverse: false, state: D_STATE }),
    );
  },
};

function residentMap(
  ops: RowOps,
  { tensors: { bias, logScale } }: Layer<LayerSpec, DiagonalTensors>,
  slot: number,
  inverse: boolean,
): void {
  const count = logScale.length;
  const [tensor, option] = [logScale.offset, inverse ? INVERTED : 0];
  ops.add(
    { kind: 'scale', to: 0, count, tensor, bias: offsetOf(bias), option, slot },
    { kind: 'add_tensor', tensor, count, number: inverse ? -1 : 1 },
  );
}
