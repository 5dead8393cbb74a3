import { describe, expect, it } from 'vitest';
import {
  aspectOf,
  dataFrame,
  latentFrame,
  layerFrames,
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

describe('the layer scrubber', () => {
  it('stands between two states, and at the last one at its end', () => {
    expect(layerPlace(2.25, 5)).toEqual({ layer: 2, share: 0.25 });
    expect(layerPlace(0, 5)).toEqual({ layer: 0, share: 0 });
    expect(layerPlace(5, 5)).toEqual({ layer: 4, share: 1 });
    expect(layerPlace(99, 5)).toEqual({ layer: 4, share: 1 });
    expect(layerPlace(-1, 5)).toEqual({ layer: 0, share: 0 });
  });
});
