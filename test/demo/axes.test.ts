import { describe, expect, it } from 'vitest';
import { axesOf, colourScale, ticksOf } from '../../demo/page/axes.ts';
import { defaultSettings } from '../../demo/page/settings.ts';
import { initialState } from '../../demo/page/state.ts';
import * as to from '../../demo/page/transitions.ts';

const RECORDED = {
  title: 'Two moons',
  bijectors: ['standardize', 'affine_coupling'],
  nll: 1.15,
  floor: 1.13,
};
const START = initialState(defaultSettings(), RECORDED, { theme: 'light', moves: true });
const FRAME = { centre: [100, 0], half: [50, 0.03] } as const;
const LIVE = {
  ...START,
  isLive: true,
  origin: 'fresh' as const,
  flow: { ...START.flow, columns: ['price', 'share'] },
};
const DRAWN = to.heard(
  LIVE,
  { type: 'drawn', picture: 'density', step: 7, frame: FRAME, peak: Math.log(0.25) },
  1000,
);

describe('the axes of a picture', () => {
  it('have the names of the columns, and round numbers in their units', () => {
    const [across, up] = axesOf(DRAWN, 'density')!;
    expect([across.name, up.name]).toEqual(['price', 'share']);
    expect(across.ticks.map(({ text }) => text)).toEqual(['60', '80', '100', '120', '140']);
    expect(up.ticks.map(({ text }) => text)).toEqual(['−0.02', '−0.01', '0.00', '0.01', '0.02']);
    expect(across.ticks[2]!.place).toBeCloseTo(0.5, 9);
  });

  it('are missing until the picture is of the current model', () => {
    expect(axesOf(DRAWN, 'grid')).toBeUndefined();
    expect(axesOf(LIVE, 'density')).toBeUndefined();
  });

  it('of the layers have names at both ends only', () => {
    const named = (layer: number) => axesOf({ ...START, layer }, 'layers')!.map(({ name }) => name);
    expect([named(0), named(1), named(2)]).toEqual([
      ['x1', 'x2'],
      ['', ''],
      ['z1', 'z2'],
    ]);
  });

  it('write large and tiny numbers short', () => {
    for (const [low, high] of [
      [1e12, 3e12],
      [-2e-7, 3e-7],
      [5.4e6, 5.4e6 + 1],
    ] as const) {
      expect(Math.max(...ticksOf(low, high).map(({ text }) => text.length))).toBeLessThan(11);
    }
  });
});

describe('the scale of the colours', () => {
  it('is p, or nine nats of log p', () => {
    expect(colourScale(DRAWN)).toEqual({ from: 'p = 0', to: '0.25 or more' });
    expect(colourScale(to.lookChosen(DRAWN, { colours: 'log' }))).toEqual({
      from: '−10.4 nats',
      to: '−1.4 nats',
    });
    expect(colourScale(LIVE)).toBeUndefined();
  });
});

describe('a picture', () => {
  it('has the age of its step, however often it is drawn', () => {
    const again = to.heard(
      DRAWN,
      { type: 'drawn', picture: 'density', step: 7, frame: FRAME, peak: 0 },
      3000,
    );
    expect(again.shown.density).toMatchObject({ at: 1000, peak: 0 });
    const next = to.heard(again, { type: 'drawn', picture: 'density', step: 9, frame: FRAME, peak: 0 }, 3000);
    expect(next.shown.density?.at).toBe(3000);
    expect(next.drawn).toEqual(['density']);
  });
});
