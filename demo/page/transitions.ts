/** The changes of the page's state: each is a function from one state to the next. */
import { PRESET_CHOICES, startOf } from '../presets.ts';
import { BASES } from '../bases.ts';
import type { DataSettings, ModelSettings, Progress } from '../protocol.ts';
import type { ReferenceReport } from '../reference/protocol.ts';
import { OFFERED_SETTINGS } from '../trainingSettings.ts';
import { dataOf, hasData, pairAfter, withOrigin, withSource } from './dataChoice.ts';
import type { DataChoice } from './dataChoice.ts';
import type { Moments } from './words/pictures.ts';
import type { EngineEvent } from './engineClient.ts';
import { describeOpened, describeOwnSamples, describeTraining } from './openedFile.ts';
import type { OpenedFile } from './openedFile.ts';
import { advanced, gapOf, nllOf, rested, spokenProgress, standingOf } from './run.ts';
import type { RunNotes } from './runKeeper.ts';
import type { Look, Settings } from './settings.ts';
import { fileOf, recordedFacts, recordedWords, withoutSteps } from './state.ts';
import type { State } from './state.ts';
import { say } from './words/sentence.ts';
import { ENDINGS, MISSING, PROCESSOR, RETURNS, STATUS, STEPS } from './words/status.ts';
import { verdict } from './words/verdict.ts';

/** The limit of a link. */
const MAX_STEPS = OFFERED_SETTINGS.steps.limits?.max ?? Infinity;
/** Milliseconds between two sentences for screen readers during training. */
const SPEAK_EVERY = 10_000;

type Heard<T extends EngineEvent['type']> = Extract<EngineEvent, { type: T }>;

/** The visitor chooses other data. */
export function dataChosen(state: State, change: (choice: DataChoice) => DataChoice): State {
  const data = change(state.data);
  const look = { ...state.look, columns: pairAfter(state.data, data, state.look.columns) };
  return suited({ ...state, data, look, mistake: undefined });
}

/** The visitor chooses another model. */
export function modelChosen(state: State, model: ModelSettings): State {
  return suited({ ...state, model, mistake: undefined });
}

/** A new preset gets its own starting values; settings unrelated to its size stay. */
export function presetChosen(model: ModelSettings, preset: ModelSettings['preset']): ModelSettings {
  const { steps, seed, allSteps } = model;
  return { ...startOf(preset), steps, seed, ...(allSteps === undefined ? {} : { allSteps }) };
}

/** Replaces the class means base if the classes are not split. */
function suited(state: State): State {
  const { model, data } = state;
  if (data.apart || BASES[model.base].needs !== 'classes') return state;
  return { ...state, model: { ...model, base: PRESET_CHOICES[model.preset].start.base } };
}

export function lookChosen(state: State, change: Partial<Look>): State {
  return { ...state, look: { ...state.look, ...change } };
}

/** Applies all settings of a link. */
export function linked(state: State, { source, model, look }: Settings): State {
  return suited({ ...state, data: withSource(state.data, source), model, look, mistake: undefined });
}

/** @param isByHand stops the recording from moving it */
export function scrubbed(state: State, layer: number, isByHand = true): State {
  return { ...state, layer: hundredths(layer), isSwinging: state.isSwinging && !isByHand };
}

/** Rounds to the slider's step. */
function hundredths(layer: number): number {
  return Math.round(100 * layer) / 100;
}

/** A fresh flow is requested, if there are data. */
export function asked(before: State): State {
  const data = { ...before.data, own: undefined };
  const look = { ...before.look, columns: pairAfter(before.data, data, before.look.columns) };
  const state = suited({ ...before, data, look });
  const next = dataOf(data);
  if (state.phase === 'off') return { ...state, learned: next };
  if (next === undefined) {
    return { ...state, status: say(MISSING, data) };
  }
  return { ...state, next, phase: state.phase === 'starting' ? 'starting' : 'idle' };
}

/** Whether training can continue with the shown flow, or with the requested one. */
export function canGoOn({ next, origin, phase, data }: State): boolean {
  return next !== undefined || (origin !== 'page' && phase !== 'done' && hasData(data));
}

/** The model goes on with other settings for its training. */
export function tuned(state: State, model: ModelSettings): State {
  const { steps } = model;
  const { last } = state.run;
  const isDone = last !== undefined && last.step >= steps;
  const run = { ...state.run, steps, last: last && { ...last, steps } };
  return { ...state, model, run, phase: state.phase === 'done' && !isDone ? 'idle' : state.phase };
}

