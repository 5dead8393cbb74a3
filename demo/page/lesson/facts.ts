/** The numbers of a run that a lesson speaks of, and the expressions in which it does. */
import type { Hovered } from '../../protocol.ts';
import { count, decimal, nats } from '../figures.ts';
import { gapOf, nllOf } from '../run.ts';
import type { State } from '../state.ts';

/** What a step has seen when it ends. */
export interface Seen {
  state: Pick<State, 'run' | 'price' | 'flow' | 'model'>;
  /** The point that the step looks at, on its way through the flow. */
  point: Hovered | null;
  /** The share of samples where the data have next to nothing: see `strayShare`. */
  stray: number | null;
}

interface Fact {
  /** What it is, for the teacher's sheet. */
  words: string;
  kind: 'nats' | 'count' | 'share' | 'plain';
  of: (seen: Seen) => number | null | undefined;
}

const total = (values: readonly number[] = []): number => values.reduce((sum, value) => sum + value, 0);

export const FACTS = {
  step: { words: 'steps done', kind: 'count', of: ({ state }) => state.run.last?.step },
  loss: {
    words: 'loss: the held-out score, or without one the training loss',
    kind: 'nats',
    of: ({ state }) => nllOf(state.run),
  },
  training: { words: 'training loss', kind: 'nats', of: ({ state }) => state.run.curve.smoothed },
  heldOut: { words: 'held-out score', kind: 'nats', of: ({ state }) => state.run.curve.lastScore?.nll },
  best: { words: 'best held-out score', kind: 'nats', of: ({ state }) => state.run.curve.best?.nll },
  bestStep: {
    words: 'step of the best held-out score',
    kind: 'count',
    of: ({ state }) => state.run.curve.best?.step,
  },
  start: { words: 'loss of the first step', kind: 'nats', of: ({ state }) => state.run.curve.first },
  floor: { words: 'entropy of the data', kind: 'nats', of: ({ state }) => state.run.last?.floor },
  gap: { words: 'loss above the floor', kind: 'nats', of: ({ state }) => gapOf(state.run) },
  couplings: { words: 'couplings', kind: 'count', of: ({ state }) => state.model.couplings },
  layers: { words: 'layers', kind: 'count', of: ({ state }) => state.flow.bijectors.length },
  parameters: { words: 'parameters', kind: 'count', of: ({ state }) => state.price?.parameters },
  logProb: { words: 'log p of the point', kind: 'nats', of: ({ point }) => point?.logProb },
  logDet: {
    words: 'sum of the log-determinants at the point',
    kind: 'nats',
    of: ({ point }) => point && total(point.logDets),
  },
  base: {
    words: 'log-density of the base where the point lands',
    kind: 'nats',
    of: ({ point }) => point && point.logProb - total(point.logDets),
  },
  x1: { words: 'first coordinate of the point', kind: 'plain', of: ({ point }) => point?.x[0] },
  x2: { words: 'second coordinate of the point', kind: 'plain', of: ({ point }) => point?.x[1] },
  z1: { words: 'first coordinate where it lands', kind: 'plain', of: ({ point }) => point?.z[0] },
  z2: { words: 'second coordinate where it lands', kind: 'plain', of: ({ point }) => point?.z[1] },
  stray: {
    words: 'share of samples where fewer than 1 in 1,000 data points are',
    kind: 'share',
    of: (seen) => seen.stray,
  },
} as const satisfies Record<string, Fact>;

type FactName = keyof typeof FACTS;

/** The facts of the steps done so far: those of the current one by name, those of a named one as `fact@step`. */
export type Known = ReadonlyMap<string, number>;

/** @param name of the step, so that later ones can speak of it */
export function learned(known: Known, seen: Seen, name: string | undefined): Known {
  const earlier = [...known].filter(([fact]) => fact.includes('@'));
  const now = Object.entries(FACTS).flatMap(([fact, { of }]): [string, number][] => {
    const value = of(seen);
    return value === null || value === undefined || !Number.isFinite(value) ? [] : [[fact, value]];
  });
  const kept =
    name === undefined ? [] : now.map(([fact, value]): [string, number] => [`${fact}@${name}`, value]);
  return new Map([...earlier, ...now, ...kept]);
}

/** A sum of facts and numbers, such as `loss@shallow - loss`. */
interface Sum {
  terms: { sign: 1 | -1; term: string }[];
}

const TERM = /^(?:\d+(?:\.\d+)?|[a-z]\w*(?:@[a-z]\w*)?)$/i;
const COMPARISON = /^(.+?)(<|>)(.+)$/;

