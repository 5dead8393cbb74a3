/** The verdict of a report: short sentences, each said under its own condition. */
import { calibrationOf } from './calibration.ts';
import type { Calibration } from './calibration.ts';
import type { ColumnDifference } from './columnDifference.ts';
import type { Findings, JudgedColumn, PairOfColumns } from './findings.ts';
import { capital, count, percent, short, signed } from './words.ts';

export interface Sentence {
  /** Whether it speaks for the model, is worth a look, or speaks against it. */
  tone: 'good' | 'note' | 'bad';
  words: string;
}

type Rule = (findings: Findings) => Sentence[];

/** Difference of distributions that matters, where chance does not explain it; as `wgflow check` has it. */
export const LARGE_DISTANCE = 0.05;

/** The sentences that are true of a model: against it, worth a look, for it. */
export function verdictOf(findings: Findings): Sentence[] {
  const found = RULES.flatMap((rule) => rule(findings));
  const rank = { bad: 0, note: 1, good: 2 };
  return found.sort((a, b) => rank[a.tone] - rank[b.tone]);
}

/** Columns or pairs that get a sentence each. */
const NAMED = 4;

export const columnsDiffer: Rule = ({ columns }) => {
  const different = columns.filter(isDifferent);
  const named = different.slice(0, different.length > NAMED + 1 ? NAMED : NAMED + 1);
  const more = different.length - named.length;
  const sentences = named.map((judged): Sentence => ({ tone: toneOf(judged), words: columnWords(judged) }));
  if (more === 0) return sentences;
  return [
    ...sentences,
    { tone: 'note', words: `${more} more columns differ beyond chance; see the columns below.` },
  ];
};

export const columnsAlike: Rule = ({ columns, rows }) => {
  const alike = columns.filter((one) => !isDifferent(one));
  const [farthest] = alike;
  if (farthest === undefined) return [];
  const { column, measure, distance, bound } = farthest;
  const numbers = `${measure} ${short(distance)}, bound ${short(bound)}`;
  if (alike.length === 1) {
    return [{ tone: 'good', words: `Samples of ${column.name} look like the ${rows} (${numbers}).` }];
  }
  const which =
    alike.length === columns.length
      ? alike.length === 2
        ? 'both'
        : `all ${alike.length}`
      : `${alike.length} of ${columns.length}`;
  return [
    {
      tone: 'good',
      words: `Samples of ${which} columns look like the ${rows}, each for itself; the farthest is ${column.name} (${numbers}).`,
    },
  ];
};

export const pairsDiffer: Rule = ({ pairs, rows }) => {
  const different = pairs.filter(isPairDifferent);
  const sentences = different.slice(0, NAMED - 1).map((pair): Sentence => ({
    tone: pair.distance > LARGE_DISTANCE ? 'bad' : 'note',
    words: pairWords(pair, rows),
  }));
  const more = different.length - sentences.length;
  if (more === 0) return sentences;
  const words = `${more} more ${more === 1 ? 'pair' : 'pairs'} of columns depend on each other otherwise than in the data; see the pairs below.`;
  return [...sentences, { tone: 'note', words }];
};

export const pairsAlike: Rule = ({ pairs }) => {
  const [farthest] = pairs;
  if (farthest === undefined || pairs.some(isPairDifferent)) return [];
  const [first, second] = farthest.pair;
  const words =
    pairs.length === 1
      ? `${first.name} and ${second.name} depend on each other in the samples as in the data.`
      : `No pair of columns depends on each other differently than in the data, beyond chance; the farthest is ${first.name} and ${second.name}.`;
  return [{ tone: 'good', words }];
};

export const calibration: Rule = ({ columns }) => {
  if (columns.length < 2) return [];
  const found = columns
    .flatMap(({ column: { name, pit } }) =>
      pit === undefined ? [] : [{ name, ...calibrationOf(pit, columns.length) }],
    )
    .sort((a, b) => b.distance - a.distance);
  const [farthest] = found;
  if (farthest === undefined) return [];
  const numbers = ({ distance, bound }: Calibration): string =>
    `KS ${short(distance)}, bound ${short(bound)}`;
  const off = found.filter(({ distance, bound }) => distance > bound);
  if (off.length === 0) {
    const words = `Given the other columns, the model predicts each column as surely as it may; the farthest is ${farthest.name} (${numbers(farthest)}).`;
    return [{ tone: 'good', words }];
  }
  return off.slice(0, NAMED).map((one) => ({
    tone: one.distance > LARGE_DISTANCE ? 'bad' : 'note',
    words: `${one.name}, given the other columns: ${one.words} (${numbers(one)}).`,
  }));
};

