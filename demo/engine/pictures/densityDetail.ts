/** Chooses the heat-map's resolution: as fine as its time limit allows, given the measured time per row. */
import { densitySide, sliceRows } from '../drawingBudget.ts';
import type { CostEstimates } from '../drawingBudget.ts';
import type { DensityPlan, DensitySketch } from './density.ts';
import type { Size } from './frame.ts';

/** The longest age of the pictures during training, ms, and the heat-map's share of their time. */
const AGE_MS = 900;
const DENSITY_PART = 0.4;
/** Time limits of the first and of the finest heat-map while training is stopped, ms. */
const FIRST_DENSITY_MS = 60;
const FINE_DENSITY_MS = 1200;

export class DensityDetail implements DensityPlan {
  /** The share of the GPU's time for the pictures. */
  share = 1;
  /** The shown heat-map is up to date but coarse. */
  isRefining = false;
  /** The sketch whose rows are timed. */
  sketch: DensitySketch | undefined;
  readonly #costs: CostEstimates;
  readonly #sizeOf: () => Size;
  readonly #mostRows: number;

  /** @param mostRows the most rows that pass through the flow at once */
  constructor(costs: CostEstimates, sizeOf: () => Size, mostRows: number) {
    this.#costs = costs;
    this.#sizeOf = sizeOf;
    this.#mostRows = mostRows;
  }

  side(): number {
    const { width, height } = this.#sizeOf();
    const ms = this.#msPerRow();
    const pixels = Math.min(width, height);
    // No time is known yet: use the coarsest grid.
    if (ms === undefined) return densitySide(1, 0, pixels);
    if (this.share < 1) return densitySide(ms, this.share * AGE_MS * DENSITY_PART, pixels);
    return densitySide(ms, this.isRefining ? FINE_DENSITY_MS : FIRST_DENSITY_MS, pixels);
  }

  sliceRows(): number {
    return sliceRows(this.#msPerRow(), this.#mostRows);
  }

  /** Requests the finest heat-map. @returns whether it is finer than the shown one */
  refine(): boolean {
    this.isRefining = true;
    return this.sketch?.isRefinable === true && this.sketch.side < this.side();
  }

  #msPerRow(): number | undefined {
    const { sketch } = this;
    const cost = sketch && this.#costs.of(sketch.kind);
    return cost === undefined || sketch === undefined ? undefined : cost / sketch.sliceRows;
  }
}