function sumOf(text: string): Sum | undefined {
  const parts = text.trim().split(/\s+/);
  const terms = parts.flatMap((term, i): Sum['terms'] => {
    if (i % 2 === 1) return [];
    return [{ sign: parts[i - 1] === '-' ? -1 : 1, term }];
  });
  const isSum =
    parts.length % 2 === 1 &&
    parts.every((part, i) => (i % 2 === 0 ? TERM.test(part) : part === '+' || part === '-'));
  return isSum ? { terms } : undefined;
}

/** Not a number if a fact is missing: no comparison with it holds. */
function valueOf(text: string, known: Known): number {
  const { terms } = sumOf(text) ?? { terms: [] };
  return terms.reduce(
    (sum, { sign, term }) => sum + sign * numberOf(term, known),
    terms.length === 0 ? NaN : 0,
  );
}

function numberOf(term: string, known: Known): number {
  return /^\d/.test(term) ? Number(term) : (known.get(term) ?? NaN);
}

/** Whether a condition holds: comparisons of sums, joined by `and`. */
export function holds(condition: string, known: Known): boolean {
  return condition.split(' and ').every((text) => {
    const [, left = '', sign, right = ''] = COMPARISON.exec(text) ?? [];
    const difference = valueOf(left, known) - valueOf(right, known);
    return sign === '<' ? difference < 0 : difference > 0;
  });
}

/** The sentence with its numbers; undefined if one is missing. */
export function filled(sentence: string, known: Known): string | undefined {
  let isWhole = true;
  const words = sentence.replaceAll(/\{([^}]*)\}/g, (_, text: string) => {
    const value = valueOf(text, known);
    isWhole &&= Number.isFinite(value);
    return written(value, kindOf(text));
  });
  return isWhole ? words : undefined;
}

/** The sentence with the names of its numbers, for a sheet of paper. */
export function blanked(sentence: string): string {
  return sentence.replaceAll(/\{([^}]*)\}/g, '[$1]');
}

/** The condition with words in place of names. */
export function inWords(condition: string): string {
  const named = (text: string): string => {
    const kind = kindOf(text);
    const parts = text
      .trim()
      .split(/\s+/)
      .map((part) => {
        if (/^\d/.test(part)) return written(Number(part), kind);
        const [fact = '', step] = part.split('@');
        const words =
          FACTS[fact as FactName]?.words ?? (part === '-' ? 'minus' : part === '+' ? 'plus' : part);
        return step === undefined ? words : `${words} (of “${step}”)`;
      });
    return parts.join(' ');
  };
  return condition
    .split(' and ')
    .map((text) => {
      const [, left = '', sign, right = ''] = COMPARISON.exec(text) ?? [];
      const kind = kindOf(left) ?? kindOf(right);
      const side = (part: string): string =>
        /^\s*\d/.test(part) ? written(Number(part), kind) : named(part);
      return `${side(left)} is ${sign === '<' ? 'less' : 'more'} than ${side(right)}`;
    })
    .join(', and ');
}

/** The mistake in a condition or sum; undefined if it can be read. @param steps names of the steps before */
export function mistakeIn(text: string, isCondition: boolean, steps: readonly string[]): string | undefined {
  const sums = isCondition
    ? text.split(' and ').flatMap(
        (part) =>
          COMPARISON.exec(part)
            ?.slice(1)
            .filter((_, i) => i !== 1) ?? [''],
      )
    : [text];
  for (const sum of sums) {
    const { terms } = sumOf(sum) ?? {};
    if (terms === undefined) {
      const expected = isCondition ? 'a comparison like "gap < 0.1"' : 'a fact like "gap"';
      return `found "${text}", expected ${expected}`;
    }
    for (const { term } of terms) {
      const [fact = '', step] = term.split('@');
      if (!/^\d/.test(term) && !(fact in FACTS)) {
        return `found the fact "${fact}", expected one of ${Object.keys(FACTS).join(', ')}`;
      }
      if (step !== undefined && !steps.includes(step)) {
        return `found the step "${step}", expected the name of an earlier step${steps.length === 0 ? '' : `: ${steps.join(', ')}`}`;
      }
    }
  }
  return undefined;
}

/** The expressions in the braces of a sentence. */
export function sumsIn(sentence: string): string[] {
  return [...sentence.matchAll(/\{([^}]*)\}/g)].map(([, text = '']) => text);
}

function kindOf(text: string): Fact['kind'] | undefined {
  for (const { term } of sumOf(text)?.terms ?? []) {
    const fact = FACTS[(term.split('@')[0] ?? '') as FactName] as Fact | undefined;
    if (fact !== undefined) return fact.kind;
  }
  return undefined;
}

function written(value: number, kind: Fact['kind'] | undefined): string {
  switch (kind) {
    case 'nats':
      return nats(value);
    case 'count':
      return count(value);
    case 'share':
      return `${(100 * value).toFixed(value < 0.1 ? 1 : 0)} %`;
    default:
      return decimal(value);
  }
}
