/** Painted strokes as training points. */
import { normalPair, philox, splitSeed, uniformOf } from '../../src/page/index.ts';
import { picker } from './picker.ts';
import type { Stroke } from './settings.ts';

/** Width of the pad in its units, which strokes use. */
export const PAD = 1024;
/** Half the pad in the data's units, so that a drawing is about as wide as a toy set. */
const HALF_WIDTH = 3;

interface Segment {
  from: [number, number];
  to: [number, number];
  radius: number;
  /** The painted area: length times width of the brush, plus the ends. */
  paint: number;
}

/**
 * Rows [count, 2] scattered over the painted area, evenly and in random order: a point on a stroke, plus
 * Gaussian jitter of half the brush's radius. The same strokes give the same rows. y points upward.
 */
export function rowsOfStrokes(strokes: readonly Stroke[], count: number): Float32Array {
  const segments = strokes.flatMap(segmentsOf);
  const pick = picker(segments.map(({ paint }) => paint));
  if (pick === undefined) return new Float32Array(0);
  const rows = new Float32Array(2 * count);
  const key = splitSeed(1);
  for (let index = 0; index < count; index++) {
    const [w0, w1, w2, w3] = philox([0, index, 0, 0], key);
    const segment = segments[pick(uniformOf(w1))];
    if (segment === undefined) continue;
    const { from, to, radius } = segment;
    const along = uniformOf(w0);
    const [dx, dy] = normalPair(w2, w3);
    rows[2 * index] = toData(from[0] + along * (to[0] - from[0]) + 0.5 * radius * dx);
    rows[2 * index + 1] = -toData(from[1] + along * (to[1] - from[1]) + 0.5 * radius * dy);
  }
  return rows;
}

/** The stroke with one more point, or unchanged if the point is too near to its last one. */
export function extended(stroke: Stroke, x: number, y: number): Stroke {
  const [lastX = 0, lastY = 0] = stroke.points.slice(-2);
  const [atX, atY] = [onPad(x), onPad(y)];
  if (stroke.points.length > 0 && Math.hypot(atX - lastX, atY - lastY) < Math.max(6, stroke.radius / 3))
    return stroke;
  return { ...stroke, points: [...stroke.points, atX, atY] };
}

function onPad(value: number): number {
  return Math.min(PAD - 1, Math.max(0, Math.round(value)));
}

function toData(value: number): number {
  return HALF_WIDTH * ((2 * value) / PAD - 1);
}

function segmentsOf({ radius, points }: Stroke): Segment[] {
  const at = (i: number): [number, number] => [points[2 * i] ?? 0, points[2 * i + 1] ?? 0];
  const count = points.length / 2;
  if (count === 1) return [{ from: at(0), to: at(0), radius, paint: radius * radius }];
  return Array.from({ length: count - 1 }, (_, i) => {
    const [from, to] = [at(i), at(i + 1)];
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    return { from, to, radius, paint: radius * (length + radius / count) };
  });
}
