/** The whole state as the hash of a link: readable names, and painted strokes packed into a few bytes each. */
import * as v from 'valibot';
import { SettingsSchema, defaultSettings } from './settings.ts';
import type { TrainingChoices } from '../protocol.ts';
import { CHOICES, OFFERED_SETTINGS } from '../trainingSettings.ts';
import type { Settings, Source, Stroke } from './settings.ts';

const VERSION = '1';

/** Some programs cut links longer than this. */
export const MAX_LINK_LENGTH = 8000;

/** @returns the hash without its `#` */
export function encodeShare({ source, model, look }: Settings): string {
  const { model: defaults } = defaultSettings();
  const fields: [string, string][] = [
    ['v', VERSION],
    ...sourceFields(source),
    ['family', model.preset],
    ['couplings', String(model.couplings)],
    ['hidden', model.hidden.join('-')],
    ...optional('blocks', model.residualBlocks, defaults.residualBlocks),
    ['scale', model.scale],
    ['base', model.base],
    ...CHOICES.map((name): [string, string] => [OFFERED_SETTINGS[name].id, String(model[name])]),
    ...optional('stop', model.allSteps === true ? 'last' : 'best', 'best'),
    ['colours', look.colours],
    ['points', look.showData ? 'shown' : 'hidden'],
    ['zoom', String(look.reach)],
    ['columns', look.columns.join('-')],
    ...optional('density', look.density, 'marginal'),
    ...optional('part', look.level + 1, 1),
    ...optional('screen', look.screen, 'desk'),
  ];
  return fields.map(([name, value]) => `${name}=${value}`).join('&');
}

/** Whether a hash is a shared state; others are anchors of the page. */
export function isShare(hash: string): boolean {
  return hash.startsWith('#v=');
}

export type Shared = { settings: Settings; mistake?: undefined } | { settings?: undefined; mistake: string };

/**
 * Reads a hash of `encodeShare`; missing fields get their defaults. A link is untrusted text, so every field
 * is checked, and a bad one rejects the whole link.
 */
