/** The best parameters of one fit on the GPU. */
import type { OwnedBuffer } from '../gpu/buffers.ts';
import type { BestParameters } from '../io/modelFile.ts';
import type { Score } from './scoring.ts';
import type { Trainee } from './trainee.ts';

interface BestScore extends Score, Omit<BestParameters, 'parameters'> {}

export class BestSoFar implements Disposable {
  readonly #trainee: Trainee;
  #score: BestScore | undefined;
  #kept: OwnedBuffer | undefined;
  #scoresBefore = 0;

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

  /** Continues from the best parameters of an earlier run, which stopped at `step`; they are scored again. */
  resume({ parameters, ...score }: Score & BestParameters, step: number): void {
    this.#buffers.write(this.#room(), parameters);
    this.#score = { ...score, step: score.step ?? step };
  }

  /**
   * Records a validation score of the parameters after `step`, and keeps them if it is the best. If it is not
   * and `isCounted` is true, the score counts against patience.
   * @returns whether it is the best
   */
  record({ nll, withoutDensity, merit, worst }: Score, step: number, isCounted: boolean): boolean {
    if (Number.isFinite(merit) && merit > (this.#score?.merit ?? -Infinity)) {
      const room = this.#room();
      room.dependsOn(this.#buffers.copy(this.#trainee.parameters, room, this.#trainableLength));
      this.#score = { nll, withoutDensity, merit, worst, scoresSince: 0, step, lastScored: step };
      return true;
    }
    const more = isCounted ? 1 : 0;
    if (this.#score === undefined) this.#scoresBefore += more;
    else this.#score = { ...this.#score, scoresSince: this.#score.scoresSince + more, lastScored: step };
    return false;
  }

  /** @throws when the buffer of the best parameters could not be made or filled */
  async requireSound(): Promise<void> {
    await this.#kept?.sound;
  }

  /** For a checkpoint. A resumed run scores the parameters again on its rows, so only the NLL is kept. */
  async snapshot(): Promise<BestParameters | undefined> {
    if (this.#score === undefined || this.#kept === undefined) return undefined;
    const { merit: _, worst: __, withoutDensity: ___, ...score } = this.#score;
    return { ...score, parameters: await this.#buffers.download(this.#kept, this.#trainableLength) };
  }

  /** Restores the best parameters to the flow, if there was a score. */
  async restore(): Promise<void> {
    if (this.#kept === undefined) return;
    await this.#buffers.copy(this.#kept, this.#trainee.parameters, this.#trainableLength);
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
}
