import { describe, expect, it } from 'vitest';
import {
  aspectOf,
  canvasFrame,
  clipped,
  dataFrame,
  latentFrame,
  layerFrames,
  placeWithin,
  project,
  unproject,
} from '../../demo/engine/pictures/frame.ts';
import { layerPlace } from '../../demo/engine/pictures/layers.ts';

const frame = dataFrame([10, -2], [2, 0.5], 3);
const wide = { width: 600, height: 300 };

describe('a frame', () => {
  it('shows the square around the mean in the middle of a long canvas, and more beside it', () => {
    expect(unproject({ x: 0.5, y: 0.5 }, frame, wide)).toEqual([10, -2]);
    expect(unproject({ x: 0.25, y: 0 }, frame, wide)).toEqual([4, -0.5]);
    expect(unproject({ x: 0, y: 1 }, frame, wide)).toEqual([-2, -3.5]);
    expect(aspectOf(wide)).toEqual([0.5, 1]);
  });

  it('finds the place of a point again', () => {
    for (const size of [wide, { width: 200, height: 500 }, { width: 64, height: 64 }]) {
      const at = { x: 0.2, y: 0.9 };
      const back = project(unproject(at, frame, size), frame, size);
      expect(back.x).toBeCloseTo(at.x, 10);
      expect(back.y).toBeCloseTo(at.y, 10);
    }
  });
});

describe('the part of a frame within a domain', () => {
  it('is the frame itself where the domain has no end in it', () => {
    const whole = canvasFrame(frame, wide);
    expect(clipped(whole, [-Infinity, -Infinity], [Infinity, 50])).toEqual(whole);
    expect(placeWithin(whole, whole)).toEqual([0, 0, 1, 1]);
  });

  it('ends where the domain does', () => {
    const part = clipped({ centre: [0.5, 0.2], half: [1, 1] }, [0, 0], [1, Infinity]);
    expect(part.centre).toEqual([0.5, 0.6]);
    expect(part.half[1]).toBeCloseTo(0.6, 12);
    const place = placeWithin(part, { centre: [0.5, 0.2], half: [1, 1] });
    expect(place.map((side) => Number(side.toFixed(9)))).toEqual([0.25, 0.4, 0.75, 1]);
  });
});

describe('the frames of the layers', () => {
  it('go from the data to the latent space', () => {
    const frames = layerFrames(frame, ['affine_coupling', 'affine_coupling'], 3);
    expect(frames).toHaveLength(3);
    expect([frames[0], frames[2]]).toEqual([frame, latentFrame]);
    expect(frames[1]!.centre).toEqual([5, -1]);
  });

  it('let nothing move in a standardisation', () => {
    const [before, after, last] = layerFrames(frame, ['standardize', 'affine_coupling'], 3);
    expect([before, last]).toEqual([frame, latentFrame]);
    const point = [11, -1.75] as const;
    const standardized = [(point[0] - 10) / 2, (point[1] + 2) / 0.5] as const;
    expect(project(standardized, after!, wide)).toEqual(project(point, before!, wide));
  });
});

describe('the frames of the layers of bounded data', () => {
  it('have one of their own after the map of the domains', () => {
    const mapped = dataFrame([0.3, 0.1], [1, 2], 3);
    const frames = layerFrames(frame, ['domain', 'standardize', 'affine_coupling'], 3, mapped);
    expect(frames).toEqual([frame, mapped, { centre: [0, 0], half: [3, 3] }, latentFrame]);
    expect(layerFrames(frame, ['domain', 'affine_coupling'], 3, mapped)).toEqual([
      frame,
      mapped,
      latentFrame,
    ]);
  });
});

describe('the layer scrubber', () => {
  it('stands between two states, and at the last one at its end', () => {
    expect(layerPlace(2.25, 5)).toEqual({ layer: 2, share: 0.25 });
    expect(layerPlace(0, 5)).toEqual({ layer: 0, share: 0 });
    expect(layerPlace(5, 5)).toEqual({ layer: 4, share: 1 });
    expect(layerPlace(99, 5)).toEqual({ layer: 4, share: 1 });
    expect(layerPlace(-1, 5)).toEqual({ layer: 0, share: 0 });
  });
});
