import { FeatureError, ShapeError } from '../errors.ts';
import { PRECISIONS } from '../plan/precision.ts';
import type { Precision } from '../plan/precision.ts';
import type { FlowSpec } from '../spec/spec.ts';

/**
 * @throws {FeatureError} for f16 on a device without `shader-f16`
 * @throws {ShapeError} for an unknown precision, or f16 for residual or convolutional nets
 */
export function requirePrecision(precision: Precision, spec: FlowSpec, { features }: GPUDevice): void {
  if (!PRECISIONS.includes(precision)) {
    throw new ShapeError('precision', precision, `one of ${PRECISIONS.join(', ')}`);
  }
  if (precision === 'f32') return;
  if (spec.image !== undefined) {
    throw new ShapeError('precision', 'f16', 'f32', 'The nets of images have no kernels of half precision.');
  }
  const residual = spec.bijectors.findIndex(
    (bijector) => 'conditioner' in bijector && bijector.conditioner.residualBlocks !== undefined,
  );
  if (residual >= 0) {
    throw new ShapeError(
      'precision',
      'f16',
      'f32',
      `spec.bijectors[${residual}] has a residual net, whose sums need single precision.`,
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
