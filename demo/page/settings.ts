/** All of a visitor's settings, with their limits; the share link carries them. */
import * as v from 'valibot';
import { TOY_NAMES } from '../../src/index.ts';
import type { Domain, ToyName } from '../../src/index.ts';

import { BASE_NAMES, BASES } from '../bases.ts';
import { MAX_CLASSES } from '../labels.ts';
import { PRESET_CHOICES, PRESET_NAMES, startOf } from '../presets.ts';
import type { ModelSettings, TrainingChoices } from '../protocol.ts';
import { CHOICES, isChoice, OFFERED_SETTINGS } from '../trainingSettings.ts';

export const SCALE_MAPS = ['tanh', 'exp', 'sigmoid'] as const;
export const DOMAINS = ['real', 'positive', 'unit'] as const satisfies Domain[];

/** Whole numbers, both ends included. */
export const LIMITS = {
  couplings: { min: 1, max: 64 },
  hiddenLayers: { min: 1, max: 3 },
  hiddenWidth: { min: 1, max: 512 },
  residualBlocks: { min: 0, max: 32 },
  points: { min: 50, max: 50_000 },
} as const;

/** A painted line on the pad's 1024 × 1024 raster: `points` are x, y pairs, y downward; `radius` in pixels. */
export interface Stroke {
  radius: number;
  points: readonly number[];
}

/**
 * The settings only record that there is a file, and its domain; its rows stay with the page. `apart`: the
 * classes are split.
 */
export type Source =
  | { kind: 'toy'; name: ToyName; noise?: number; size: number | 'endless'; apart?: boolean }
  | { kind: 'drawing'; strokes: Stroke[]; size: number }
  | { kind: 'file'; domain?: Domain; apart?: boolean };

/** The part of a view that a link carries. */
export interface Look {
  colours: 'linear' | 'log';
  showData: boolean;
  reach: number;
  columns: [number, number];
  /** The density of more than two columns: of the shown pair alone, or its slice at the mean of the others. */
  density: 'marginal' | 'slice';
  /** The shown class, as an index among all. */
  level: number;
  /** The page's layout: all of it, or two large pictures. */
  screen: 'desk' | 'projector';
}

export interface Settings {
  source: Source;
  model: ModelSettings;
  look: Look;
}

const whole = ({ min, max }: { min: number; max: number }) =>
  v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

/** The schemas of the training settings; the library's table checks the values. */
function trainingFields() {
  const fields = CHOICES.map((name) => {
    const { label, expected } = OFFERED_SETTINGS[name];
    const schema = v.custom(
      (value) => isChoice(name, value),
      ({ received }) => `${label}: found ${received}, expected ${expected}.`,
    );
    return [name, schema];
  });
  return Object.fromEntries(fields) as {
    [Name in keyof TrainingChoices]: v.GenericSchema<TrainingChoices[Name]>;
  };
}

const ModelFields = v.strictObject({
  preset: v.picklist(PRESET_NAMES),
  couplings: whole(LIMITS.couplings),
  hidden: v.pipe(
    v.array(whole(LIMITS.hiddenWidth)),
    v.minLength(LIMITS.hiddenLayers.min),
    v.maxLength(LIMITS.hiddenLayers.max),
  ),
  residualBlocks: whole(LIMITS.residualBlocks),
  scale: v.picklist(SCALE_MAPS),
  base: v.picklist(BASE_NAMES),
  ...trainingFields(),
  allSteps: v.optional(v.boolean()),
});

export const ModelSchema = v.pipe(
  ModelFields,
  v.forward(
    v.check(
      ({ hidden, residualBlocks }) => residualBlocks === 0 || hidden.length === 1,
      ({ input: { hidden } }) =>
        `Hidden widths: found ${hidden.join(', ')} for residual nets, expected one width: all their layers have it.`,
    ),
    ['hidden'],
  ),
  v.forward(
    v.check(
      ({ base, preset }) => BASES[base].needs !== 'box' || PRESET_CHOICES[preset].hasBox,
      'Base: found uniform, expected the preset spline with it. Only splines end where the box does.',
    ),
    ['base'],
  ),
);

const SettingsFields = v.strictObject({
  source: v.variant('kind', [
    v.strictObject({
      kind: v.literal('toy'),
      name: v.picklist(TOY_NAMES),
      noise: v.optional(v.pipe(v.number(), v.minValue(0.01), v.maxValue(1))),
      size: v.union([v.literal('endless'), whole(LIMITS.points)]),
      apart: v.optional(v.boolean()),
    }),
    v.strictObject({
      kind: v.literal('drawing'),
      strokes: v.array(
        v.strictObject({
          radius: whole({ min: 1, max: 255 }),
          points: v.pipe(v.array(whole({ min: 0, max: 1023 })), v.minLength(2)),
        }),
      ),
      size: whole(LIMITS.points),
    }),
    v.strictObject({
      kind: v.literal('file'),
      domain: v.optional(v.picklist(DOMAINS)),
      apart: v.optional(v.boolean()),
    }),
  ]),
  model: ModelSchema,
  look: v.strictObject({
    colours: v.picklist(['linear', 'log']),
    showData: v.boolean(),
    reach: v.pipe(v.number(), v.minValue(1), v.maxValue(10)),
    columns: v.tuple([whole({ min: 0, max: 65_535 }), whole({ min: 0, max: 65_535 })]),
    density: v.picklist(['marginal', 'slice']),
    level: whole({ min: 0, max: MAX_CLASSES - 1 }),
    screen: v.picklist(['desk', 'projector']),
  }),
});

export const SettingsSchema = v.pipe(
  SettingsFields,
  v.check(
    ({ source, model }) =>
      BASES[model.base].needs !== 'classes' || ('apart' in source && source.apart === true),
    'Base: found class, expected data that are told apart with it. Each class has its own mean.',
  ),
);

export function defaultSettings(): Settings {
  return {
    source: { kind: 'toy', name: 'moons', size: 'endless' },
    model: startOf('realnvp'),
    look: {
      colours: 'linear',
      showData: true,
      reach: 3,
      columns: [0, 1],
      density: 'marginal',
      level: 0,
      screen: 'desk',
    },
  };
}
