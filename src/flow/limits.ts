/** Whether a device has room for a model's parameters. */
import { LimitError } from '../errors.ts';
import type { NeededLimits } from '../gpu/device.ts';
import { paramLayout } from '../spec/layout.ts';
import type { FlowSpec } from '../spec/spec.ts';

const DEFAULT_BINDING_BYTES = 128 * 2 ** 20;
const DEFAULT_BUFFER_BYTES = 256 * 2 ** 20;

/** The limits to request if the parameters exceed WebGPU's default binding of 128 MiB; else empty. */
export function limitsFor(spec: FlowSpec): NeededLimits {
  const bytes = 4 * paramLayout(spec).length;
  if (bytes <= DEFAULT_BINDING_BYTES) return {};
  return { maxStorageBufferBindingSize: bytes, maxBufferSize: Math.max(bytes, DEFAULT_BUFFER_BYTES) };
}

/**
 * Rejects a model that is too large before drawing its parameters, which might not fit in memory either.
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
