/** Parsers of option values; a bad value prints the expected one and ends with exit code 2. */
import { SETTING_OPTIONS } from './settingOptions.ts';
import { InvalidArgumentError, Option } from 'commander';
import { IMAGE_PRESETS, PRESETS } from '../presets/index.ts';
import type { ImagePresetName, PresetName } from '../presets/index.ts';
import { SPEC_LIMITS } from '../model/limits.ts';
import { WgflowError } from '../errors.ts';
import type { OptionRule } from '../calls/optionRules.ts';
import { SETTING_ENTRIES } from '../training/settingTable.ts';
import type { Setting, TrainingSettings } from '../training/settingTable.ts';
import { commaList } from './commaList.ts';

export function integer(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  const range = max === Number.MAX_SAFE_INTEGER ? `≥ ${min}` : `from ${min} to ${max.toLocaleString('en')}`;
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isSafeInteger(value) || value < min || value > max) {
      throw new InvalidArgumentError(`Expected an integer ${range}.`);
    }
    return value;
  };
}

/** A count of scores, or `none`: training then continues to its last step. */
export function patience(text: string): number {
  return text === 'none' ? Infinity : integer(1)(text);
}

/** A parser of comma-separated integers in that range. */
export function integers(min: number, max: number): (text: string) => number[] {
  const one = integer(min, max);
  return (text) => text.split(',').map(one);
}

/** Comma-separated numbers between 0 and 1, all different. */
export function shares(text: string): number[] {
  const list = text.split(',').map((part) => Number(part.trim() || NaN));
  if (list.every((share) => share > 0 && share < 1) && new Set(list).size === list.length) return list;
  throw new InvalidArgumentError('Expected different numbers between 0 and 1, such as 0.05,0.5,0.95.');
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && Number.isFinite(value))) {
    throw new InvalidArgumentError('Expected a number above 0.');
  }
  return value;
}

/** A share above 0 and below 1. */
export function rate(text: string): number {
  const value = positiveNumber(text);
  if (value < 1) return value;
  throw new InvalidArgumentError('Expected a number above 0 and below 1.');
}

/** One bijector of a spec is reserved for the standardisation. */
export const couplings = integer(1, SPEC_LIMITS.bijectors - 1);

export const residualBlocks = integer(1, SPEC_LIMITS.residualBlocks);

export function widths(text: string): number[] {
  const list = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  const isWidth = (value: number): boolean =>
    Number.isSafeInteger(value) && value >= 1 && value <= SPEC_LIMITS.width;
  if (!list.every(isWidth) || list.length > SPEC_LIMITS.hiddenLayers) {
    throw new InvalidArgumentError(
      `Expected up to ${SPEC_LIMITS.hiddenLayers} widths from 1 to ${SPEC_LIMITS.width.toLocaleString('en')}, ` +
        'separated by commas, such as 64,64.',
    );
  }
  return list;
}

export function names(text: string): string[] {
  const list = commaList(text);
  if (list.length === 0 || list.includes('')) {
    throw new InvalidArgumentError(
      'Expected names separated by commas, such as height,weight. Put a name with a comma in double quotes.',
    );
  }
  return list;
}

/** A parser of comma-separated names from `known`. */
export function namesFrom<Name extends string>(known: readonly Name[]): (text: string) => Name[] {
  return (text) =>
    text.split(',').map((part) => {
      const name = known.find((candidate) => candidate === part.trim());
      if (name !== undefined) return name;
      throw new InvalidArgumentError(
        `Found "${part.trim()}", expected names from ${known.join(', ')}, separated by commas.`,
      );
    });
}

/** The options of the table of training settings. */
export function settingOptions(): Option[] {
  return SETTING_ENTRIES.flatMap(([name, { rule, text, default: usual }]) => {
    const option = SETTING_OPTIONS[name];
    if (option === undefined) return [];
    const { flag, words, isOfPreset = false, rule: narrower = rule } = option;
    const made = new Option(
      flag,
      `${words} (default: ${isOfPreset ? "the preset's" : (text?.format(usual) ?? String(usual))})`,
    );
    return [made.argParser(settingParser(narrower, text))];
  });
}

/** The training settings among the options of a command. */
export function settingsFrom(options: object): Partial<TrainingSettings> {
  const given = new Map<string, unknown>(Object.entries(options));
  const entries = Object.entries(SETTING_OPTIONS).map(([name, { flag }]) => [
    name,
    given.get(new Option(flag).attributeName()),
  ]);
  return Object.fromEntries(entries) as Partial<TrainingSettings>;
}

function settingParser(rule: OptionRule, form: Setting<unknown>['text']) {
  return (text: string): unknown => {
    try {
      const value = form === undefined ? Number(text.trim() || NaN) : form.parse(text);
      if (rule.accepts(value)) return value;
    } catch (error) {
      if (!(error instanceof WgflowError)) throw error;
    }
    throw new InvalidArgumentError(`Expected ${form?.expected ?? rule.expected}.`);
  };
}

/** The preset names in words: a, b, or c. */
export const PRESET_NAMES = listed(Object.keys(PRESETS));
export const IMAGE_PRESET_NAMES = listed(Object.keys(IMAGE_PRESETS));

function listed(all: readonly string[]): string {
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(all);
}

export function preset(text: string): PresetName | ImagePresetName {
  const known = Object.keys({ ...PRESETS, ...IMAGE_PRESETS }) as (PresetName | ImagePresetName)[];
  const name = known.find((candidate) => candidate === text);
  if (name !== undefined) return name;
  throw new InvalidArgumentError(`Expected ${PRESET_NAMES}; for images ${IMAGE_PRESET_NAMES}.`);
}
