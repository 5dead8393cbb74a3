/** Train, pause, step, slow motion, reset, and what is going on in words. */
import { byId, set, setText } from './dom.ts';

/**
 * `starting`: no device yet; `idle`: a model waits; `training`; `done`: all steps are done; `off`: there is no GPU.
 */
export type Phase = 'starting' | 'idle' | 'training' | 'done' | 'off';

export interface TransportEvents {
  train: () => void;
  pause: () => void;
  step: () => void;
  reset: () => void;
  pace: () => void;
}

export class Transport {
  readonly #train = byId('train', HTMLButtonElement);
  readonly #step = byId('step', HTMLButtonElement);
  readonly #slow = byId('slow', HTMLButtonElement);
  readonly #reset = byId('reset', HTMLButtonElement);
  readonly #status = byId('status', HTMLElement);
  readonly #progress = byId('progress', HTMLProgressElement);
  #phase: Phase = 'starting';

  constructor(events: TransportEvents) {
    this.#train.addEventListener('click', () =>
      this.#phase === 'training' ? events.pause() : events.train(),
    );
    this.#step.addEventListener('click', () => events.step());
    this.#reset.addEventListener('click', () => events.reset());
    this.#slow.addEventListener('click', () => {
      set(this.#slow, { 'aria-pressed': String(!this.slow) });
      events.pace();
    });
  }

  get slow(): boolean {
    return this.#slow.getAttribute('aria-pressed') === 'true';
  }

  get phase(): Phase {
    return this.#phase;
  }

  set phase(phase: Phase) {
    this.#phase = phase;
    const off = phase === 'starting' || phase === 'off';
    for (const button of [this.#train, this.#slow, this.#reset]) button.disabled = off;
    // After the last step another would begin a fresh model, which only "Train again" says.
    this.#step.disabled = off || phase === 'training' || phase === 'done';
    setText(this.#train, phase === 'training' ? 'Pause' : phase === 'done' ? 'Train again' : 'Train');
  }

  say(status: string): void {
    setText(this.#status, status);
  }

  showStep(step: number, steps: number): void {
    this.#progress.max = Math.max(1, steps);
    this.#progress.value = step;
  }
}
