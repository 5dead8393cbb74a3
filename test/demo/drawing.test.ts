import { describe, expect, it } from 'vitest';
import { CostEstimates, densitySide, DrawingBudget, sliceRows } from '../../demo/engine/drawingBudget.ts';
import { Slowdown } from '../../demo/engine/slowdown.ts';

/** The share of `ms` on a fake clock that drawing takes, with pieces of `cost` ms and a frame every 16 ms. */
function drawnPart(share: number, cost: number, ms = 20_000): { part: number; longestGap: number } {
  const budget = new DrawingBudget(0);
  budget.setShare(share, 0);
  let [now, drawn, last, longestGap] = [0, 0, 0, 0];
  while (now < ms) {
    now += 16;
    for (let piece = 0; piece < 20 && budget.available(now) > 0; piece++) {
      budget.spend(cost);
      now += cost;
      drawn += cost;
      longestGap = Math.max(longestGap, now - last);
      last = now;
    }
  }
  return { part: drawn / now, longestGap };
}

describe('the budget for drawing', () => {
  it.each([0.2, 1, 4, 20])('is kept by pieces of %d ms', (cost) => {
    expect(drawnPart(0.07, cost).part).toBeLessThan(0.072);
    expect(drawnPart(0.07, cost).part).toBeGreaterThan(0.05);
  });

  it('draws at every frame what is cheap, and what is dear now and then', () => {
    expect(drawnPart(0.07, 0.5).longestGap).toBeLessThan(20);
    expect(drawnPart(0.07, 20).longestGap).toBeLessThan(330);
  });

  it('owes so little that a time that was disturbed stops the pictures for seconds only', () => {
    const budget = new DrawingBudget(0);
    budget.setShare(0.07, 0);
    budget.spend(60_000);
    expect(budget.available(1000)).toBeLessThan(0);
    expect(budget.available(7000)).toBeGreaterThan(0);
  });

  it('forgives what was owed once nothing trains', () => {
    const budget = new DrawingBudget(0);
    budget.setShare(0.07, 0);
    budget.spend(100);
    expect(budget.available(1)).toBeLessThan(-80);
    budget.setShare(1, 2);
    expect(budget.available(3)).toBeGreaterThan(0);
  });

  it('says when it is worth asking again', () => {
    const budget = new DrawingBudget(0);
    budget.setShare(0.1, 0);
    expect(budget.wait(0)).toBe(0);
    budget.spend(28);
    expect(budget.wait(0)).toBeCloseTo(200);
    expect(budget.wait(150)).toBeCloseTo(50);
    expect(budget.available(201)).toBeGreaterThan(0);
  });

  it('saves nothing up for a long frame', () => {
    const budget = new DrawingBudget(0);
    expect(budget.available(1e6)).toBeLessThanOrEqual(8);
  });
});

describe('what drawing adds to the steps', () => {
  it('is what they take longer than those beside which nothing is drawn', () => {
    const slowdown = new Slowdown();
    expect(slowdown.steps(1, 0, 7)).toBe(0);
    slowdown.begin();
    expect(slowdown.steps(2, 7, 30)).toBeCloseTo(23 - 14);
    slowdown.end(35);
    expect(slowdown.steps(1, 30, 42)).toBeCloseTo(5);
    expect(slowdown.steps(1, 42, 49)).toBe(0);
    expect(slowdown.quietMs).toBeCloseTo(7);
  });

  it('learns from any step that was faster, though something is drawn all the time', () => {
    const slowdown = new Slowdown();
    // This step includes kernel compilation.
    slowdown.steps(1, 0, 300);
    slowdown.begin();
    slowdown.steps(1, 300, 306);
    expect(slowdown.quietMs).toBeCloseTo(6);
    expect(slowdown.steps(1, 306, 337)).toBeCloseTo(25);
  });

  it('is unknown where something was drawn from the start, and never less than nothing', () => {
    const slowdown = new Slowdown();
    slowdown.begin();
    expect(slowdown.steps(3, 0, 100)).toBe(0);
    expect(slowdown.quietMs).toBeUndefined();
    slowdown.end(100);
    slowdown.steps(1, 100, 110);
    slowdown.begin();
    expect(slowdown.steps(4, 110, 120)).toBe(0);
  });
});

describe('the costs of pieces', () => {
  it('are learned from frames that hold several kinds', () => {
    const costs = new CostEstimates();
    expect(costs.of('rows')).toBeUndefined();
    costs.learn(['rows'], 4);
    costs.learn(['image'], 2);
    for (let frame = 0; frame < 30; frame++) costs.learn(['rows', 'rows', 'image'], 5);
    expect(costs.of('rows')).toBeCloseTo(2, 1);
    expect(costs.of('image')).toBeCloseTo(1, 1);
  });

  it('forget the first run, which compiles', () => {
    const costs = new CostEstimates();
    for (const ms of [400, 5, 5]) costs.learn(['rows'], ms);
    expect(costs.of('rows')).toBe(5);
  });
});

describe('the grid of the heat-map', () => {
  it('is as fine as its time allows, and no finer than the canvas can show', () => {
    expect(densitySide(0.004, 30, 800)).toBe(64);
    expect(densitySide(0.0001, 30, 800)).toBe(256);
    expect(densitySide(0.0001, 30, 300)).toBe(128);
    expect(densitySide(5, 30, 800)).toBe(48);
  });

  it('goes through the flow in slices of about 5 ms', () => {
    expect(sliceRows(undefined, 65_536)).toBe(1024);
    expect(sliceRows(0.004, 65_536)).toBe(1024);
    expect(sliceRows(0.0002, 65_536)).toBe(16_384);
    expect(sliceRows(0.0002, 8192)).toBe(8192);
    expect(sliceRows(1, 65_536)).toBe(256);
  });
});
