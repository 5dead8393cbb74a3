/** Runs passes over rows of the host, by the kernels that are chosen for them. */
import type { OwnedBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/gpu.ts';
import { RowRunner } from '../gpu/rows.ts';
import type { RowJob } from '../gpu/rows.ts';
import { variantsText } from '../passes/candidates.ts';
import { PASSES } from '../passes/index.ts';
import type { PassName } from '../passes/index.ts';
import { PARAMETERS } from '../plan/names.ts';
import type { KernelVariants } from '../plan/variants.ts';
import type { HostResults, PassJob } from './jobs.ts';
import { againWhereUnsound, requireSound } from './soundRows.ts';
import type { Tuner } from './tuning.ts';

/** Calls of fewer rows take the fixed kernels: a search would last longer than they do. */
const TUNED_ROWS = 4096;

/** The jobs run one after the other. After `dispose` they throw DisposedError. */
export class PassRunner implements Disposable {
  readonly #gpu: Gpu;
  readonly #tuner: Tuner;
  readonly #runner: RowRunner;

  /** @param offset as that of a `RowRunner` */
  constructor(gpu: Gpu, tuner: Tuner, parameters: OwnedBuffer, offset: () => Float64Array | undefined) {
    this.#gpu = gpu;
    this.#tuner = tuner;
    this.#runner = new RowRunner(gpu, new Map([[PARAMETERS, parameters]]), offset);
  }

  /** The results, of which every row is finite. @throws {NonFiniteError} when one is not */
  async sound<K extends PassName>(job: PassJob<K>): Promise<HostResults<K>> {
    const result = await this.run(job);
    requireSound(job);
    return result;
  }

  /** The results, by the kernels `variants` or else by those chosen for the pass. */
  async run<K extends PassName>(job: PassJob<K>, variants?: KernelVariants): Promise<HostResults<K>> {
    await this.#runner.run(await this.#withKernels(job, variants));
    // f16 ends at 65,504, which rows far from the others pass on the way.
    const again = this.#tuner.fixed.precision === 'f16' ? againWhereUnsound(job) : undefined;
    if (again !== undefined) {
      await this.#runner.run(await this.#withKernels(again.job, this.#tuner.single));
      again.takeOver();
    }
    return job.result;
  }

  /** The sum in the buffer `sum`, to which every row adds. @throws {NonFiniteError} when a row's own result is not finite */
  async accumulate<K extends PassName>(
    job: PassJob<K>,
    sum: { buffer: string; length: number },
  ): Promise<Float32Array> {
    const total = await this.#runner.accumulate(await this.#withKernels(job), sum);
    requireSound(job);
    return total;
  }

  async #withKernels<K extends PassName>(
    { pass, planOf, ...job }: PassJob<K>,
    variants?: KernelVariants,
  ): Promise<RowJob> {
    const chosen = variants ?? (await this.#variantsFor(pass, job));
    return { ...job, kind: `${pass} (${variantsText(chosen)})`, planOf: (chunk) => planOf(chunk, chosen) };
  }

  async #variantsFor(
    pass: PassName,
    { rows, chunkRows }: Pick<RowJob, 'rows' | 'chunkRows'>,
  ): Promise<KernelVariants> {
    const { kernels } = PASSES[pass];
    const { fixed } = this.#tuner;
    if (kernels === 'tiled') return { ...fixed, regime: 'tiled' };
    if (rows < TUNED_ROWS) return fixed;
    return this.#gpu.guard(() => this.#tuner.variantsFor(kernels, chunkRows));
  }

  dispose(): void {
    this.#runner.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}
