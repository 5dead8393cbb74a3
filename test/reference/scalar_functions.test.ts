import { describe, expect, it } from 'vitest';
import { activationCode, hasDerivativeAtValue } from '../../src/model/activation.ts';
import { scaleBound, scaleMapCode } from '../../src/model/scaleMap.ts';
import { activate, derivativeAtValue } from '../../src/reference/maths/activation.ts';
import { logScaleOf } from '../../src/reference/maths/scaleMap.ts';
import { ACTIVATIONS } from '../../src/model/activation.ts';
import type { ScaleMap } from '../../src/model/scaleMap.ts';
import type { Activation } from '../../src/model/activation.ts';
import { derivative, STEP } from '../support/differences.ts';

/** No point lies within a step of a kink. */
const PLACES = [-30, -3, -1.7, -0.3, -0.01, 0.01, 0.3, 1.7, 3, 30];

const FORMULAS: Record<Activation, (a: number) => number> = {
  identity: (a) => a,
  relu: (a) => Math.max(a, 0),
  leaky_relu: (a) => Math.max(a, 0) + 0.01 * Math.min(a, 0),
  tanh: (a) => (Math.exp(a) - Math.exp(-a)) / (Math.exp(a) + Math.exp(-a)),
  silu: (a) => a / (1 + Math.exp(-a)),
};

describe('the f64 twin of an activation', () => {
  it.each(ACTIVATIONS)('%s has its formula’s value and that value’s derivative', (activation) => {
    const code = activationCode(activation);
    for (const a of PLACES) {
      expect(activate(code, a).value).toBeCloseTo(FORMULAS[activation](a), 12);
      const numeric = derivative((step) => activate(code, a + step).value, STEP);
      expect(activate(code, a).derivative).toBeCloseTo(numeric, 9);
    }
  });

  it.each(ACTIVATIONS.filter(hasDerivativeAtValue))('%s has its derivative at its value', (activation) => {
    const code = activationCode(activation);
    for (const a of PLACES) {
      const { value, derivative } = activate(code, a);
      expect(derivativeAtValue(code, value)).toBeCloseTo(derivative, 12);
    }
    expect(() => derivativeAtValue(activationCode('silu'), 1)).toThrow(RangeError);
  });

  it('has the derivative 0 or the negative side’s at the kink, as PyTorch has', () => {
    expect(activate(activationCode('relu'), 0).derivative).toBe(0);
    expect(activate(activationCode('leaky_relu'), 0).derivative).toBe(0.01);
  });

  it('stays finite far out, where exponentials overflow', () => {
    for (const activation of ACTIVATIONS) {
      for (const a of [-1e4, 1e4]) {
        const { value, derivative } = activate(activationCode(activation), a);
        expect([value, derivative].every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('is unknown under a number that no activation has', () => {
    expect(() => activate(ACTIVATIONS.length, 0)).toThrow(RangeError);
  });
});

describe('the f64 twin of a scale map', () => {
  const maps: ScaleMap[] = [
    { map: 'exp' },
    { map: 'tanh', bound: 3 },
    { map: 'tanh', bound: 0.5 },
    { map: 'sigmoid' },
    { map: 'sigmoid', floor: 1e-3 },
    { map: 'softclip', bound: 3 },
    { map: 'softclip', bound: 0.5 },
  ];
  const formula = (scale: ScaleMap, a: number): number => {
    if (scale.map === 'exp') return a;
    if (scale.map === 'tanh') return scale.bound * Math.tanh(a / scale.bound);
    if (scale.map === 'softclip') return (scale.bound * a) / (scale.bound + Math.abs(a));
    // log σ(v), written for each sign of v with an exponential that is small.
    const v = a + 2;
    if (scale.map === 'sigmoid' && scale.floor !== undefined)
      return Math.log(1 / (1 + Math.exp(-v)) + scale.floor);
    return v > 0 ? -Math.log1p(Math.exp(-v)) : v - Math.log1p(Math.exp(v));
  };

  it.each(maps)('$map has its formula’s value and that value’s derivative', (scale) => {
    const at = (a: number): { value: number; derivative: number } =>
      logScaleOf(scaleMapCode(scale), a, scaleBound(scale));
    for (const a of PLACES) {
      expect(at(a).value).toBeCloseTo(formula(scale, a), 12);
      expect(at(a).derivative).toBeCloseTo(
        derivative((step) => at(a + step).value, STEP),
        9,
      );
    }
  });

  it('never stretches where it is a sigmoid, and stays finite far out', () => {
    const code = scaleMapCode({ map: 'sigmoid' });
    expect(logScaleOf(code, -1e4, 0)).toEqual({ value: -9998, derivative: 1 });
    expect(logScaleOf(code, 1e4, 0)).toEqual({ value: 0, derivative: 0 });
    expect(logScaleOf(code, -1e4, 0.5)).toEqual({ value: Math.log(0.5), derivative: 0 });
    expect(logScaleOf(code, 1e4, 0.5)).toEqual({ value: Math.log(1.5), derivative: 0 });
  });

  it('is nearly the identity around 0, bounded or not', () => {
    for (const scale of maps.filter(({ map }) => map !== 'sigmoid')) {
      const { value, derivative } = logScaleOf(scaleMapCode(scale), 1e-6, scaleBound(scale));
      // A soft clip bends at once: by a² / bound.
      const bend = scale.map === 'softclip' ? 1e-6 / scale.bound : 0;
      expect(value).toBeCloseTo(1e-6 * (1 - bend), 15);
      expect(derivative).toBeCloseTo(1 - 2 * bend, 10);
    }
  });
});
