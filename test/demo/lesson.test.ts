/** Lessons: the shipped ones, the mistakes in others, and their expressions. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { blanked, filled, holds, inWords } from '../../demo/page/lesson/facts.ts';
import { minutesOf, readLesson, SHIPPED } from '../../demo/page/lesson/lesson.ts';
import type { LessonStep } from '../../demo/page/lesson/lesson.ts';

const fileOf = (name: string): string =>
  readFileSync(new URL(`../../demo/lessons/${name}.json`, import.meta.url), 'utf8');

const STEP: LessonStep = {
  title: 'One',
  minutes: 3,
  state: 'data=moons&couplings=2',
  name: 'one',
  text: ['Look.'],
  question: 'How much?',
  choices: [{ words: 'Much', right: 'gap > 0.1' }, { words: 'Little' }],
  expected: 1,
  do: 'train',
  reveal: [{ if: 'gap > 0.1', words: 'The gap is {gap}.' }, { words: 'Done.' }],
};

const withSteps = (...steps: object[]): string =>
  JSON.stringify({ title: 'Mine', about: 'Mine.', steps: steps.map((step) => ({ ...STEP, ...step })) });

describe('a shipped lesson', () => {
  it.each(SHIPPED)('%s has no mistake, and fits into a quarter of an hour or little more', (name) => {
    const lesson = readLesson(fileOf(name), name);
    expect(lesson.steps.length).toBeGreaterThanOrEqual(3);
    expect(minutesOf(lesson)).toBeLessThanOrEqual(20);
  });
});

describe('the lesson of the documentation', () => {
  it('has no mistake', () => {
    const page = readFileSync(new URL('../../docs/learning.md', import.meta.url), 'utf8');
    const [example = ''] = /^ {4}\{\n[^]*?^ {4}\}$/m.exec(page) ?? [];
    expect(readLesson(example, 'mine.json').title).toBe('Mine');
  });
});

describe('a mistake in a lesson', () => {
  it.each<[string, string, RegExp]>([
    ['no JSON', '{', /^mine\.json is not JSON: /],
    [
      'a missing field',
      '{"title": "x", "about": "y"}',
      /^mine\.json, steps: found undefined, expected "?steps"?\.$/,
    ],
    [
      'an unknown field',
      withSteps({ color: 'red' }),
      /^mine\.json, steps\.0\.color: found .*, expected never\.$/,
    ],
    ['no first settings', withSteps({ state: undefined }), /step 1: state: found nothing/],
    [
      'bad settings',
      withSteps({ state: 'data=stars' }),
      /step 1: state: The link has a bad value for source\.name/,
    ],
    ['a file', withSteps({ state: 'data=file' }), /step 1: state: found a file/],
    [
      'a choice that is not there',
      withSteps({ expected: 3 }),
      /step 1: expected: found 3, expected one of 2/,
    ],
    [
      'no answer',
      withSteps({ choices: [{ words: 'a' }, { words: 'b' }] }),
      /step 1: choices: found none that can be right\.$/,
    ],
    [
      'an end that depends on the run',
      withSteps({ reveal: [{ words: 'The gap is {gap}.' }] }),
      /expected one that always holds\.$/,
    ],
    [
      'an unknown fact',
      withSteps({ reveal: [{ words: 'It is {gapp}.' }, { words: 'Done.' }] }),
      /step 1: found the fact "gapp", expected one of step, loss, /,
    ],
    [
      'a bad condition',
      withSteps({ reveal: [{ if: 'gap', words: 'x' }, { words: 'Done.' }] }),
      /found "gap", expected a comparison like "gap < 0\.1"\.$/,
    ],
    [
      'a later step',
      withSteps({}, { name: 'two', reveal: [{ if: 'gap < gap@two', words: 'x' }, { words: 'Done.' }] }),
      /step 2: found the step "two", expected the name of an earlier step: one\.$/,
    ],
    ['a name for two steps', withSteps({}, {}), /step 2: name: found "one" twice\.$/],
  ])('%s', (_, text, words) => {
    expect(() => readLesson(text, 'mine.json')).toThrow(words);
  });
});

describe('an expression', () => {
  const known = new Map([
    ['gap', 0.25],
    ['gap@one', 1],
    ['step', 1200],
    ['stray', 0.042],
  ]);

  it('compares sums of facts and numbers', () => {
    expect(holds('gap + gap < gap@one', known)).toBe(true);
    expect(holds('gap@one - gap > 0.8', known)).toBe(false);
    expect(holds('gap > 0 - 0.1 and gap < 0.3', known)).toBe(true);
  });

  it('never holds without one of its facts', () => {
    expect(holds('loss < 1', known)).toBe(false);
    expect(holds('loss > 1', known)).toBe(false);
  });

  it('is written with its unit, and makes no sentence without one of its facts', () => {
    expect(filled('{gap@one - gap} at {step}, {stray}.', known)).toBe('0.75 nats at 1,200, 4.2 %.');
    expect(filled('The loss is {loss}.', known)).toBeUndefined();
  });

  it('is words on paper', () => {
    expect(inWords('gap@one - gap > 0.1 and stray < 0.02')).toBe(
      'loss above the floor (of “one”) minus loss above the floor is more than 0.10 nats, and share of samples where fewer than 1 in 1,000 data points are is less than 2.0 %',
    );
    expect(blanked('It is {gap}.')).toBe('It is [gap].');
  });
});
