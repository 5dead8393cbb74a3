import { describe, expect, it } from 'vitest';
import * as fc from 'fast-check';
import { ModelFileError } from '../../src/errors.ts';
import { parseSpec } from '../../src/spec/schema.ts';
import { specs } from '../io/specArbitrary.ts';

const coupling = {
  type: 'affine_coupling',
  split: 1,
  flip: false,
  scale: { map: 'tanh', bound: 3 },
  conditioner: { hidden: [8], activation: 'silu', separate: false, init: 'zero_last' },
};
const spec = {
  version: 1,
  dim: 3,
  contextDim: 0,
  base: { type: 'standard_normal' },
  bijectors: [{ type: 'standardize' }, coupling],
};
const withCoupling = (change: object) => ({
  ...spec,
  bijectors: [{ type: 'standardize' }, { ...coupling, ...change }],
});
const withConditioner = (change: object) =>
  withCoupling({ conditioner: { ...coupling.conditioner, ...change } });

const withSpline = (change: object) => ({
  ...spec,
  bijectors: [
    {
      type: 'rational_quadratic_coupling',
      split: 1,
      flip: false,
      bins: 8,
      bound: 3,
      conditioner: { hidden: [8], activation: 'silu', init: 'zero_last' },
      ...change,
    },
  ],
});

const withBlock = (block: object) => ({
  ...spec,
  bijectors: [{ type: 'rational_quadratic_elementwise', bins: 8, bound: 3, block }],
});

const refusal = (json: unknown): string => {
  try {
    parseSpec(json, 'm.safetensors');
  } catch (error) {
    if (error instanceof ModelFileError) return error.message;
    throw error;
  }
  throw new Error('the spec was accepted');
};

