/** The page's whole state, as plain data. The views draw it; only transitions.ts changes it. */
import { PRESET_CHOICES } from '../presets.ts';
import { BASES, baseWords, NEEDS } from '../bases.ts';
import type { BaseName } from '../bases.ts';
import type {
  AdapterFacts,
  DataSettings,
  DrawnPicture,
  FlowFacts,
  Hovered,
  ModelSettings,
  Picture,
  Price,
  View,
} from '../protocol.ts';
import type { Filling } from '../../src/page/index.ts';
import { dataOf, firstChoice, sourceOf } from './dataChoice.ts';
import type { DataChoice } from './dataChoice.ts';
import type { Moments } from './words/pictures.ts';
import { nats } from './figures.ts';
import { isAccountedFor } from './openedFile.ts';
import type { OpenedFile } from './openedFile.ts';
import type { RecordedFlow } from './recordedFlow.ts';
import { newRun } from './run.ts';
import type { Run, RunTraits } from './run.ts';
import type { Look, Settings } from './settings.ts';
import { STATUS } from './words/status.ts';

export type Theme = View['theme'];

/** `starting`: no device yet; `idle`: a flow waits; `done`: all steps are done; `off`: there is no GPU. */
export type Phase = 'starting' | 'idle' | 'training' | 'done' | 'off';

/** The flow's numbers in the captions. They are updated rarely, so that the words can be read. */
export interface Glance {
  /** Moments of a few samples, in the shown pair of columns. */
  moments: Moments | null;
  /** Held-out NLL, and its distance above the floor, nats. */
  nll: number | null;
  gap: number | null;
}

export interface State {
  data: DataChoice;
  model: ModelSettings;
  look: Look;
  theme: Theme;
  /** The scrubber's position, from 0 (data) to the number of layers (latent). */
  layer: number;
  /** The recording moves the scrubber. */
  isSwinging: boolean;
  phase: Phase;
  isSlow: boolean;
  /** The current activity; and the last sentence for screen readers, with the time of the last spoken step. */
  status: string;
  spoken: string;
  spokenAt: number;
  /** The mistake in the data or the link. */
  mistake: string | undefined;
  adapter: AdapterFacts | undefined;
  /** Why there is no GPU, and why it was lost for a while. */
  noGpu: string | undefined;
  lostGpu: string | undefined;
  flow: FlowFacts;
  /** The origin of `flow`: the page, fresh settings, or a file. */
  origin: 'page' | 'fresh' | OpenedFile;
  /** The data of `flow`. */
  learned: DataSettings | undefined;
  /** The data of a fresh flow that was requested but is not ready. */
  next: DataSettings | undefined;
  /** The engine draws; until then the recording plays. */
  isLive: boolean;
  /** Pictures that the engine has drawn. */
  drawn: readonly Picture[];
  /** The pictures of the current model, and when they came, ms. */
  shown: Shown;
  price: Price | undefined;
  /** The batches that fill the adapter with flows of this size, if the visitor asked. */
  filling: (Filling & { size: string }) | 'timing' | undefined;
  run: Run;
  glance: Glance;
  hovered: Hovered | null;
  recorded: Pick<RecordedFlow, 'title' | 'bijectors' | 'nll' | 'floor'>;
  /** A flow that the processor trains, without a GPU: it takes the recording's place. */
  trained: RecordedFlow | undefined;
}

export type Shown = Partial<Record<Picture, DrawnPicture & { at: number }>>;

const NOTHING_SEEN: Glance = { moments: null, nll: null, gap: null };

