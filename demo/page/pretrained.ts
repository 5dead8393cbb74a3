/** The flow that came with the page: its recording, played until the engine draws, and its model file. */
import type { Picture } from '../protocol.ts';
import { RecordPlayer } from './recordPlayer.ts';
import { swing } from './recording.ts';
import type { Recording } from './recording.ts';
import type { Scrubber } from './scrubber.ts';

export class Pretrained {
  readonly recording: Recording;
  readonly fileName = 'moons.safetensors';
  /** The model file. */
  readonly model: Promise<Uint8Array>;
  #player: RecordPlayer | undefined;
  #scrubber: Scrubber | undefined;
  #frame: number | undefined;
  /** The visitor holds the scrubber now. */
  #byHand = window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  constructor(recording: Recording, model: Promise<Uint8Array>) {
    this.recording = recording;
    this.model = model;
  }

  static async fetch(): Promise<Pretrained> {
    const model = fetch(new URL('../assets/moons.safetensors', import.meta.url)).then(
      async (response) => new Uint8Array(await response.arrayBuffer()),
    );
    const response = await fetch(new URL('../assets/recording.json', import.meta.url));
    return new Pretrained((await response.json()) as Recording, model);
  }

  /** @param moved called when the layers have moved by themselves */
  play(
    canvases: Record<Picture, HTMLCanvasElement>,
    scrubber: Scrubber,
    theme: 'light' | 'dark',
    moved: () => void,
  ): void {
    this.#player = new RecordPlayer(this.recording, canvases);
    this.#scrubber = scrubber;
    scrubber.layers = this.recording.bijectors.length;
    this.redraw(theme);
    performance.mark('wgflow-first-picture');
    if (this.#byHand) return;
    const start = performance.now();
    const advance = (now: number): void => {
      if (this.#byHand) return;
      scrubber.layer = swing(Math.max(0, now - start) / 1000, scrubber.layers);
      this.#player?.drawLayer(scrubber.layer);
      moved();
      this.#frame = requestAnimationFrame(advance);
    };
    this.#frame = requestAnimationFrame(advance);
  }

  scrubbed(): void {
    this.#byHand = true;
    if (this.#scrubber !== undefined) this.#player?.drawLayer(this.#scrubber.layer);
  }

  redraw(theme: 'light' | 'dark'): void {
    this.#player?.draw(this.#scrubber?.layer ?? 0, theme);
  }

  /** The engine draws from now on; until it has, the recording stands where the scrubber does. */
  stop(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    this.scrubbed();
  }
}
