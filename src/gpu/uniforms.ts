/** Packs the params of dispatches into one uniform buffer. */
import type { Dispatch } from '../plan/kernel.ts';

/** A `minUniformBufferOffsetAlignment` that every device accepts. */
export const UNIFORM_ALIGNMENT = 256;

/** The bytes of one `Params` struct: 4-byte scalars in order, padded to 16 bytes. */
export function paramsSize(dispatch: Dispatch): number {
  return Math.ceil((4 * Object.keys(dispatch.kernel.params).length) / 16) * 16;
}

/** Bytes of the buffer that `packUniforms` fills. */
export function uniformBytes(dispatches: readonly Dispatch[]): number {
  const blocks = dispatches.reduce((sum, dispatch) => sum + blockSize(dispatch), 0);
  return Math.max(blocks, UNIFORM_ALIGNMENT);
}

/** One block per dispatch, each at a multiple of UNIFORM_ALIGNMENT. */
export function packUniforms(dispatches: readonly Dispatch[]): { bytes: ArrayBuffer; offsets: number[] } {
  const offsets: number[] = [];
  let end = 0;
  for (const dispatch of dispatches) {
    offsets.push(end);
    end += blockSize(dispatch);
  }
  const bytes = new ArrayBuffer(uniformBytes(dispatches));
  const view = new DataView(bytes);
  dispatches.forEach((dispatch, index) => {
    const start = offsets[index] ?? 0;
    Object.entries(dispatch.kernel.params).forEach(([name, type], field) => {
      const value = dispatch.params[name];
      if (value === undefined || !Number.isFinite(value)) {
        throw new RangeError(`${dispatch.kernel.stem}: param ${name} is ${String(value)}`);
      }
      const at = start + 4 * field;
      if (type === 'u32') view.setUint32(at, value, true);
      else view.setFloat32(at, value, true);
    });
  });
  return { bytes, offsets };
}

function blockSize(dispatch: Dispatch): number {
  return Math.ceil(paramsSize(dispatch) / UNIFORM_ALIGNMENT) * UNIFORM_ALIGNMENT;
}
