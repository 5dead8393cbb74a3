/** Runs the same dispatches on the GPU and on the twins, from the same f32 inputs. */
import type { Dispatch } from '../../src/kernel.ts';
import { planProblems } from '../../src/plan.ts';
import type { Plan } from '../../src/plan.ts';
import { GpuProgram } from '../../src/gpu/executor.ts';
import { ReferenceProgram } from '../../src/reference/executor.ts';
import type { HostArray } from '../../src/reference/executor.ts';
import { testContext } from '../support/device.ts';

/** Initial contents by buffer name: f32 values, u32 words, or a length of zeros. */
export type BufferContents = Record<string, Float32Array | Uint32Array | number>;

export interface BothResults {
  gpu: (name: string) => Float32Array | Uint32Array;
  twin: (name: string) => HostArray;
}

/** Runs `dispatches` in order on both; buffers start from `contents`. */
export async function runBoth(
  dispatches: readonly Dispatch[],
  contents: BufferContents,
): Promise<BothResults> {
  const plan = planOf(dispatches, contents);
  const problems = planProblems(plan);
  if (problems.length > 0) throw new Error(problems.join('\n'));

  const context = await testContext();
  using program = await GpuProgram.create(context, plan);
  for (const [name, content] of Object.entries(contents)) {
    if (typeof content === 'number') continue;
    context.device.queue.writeBuffer(program.buffer(name).buffer, 0, content as Float32Array<ArrayBuffer>);
  }
  program.run();
  const gpu = new Map<string, Float32Array | Uint32Array>();
  for (const { name, element, length } of plan.buffers) {
    const floats = await context.buffers.download(program.buffer(name), length);
    gpu.set(name, element === 'u32' ? new Uint32Array(floats.buffer) : floats);
  }
  return { gpu: (name) => gpu.get(name)!, twin: runTwin(dispatches, contents) };
}

/** Runs `dispatches` in order by their twins alone. */
export function runTwin(dispatches: readonly Dispatch[], contents: BufferContents): BothResults['twin'] {
  const reference = new ReferenceProgram(planOf(dispatches, contents));
  for (const [name, content] of Object.entries(contents)) {
    if (typeof content !== 'number') reference.buffer(name).set(content);
  }
  reference.run();
  return (name) => reference.buffer(name);
}

function planOf(dispatches: readonly Dispatch[], contents: BufferContents): Plan {
  return {
    label: dispatches[0]?.kernel.stem ?? 'empty',
    buffers: Object.entries(contents).map(([name, content]) => ({
      name,
      element: content instanceof Uint32Array ? 'u32' : 'f32',
      length: typeof content === 'number' ? content : content.length,
    })),
    dispatches,
  };
}

/** Deterministic values in (−1, 1) · scale, unequal from place to place. */
export function ramp(length: number, scale = 1, phase = 0): Float32Array {
  return Float32Array.from({ length }, (_, i) => scale * Math.sin(1 + phase + i * 12.9898 + (i % 7)));
}
