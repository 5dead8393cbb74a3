import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import * as parse from '../../src/cli/options.ts';

describe('the values of options', () => {
  it('are integers in their range', () => {
    expect(parse.integer(1)('40')).toBe(40);
    expect(parse.integer(0)('1e3')).toBe(1000);
    for (const text of ['', ' ', 'x', '0', '-3', '1.5', 'NaN', 'Infinity', '9007199254740993']) {
      expect(() => parse.integer(1)(text), text).toThrow(/^Expected an integer ≥ 1\.$/);
    }
    expect(() => parse.couplings('4096')).toThrow(/^Expected an integer from 1 to 4,095\.$/);
  });

  it('are finite numbers', () => {
    expect(parse.positiveNumber('1e-3')).toBe(0.001);
    expect(parse.nonNegativeNumber('0')).toBe(0);
    for (const text of ['', 'nan', '-1', 'inf', '1e999', '1,5']) {
      expect(() => parse.positiveNumber(text), text).toThrow(InvalidArgumentError);
      expect(() => parse.nonNegativeNumber(text), text).toThrow(InvalidArgumentError);
    }
    expect(() => parse.positiveNumber('0')).toThrow(InvalidArgumentError);
  });

  it('are lists of widths and of names', () => {
    expect(parse.widths('64')).toEqual([64]);
    expect(parse.widths('64, 32')).toEqual([64, 32]);
    for (const text of ['', '64,', '0', '8.5', 'x,8', '65537', '1,'.repeat(64) + '1']) {
      expect(() => parse.widths(text), text).toThrow(/widths from 1 to 65,536.*such as 64,64/);
    }
    expect(parse.names('a, b c')).toEqual(['a', 'b c']);
    expect(parse.names('height,"weight, kg"')).toEqual(['height', 'weight, kg']);
    expect(() => parse.names('a,,b')).toThrow(/names separated by commas/);
  });

  it('are schedules and presets that exist', () => {
    expect(parse.schedule('cosine')).toEqual({ kind: 'cosine' });
    expect(parse.schedule('exponential:0.999')).toEqual({ kind: 'exponential', decay: 0.999 });
    expect(() => parse.schedule('linear')).toThrow(/constant, cosine or exponential:DECAY/);
    expect(parse.preset('vanilla')).toBe('vanilla');
    expect(() => parse.preset('toString')).toThrow(/^Expected vanilla, realnvp, nice, glow, or spline\.$/);
  });
});
