/** Runs the same dispatches on the GPU and on the twins, from the same f32 inputs. */
import type { Dispatch, ElementType } from '../../src/plan/kernel.ts';
import { bufferBytes, planProblems } from '../../src/plan/plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { GpuProgram } from '../../src/gpu/executor.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import type { HostArray, Rounding } from '../../src/reference/executor.ts';
import { fromHalves } from '../../src/plan/precision.ts';
import { testGpu } from '../support/device.ts';

/** Initial contents by buffer name: f32 values, u32 words, f16 as `toHalves` makes them, or a length of zeros. */
export type BufferContents = Record<string, Float32Array | Uint32Array | Uint16Array | number>;

export interface BothResults {
  gpu: (name: string) => Float32Array | Uint32Array;
  twin: (name: string) => HostArray;
  /** Like `twin`, with nothing rounded except the f16 contents. */
  exact: (name: string) => HostArray;
}

/** Runs `dispatches` in order on both; buffers start from `contents`. */
export async function runBoth(
  dispatches: readonly Dispatch[],
  contents: BufferContents,
): Promise<BothResults> {
  const plan = planOf(dispatches, contents);
  const problems = planProblems(plan);
  if (problems.length > 0) throw new Error(problems.join('\n'));

  const context = await testGpu();
  using program = await GpuProgram.create(context, plan);
  for (const [name, content] of Object.entries(contents)) {
    if (typeof content === 'number') continue;
    context.device.queue.writeBuffer(program.buffer(name).buffer, 0, wholeWords(content));
  }
  await program.run();
  const gpu = new Map<string, Float32Array | Uint32Array>();
  for (const buffer of plan.buffers) {
    const { name, element, length } = buffer;
    const floats = await context.buffers.download(program.buffer(name), bufferBytes(buffer) / 4);
    if (element === 'f16') gpu.set(name, fromHalves(new Uint16Array(floats.buffer, 0, length)));
    else gpu.set(name, element === 'u32' ? new Uint32Array(floats.buffer) : floats);
  }
  let exact: BothResults['exact'] | undefined;
  return {
    gpu: (name) => gpu.get(name)!,
    twin: runTwin(dispatches, contents),
    exact: (name) => (exact ??= runTwin(dispatches, contents, () => undefined))(name),
  };
}

/** Runs `dispatches` in order on their twins only. */
export function runTwin(
  dispatches: readonly Dispatch[],
  contents: BufferContents,
  round?: Rounding,
): BothResults['twin'] {
  const reference = new ReferenceProgram(planOf(dispatches, contents), undefined, round);
  for (const [name, content] of Object.entries(contents)) {
    if (typeof content === 'number') continue;
    reference.buffer(name).set(content instanceof Uint16Array ? fromHalves(content) : content);
  }
  reference.run();
  return (name) => reference.buffer(name);
}

function planOf(dispatches: readonly Dispatch[], contents: BufferContents): Plan {
  return {
    label: dispatches[0]?.kernel.stem ?? 'empty',
    buffers: Object.entries(contents).map(([name, content]) => ({
      name,
      element: elementOf(content),
      length: typeof content === 'number' ? content : content.length,
    })),
    dispatches,
  };
}

function elementOf(content: BufferContents[string]): ElementType {
  if (content instanceof Uint16Array) return 'f16';
  return content instanceof Uint32Array ? 'u32' : 'f32';
}

/** The queue accepts whole words only. */
function wholeWords(content: Float32Array | Uint32Array | Uint16Array): BufferSource {
  if (!(content instanceof Uint16Array)) return content as Float32Array<ArrayBuffer>;
  const padded = new Uint16Array(content.length + (content.length % 2));
  padded.set(content);
  return padded;
}

/** Deterministic values in (−1, 1) · scale that vary with the index. */
export function ramp(length: number, scale = 1, phase = 0): Float32Array {
  return Float32Array.from({ length }, (_, i) => scale * Math.sin(1 + phase + i * 12.9898 + (i % 7)));
}