export const coverage: Rule = ({ coverage: found, rows }) => {
  if (found === undefined) return [];
  const { distance, bound, in90, farthest } = found;
  const region = (content: number, share: number): string =>
    `The region that holds ${percent(content)} of the samples holds ${percent(share)} of the ${rows}`;
  if (distance <= bound) {
    return [{ tone: 'good', words: `${region(0.9, in90)}: the model is as sure as it may be.` }];
  }
  const judgement =
    farthest.rows < farthest.content
      ? 'the model is too sure. Many rows are less likely than it thinks usual.'
      : 'the model is not sure enough. It spreads over more than the data.';
  return [
    {
      tone: distance > LARGE_DISTANCE ? 'bad' : 'note',
      words: `${region(farthest.content, farthest.rows)} (KS ${short(distance)}, bound ${short(bound)}): ${judgement}`,
    },
  ];
};

export const energyDistance: Rule = ({ energy, rows }) => {
  if (energy === undefined) return [];
  const { distance, reference, bound } = energy;
  const isClose = distance <= bound;
  return [
    {
      tone: isClose ? 'good' : 'bad',
      words:
        `All columns together, the samples are ${isClose ? 'no farther' : 'farther'} from the ${rows} than chance explains ` +
        `(energy distance ${short(distance)}, bound ${short(bound)}; ${short(reference)} between two halves of the ${rows}).`,
    },
  ];
};

/** Standard errors that a gap between means needs, and the gap that matters, nats. */
const STANDARD_ERRORS = 3;
const GAP_NATS = 0.05;

export const overfitting: Rule = ({ nll, rows }) => {
  if (nll === undefined || rows === 'training rows') return [];
  const gap = nll.rows - nll.training;
  const [size, error] = [`${Math.abs(gap).toFixed(2)} nats`, `± ${nll.error.toFixed(2)}`];
  if (gap > Math.max(GAP_NATS, STANDARD_ERRORS * nll.error)) {
    return [
      {
        tone: gap > 1 ? 'bad' : 'note',
        words: `${capital(rows)} are ${size} (${error}) less likely than training rows: the model knows part of its training rows by heart. More rows or a smaller model help.`,
      },
    ];
  }
  if (!Number.isFinite(gap)) return [];
  return [
    {
      tone: 'good',
      words: `${capital(rows)} are as likely as training rows, within ${size} (${error}): the model does not overfit.`,
    },
  ];
};

export const gaussian: Rule = ({ validationNll, gaussianNll }) => {
  if (validationNll === undefined || gaussianNll === undefined) return [];
  const gain = gaussianNll - validationNll;
  const size = `${Math.abs(gain).toFixed(2)} nats`;
  return gain >= 0.005
    ? [{ tone: 'good', words: `The model is ${size} a row better than a Gaussian fitted to the same rows.` }]
    : [
        {
          tone: 'bad',
          words: `The model is no better than a Gaussian fitted to the same rows (${size} worse): give it more rows or another preset.`,
        },
      ];
};

export const unfinished: Rule = ({ bestStep, steps, asked = 0 }) =>
  bestStep !== undefined && bestStep === steps && steps >= asked
    ? [
        {
          tone: 'note',
          words: `The last step, ${count(steps)}, has the best score: more steps are likely to help.`,
        },
      ]
    : [];

/** Fewer rows leave wide bounds. */
const FEW_ROWS = 300;

export const fewRows: Rule = ({ coverage: found, rows }) =>
  found !== undefined && found.rows < FEW_ROWS
    ? [
        {
          tone: 'note',
          words: `There are only ${count(found.rows)} ${rows}: differences below ${short(found.bound)} are hidden in chance.`,
        },
      ]
    : [];

export const noHeldOutRows: Rule = ({ rows }) =>
  rows === 'training rows'
    ? [
        {
          tone: 'note',
          words:
            'No rows were held out. The report compares with the training rows, which flatters the model.',
        },
      ]
    : [];

