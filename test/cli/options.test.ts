import { Command, InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import * as parse from '../../src/cli/options.ts';
import type { TrainingSettings } from '../../src/training/settingTable.ts';

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
    for (const text of ['', 'nan', '-1', 'inf', '1e999', '1,5']) {
      expect(() => parse.positiveNumber(text), text).toThrow(InvalidArgumentError);
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

  it('are presets that exist', () => {
    expect(parse.preset('vanilla')).toBe('vanilla');
    expect(() => parse.preset('toString')).toThrow(
      /^Expected vanilla, realnvp, nice, glow, or spline; for images glow-image or realnvp-image\.$/,
    );
  });
});

describe('the options of the training settings', () => {
  const parsed = (...args: string[]): Partial<TrainingSettings> => {
    const command = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
    for (const option of parse.settingOptions()) command.addOption(option);
    return parse.settingsFrom(command.parse(args, { from: 'user' }).opts());
  };

  it('give the settings by their names, and nothing that is not asked for', () => {
    const args = '--steps 40 --batch 64 --lr 1e-3 --schedule exponential:0.999 --clip 0 --seed 7'.split(' ');
    expect(parsed(...args)).toEqual({
      steps: 40,
      batch: 64,
      learningRate: 1e-3,
      schedule: { kind: 'exponential', decay: 0.999 },
      clipNorm: 0,
      seed: 7,
    });
    expect(Object.values(parsed()).filter((value) => value !== undefined)).toEqual([]);
  });

  it.each([
    ['--steps', '0', 'Expected an integer ≥ 1.'],
    ['--steps', ' ', 'Expected an integer ≥ 1.'],
    ['--batch', '1e9', 'Expected an integer from 1 to 134217728.'],
    ['--lr', 'nan', 'Expected a number above 0'],
    ['--lr', '1,5', 'Expected a number above 0'],
    ['--clip', '-1', 'Expected a number ≥ 0'],
    [
      '--schedule',
      'linear',
      'Expected constant, cosine, exponential:DECAY with 0 < DECAY ≤ 1, or plateau:FACTOR:PATIENCE with 0 < FACTOR < 1.',
    ],
  ])('refuse %s %s', (flag, value, words) => {
    expect(() => parsed(`${flag}=${value}`)).toThrow(words);
  });
});
