import { describe, expect, it } from 'vitest';
import { rowsOfImage } from '../../demo/page/imageRows.ts';
import { extended, rowsOfStrokes } from '../../demo/page/strokes.ts';
import { sampleMoments } from '../../demo/page/words/pictures.ts';

describe('painted strokes', () => {
  const line = { radius: 20, points: [100, 512, 924, 512] };

  it('become as many points as asked for, along the line and about as wide as the brush', () => {
    const rows = rowsOfStrokes([line], 4000);
    expect(rows).toHaveLength(8000);
    const { mean, std } = sampleMoments(rows, 2, [0, 1]);
    // The line spans ±412 of 512 units, which are 3 data units; the std of a uniform line is length / √12.
    expect(mean[0]).toBeCloseTo(0, 1);
    expect(mean[1]).toBeCloseTo(0, 2);
    expect(std[0]).toBeCloseTo((824 * 3) / 512 / Math.sqrt(12), 1);
    expect(std[1]).toBeCloseTo((10 * 3) / 512, 2);
  });

  it('point upward where they are high on the pad', () => {
    const { mean } = sampleMoments(rowsOfStrokes([{ radius: 4, points: [512, 100] }], 100), 2, [0, 1]);
    expect(mean[1]).toBeGreaterThan(2);
  });

  it('share the points by their area, in no order', () => {
    const short = { radius: 20, points: [100, 900, 203, 900] };
    const rows = rowsOfStrokes([line, short], 9000);
    const low = Array.from({ length: 9000 }, (_, i) => rows[2 * i + 1]! < -1);
    const share = (flags: boolean[]): number => flags.filter(Boolean).length / flags.length;
    expect(share(low)).toBeCloseTo(1 / 9, 1);
    expect(share(low.slice(0, 900))).toBeCloseTo(1 / 9, 1);
  });

  it('are the same points again, and none where nothing was painted', () => {
    expect(rowsOfStrokes([line], 50)).toEqual(rowsOfStrokes([line], 50));
    expect(rowsOfStrokes([], 50)).toHaveLength(0);
  });

  it('do not grow by a point that hardly moves, and stay on the pad', () => {
    expect(extended(line, 925, 513)).toBe(line);
    expect(extended(line, 2000, -5).points.slice(-2)).toEqual([1023, 0]);
  });
});

describe('an image', () => {
  /** Left half black, right half grey, one row of white below. */
  const width = 8;
  const height = 5;
  const data = Array.from({ length: width * height }, (_, i) => {
    const value = Math.floor(i / width) === 4 ? 255 : i % width < 4 ? 0 : 128;
    return [value, value, value, 255];
  }).flat();

  it('becomes points in proportion to its darkness, and none where it is white', () => {
    const rows = rowsOfImage({ width, height, data }, 6000)!;
    const points = Array.from({ length: 6000 }, (_, i) => [rows[2 * i]!, rows[2 * i + 1]!] as const);
    expect(points.filter(([x]) => x < 0).length / 6000).toBeCloseTo(2 / 3, 1);
    // 8 pixels are 6 units, so 5 go from 1.875 down to −1.875 and the white row lies below −1.125.
    expect(Math.min(...points.map(([, y]) => y))).toBeGreaterThan(-1.13);
    expect(Math.max(...points.map(([, y]) => y))).toBeLessThan(1.88);
  });

  it('that is white or transparent everywhere is none', () => {
    expect(rowsOfImage({ width: 1, height: 2, data: [255, 255, 255, 255, 0, 0, 0, 0] }, 10)).toBeUndefined();
  });
});