/** @param moves whether the recording may move by itself */
export function initialState(
  { source, model, look }: Settings,
  recorded: State['recorded'],
  { theme, moves }: { theme: Theme; moves: boolean },
): State {
  const data = firstChoice(source);
  const state: State = {
    data,
    model,
    look,
    theme,
    layer: recorded.bijectors.length,
    isSwinging: moves,
    phase: 'starting',
    isSlow: false,
    status: STATUS.starting,
    spoken: '',
    spokenAt: 0,
    mistake: undefined,
    adapter: undefined,
    noGpu: undefined,
    lostGpu: undefined,
    flow: recordedFacts(recorded),
    origin: 'page',
    learned: dataOf(data),
    next: undefined,
    isLive: false,
    drawn: [],
    shown: {},
    price: undefined,
    filling: undefined,
    run: newRun(model.steps, UNKNOWN),
    glance: NOTHING_SEEN,
    hovered: null,
    recorded,
    trained: undefined,
  };
  return withoutSteps(state, recordedWords(state));
}

const UNKNOWN: RunTraits = { given: null, isBounded: false, isFinite: false, keepsBest: false, origin: null };

/** Facts about the recorded flow. */
export function recordedFacts({ bijectors }: State['recorded']): FlowFacts {
  const plane = { columns: ['x1', 'x2'], mean: [0, 0], std: [1, 1] };
  return { bijectors, base: 'standard_normal', ...plane, classes: null };
}

/** Shown instead of a loss while the flow is the pretrained one. */
export function recordedWords({ recorded: { nll, floor } }: State): string {
  return `Trained earlier, to ${nats(nll - floor)} above the best any model can do.`;
}

/** A state whose flow has made no step here. @param origin words on its origin; null for a fresh flow */
export function withoutSteps(state: State, origin: string | null): State {
  const { flow, learned, model } = state;
  const isFinite = learned?.kind !== 'toy' || learned.size !== 'endless';
  const traits = {
    given: flow.classes?.name ?? null,
    isBounded: baseWords(flow.base).isBounded === true,
    isFinite,
    keepsBest: isFinite && model.allSteps !== true,
    origin,
  };
  return { ...state, run: newRun(model.steps, traits), glance: NOTHING_SEEN };
}

/** Equal for flows of the same size: the same batches fill the adapter. */
export function sizeOf(state: State): string {
  const { preset, couplings, hidden, residualBlocks } = state.model;
  return JSON.stringify([
    preset,
    couplings,
    hidden,
    residualBlocks,
    state.flow.columns.length,
    isApart(state),
  ]);
}

/** The settings that a link encodes. */
export function settingsOf({ data, model, look }: State): Settings {
  return { source: sourceOf(data), model, look };
}

export function viewOf({ look, theme, layer }: State): View {
  return { ...look, theme, layer };
}

/** The file that the shown flow came from. */
export function fileOf({ origin }: State): OpenedFile | undefined {
  return typeof origin === 'string' ? undefined : origin;
}

/** The same, but only if settings and data do not reproduce the flow. */
export function unaccountedFile(state: State): OpenedFile | undefined {
  const file = fileOf(state);
  return file === undefined || isAccountedFor(file) ? undefined : file;
}

/** A short name for the data of the shown flow. */
export function titleOf(state: State): string {
  const { learned } = state;
  const file = fileOf(state);
  if (file !== undefined) return file.title;
  if (learned === undefined) return 'Model';
  return learned.kind === 'toy' ? learned.name : learned.title;
}

/** The class that the pictures show. */
export function shownClass({ flow, look }: State): string | undefined {
  return flow.classes?.levels[look.level];
}

/** Whether the classes are split, by the data or by an opened model. */
export function isApart({ data, flow }: State): boolean {
  return data.own === undefined ? data.apart : flow.classes !== null;
}

/** Whether no point repeats, so that training stops only at its last step. */
export function isEndless({ data: { own, source, toySize } }: State): boolean {
  return own === undefined && source !== 'drawing' && source !== 'file' && toySize === 'endless';
}

/** Why a base is disabled. */
export function missingFor(base: BaseName, state: State): string | undefined {
  const { needs } = BASES[base];
  const { hasBox } = PRESET_CHOICES[state.model.preset];
  const has: Record<keyof typeof NEEDS, boolean> = { box: hasBox, classes: isApart(state) };
  return needs === undefined || has[needs] ? undefined : NEEDS[needs];
}
