import type { Twin } from '../../plan/kernel.ts';
import type { batchGatherKernel } from '../../kernels/data/batch_gather.ts';
import { cellWords, drawCell } from '../../data/cells.ts';
import { shuffledRow, shuffleKeys, shuffleOffset } from '../../random.ts';
import { at } from '../maths/at.ts';

export const batchGather: Twin<typeof batchGatherKernel> = ({ params, flags, buffers }) => {
  const { step_state, step_cursor, dataset, state, widths, bounds } = buffers;
  const slot = at(step_state, 0) % params.ring_size;
  const firstEpoch = at(step_cursor, 2 * slot);
  const firstPosition = at(step_cursor, 2 * slot + 1);
  const key = [params.seed_lo, params.seed_hi] as const;
  for (let r = 0; r < params.n_rows; r++) {
    const position = firstPosition + params.row_start + r;
    const epoch = (firstEpoch + Math.floor(position / params.n_data)) % 2 ** 32;
    const place = shuffledRow(position % params.n_data, params.n_data, shuffleKeys(key, epoch));
    const dataRow = flags.WEIGHTED ? weightedRow(bounds, place, shuffleOffset(key, epoch)) : place;
    const segmentRow = dataRow - params.segment_start;
    if (segmentRow < 0 || segmentRow >= params.segment_rows) continue;
    for (let c = 0; c < params.n_features; c++) {
      const cell = segmentRow * params.n_features + c;
      const width = flags.WIDTHS ? at(widths, cell) : 0;
      state[c * params.n_rows + r] = drawCell(at(dataset, cell), width, cellWords(c, [dataRow, epoch], key));
    }
  }
};

/** The first row whose bound exceeds place + fraction / 2^32. */
function weightedRow(bounds: ArrayLike<number>, place: number, fraction: number): number {
  let row = 0;
  const isPast = (whole: number, rest: number): boolean =>
    whole > place || (whole === place && rest > fraction);
  while (!isPast(at(bounds, 2 * row), at(bounds, 2 * row + 1))) row++;
  return row;
}
