/** The training settings that the page offers: the library's, with the page's own names and limits. */
import type { FitOptions, TrainingRecord } from '../src/index.ts';
import { SETTINGS } from '../src/page/index.ts';
import type { TrainingChoices } from './protocol.ts';

type Choice = keyof TrainingChoices;

interface OfferedSetting {
  /** Id of its control, and its name in a link. */
  id: string;
  label: string;
  /** The page's limits, narrower than the library's; `expected` describes them. */
  limits?: { min: number; max: number };
  /** The kinds that the page offers, if the library has more. */
  kinds?: readonly string[];
  expected: string;
}

/** In the order of a link. */
export const OFFERED_SETTINGS: Readonly<Record<Choice, OfferedSetting>> = {
  batch: { id: 'batch', label: 'Batch', ...whole(8, 16_384) },
  learningRate: {
    id: 'rate',
    label: 'Learning rate',
    limits: { min: 1e-6, max: 1 },
    expected: 'a number from 0.000001 to 1',
  },
  schedule: {
    id: 'schedule',
    label: 'Schedule',
    // A plateau needs validation rows, which a toy density has not.
    kinds: ['cosine', 'constant', 'exponential'],
    expected: 'cosine, constant or exponential:0.999',
  },
  steps: { id: 'steps', label: 'Steps', ...whole(1, 200_000) },
  seed: { id: 'seed', label: 'Seed', ...whole(0, 2 ** 32 - 1) },
};

export const CHOICES = Object.keys(OFFERED_SETTINGS) as Choice[];

function whole(min: number, max: number): Pick<OfferedSetting, 'limits' | 'expected'> {
  return {
    limits: { min, max },
    expected: `a whole number from ${min} to ${max.toLocaleString('en')}`,
  };
}

/** Whether both the library and the page accept the value. */
export function isChoice(name: Choice, value: unknown): boolean {
  const { limits, kinds } = OFFERED_SETTINGS[name];
  const { rule, text } = SETTINGS[name];
  if (limits !== undefined && !(Number(value) >= limits.min && Number(value) <= limits.max)) return false;
  if (kinds !== undefined && !kinds.includes(String(value).split(':')[0] ?? '')) return false;
  if (text === undefined) return rule.accepts(value);
  try {
    return rule.accepts(text.parse(String(value)));
  } catch {
    return false;
  }
}

/** The choices as options of `fit`. @throws {ShapeError} for an unknown schedule */
export function trainingOptions(choices: TrainingChoices): FitOptions {
  const optionOf = (name: Choice): unknown =>
    SETTINGS[name].text?.parse(String(choices[name])) ?? choices[name];
  return Object.fromEntries(CHOICES.map((name) => [name, optionOf(name)]));
}

/** The choices that a model file records. @param otherwise replaces missing ones */
export function recordedChoices(
  { steps, seed, options }: TrainingRecord,
  otherwise: TrainingChoices,
): TrainingChoices {
  const recorded = new Map<string, unknown>(Object.entries({ ...options, steps: Math.max(steps, 1), seed }));
  const choices = CHOICES.map((name) => {
    const found = recorded.get(name);
    const isOffered =
      typeof found === typeof otherwise[name] && (name !== 'schedule' || isChoice(name, found));
    return [name, isOffered ? found : otherwise[name]];
  });
  return Object.fromEntries(choices) as TrainingChoices;
}
