/** Transfers a plan's buffers to and from the GPU; on the host, halves are numbers. */
import type { Gpu } from '../gpu/gpu.ts';
import type { GpuProgram } from '../gpu/executor.ts';
import { bufferBytes } from '../plan/plan.ts';
import type { BufferSpec } from '../plan/plan.ts';
import { fromHalves, toHalves } from '../plan/precision.ts';

export type BufferValues = Float32Array | Uint32Array;

export function upload(
  { buffers }: Gpu,
  program: GpuProgram,
  { name, element, length }: BufferSpec,
  values: BufferValues,
): void {
  if (element !== 'f16') {
    buffers.write(program.buffer(name), values);
    return;
  }
  // In whole words, as the queue requires.
  const halves = new Uint16Array(bufferBytes({ element, length }) / 2);
  halves.set(toHalves(values));
  buffers.write(program.buffer(name), new Uint32Array(halves.buffer));
}

export async function download(
  { buffers }: Gpu,
  program: GpuProgram,
  spec: BufferSpec,
): Promise<BufferValues> {
  const { name, element, length } = spec;
  const words = await buffers.download(program.buffer(name), bufferBytes(spec) / 4);
  if (element === 'f16') return fromHalves(new Uint16Array(words.buffer, 0, length));
  return element === 'u32' ? new Uint32Array(words.buffer) : words;
}
