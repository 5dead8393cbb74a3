/** An open model file, in words and as code. */
import type { OpenedModel } from '../protocol.ts';
import { count } from './figures.ts';

export interface OpenedFile extends OpenedModel {
  fileName: string;
}

/** The most columns that are listed by name. */
const MAX_NAMED = 4;

export function describeOpened({ fileName, title, origin }: OpenedFile): string {
  return origin.kind === 'own-samples'
    ? `${fileName} is open. Its data are not here: it trains on its own samples.`
    : `${fileName} is open. Train goes on from it with ${title}, Reset starts afresh.`;
}

/** Shown instead of a loss, before the first step here. */
export function describeTraining({ fileName, steps }: OpenedFile): string {
  if (steps === null) return `${fileName} does not say how it was trained. Train shows its loss.`;
  const times = `${count(steps)} ${steps === 1 ? 'step' : 'steps'}`;
  return `${fileName} was trained for ${times} before. Train goes on, and shows its loss.`;
}

/** Explains why no data set is chosen. */
export function describeOwnSamples({ fileName, columns }: OpenedFile): string {
  const names = columns.length <= MAX_NAMED ? `: ${columns.join(', ')}` : '';
  return `Samples drawn from ${fileName} itself, with ${count(columns.length)} columns${names}. It was not trained on these data. Choose data, or Reset, for a fresh model.`;
}

/** Explains how the page's settings apply to the model. */
export function describeUnmade({ fileName }: OpenedFile): string {
  return `No settings here make ${fileName}. Batch, learning rate, schedule and steps hold for it; any other change makes a fresh model.`;
}

/** Whether the page's settings and data reproduce the model. */
export function isAccountedFor({ settings, origin }: OpenedFile): boolean {
  return settings !== null && origin.kind !== 'own-samples';
}
