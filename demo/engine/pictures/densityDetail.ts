/** How fine the heat-map is made: as fine as the time that it may take allows, by what its rows took so far. */
import { densitySide, sliceRows } from '../drawingBudget.ts';
import type { CostEstimates } from '../drawingBudget.ts';
import type { DensityPlan, DensitySketch } from './density.ts';
import type { Size } from './frame.ts';

/** How old the pictures may get while the flow learns, ms, and the heat-map's part of what they take. */
const AGE_MS = 900;
const DENSITY_PART = 0.4;
/** How long a first heat-map may take with nothing else to do, and the finest, ms. */
const FIRST_DENSITY_MS = 60;
const FINE_DENSITY_MS = 1200;

export class DensityDetail implements DensityPlan {
  /** The part of the GPU's time that the pictures may take. */
  share = 1;
  /** The shown heat-map is of the flow as it is, but coarse. */
  isRefining = false;
  /** Whose rows are timed. */
  sketch: DensitySketch | undefined;
  readonly #costs: CostEstimates;
  readonly #sizeOf: () => Size;
  readonly #mostRows: number;

  /** @param mostRows that go through the flow at once */
  constructor(costs: CostEstimates, sizeOf: () => Size, mostRows: number) {
    this.#costs = costs;
    this.#sizeOf = sizeOf;
    this.#mostRows = mostRows;
  }

  side(): number {
    const { width, height } = this.#sizeOf();
    const ms = this.#msPerRow();
    const pixels = Math.min(width, height);
    // Not timed yet: as coarse as it gets.
    if (ms === undefined) return densitySide(1, 0, pixels);
    if (this.share < 1) return densitySide(ms, this.share * AGE_MS * DENSITY_PART, pixels);
    return densitySide(ms, this.isRefining ? FINE_DENSITY_MS : FIRST_DENSITY_MS, pixels);
  }

  sliceRows(): number {
    return sliceRows(this.#msPerRow(), this.#mostRows);
  }

  /** Has the heat-map that is shown made again, as fine as it gets. @returns whether that is finer */
  refine(): boolean {
    this.isRefining = true;
    return (this.sketch?.side ?? Infinity) < this.side();
  }

  #msPerRow(): number | undefined {
    const { sketch } = this;
    const cost = sketch && this.#costs.of(sketch.kind);
    return cost === undefined || sketch === undefined ? undefined : cost / sketch.sliceRows;
  }
}
