/** Lessons: their format, the ones that the page ships, and those of a file on the same origin. */
import * as v from 'valibot';
import type { Settings } from '../settings.ts';
import { decodeShare } from '../shareLink.ts';
import { mistakeIn, sumsIn } from './facts.ts';

/** In the order in which they build on each other. */
export const SHIPPED = ['variables', 'coupling', 'depth', 'bridges', 'splines', 'memory'] as const;

const Text = v.pipe(v.string(), v.minLength(1));

const StepSchema = v.strictObject({
  title: Text,
  minutes: v.pipe(v.number(), v.minValue(1), v.maxValue(60)),
  /** The page's settings, as in a link; the last step's by default. */
  state: v.optional(Text),
  /** Later steps speak of its facts by this name. */
  name: v.optional(v.pipe(v.string(), v.regex(/^[a-z]\w*$/i))),
  text: v.array(Text),
  question: Text,
  /** `right` is a condition on the run, or true where no run decides. */
  choices: v.pipe(
    v.array(v.strictObject({ words: Text, right: v.optional(v.union([v.literal(true), Text])) })),
    v.minLength(2),
    v.maxLength(6),
  ),
  /** The choice that its author expects, from 1. */
  expected: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** What happens after the prediction. */
  do: v.picklist(['train', 'look']),
  /** The point that is looked at, in the units of the data. */
  point: v.optional(v.tuple([v.number(), v.number()])),
  /** The scrubber's position, from 0 (data) to 1 (latent). */
  layer: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  /** The first that is true is said; the last holds whatever the run brings. */
  reveal: v.pipe(v.array(v.strictObject({ if: v.optional(Text), words: Text })), v.minLength(1)),
});

const LessonSchema = v.strictObject({
  title: Text,
  about: Text,
  steps: v.pipe(v.array(StepSchema), v.minLength(1), v.maxLength(30)),
});

export type LessonStep = v.InferOutput<typeof StepSchema>;
export type Lesson = v.InferOutput<typeof LessonSchema>;

/** A mistake in a lesson, for its author. */
export class LessonError extends Error {}

/** @param name of a shipped lesson, or the address of a JSON file @throws {LessonError} */
export async function fetchLesson(name: string): Promise<Lesson> {
  const shipped = SHIPPED.find((each) => each === name);
  const url =
    shipped === undefined ? ownAddress(name) : new URL(`../../lessons/${shipped}.json`, import.meta.url).href;
  const response = await fetch(url).catch(() => undefined);
  if (response?.ok !== true) {
    throw new LessonError(
      `The lesson ${name} could not be loaded: found ${response?.status ?? 'no answer'}.`,
    );
  }
  return readLesson(await response.text(), name);
}

/** @throws {LessonError} for an address elsewhere: the page's policy forbids to load from there */
function ownAddress(name: string): string {
  const url = new URL(name, location.href);
  if (url.origin !== location.origin) {
    throw new LessonError(
      `The lesson is on ${url.origin}, expected ${location.origin}: the page loads nothing from other sites.`,
    );
  }
  if (url.pathname.endsWith('.json')) return url.href;
  throw new LessonError(`Found the lesson "${name}", expected one of ${SHIPPED.join(', ')}, or a JSON file.`);
}

/** @throws {LessonError} that says what is wrong and where */
export function readLesson(text: string, name: string): Lesson {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new LessonError(`${name} is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const read = v.safeParse(LessonSchema, json);
  if (!read.success) {
    const [issue] = read.issues;
    const where = v.getDotPath(issue) ?? 'the file';
    throw new LessonError(
      `${name}, ${where}: found ${issue.received}, expected ${issue.expected ?? 'another'}.`,
    );
  }
  const lesson = read.output;
  lesson.steps.forEach((step, index) => {
    const mistake = mistakeOf(step, lesson.steps.slice(0, index));
    if (mistake !== undefined) throw new LessonError(`${name}, step ${index + 1}: ${mistake}.`);
  });
  return lesson;
}

/** The settings of a step. */
export function settingsOfStep({ state }: LessonStep): Settings | undefined {
  return state === undefined ? undefined : decodeShare(`v=1&${state}`).settings;
}

/** Minutes of the whole lesson. */
export function minutesOf({ steps }: Lesson): number {
  return steps.reduce((sum, { minutes }) => sum + minutes, 0);
}

function mistakeOf(step: LessonStep, before: readonly LessonStep[]): string | undefined {
  const { state, choices, expected, reveal, name } = step;
  if (state === undefined && before.length === 0) return 'state: found nothing, expected the first settings';
  if (state !== undefined) {
    const { settings, mistake } = decodeShare(`v=1&${state}`);
    if (settings === undefined) return `state: ${mistake.replace(/\.$/, '')}`;
    if (settings.source.kind === 'file') return 'state: found a file, expected a toy set or a drawing';
  }
  if (expected > choices.length)
    return `expected: found ${expected}, expected one of ${choices.length} choices`;
  if (!choices.some(({ right }) => right !== undefined)) return 'choices: found none that can be right';
  const last = reveal.at(-1);
  if (last === undefined || last.if !== undefined || sumsIn(last.words).length > 0) {
    return 'reveal: found a last sentence with a condition or a number, expected one that always holds';
  }
  const names = before.flatMap((each) => each.name ?? []);
  if (name !== undefined && names.includes(name)) return `name: found "${name}" twice`;
  const conditions = [...choices.map(({ right }) => right), ...reveal.map((each) => each.if)];
  for (const condition of conditions) {
    const mistake = typeof condition === 'string' ? mistakeIn(condition, true, names) : undefined;
    if (mistake !== undefined) return mistake;
  }
  for (const { words } of reveal) {
    for (const sum of sumsIn(words)) {
      const mistake = mistakeIn(sum, false, names);
      if (mistake !== undefined) return mistake;
    }
  }
  return undefined;
}
