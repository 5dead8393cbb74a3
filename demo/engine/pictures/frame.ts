/** The part of the plane that a canvas shows. */

export type Pair = readonly [number, number];

/** The canvas's largest square shows centre ± half; the rest of a longer side shows more. */
export interface Frame {
  centre: Pair;
  half: Pair;
}

export interface Size {
  width: number;
  height: number;
}

/** Standard deviations of the latent normal that its pictures show on each side. */
export const LATENT_REACH = 4;

/** The square of `reach` standard deviations around the mean of two columns. */
export function dataFrame(mean: Pair, std: Pair, reach: number): Frame {
  return { centre: mean, half: [reach * std[0], reach * std[1]] };
}

export const latentFrame: Frame = { centre: [0, 0], half: [LATENT_REACH, LATENT_REACH] };

export function mixFrames(from: Frame, to: Frame, share: number): Frame {
  const between = (a: Pair, b: Pair): Pair => [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
  return { centre: between(from.centre, to.centre), half: between(from.half, to.half) };
}

/**
 * The frames of the states 0 … L between data and latent. A first map of domains has the frame of the mapped
 * data. A standardisation maps the frame before it to its own, so nothing moves. The later frames widen
 * evenly to the latent one.
 * @param mapped the frame of the mapped data, if the first bijector is a map of domains
 */
export function layerFrames(
  data: Frame,
  bijectors: readonly string[],
  reach: number,
  mapped?: Frame,
): Frame[] {
  const frames = mapped === undefined ? [data] : [data, mapped];
  if (bijectors[frames.length - 1] === 'standardize') frames.push({ centre: [0, 0], half: [reach, reach] });
  const start = frames.at(-1) ?? data;
  const rest = bijectors.length + 1 - frames.length;
  const widening = Array.from({ length: rest }, (_, k) => mixFrames(start, latentFrame, (k + 1) / rest));
  return [...frames, ...widening];
}

/** The part of a frame between two corners, which may be infinite on either side. */
export function clipped({ centre, half }: Frame, low: Pair, high: Pair): Frame {
  const ends = ([0, 1] as const).map((axis): Pair => [
    Math.max(low[axis], centre[axis] - half[axis]),
    Math.min(high[axis], centre[axis] + half[axis]),
  ]);
  const [[left, right] = [0, 0], [bottom, top] = [0, 0]] = ends;
  return { centre: [(left + right) / 2, (bottom + top) / 2], half: [(right - left) / 2, (top - bottom) / 2] };
}

/** The inner frame's corners in the outer frame's coordinates, 0 to 1: left, bottom, right, top. */
export function placeWithin(inner: Frame, outer: Frame): [number, number, number, number] {
  const place = (axis: 0 | 1, side: -1 | 1): number => {
    const at = inner.centre[axis] + side * inner.half[axis] - outer.centre[axis];
    return 0.5 + at / (2 * outer.half[axis]);
  };
  return [place(0, -1), place(1, -1), place(0, 1), place(1, 1)];
}

/** The scale from the frame's square [−1, 1]² to clip space: the longer side of a canvas shows more. */
export function aspectOf({ width, height }: Size): Pair {
  const side = Math.min(width, height);
  return [side / width, side / height];
}

/** The frame that reaches to the canvas's edges. */
export function canvasFrame(frame: Frame, size: Size): Frame {
  const [x, y] = aspectOf(size);
  return { centre: frame.centre, half: [frame.half[0] / x, frame.half[1] / y] };
}

/** The point of the plane at a canvas position, in [0, 1]² from the top left. */
export function unproject(at: { x: number; y: number }, frame: Frame, size: Size): Pair {
  const { centre, half } = canvasFrame(frame, size);
  return [centre[0] + (2 * at.x - 1) * half[0], centre[1] + (1 - 2 * at.y) * half[1]];
}

/** The inverse of `unproject`. */
export function project(point: Pair, frame: Frame, size: Size): { x: number; y: number } {
  const { centre, half } = canvasFrame(frame, size);
  return { x: (1 + (point[0] - centre[0]) / half[0]) / 2, y: (1 - (point[1] - centre[1]) / half[1]) / 2 };
}
