/** Programs and copies that are recorded into somebody else's commands. */
import { allSound } from './buffers.ts';
import type { Buffers, OwnedBuffer } from './buffers.ts';
import type { Gpu } from './gpu.ts';
import { GpuProgram } from './executor.ts';
import type { SharedBuffers } from './executor.ts';
import { wordsByName } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';

/** A plan, then copies of whole buffers of it, by name, to element `at` of other buffers. */
export interface Stage {
  plan?: Plan;
  copies?: readonly { from: string; to: string; at: number; length: number }[];
}

/**
 * Stages that run one after the other on shared buffers, as often as they are recorded. The buffers that `shared` does
 * not name are the recording's own and die with it; two stages that name the same buffer mean the same one.
 */
export class Recording implements Disposable {
  readonly #label: string;
  readonly #device: Buffers;
  readonly #stages: readonly { program: GpuProgram | undefined; stage: Stage }[];
  readonly #buffers: ReadonlyMap<string, OwnedBuffer>;
  readonly #owned: readonly { dispose(): void }[];

  private constructor(
    label: string,
    device: Buffers,
    stages: readonly { program: GpuProgram | undefined; stage: Stage }[],
    buffers: ReadonlyMap<string, OwnedBuffer>,
    owned: readonly { dispose(): void }[],
  ) {
    this.#label = label;
    this.#device = device;
    this.#stages = stages;
    this.#buffers = buffers;
    this.#owned = owned;
  }

  /**
   * @param extra lengths, in words of 4 bytes, of buffers that only copies name
   * @throws {LimitError | ShaderCompileError} as `GpuProgram.create`
   */
  static async create(
    context: Gpu,
    label: string,
    stages: readonly Stage[],
    shared: SharedBuffers,
    extra: ReadonlyMap<string, number> = new Map(),
  ): Promise<Recording> {
    const lengths = wordsByName(stages.flatMap(({ plan }) => plan ?? []));
    for (const [name, length] of extra) lengths.set(name, Math.max(length, lengths.get(name) ?? 0));
    const owned: { dispose(): void }[] = [];
    try {
      const buffers = new Map(shared);
      for (const [name, length] of lengths) {
        if (buffers.has(name)) continue;
        const buffer = context.buffers.storage(`${label}/${name}`, length);
        owned.push(buffer);
        buffers.set(name, buffer);
      }
      await allSound(buffers.values());
      const made: { program: GpuProgram | undefined; stage: Stage }[] = [];
      for (const stage of stages) {
        const program = stage.plan && (await GpuProgram.create(context, stage.plan, buffers));
        if (program !== undefined) owned.push(program);
        made.push({ program, stage });
      }
      return new Recording(label, context.buffers, made, buffers, owned);
    } catch (error) {
      for (const resource of owned) resource.dispose();
      throw error;
    }
  }

  buffer(name: string): GPUBuffer {
    return this.#ownedBuffer(name).buffer;
  }

  /** Puts `values` at the start of a buffer, before all that will be submitted. */
  write(name: string, values: Float32Array): void {
    this.#device.write(this.#ownedBuffer(name), values);
  }

  /** Appends every stage, in order; submits nothing. */
  encode(encoder: GPUCommandEncoder): void {
    for (const { program, stage } of this.#stages) {
      if (program !== undefined) {
        const pass = encoder.beginComputePass({ label: this.#label });
        program.encode(pass);
        pass.end();
      }
      for (const { from, to, at, length } of stage.copies ?? []) {
        encoder.copyBufferToBuffer(this.buffer(from), 0, this.buffer(to), 4 * at, 4 * length);
      }
    }
  }

  #ownedBuffer(name: string): OwnedBuffer {
    const buffer = this.#buffers.get(name);
    if (buffer === undefined) throw new RangeError(`${this.#label} has no buffer ${name}`);
    return buffer;
  }

  dispose(): void {
    for (const resource of this.#owned) resource.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
