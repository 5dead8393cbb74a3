/** An image as training points: darker pixels get more of them. */
import { philox, splitSeed, uniformOf } from '../../src/page/index.ts';
import { picker } from './picker.ts';

/** Pixels in canvas order: RGBA, a byte each, row by row. */
export interface Pixels {
  width: number;
  height: number;
  data: ArrayLike<number>;
}

/** Half the longer side, in the data's units. */
const HALF_WIDTH = 3;
/** Paper is rarely pure white: fainter ink than this is ignored. */
const FAINTEST = 0.08;

/**
 * Rows [count, 2] in random order, spread evenly inside each pixel; y points upward. Transparent pixels count as white.
 * @returns undefined if every pixel is white
 */
export function rowsOfImage({ width, height, data }: Pixels, count: number): Float32Array | undefined {
  const ink = Float64Array.from({ length: width * height }, (_, i) => {
    const channel = (c: number): number => (data[4 * i + c] ?? 0) / 255;
    const luminance = 0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2);
    const darkness = channel(3) * (1 - luminance);
    return darkness > FAINTEST ? darkness : 0;
  });
  const pick = picker(ink);
  if (pick === undefined) return undefined;
  const scale = (2 * HALF_WIDTH) / Math.max(width, height);
  const rows = new Float32Array(2 * count);
  const key = splitSeed(1);
  for (let index = 0; index < count; index++) {
    const [w0, w1, w2] = philox([0, index, 0, 0], key);
    const pixel = pick(uniformOf(w0));
    rows[2 * index] = scale * ((pixel % width) + uniformOf(w1) - width / 2);
    rows[2 * index + 1] = scale * (height / 2 - Math.floor(pixel / width) - uniformOf(w2));
  }
  return rows;
}