/** After its last step, a run goes on for as many steps as `more`. */
export function trainedOn(state: State, more: number): State {
  const steps = Math.min(MAX_STEPS, (state.run.last?.step ?? 0) + more);
  return { ...tuned(state, { ...state.model, steps }), phase: 'idle' };
}

export function trainingBegun(state: State): State {
  return { ...state, phase: 'training', status: STATUS.training };
}

/** The visitor's GPU shows the pretrained flow. */
export function pretrainedOpened(state: State): State {
  if (state.origin !== 'page' || state.next !== undefined) return state;
  return { ...withoutSteps(state, recordedWords(state)), status: STATUS.pretrained };
}

/** Shows a model file. */
export function fileOpened(before: State, { ownSamples: samples, ...file }: OpenedFile): State {
  const { columns, table } = file;
  const words = describeOwnSamples(file);
  const own = { words, columns, ...(table && { table }), ...(samples && { samples }) };
  const data = withOrigin(before.data, file.origin, own);
  const isOwn = file.origin.kind === 'own-samples';
  const opened: State = {
    ...before,
    origin: file,
    data,
    model: file.settings ?? before.model,
    learned: isOwn ? undefined : dataOf(data),
    look: { ...before.look, columns: pairAfter(before.data, data, before.look.columns) },
    mistake: undefined,
    phase: 'idle',
    status: describeOpened(file),
    spoken: describeOpened(file),
  };
  return withoutSteps(opened, describeTraining(file));
}

/** The kept run is about to be shown. */
export function runFound(state: State): State {
  return { ...state, status: STATUS.found };
}

/** Shows the kept run. @param step of its model */
export function runRestored(before: State, data: DataChoice, notes: RunNotes, step: number): State {
  const { model, look, layer, origin, run, isDone } = notes;
  const status = say(RETURNS, { isDone, step, steps: run.steps });
  return {
    ...before,
    data,
    model,
    look: { ...before.look, ...look },
    layer,
    origin,
    run: { ...run, last: run.last && { ...run.last, step }, isResting: true },
    learned: data.own === undefined ? dataOf(data) : undefined,
    mistake: undefined,
    phase: isDone ? 'done' : 'idle',
    status,
    spoken: status,
  };
}

/** Updates the captions' numbers. */
export function glanced(state: State, moments: Moments | null): State {
  return { ...state, glance: { moments, nll: nllOf(state.run), gap: gapOf(state.run) } };
}

/** The processor has trained a flow for some steps, without a GPU. @param isFirst if this is a new flow */
export function trainedByProcessor(before: State, report: ReferenceReport, isFirst: boolean): State {
  const { step, steps, losses, nll, error, msPerStep, batch, recorded } = report;
  const flow = recordedFacts(recorded);
  const start = withoutSteps(
    { ...before, flow, layer: Math.ceil(flow.bijectors.length / 2), isSwinging: false },
    null,
  );
  const state = isFirst ? start : before;
  const stepsPerSecond = 1000 / msPerStep;
  const progress: Progress = {
    step,
    steps,
    losses,
    validationNll: nll,
    validationError: error,
    floor: recorded.floor,
    gaussianNll: null,
    msPerStep,
    stepsPerSecond,
    samplesPerSecond: batch * stepsPerSecond,
    gflops: NaN,
    shareOfPeak: null,
  };
  const run = advanced(state.run, progress);
  return {
    ...state,
    recorded,
    trained: recorded,
    run: step === steps ? rested(run, false) : run,
    status: say(PROCESSOR, { step, steps, ms: msPerStep }),
  };
}