export function decodeShare(hash: string): Shared {
  const fields = new Map(
    hash
      .replace(/^#/, '')
      .split('&')
      .map((field) => {
        const [name = '', ...value] = field.split('=');
        return [name, value.join('=')] as const;
      }),
  );
  const version = fields.get('v');
  if (version !== VERSION) {
    return { mistake: `The link is of version "${version ?? ''}", this page reads version ${VERSION}.` };
  }
  const defaults = defaultSettings();
  const number = (name: string, otherwise: number): number => {
    const text = fields.get(name);
    return text === undefined ? otherwise : numberOf(text);
  };
  const numbers = (name: string, otherwise: number[]): number[] =>
    fields.get(name)?.split('-').map(numberOf) ?? otherwise;
  const { model, look } = defaults;
  const choice = (name: keyof TrainingChoices): string | number => {
    const [{ id }, otherwise] = [OFFERED_SETTINGS[name], model[name]];
    return typeof otherwise === 'number' ? number(id, otherwise) : (fields.get(id) ?? otherwise);
  };
  const source = readSource(fields);
  if (source === undefined) return { mistake: 'The drawing in the link is damaged. Ask for the link again.' };
  const candidate = {
    source,
    model: {
      preset: fields.get('family') ?? model.preset,
      couplings: number('couplings', model.couplings),
      hidden: numbers('hidden', model.hidden),
      residualBlocks: number('blocks', model.residualBlocks),
      scale: fields.get('scale') ?? model.scale,
      base: fields.get('base') ?? model.base,
      ...Object.fromEntries(CHOICES.map((name) => [name, choice(name)])),
      ...readStop(fields.get('stop') ?? 'best'),
    },
    look: {
      colours: fields.get('colours') ?? look.colours,
      showData: fields.get('points') !== 'hidden',
      reach: number('zoom', look.reach),
      columns: numbers('columns', look.columns),
      density: fields.get('density') ?? look.density,
      level: number('part', look.level + 1) - 1,
      screen: fields.get('screen') ?? look.screen,
    },
  };
  const checked = v.safeParse(SettingsSchema, candidate);
  if (checked.success) return { settings: checked.output };
  const [issue] = checked.issues;
  if (issue.type === 'check' || issue.type === 'custom') return { mistake: issue.message };
  const where = v.getDotPath(issue) ?? 'it';
  return {
    mistake: `The link has a bad value for ${where}: found ${issue.received}, expected ${issue.expected ?? 'another'}.`,
  };
}

/** A field that older links lack: omitted if it has the value of an older link. */
function optional(name: string, value: string | number, otherwise: string | number): [string, string][] {
  return value === otherwise ? [] : [[name, String(value)]];
}

/** The end of training. The schema rejects any other word. */
function readStop(stop: string): { allSteps?: unknown } {
  if (stop === 'best') return {};
  return { allSteps: stop === 'last' ? true : stop };
}

function sourceFields(source: Source): [string, string][] {
  switch (source.kind) {
    case 'toy':
      return [
        ['data', source.name],
        ...(source.noise === undefined ? [] : [['noise', String(source.noise)] as [string, string]]),
        ['n', String(source.size)],
        ...apartField(source),
      ];
    case 'drawing':
      return [
        ['data', 'drawing'],
        ['n', String(source.size)],
        ['strokes', toBase64Url(packStrokes(source.strokes))],
      ];
    case 'file':
      return [
        ['data', 'file'],
        ...optional('domain', source.domain ?? 'inferred', 'inferred'),
        ...apartField(source),
      ];
  }
}

function apartField({ apart = false }: { apart?: boolean }): [string, string][] {
  return optional('parts', apart ? 'apart' : 'together', 'together');
}

function readSource(fields: ReadonlyMap<string, string>): unknown {
  const data = fields.get('data') ?? 'moons';
  const size = fields.get('n') ?? 'endless';
  const domain = fields.get('domain');
  const parts = fields.get('parts') ?? 'together';
  // The schema rejects any other word.
  const apart = parts === 'together' ? {} : { apart: parts === 'apart' ? true : parts };
  if (data === 'file') return { kind: 'file', ...(domain === undefined ? {} : { domain }), ...apart };
  if (data === 'drawing') {
    const bytes = fromBase64Url(fields.get('strokes') ?? '');
    const strokes = bytes && unpackStrokes(bytes);
    return strokes && { kind: 'drawing', strokes, size: numberOf(size) };
  }
  const noise = fields.get('noise');
  return {
    kind: 'toy',
    name: data,
    ...(noise === undefined ? {} : { noise: numberOf(noise) }),
    size: size === 'endless' ? size : numberOf(size),
    ...apart,
  };
}

function numberOf(text: string): number {
  return /^\d+(\.\d+)?(e-?\d+)?$/.test(text) ? Number(text) : NaN;
}

/**
 * Packs each stroke as its radius, its number of points, its first point and the differences between points.
 * All are variable-length integers of 7 bits a byte; differences have their sign in the lowest bit.
 */
export function packStrokes(strokes: readonly Stroke[]): Uint8Array {
  const bytes: number[] = [];
  const write = (value: number): void => {
    let rest = value;
    while (rest > 127) {
      bytes.push((rest & 127) | 128);
      rest >>>= 7;
    }
    bytes.push(rest);
  };
  for (const { radius, points } of strokes) {
    write(radius);
    write(points.length / 2);
    points.forEach((value, i) => {
      const difference = value - (points[i - 2] ?? 0);
      write(difference < 0 ? -2 * difference - 1 : 2 * difference);
    });
  }
  return Uint8Array.from(bytes);
}

/** @returns undefined if `packStrokes` did not write these bytes */
export function unpackStrokes(bytes: Uint8Array): Stroke[] | undefined {
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return NaN;
      value |= (byte & 127) << shift;
      if (byte < 128) return value;
    }
    return NaN;
  };
  const strokes: Stroke[] = [];
  while (at < bytes.length) {
    const radius = read();
    const count = read();
    if (!(radius > 0 && count > 0 && count <= bytes.length)) return undefined;
    const points: number[] = [];
    for (let i = 0; i < 2 * count; i++) {
      const code = read();
      const difference = code % 2 === 1 ? -(code + 1) / 2 : code / 2;
      points.push((points[i - 2] ?? 0) + difference);
    }
    if (points.some((value) => !(value >= 0 && value <= 1023))) return undefined;
    strokes.push({ radius, points });
  }
  return strokes;
}

function toBase64Url(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array | undefined {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return undefined;
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}