describe('parsing a spec', () => {
  it('returns every valid spec unchanged', () => {
    fc.assert(
      fc.property(specs, (valid) => {
        expect(parseSpec(valid, 'f')).toEqual(valid);
      }),
    );
  });

  it('puts the keys in one order whatever order they came in', () => {
    const reordered = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reordered);
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value)
          .sort(([a], [b]) => (a < b ? 1 : -1))
          .map(([key, inner]): [string, unknown] => [key, reordered(inner)]),
      );
    };
    fc.assert(
      fc.property(specs, (valid) => {
        const turned = reordered(valid);
        expect(JSON.stringify(parseSpec(turned, 'f'))).toBe(JSON.stringify(parseSpec(valid, 'f')));
      }),
    );
    expect(JSON.stringify(reordered(spec))).not.toBe(JSON.stringify(spec));
  });

  it('says plainly that a higher version comes from a newer wgflow, whatever else the file holds', () => {
    expect(refusal({ extra: [], version: 2 })).toBe(
      'm.safetensors: spec.version: found 2, expected 1; the file was made by a newer wgflow. Update wgflow to read it.',
    );
  });

  it('says that an unknown bijector may come from a newer wgflow', () => {
    expect(refusal({ ...spec, bijectors: [{ type: 'spline_coupling', bins: 8 }] })).toBe(
      'm.safetensors: spec.bijectors[0].type: found "spline_coupling", expected ("domain" | "standardize" | "affine_coupling" | ' +
        '"additive_coupling" | "rational_quadratic_coupling" | "rational_quadratic_elementwise" | "diagonal_scale" | "actnorm" | "invertible_linear" | "permutation" | "squeeze" | "channel_actnorm" | "conv_linear" | ' +
        '"conv_affine_coupling" | "conv_additive_coupling" | "split" | "logit"). ' +
        'If the file was made by a newer wgflow, update wgflow to read it.',
    );
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'spec: found null, expected an object'],
    ['an array', [], 'spec.version: found nothing, expected this key'],
    ['a missing key', { ...spec, dim: undefined }, 'spec.dim: found nothing, expected'],
    ['version 0', { ...spec, version: 0 }, 'spec.version: found 0, expected 1'],
    ['a version as text', { ...spec, version: '2' }, 'spec.version: found "2", expected 1'],
    ['dim as text', { ...spec, dim: '3' }, 'spec.dim: found "3", expected number'],
    ['dim 0', { ...spec, dim: 0 }, 'spec.dim: found 0, expected an integer from 1 to 65536'],
    ['a coupling of one feature', { ...spec, dim: 1 }, 'spec.dim: found 1, expected at least 2'],
    ['a fractional dim', { ...spec, dim: 2.5 }, 'spec.dim: found 2.5, expected an integer'],
    ['a huge dim', { ...spec, dim: 65_537 }, 'spec.dim: found 65537, expected an integer from 1 to 65536'],
    [
      'too much context',
      { ...spec, contextDim: 4097 },
      'spec.contextDim: found 4097, expected an integer from 0 to 4096',
    ],
    [
      'a context that nothing reads',
      { ...spec, contextDim: 1, bijectors: [{ type: 'standardize' }] },
      'spec.contextDim: found 1, expected 0. Neither a coupling nor the base is there to read a context',
    ],
    [
      'means of classes without a context',
      { ...spec, base: { type: 'class_conditional' } },
      'spec.contextDim: found 0, expected at least 1. The means of a class-conditional base come from the context',
    ],
    ['another base', { ...spec, base: { type: 'cauchy' } }, 'spec.base.type: found "cauchy"'],
    ['an unknown key', { ...spec, extra: 1 }, 'spec.extra: found a key that is not known'],
    ['an unknown key of odd characters', { ...spec, 'a\u001b b': 1 }, 'spec["a\\u001b b"]: found a key'],
    [
      'an unknown key in a coupling',
      withCoupling({ toString: 1 }),
      'spec.bijectors[1].toString: found a key',
    ],
    ['bijectors that are no list', { ...spec, bijectors: {} }, 'spec.bijectors: found {}, expected Array'],
    [
      'too many bijectors',
      { ...spec, bijectors: Array.from({ length: 4097 }, () => coupling) },
      'spec.bijectors: found 4097 items, expected at most 4096 items',
    ],
    [
      'too many tensors',
      { ...spec, bijectors: Array(4096).fill(withConditioner({ hidden: Array(16).fill(1) }).bijectors[1]) },
      'spec.bijectors: found 139264 tensors in all, expected at most 65536',
    ],
    [
      'standardize further on',
      { ...spec, bijectors: [coupling, { type: 'standardize' }] },
      'spec.bijectors[1].type',
    ],
    [
      'split 0 without a context',
      withCoupling({ split: 0 }),
      'spec.bijectors[1].split: found 0, expected an integer from 1 to 2. Without a context, split 0 leaves nothing',
    ],
    [
      'split 0 with nothing to transform',
      { ...withCoupling({ split: 0, flip: true }), contextDim: 1 },
      'spec.bijectors[1].flip: found true, expected false. With split 0 it leaves nothing to transform',
    ],
    [
      'split 1 of one feature',
      { ...spec, dim: 1, contextDim: 1 },
      'spec.dim: found 1, expected at least 2. A coupling needs one feature to condition on and one to transform, or ' +
        'split 0 to condition on the context alone',
    ],
    [
      'a split below 0',
      withCoupling({ split: -1 }),
      'spec.bijectors[1].split: found -1, expected an integer from 0 to 65535',
    ],
    [
      'split at dim',
      withCoupling({ split: 3 }),
      'spec.bijectors[1].split: found 3, expected an integer from 1 to 2',
    ],
    ['flip as a number', withCoupling({ flip: 1 }), 'spec.bijectors[1].flip: found 1, expected boolean'],
    ['another scale map', withCoupling({ scale: { map: 'softplus' } }), 'scale.map: found "softplus"'],
    [
      'bound 0',
      withCoupling({ scale: { map: 'tanh', bound: 0 } }),
      'scale.bound: found 0, expected a positive finite number',
    ],
    [
      'an infinite bound',
      withCoupling({ scale: { map: 'tanh', bound: Infinity } }),
      'scale.bound: found Infinity, expected a positive finite number',
    ],
    ['a bound for exp', withCoupling({ scale: { map: 'exp', bound: 3 } }), 'scale.bound: found a key'],
    [
      'no hidden layer',
      withConditioner({ hidden: [] }),
      'conditioner.hidden: found 0 items, expected at least 1 items',
    ],
    [
      'two widths of a residual net',
      withConditioner({ hidden: [8, 8], residualBlocks: 1 }),
      'conditioner.hidden: found 2 widths, expected one, since the blocks',
    ],
    ['no residual block', withConditioner({ hidden: [8], residualBlocks: 0 }), 'residualBlocks: found 0'],
    [
      'a huge width',
      withConditioner({ hidden: [8, 1e9] }),
      'hidden[1]: found 1000000000, expected an integer from 1 to 65536',
    ],
    ['65 hidden layers', withConditioner({ hidden: Array(65).fill(1) }), 'hidden: found 65 items'],
    [
      'another activation',
      withConditioner({ activation: 'gelu' }),
      'activation: found "gelu", expected ("identity"',
    ],
    [
      'separate nets of an additive coupling',
      { ...spec, bijectors: [{ ...coupling, type: 'additive_coupling' }] },
      'spec.bijectors[0].conditioner.separate: found a key that is not known',
    ],
    [
      'another permutation',
      { ...spec, bijectors: [{ type: 'permutation', init: 'cyclic' }] },
      'spec.bijectors[0].init: found "cyclic", expected ("reverse" | "random")',
    ],
    [
      'a linear map of one feature',
      { ...spec, dim: 1, bijectors: [{ type: 'invertible_linear' }] },
      'spec.dim: found 1, expected at least 2. An invertible linear map mixes features',
    ],
    ['one bin', withSpline({ bins: 1 }), 'spec.bijectors[0].bins: found 1, expected an integer from 2 to 64'],
    [
      'too many bins',
      withSpline({ bins: 65 }),
      'spec.bijectors[0].bins: found 65, expected an integer from 2 to 64',
    ],
    [
      'a spline on nothing',
      withSpline({ bound: 0 }),
      'spec.bijectors[0].bound: found 0, expected a positive finite number',
    ],
    [
      'splines beyond the last feature',
      withBlock({ start: 2, count: 2 }),
      'spec.bijectors[0].block.count: found 2, expected an integer from 1 to 1',
    ],
    [
      'splines of no feature',
      withBlock({ start: 0, count: 0 }),
      'block.count: found 0, expected an integer from 1 to 65536',
    ],
    ['another init', withConditioner({ init: 'he' }), 'conditioner.init: found "he"'],
  ])('refuses %s, naming the path', (_case, json, fact) => {
    const message = refusal(json);
    expect(message).toContain('m.safetensors: ');
    expect(message).toContain(fact);
  });
});