export const oddRows: Rule = ({ coverage: found, rows, worst }) => {
  if (found === undefined || found.below === 0) return [];
  // Of n rows and m samples of one distribution, k rows are the least likely with a probability of about (n / (n + m))^k.
  const chance = (found.rows / (found.rows + found.samples)) ** found.below;
  if (chance > 0.01) return [];
  const numbered = worst.rows.slice(0, Math.min(found.below, 3)).flatMap(({ row }) => row ?? []);
  const named =
    numbered.length === 0
      ? ''
      : `: ${numbered.map((row) => `row ${count(row)}`).join(', ')}${found.below > numbered.length ? ', …' : ''}`;
  return [
    {
      tone: 'note',
      words: `${count(found.below)} of ${count(found.rows)} ${rows} are less likely than any of ${count(found.samples)} samples${named}. Look at them below.`,
    },
  ];
};

export const withoutDensity: Rule = ({ logProb, rows }) => {
  const found = Array.from(logProb.rows).filter((value) => !Number.isFinite(value)).length;
  return found === 0
    ? []
    : [
        {
          tone: 'bad',
          words: `${count(found)} of ${count(logProb.rows.length)} ${rows} have no density under the model (log p = −∞).`,
        },
      ];
};

export const unsoundSamples: Rule = ({ unsound }) =>
  unsound === 0
    ? []
    : [{ tone: 'bad', words: `${count(unsound)} samples are not finite; the report leaves them out.` }];

export const skippedSteps: Rule = ({ skipped = 0, steps }) =>
  skipped === 0
    ? []
    : [
        {
          tone: skipped > steps / 100 ? 'bad' : 'note',
          words: `${count(skipped)} of ${count(steps)} steps were skipped, as their loss or gradient was not finite. A lower learning rate helps.`,
        },
      ];

const RULES: readonly Rule[] = [
  unsoundSamples,
  withoutDensity,
  columnsDiffer,
  pairsDiffer,
  calibration,
  coverage,
  energyDistance,
  overfitting,
  gaussian,
  oddRows,
  skippedSteps,
  unfinished,
  fewRows,
  noHeldOutRows,
  columnsAlike,
  pairsAlike,
];

export function isDifferent({ distance, bound }: Pick<ColumnDifference, 'distance' | 'bound'>): boolean {
  return distance > bound;
}

export function isPairDifferent({ distance, bound }: Pick<PairOfColumns, 'distance' | 'bound'>): boolean {
  return distance > bound;
}

function toneOf({ distance }: JudgedColumn): Sentence['tone'] {
  return distance > LARGE_DISTANCE ? 'bad' : 'note';
}

function columnWords(judged: JudgedColumn): string {
  const { column, measure, distance, bound } = judged;
  return `${column.name}: ${columnFinding(judged)} (${measure} ${short(distance)}, bound ${short(bound)}).`;
}

/** What differs most in a column. */
export function columnFinding({ value, upTo }: ColumnDifference): string {
  if (value !== undefined) {
    const often = value.samples > value.data ? 'too often' : 'too seldom';
    const text = value.text === '' ? 'a blank' : value.text;
    return `the model draws ${text} ${often}, ${percent(value.samples)} against ${percent(value.data)}`;
  }
  if (upTo === undefined) return 'the samples differ from the data';
  const side = upTo.samples > upTo.data ? 'low' : 'high';
  return `samples lie too ${side}, ${percent(upTo.samples)} are at most ${upTo.text} against ${percent(upTo.data)}`;
}

/** Difference of strengths that a reader sees in two digits. */
const VISIBLE_STRENGTH = 0.05;

/** How two columns depend on each other, in the data and in the samples. */
function pairWords({ pair, distance, bound, strength }: PairOfColumns, rows: string): string {
  const [first, second] = pair;
  const { measure, data, samples } = strength;
  const both = `${first.name} and ${second.name} depend on each other`;
  const change = Math.abs(samples) - Math.abs(data);
  if (data * samples >= 0 && Math.abs(change) >= VISIBLE_STRENGTH) {
    const more = change > 0 ? 'more' : 'less';
    return `${both} ${more} in the samples than in the ${rows} (${measure} ${signed(samples)} against ${signed(data)}).`;
  }
  return `${both} in another way: ${percent(distance)} of the samples would have to move, bound ${percent(bound)} (${measure} ${signed(samples)} against ${signed(data)}).`;
}
