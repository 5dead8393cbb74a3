/** Runs plans on the GPU. */
import { activeBindings } from '../plan/kernel.ts';
import type { Dispatch } from '../plan/kernel.ts';
import { bufferBytes } from '../plan/plan.ts';
import type { Plan } from '../plan/plan.ts';
import { allSound } from './buffers.ts';
import type { OwnedBuffer } from './buffers.ts';
import type { Gpu } from './gpu.ts';
import { packUniforms, paramsSize } from './uniforms.ts';

/** Buffers by their names in a plan, owned by someone else. */
export type SharedBuffers = ReadonlyMap<string, OwnedBuffer>;

interface Launch {
  pipeline: GPUComputePipeline;
  bindGroup: GPUBindGroup;
  workgroups: Dispatch['workgroups'];
}

/**
 * A plan bound to a device: its compiled pipelines, buffers and bind groups. The program owns the buffers
 * that `shared` does not name. Encoding allocates nothing.
 */
export class GpuProgram implements Disposable {
  readonly #context: Gpu;
  readonly #plan: Plan;
  readonly #uniforms: OwnedBuffer;
  readonly #launches: readonly Launch[];
  readonly #owned: readonly OwnedBuffer[];
  readonly #buffers: ReadonlyMap<string, OwnedBuffer>;

  private constructor(
    context: Gpu,
    plan: Plan,
    uniforms: OwnedBuffer,
    launches: Launch[],
    owned: OwnedBuffer[],
    buffers: ReadonlyMap<string, OwnedBuffer>,
  ) {
    this.#context = context;
    this.#plan = plan;
    this.#uniforms = uniforms;
    this.#launches = launches;
    this.#owned = owned;
    this.#buffers = buffers;
  }

  /**
   * @throws {LimitError} when a buffer is larger than the device allows
   * @throws {GpuMemoryError} when a buffer could not be made
   * @throws {ShaderCompileError} when a pipeline cannot be made
   */
  static async create(context: Gpu, plan: Plan, shared: SharedBuffers = new Map()): Promise<GpuProgram> {
    const owned: OwnedBuffer[] = [];
    try {
      const buffers = new Map(shared);
      for (const spec of plan.buffers) {
        const { name } = spec;
        if (buffers.has(name)) continue;
        const buffer = context.buffers.storage(`${plan.label}/${name}`, bufferBytes(spec) / 4);
        owned.push(buffer);
        buffers.set(name, buffer);
      }
      const { bytes, offsets } = packUniforms(plan.dispatches);
      const uniforms = context.buffers.uniform(`${plan.label}/params`, bytes.byteLength);
      owned.push(uniforms);
      context.buffers.write(uniforms, new Uint32Array(bytes));

      const tables = plan.dispatches.map((dispatch) =>
        Object.entries(dispatch.tables ?? {}).map(([binding, words]) => {
          const table = context.buffers.storage(
            `${plan.label}/${dispatch.kernel.stem}/${binding}`,
            words.length,
          );
          owned.push(table);
          context.buffers.write(table, Uint32Array.from(words));
          return [binding, table] as const;
        }),
      );

      const pipelines = await Promise.all(plan.dispatches.map((dispatch) => context.pipelines.get(dispatch)));
      await allSound([...owned, ...buffers.values()]);
      const launchOf = (device: GPUDevice, dispatch: Dispatch, index: number): Launch => {
        const made = pipelines[index];
        if (made === undefined) throw new RangeError(`no pipeline for dispatch ${index}`);
        const bound = new Map(tables[index]);
        const bindGroup = device.createBindGroup({
          label: dispatch.kernel.stem,
          layout: made.layout,
          entries: [
            {
              binding: 0,
              resource: { buffer: uniforms.buffer, offset: offsets[index] ?? 0, size: paramsSize(dispatch) },
            },
            ...activeBindings(dispatch.kernel, dispatch.flags).map(({ name, binding }) => ({
              binding,
              resource: {
                buffer: (bound.get(name) ?? bufferOf(buffers, plan, dispatch.buffers[name] ?? name)).buffer,
              },
            })),
          ],
        });
        return { pipeline: made.pipeline, bindGroup, workgroups: dispatch.workgroups };
      };
      const { made: launches, sound } = context.buffers.make(`the bindings of "${plan.label}"`, (device) =>
        plan.dispatches.map((dispatch, index) => launchOf(device, dispatch, index)),
      );
      await sound;
      return new GpuProgram(context, plan, uniforms, launches, owned, buffers);
    } catch (error) {
      for (const buffer of owned) buffer.dispose();
      throw error;
    }
  }

  buffer(name: string): OwnedBuffer {
    return bufferOf(this.#buffers, this.#plan, name);
  }

  has(name: string): boolean {
    return this.#buffers.has(name);
  }

  /** Uses the params of `plan`, which has the same launches on the same buffers. */
  setParams(plan: Plan): void {
    const { bytes } = packUniforms(plan.dispatches);
    this.#context.buffers.write(this.#uniforms, new Uint32Array(bytes));
  }

  /** Appends every launch of the plan, in order, to `pass`. */
  encode(pass: GPUComputePassEncoder): void {
    for (const { pipeline, bindGroup, workgroups } of this.#launches) {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroup);
      pass.dispatchWorkgroups(...workgroups);
    }
  }

  /** Appends a pass of `times` runs of the plan to `encoder`. */
  record(encoder: GPUCommandEncoder, times = 1): void {
    const pass = encoder.beginComputePass({ label: this.#plan.label });
    for (let i = 0; i < times; i++) this.encode(pass);
    pass.end();
  }

  /**
   * Runs the plan `times` times in one submit, then copies the named buffers' first elements into staging. Rejects when
   * the GPU did not accept it, or a buffer is not sound; reading the staging buffers then rejects too.
   */
  run(times = 1, copies: readonly Copy[] = []): Promise<void> {
    const submitted = this.#context.buffers.submit(this.#plan.label, (encoder) => {
      this.record(encoder, times);
      for (const { from, to, length } of copies) {
        encoder.copyBufferToBuffer(this.buffer(from).buffer, 0, to.buffer, 0, 4 * length);
      }
    });
    const ran = allSound([...this.#owned, ...this.#buffers.values()]).then(() => submitted);
    // The caller may await it late or never.
    ran.catch(() => undefined);
    for (const { to } of copies) to.dependsOn(ran);
    return ran;
  }

  dispose(): void {
    for (const buffer of this.#owned) buffer.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

/** Elements [0, length) of the plan's buffer `from`, copied to the start of `to`. */
export interface Copy {
  from: string;
  to: OwnedBuffer;
  length: number;
}

function bufferOf(buffers: ReadonlyMap<string, OwnedBuffer>, plan: Plan, name: string): OwnedBuffer {
  const buffer = buffers.get(name);
  if (buffer === undefined) throw new RangeError(`plan ${plan.label} has no buffer ${name}`);
  return buffer;
}
