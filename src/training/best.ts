/** The parameters that scored best in one fit, on the GPU, and what the host has of them when the device is lost. */
import type { OwnedBuffer } from '../gpu/buffers.ts';
import type { BestParameters } from '../io/modelFile.ts';
import type { Score } from './scoring.ts';
import type { Trainee } from './trainee.ts';

/** How often the parameters of a run that scores none are copied to the host. */
const COPY_MS = 30_000;

interface BestScore extends Score, Omit<BestParameters, 'parameters'> {}

/** Parameters on the host, in the order of the model's layout. */
interface HostCopy {
  step: number;
  nll: number | undefined;
  parameters: Float32Array;
}

export class BestSoFar implements Disposable {
  readonly #trainee: Trainee;
  #score: BestScore | undefined;
  #kept: OwnedBuffer | undefined;
  #scoresBefore = 0;
  #copy: HostCopy | undefined;
  #copiedAt = performance.now();

  constructor(trainee: Trainee) {
    this.#trainee = trainee;
  }

  get score(): BestScore | undefined {
    return this.#score;
  }

  /** Scores since the best one, or since the start if none was finite. */
  get scoresSince(): number {
    return this.#score?.scoresSince ?? this.#scoresBefore;
  }

  /** What the host has of the best parameters, or of the last ones if none are scored. */
  get copy(): HostCopy | undefined {
    return this.#copy;
  }

  /** Goes on from the best parameters of an earlier run, which stopped at `step`; they are scored again. */
  resume({ parameters, ...score }: Score & BestParameters, step: number): void {
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
      room.dependsOn(this.#buffers.copy(this.#trainee.parameters, room, this.#trainableLength));
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

  /** For a checkpoint. The score on the rows at hand is computed again when the run is resumed, so its merit is not kept. */
  async snapshot(): Promise<BestParameters | undefined> {
    if (this.#score === undefined || this.#kept === undefined) return undefined;
    const { merit: _, ...score } = this.#score;
    return { ...score, parameters: await this.#buffers.download(this.#kept, this.#trainableLength) };
  }

  /** Gives the flow the parameters that scored best, if there was a score. */
  async restore(): Promise<void> {
    if (this.#kept === undefined) return;
    await this.#buffers.copy(this.#kept, this.#trainee.parameters, this.#trainableLength);
  }

  /** Brings the last parameters of a run without scores to the host while training goes on, now and then. */
  copyNowAndThen(step: number): void {
    const now = performance.now();
    if (this.#kept !== undefined || now < this.#copiedAt + COPY_MS) return;
    this.#copiedAt = now;
    this.#bringToHost({ step, nll: undefined }, this.#trainee.parameters);
  }

  dispose(): void {
    this.#kept?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  get #buffers(): Trainee['gpu']['buffers'] {
    return this.#trainee.gpu.buffers;
  }

  get #trainableLength(): number {
    return this.#trainee.model().layout.trainableLength;
  }

  #room(): OwnedBuffer {
    this.#kept ??= this.#buffers.storage('best parameters', this.#trainableLength);
    return this.#kept;
  }

  #keep(score: BestScore, step: number): void {
    this.#score = score;
    this.#bringToHost({ step, nll: score.nll }, this.#room());
  }

  #bringToHost(of: Omit<HostCopy, 'parameters'>, trained: OwnedBuffer): void {
    Promise.all([
      this.#buffers.download(this.#trainee.parameters, this.#trainee.model().layout.length),
      this.#buffers.download(trained, this.#trainableLength),
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
