import { describe, expect, it } from 'vitest';
import { base } from '../../src/cli/baseOption.ts';

describe('--base', () => {
  it.each([
    ['normal', { type: 'standard_normal' }],
    ['diagonal', { type: 'diagonal_normal' }],
    ['student-t', { type: 'student_t', df: 5, learned: true }],
    ['student-t:2.5', { type: 'student_t', df: 2.5, learned: false }],
    ['mixture:4', { type: 'mixture', components: 4 }],
    ['uniform', { type: 'uniform', bound: 3 }],
    ['uniform:1', { type: 'uniform', bound: 1 }],
    ['class', { type: 'class_conditional' }],
  ])('%s is %j', (text, spec) => {
    expect(base(text)).toEqual(spec);
  });

  it.each(['', 'gauss', 'normal:1', 'diagonal:2', 'mixture', 'mixture:2:3', 'class:2'])(
    'refuses %j',
    (text) => {
      expect(() => base(text)).toThrow(
        /^Expected one of normal, .*\bstudent-t, student-t:DF, mixture:K, uniform, uniform:BOUND\b/,
      );
    },
  );

  it.each([
    ['mixture:1', 'spec.base.components: found 1, expected an integer from 2 to 1024'],
    ['mixture:', 'spec.base.components: found NaN'],
    ['student-t:0', 'spec.base.df: found 0, expected a number from 0.1 to 1000'],
    ['uniform:-1', 'spec.base.bound: found -1, expected a positive finite number'],
  ])('says what %s may be', (text, message) => {
    expect(() => base(text)).toThrow(message);
  });
});