/** Applies an engine event. @param now milliseconds */
export function heard(state: State, event: EngineEvent, now: number): State {
  // Without a device, the state has reported it already.
  if (state.phase === 'off') return state;
  // Such an event belongs to the flow before the requested one.
  if (state.next !== undefined && ['training', 'progress', 'stopped'].includes(event.type)) return state;
  switch (event.type) {
    case 'ready':
      return { ...state, adapter: event.adapter };
    case 'unavailable':
      return withoutGpu(state, event.reason);
    case 'configured':
      return configured(state, event);
    case 'price':
      return { ...state, price: event.price };
    case 'drawn':
      return drawn(state, event, now);
    case 'training':
      // The end of an earlier run may have come between the visitor's click and this.
      return state.phase === 'training' ? state : trainingBegun(state);
    case 'progress':
      return progressed(state, event.progress, now);
    case 'stopped':
      return stopped(state, event);
    case 'snapshot':
      return state;
    case 'hovered':
      return { ...state, hovered: event.hovered };
    case 'device-lost':
      return { ...state, lostGpu: event.reason };
    case 'resumed': {
      const words = STATUS.back(event.step);
      return { ...state, lostGpu: undefined, status: words, spoken: words };
    }
    case 'mistake': {
      const phase = state.phase === 'starting' ? 'idle' : state.phase;
      return { ...state, next: undefined, phase, mistake: event.message };
    }
  }
}

function drawn(state: State, { picture, step, frame, peak }: Heard<'drawn'>, now: number): State {
  const before = state.shown[picture];
  const at = before?.step === step ? before.at : now;
  const isFirst = !state.drawn.includes(picture);
  return {
    ...state,
    drawn: isFirst ? [...state.drawn, picture] : state.drawn,
    shown: { ...state.shown, [picture]: { picture, step, frame, peak, at } },
  };
}

/** The device is gone for good, or never existed: the recording is shown. */
function withoutGpu(state: State, noGpu: string): State {
  const off: State = {
    ...state,
    phase: 'off',
    next: undefined,
    lostGpu: undefined,
    noGpu,
    status: STATUS.recording,
  };
  if (!state.isLive) return off;
  const { recorded } = state;
  const flow = recordedFacts(recorded);
  const back: State = { ...withLayers(off, flow), origin: 'page', isLive: false, drawn: [], shown: {}, flow };
  return withoutSteps(back, recordedWords(back));
}

function configured(state: State, event: Heard<'configured'>): State {
  const { isFresh, price, type: _, ...flow } = event;
  const { look, isLive, phase } = state;
  const last = (flow.classes?.levels.length ?? Infinity) - 1;
  // A pair chosen for more columns may not exist here.
  const isPair = look.columns.every((column) => column < flow.columns.length);
  const count = flow.bijectors.length;
  const shown: State = {
    ...(isLive ? withLayers(state, flow) : { ...state, layer: Math.ceil(count / 2), isSwinging: false }),
    isLive: true,
    shown: {},
    price,
    flow,
    look: { ...look, level: Math.min(look.level, last), columns: isPair ? look.columns : [0, 1] },
    phase: phase === 'starting' ? 'idle' : phase,
  };
  return isFresh ? fresh(shown, state.next ?? dataOf(state.data)) : shown;
}

/** The scrubber keeps its relative position. */
function withLayers(state: State, { bijectors }: Pick<State['flow'], 'bijectors'>): State {
  const layer = (state.layer / state.flow.bijectors.length) * bijectors.length;
  return { ...state, layer: hundredths(layer) };
}

/** The requested fresh flow is ready. */
function fresh(state: State, learned: DataSettings | undefined): State {
  const isOwn = fileOf(state)?.origin.kind === 'own-samples';
  const status = state.phase === 'training' ? state.status : STATUS.fresh;
  const shown: State = {
    ...state,
    origin: 'fresh',
    learned,
    next: undefined,
    look: isOwn ? { ...state.look, columns: [0, 1] } : state.look,
    status,
  };
  return withoutSteps(shown, null);
}

function progressed(state: State, progress: Progress, now: number): State {
  const run = advanced(state.run, progress);
  const [isTraining, isOnOwnSamples] = [state.phase === 'training', state.data.own !== undefined];
  const { step, steps } = progress;
  const told = { ...state, run, status: say(STEPS, { isTraining, isOnOwnSamples, step, steps }) };
  if (now - state.spokenAt <= SPEAK_EVERY) return told;
  return { ...told, spoken: spokenProgress(run), spokenAt: now };
}

function stopped(state: State, ending: Heard<'stopped'>): State {
  const { cause } = ending;
  const reason = say(ENDINGS, ending);
  const run = rested(state.run, cause === 'diverged');
  return {
    ...state,
    run,
    phase: cause === 'done' || cause === 'early' || cause === 'diverged' ? 'done' : 'idle',
    status: state.data.own === undefined ? reason : `${reason} It trains on its own samples.`,
    spoken: `${reason} ${verdict(standingOf(run))}`,
  };
}
