/** Whether a device has what a model needs: room for its parameters, and half precision where it is asked for. */
import { FeatureError, LimitError, ShapeError } from './errors.ts';
import type { NeededLimits } from './gpu/device.ts';
import { paramLayout } from './paramLayout.ts';
import { PRECISIONS } from './precision.ts';
import type { Precision } from './precision.ts';
import type { FlowSpec } from './spec.ts';

const DEFAULT_BINDING_BYTES = 128 * 2 ** 20;
const DEFAULT_BUFFER_BYTES = 256 * 2 ** 20;

/** The limits to ask for where the parameters do not fit WebGPU's default binding of 128 MiB; else none. */
export function limitsFor(spec: FlowSpec): NeededLimits {
  const bytes = 4 * paramLayout(spec).length;
  if (bytes <= DEFAULT_BINDING_BYTES) return {};
  return { maxStorageBufferBindingSize: bytes, maxBufferSize: Math.max(bytes, DEFAULT_BUFFER_BYTES) };
}

/**
 * Tells a model that is too large before its parameters are drawn, which might not fit in memory either.
 * @throws {LimitError} when the device's bindings are smaller than the parameters
 */
export function requireRoom(spec: FlowSpec, device: GPUDevice): void {
  const { length } = paramLayout(spec);
  const available = device.limits.maxStorageBufferBindingSize;
  if (4 * length <= available) return;
  throw new LimitError(
    `A model of ${length.toLocaleString('en')} parameters`,
    'maxStorageBufferBindingSize',
    4 * length,
    available,
    'Use fewer couplings or narrower hidden layers.',
  );
}

/**
 * @throws {FeatureError} for f16 on a device without `shader-f16`
 * @throws {ShapeError} for a precision that there is not, or f16 for residual nets
 */
export function requirePrecision(precision: Precision, spec: FlowSpec, { features }: GPUDevice): void {
  if (!PRECISIONS.includes(precision)) {
    throw new ShapeError('precision', precision, `one of ${PRECISIONS.join(', ')}`);
  }
  if (precision === 'f32') return;
  const residual = spec.bijectors.findIndex(
    (bijector) => 'conditioner' in bijector && bijector.conditioner.residualBlocks !== undefined,
  );
  if (residual >= 0) {
    throw new ShapeError(
      'precision',
      'f16',
      'f32',
      `The net of spec.bijectors[${residual}] is a residual one, whose sums need single precision.`,
    );
  }
  if (features.has('shader-f16')) return;
  throw new FeatureError(
    'The precision f16',
    'shader-f16',
    [...features].sort(),
    'Use the precision f32, which runs everywhere, or another adapter; openDevice() asks for the feature where the ' +
      'adapter has it, and a device of your own must be requested with it.',
  );
}
