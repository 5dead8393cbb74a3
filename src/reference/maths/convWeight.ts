import { at } from './at.ts';
import { tapPixel } from './taps.ts';

interface Shape {
  rows: number;
  slices: number;
  n_channels: number;
  n_outputs: number;
  n_columns: number;
  height: number;
  width: number;
  parity: number;
  input_start: number;
  output_start: number;
}

interface Buffers {
  d_output: Float64Array;
  input: Float64Array;
  context: Float64Array;
  partials: Float64Array;
}

/** The sums of d_output times what each weight multiplies, and of d_output alone, over the slice of each pixel of a row. */
export function addWeightGradients(
  shape: Shape,
  { d_output, input, context, partials }: Buffers,
  sliceOf: (pixel: number, row: number) => number,
): void {
  const { rows, slices, n_channels, n_outputs, n_columns, input_start, output_start } = shape;
  const pixels = shape.height * shape.width;
  const factor = (column: number, pixel: number, r: number): number => {
    if (column === n_columns) return 1;
    if (column >= 9 * n_channels) return at(context, (column - 9 * n_channels) * rows + r);
    const from = tapPixel(shape, pixel, column % 9);
    const channel = input_start + Math.floor(column / 9);
    return from === undefined ? 0 : at(input, (channel * pixels + from) * rows + r);
  };
  partials.fill(0, 0, slices * n_outputs * (n_columns + 1));
  for (let o = 0; o < n_outputs; o++) {
    for (let r = 0; r < rows; r++) {
      for (let p = 0; p < pixels; p++) {
        const start = (sliceOf(p, r) * n_outputs + o) * (n_columns + 1);
        const dOutput = at(d_output, ((output_start + o) * pixels + p) * rows + r);
        for (let column = 0; column <= n_columns; column++) {
          const place = start + column;
          partials[place] = at(partials, place) + dOutput * factor(column, p, r);
        }
      }
    }
  }
}
