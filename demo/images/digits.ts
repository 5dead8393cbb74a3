/** Handwritten digits of 8 × 8 pixels with 17 shades: E. Alpaydin, C. Kaynak, UCI, 1998, CC BY 4.0 (scripts/digits.py). */

export const SIDE = 8;
export const PIXELS = SIDE * SIDE;
/** Shades of a pixel, from 0 to 16. */
export const SHADES = 17;
export const CLASSES = 10;

export interface Digits {
  /** [N, 64], from 0 to 16. */
  pixels: Float32Array;
  labels: Uint8Array;
}

/** @throws {Error} if the file cannot be loaded */
export async function loadDigits(): Promise<Digits> {
  const response = await fetch(new URL('../assets/digits.bin', import.meta.url));
  if (!response.ok) throw new Error(`The digits could not be loaded: ${response.status}. Reload the page.`);
  const bytes = new Uint8Array(await response.arrayBuffer());
  const count = bytes.length / (1 + PIXELS);
  const labels = Uint8Array.from({ length: count }, (_, row) => bytes[row * (1 + PIXELS)] ?? 0);
  const pixels = Float32Array.from(
    { length: count * PIXELS },
    (_, place) => bytes[Math.floor(place / PIXELS) * (1 + PIXELS) + 1 + (place % PIXELS)] ?? 0,
  );
  return { pixels, labels };
}

/** The context of labels, [n, 10]: 1 for the label of each. */
export function oneHot(labels: ArrayLike<number>): Float32Array {
  return Float32Array.from({ length: labels.length * CLASSES }, (_, place) =>
    labels[Math.floor(place / CLASSES)] === place % CLASSES ? 1 : 0,
  );
}

export function digitAt({ pixels }: Digits, row: number): Float32Array {
  return pixels.subarray(row * PIXELS, (row + 1) * PIXELS);
}

/** The rows of the digits nearest to a picture, by the sum of squared differences, the nearest first. */
export function nearestDigits({ pixels, labels }: Digits, picture: Float32Array, count: number): number[] {
  const distances = Array.from(labels, (_, row) =>
    picture.reduce((sum, value, j) => sum + (value - (pixels[row * PIXELS + j] ?? 0)) ** 2, 0),
  );
  return Array.from(labels.keys())
    .sort((a, b) => (distances[a] ?? 0) - (distances[b] ?? 0))
    .slice(0, count);
}
