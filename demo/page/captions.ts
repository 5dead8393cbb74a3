/** What the pictures show, in the words below them. */
import type { BaseSpec } from '../../src/index.ts';
import {
  densityName,
  describeDensity,
  describeGrid,
  describeLatent,
  describeLayer,
  describeSamples,
  describeSlice,
  momentsOf,
} from './describe.ts';
import type { HeldColumn, Moments } from './describe.ts';
import { byId, setText } from './dom.ts';
import type { Engine } from './engine.ts';
import type { LookPanel } from './lookPanel.ts';
import type { LossPanel } from './lossPanel.ts';
import type { Pictures } from './pictures.ts';
import type { Recording } from './recording.ts';
import type { Scrubber } from './scrubber.ts';

/** Milliseconds between two looks at the samples, and rows of a look. */
const LOOK_EVERY = 5000;
const LOOK_ROWS = 500;

export interface CaptionSource {
  engine: Engine;
  pictures: Pictures;
  look: LookPanel;
  loss: LossPanel;
  scrubber: Scrubber;
  /** What the shown model is of. */
  title: () => string;
  /** The model that came with the page, while it is shown. */
  recording: () => Recording | undefined;
}

export interface ShownModel {
  bijectors: string[];
  base: BaseSpec['type'];
  columns: string[];
  /** Of the data's columns. */
  mean: number[];
  std: number[];
}

export function recordedModel({ bijectors }: Recording): ShownModel {
  return { bijectors, base: 'standard_normal', columns: ['x1', 'x2'], mean: [0, 0], std: [1, 1] };
}

export class Captions {
  readonly #source: CaptionSource;
  /** What the pictures are of. */
  model: ShownModel;
  #lookedAt = 0;
  #moments: Moments | null = null;

  constructor(source: CaptionSource, model: ShownModel) {
    this.#source = source;
    this.model = model;
  }

  describe(): void {
    const { pictures, look, loss, recording } = this.#source;
    const { bijectors, base, columns } = this.model;
    const { nll, floor } = loss;
    const { colours, columns: pair, showData } = look.look;
    const shown = recording();
    const gap = nll !== null && floor !== null ? nll - floor : null;
    const others = shown === undefined ? otherColumns(this.model, pair) : [];
    const density = describeDensity(shown?.nll ?? nll, shown?.title ?? this.#title, colours);
    pictures.describe('density', `${density}${describeSlice(others, showData)}`);
    setText(byId('density-name', HTMLElement), densityName(others));
    pictures.describe(
      'samples',
      describeSamples(this.#moments, [columns[pair[0]] ?? 'x1', columns[pair[1]] ?? 'x2']),
    );
    pictures.describe('latent', describeLatent(shown ? shown.nll - shown.floor : gap, base));
    pictures.describe('grid', describeGrid(bijectors.length, columns.length));
    this.describeLayer();
  }

  describeLayer(): void {
    const { pictures, scrubber } = this.#source;
    const { name, words } = describeLayer(scrubber.layer, this.model.bijectors, this.model.base);
    setText(byId('layer-name', HTMLElement), name);
    pictures.describe('layers', words);
    scrubber.describe(words);
  }

  /** The samples are of another model from now on. */
  forgetSamples(): void {
    this.#moments = null;
  }

  async lookAtSamples(): Promise<void> {
    const { engine, look } = this.#source;
    this.#lookedAt = performance.now();
    try {
      const { columns, rows } = await engine.ask({ type: 'draw-samples', count: LOOK_ROWS, seed: 1 });
      this.#moments = momentsOf(rows, columns.length, look.look.columns);
    } catch {
      this.#moments = null;
    }
    this.describe();
  }

  /** The same, unless it was a moment ago. */
  lookNowAndThen(): void {
    if (performance.now() - this.#lookedAt > LOOK_EVERY) void this.lookAtSamples();
  }

  get #title(): string {
    const title = capitalised(this.#source.title());
    const part = this.#source.look.shownClass;
    return part === undefined ? title : `${title}, ${part}`;
  }
}

/** The columns that the density's picture does not show, and where it holds them. */
function otherColumns({ columns, mean, std }: ShownModel, pair: readonly number[]): HeldColumn[] {
  const held = columns.map((name, index) => ({ name, mean: mean[index] ?? NaN, std: std[index] ?? NaN }));
  return held.filter((_, index) => !pair.includes(index));
}

function capitalised(name: string): string {
  return name.charAt(0).toUpperCase() + name.slice(1);
}
