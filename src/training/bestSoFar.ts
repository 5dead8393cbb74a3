/** The parameters that scored best in one fit, on the GPU, and what the host has of them when the device is lost. */
import type { OwnedBuffer } from '../gpu/buffers.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { BestParameters } from '../io/modelFile.ts';
import type { Score } from './fit.ts';

/** How often the parameters of a run that scores none are copied to the host. */
const COPY_MS = 30_000;

export interface BestScore extends Score, Omit<BestParameters, 'parameters'> {}

/** Parameters on the host, in the order of the model's layout. */
export interface HostCopy {
  step: number;
  nll: number | undefined;
  parameters: Float32Array;
}

/** A buffer of parameters, the trained ones first. */
export interface FlowParameters {
  buffer: OwnedBuffer;
  length: number;
  trainableLength: number;
}

export class BestSoFar implements Disposable {
  readonly #buffers: Gpu['buffers'];
  readonly #current: FlowParameters;
  #score: BestScore | undefined;
  #kept: OwnedBuffer | undefined;
  #scoresBefore = 0;
  #copy: HostCopy | undefined;
  #copiedAt = performance.now();

  constructor({ buffers }: Gpu, current: FlowParameters) {
    this.#buffers = buffers;
    this.#current = current;
  }

  get score(): BestScore | undefined {
    return this.#score;
  }

  /** Scores since the best one, or since the start where none was finite. */
  get scoresSince(): number {
    return this.#score?.scoresSince ?? this.#scoresBefore;
  }

  /** What the host has of the best parameters, or of the last ones if none are scored. */
  get copy(): HostCopy | undefined {
    return this.#copy;
  }

  /** Goes on from the best parameters of an earlier run, which stopped at `step`; they are scored anew. */
  resume({ parameters, ...score }: BestScore & BestParameters, step: number): void {
    this.#buffers.write(this.#room(), parameters);
    this.#keep(score, score.step ?? step);
  }

  /**
   * Takes note of a validation score of the parameters as they are after `step`, and keeps them if it is the best.
   * Another one is counted against patience if `isCounted`.
   */
  record({ nll, merit }: Score, step: number, isCounted: boolean): void {
    if (Number.isFinite(merit) && merit > (this.#score?.merit ?? -Infinity)) {
      const room = this.#room();
      room.dependsOn(this.#buffers.copy(this.#current.buffer, room, this.#current.trainableLength));
      this.#keep({ nll, merit, scoresSince: 0, step, lastScored: step }, step);
      return;
    }
    const more = isCounted ? 1 : 0;
    if (this.#score === undefined) this.#scoresBefore += more;
    else this.#score = { ...this.#score, scoresSince: this.#score.scoresSince + more, lastScored: step };
  }

  /** @throws when the buffer of the best parameters could not be made or filled */
  async requireSound(): Promise<void> {
    await this.#kept?.sound;
  }

  /** For a checkpoint. The score on the rows at hand is taken anew when the run is resumed, so its merit is not kept. */
  async snapshot(): Promise<BestParameters | undefined> {
    if (this.#score === undefined || this.#kept === undefined) return undefined;
    const { merit: _, ...score } = this.#score;
    return { ...score, parameters: await this.#buffers.download(this.#kept, this.#current.trainableLength) };
  }

  /** Gives the flow the parameters that scored best, if there was a score. */
  async restore(): Promise<void> {
    if (this.#kept === undefined) return;
    await this.#buffers.copy(this.#kept, this.#current.buffer, this.#current.trainableLength);
  }

  /** Brings the last parameters of a run without scores to the host while training goes on, now and then. */
  copyNowAndThen(step: number): void {
    const now = performance.now();
    if (this.#kept !== undefined || now < this.#copiedAt + COPY_MS) return;
    this.#copiedAt = now;
    this.#bringToHost({ step, nll: undefined }, this.#current.buffer);
  }

  dispose(): void {
    this.#kept?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #room(): OwnedBuffer {
    this.#kept ??= this.#buffers.storage('best parameters', this.#current.trainableLength);
    return this.#kept;
  }

  #keep(score: BestScore, step: number): void {
    this.#score = score;
    this.#bringToHost({ step, nll: score.nll }, this.#room());
  }

  #bringToHost(of: Omit<HostCopy, 'parameters'>, trained: OwnedBuffer): void {
    const { buffer, length, trainableLength } = this.#current;
    Promise.all([
      this.#buffers.download(buffer, length),
      this.#buffers.download(trained, trainableLength),
    ]).then(
      ([parameters, best]) => {
        parameters.set(best);
        this.#copy = { ...of, parameters };
      },
      // The device was lost, or the run has ended.
      () => undefined,
    );
  }
}
