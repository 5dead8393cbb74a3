import { describe, expect, it } from 'vitest';
import { captionsOf } from '../../demo/page/captions.ts';
import {
  dataOf,
  firstChoice,
  picked,
  reading,
  refused,
  sourceOf,
  withFile,
} from '../../demo/page/dataChoice.ts';
import type { EngineEvent } from '../../demo/page/engineClient.ts';
import { defaultSettings } from '../../demo/page/settings.ts';
import {
  initialState,
  isApart,
  isEndless,
  missingFor,
  settingsOf,
  sizeOf,
  titleOf,
} from '../../demo/page/state.ts';
import type { State } from '../../demo/page/state.ts';
import { Store } from '../../demo/page/store.ts';
import * as to from '../../demo/page/transitions.ts';
import { startOf } from '../../demo/presets.ts';
import type { Progress } from '../../demo/protocol.ts';

const RECORDED = {
  title: 'Two moons',
  bijectors: ['standardize', 'affine_coupling'],
  nll: 1.15,
  floor: 1.13,
};
const START = initialState(defaultSettings(), RECORDED, { theme: 'light', moves: true });

const CONFIGURED = {
  type: 'configured',
  isFresh: true,
  price: { parameters: 10, bytes: 100, msPerStep: null },
  bijectors: ['standardize', 'affine_coupling', 'affine_coupling', 'affine_coupling'],
  base: 'student_t',
  columns: ['x1', 'x2'],
  mean: [0, 0],
  std: [1, 1],
  classes: null,
} satisfies EngineEvent;

function hear(state: State, ...events: EngineEvent[]): State {
  return events.reduce((last, event) => to.heard(last, event, 0), state);
}

function progress(step: number, nll: number): EngineEvent {
  const told = { step, steps: 2000, losses: Float32Array.of(nll), validationNll: nll, floor: 1.13 };
  return { type: 'progress', progress: { validationError: 0.01, gaussianNll: null, ...told } as Progress };
}

const ENDING = { steps: 2000, heldOut: null, best: null };

/** A fresh flow in training. */
const TRAINING = to.trainingBegun(hear(to.asked(START), CONFIGURED));

describe('the state of the page', () => {
  it('begins with the recorded flow, whose place the drawn one takes', () => {
    expect([START.phase, START.isLive, START.layer]).toEqual(['starting', false, 2]);
    expect(captionsOf(START).density).toMatch(/^Two moons\. .* log p −1\.15\.$/);
    const opened = to.pretrainedOpened(hear(START, { ...CONFIGURED, isFresh: false }));
    expect(opened).toMatchObject({
      phase: 'idle',
      isLive: true,
      isSwinging: false,
      layer: 2,
      origin: 'page',
    });
    expect(opened.status).toMatch(/^This flow was trained earlier/);
    expect(to.canGoOn(opened)).toBe(false);
  });

  it('has the old flow until the one that was asked for is there, and hears nothing of its training', () => {
    const asked = to.asked(to.dataChosen(TRAINING, (choice) => picked(choice, 'spirals')));
    expect([asked.phase, titleOf(asked)]).toEqual(['idle', 'moons']);
    expect(hear(asked, progress(5, 2))).toBe(asked);
    const there = hear(asked, CONFIGURED);
    expect([titleOf(there), there.next, there.run.last]).toEqual(['spirals', undefined, undefined]);
    expect(there.status).toBe('A fresh model, which knows nothing yet.');
    const refusal = hear(asked, { type: 'mistake', message: 'No.' });
    expect([titleOf(refusal), refusal.next, refusal.mistake]).toEqual(['moons', undefined, 'No.']);
  });

  it('asks for data if there are none, and changes nothing else', () => {
    const empty = to.dataChosen(START, (choice) => picked(choice, 'drawing'));
    expect(to.asked(empty)).toEqual({ ...empty, status: 'Paint something first.' });
    const noFile = to.dataChosen(START, (choice) => picked(choice, 'file'));
    expect(to.asked(noFile).status).toBe('Choose a file first.');
  });

  it('counts steps, and says seldom enough for listeners what it says always for readers', () => {
    const first = to.heard(TRAINING, progress(10, 2), 20_000);
    expect([first.status, first.spoken]).toEqual(['Step 10 of 2000', 'Step 10 of 2000, loss 2.00 nats.']);
    const second = to.heard(first, progress(20, 1.9), 21_000);
    expect([second.status, second.spoken]).toEqual(['Step 20 of 2000', first.spoken]);
    const done = hear(second, { type: 'stopped', ...ENDING, cause: 'done', step: 2000 });
    expect(done.phase).toBe('done');
    expect(done.spoken).toMatch(/^All 2000 steps are done\. 0\.77 nats above the best/);
    expect(to.canGoOn(done)).toBe(false);
  });

  it('trains, though the end of a single step came after the click', () => {
    const late = hear(TRAINING, { type: 'stopped', ...ENDING, cause: 'paused', step: 1 });
    expect(late.phase).toBe('idle');
    expect(hear(late, { type: 'training' })).toMatchObject({ phase: 'training', status: 'Training…' });
    const asked = to.asked(late);
    expect(hear(asked, { type: 'training' })).toBe(asked);
  });

  it('has captions of the flow as it was looked at last', () => {
    const trained = hear(TRAINING, progress(10, 2));
    expect(captionsOf(trained).density).not.toMatch(/a typical point/);
    const glanced = to.glanced(trained, { mean: [0, 0], std: [1, 1], correlation: 0 });
    expect(captionsOf(glanced)).toMatchObject({
      density: expect.stringMatching(/^Moons\. .* log p −2\.00\.$/) as string,
      latent: expect.stringMatching(/^Still 0\.87 nats from a Student's t\./) as string,
      samples: 'x1 0.00 ± 1.00, x2 0.00 ± 1.00, correlation 0.00.',
    });
    expect(captionsOf(hear(glanced, progress(20, 1.5)))).toEqual(captionsOf(glanced));
  });

  it('goes back to the recorded flow when the device is gone for good, and hears no more', () => {
    const off = hear(TRAINING, { type: 'unavailable', reason: 'It is gone.' });
    expect(off).toMatchObject({
      phase: 'off',
      isLive: false,
      drawn: [],
      origin: 'page',
      noGpu: 'It is gone.',
    });
    expect(off.flow.bijectors).toEqual(RECORDED.bijectors);
    expect(hear(off, CONFIGURED)).toBe(off);
    const chosen = to.asked(to.dataChosen(off, (choice) => picked(choice, 'circles')));
    expect([titleOf(chosen), chosen.next]).toEqual(['circles', undefined]);
  });

  it('keeps the scrubber in its place when the number of layers changes', () => {
    const there = hear(to.scrubbed(TRAINING, 1), {
      ...CONFIGURED,
      bijectors: Array(8).fill('actnorm') as string[],
    });
    expect(there.layer).toBe(2);
  });

  it('shows a file with its own samples until a fresh flow comes', () => {
    const file = {
      fileName: 'a.safetensors',
      settings: null,
      title: 'a',
      columns: ['p', 'q', 'r'],
      steps: 7,
    };
    const opened = to.fileOpened(TRAINING, { ...file, origin: { kind: 'own-samples' } });
    expect([opened.learned, opened.data.own?.columns, isEndless(opened)]).toEqual([
      undefined,
      file.columns,
      false,
    ]);
    expect(titleOf(opened)).toBe('a');
    expect(hear(opened, progress(3, 2)).status).toBe('Paused at step 3 of 2000, on its own samples');
    const fresh = hear(to.asked(opened), CONFIGURED);
    expect([fresh.data.own, fresh.origin, titleOf(fresh)]).toEqual([undefined, 'fresh', 'moons']);
  });
});

describe('what is chosen', () => {
  it('has means of classes only while the classes are told apart', () => {
    const apart = to.dataChosen(START, (choice) => ({ ...choice, apart: true }));
    expect([isApart(apart), missingFor('class', apart)]).toEqual([true, undefined]);
    const byClass = to.modelChosen(apart, { ...apart.model, base: 'class' });
    expect(byClass.model.base).toBe('class');
    const banana = to.dataChosen(byClass, (choice) => picked(choice, 'banana'));
    expect([banana.data.apart, banana.model.base]).toEqual([false, startOf('realnvp').base]);
    expect(missingFor('class', banana)).toBe('tell apart first');
    expect(missingFor('uniform', banana)).toBe('splines only');
  });

  it('starts as suits the preset, for as long as before', () => {
    const model = { ...startOf('realnvp'), steps: 77, seed: 3, allSteps: true };
    expect(to.presetChosen(model, 'spline')).toEqual({
      ...startOf('spline'),
      steps: 77,
      seed: 3,
      allSteps: true,
    });
  });

  it('is again what it was when a file is refused, and each source keeps its own settings', () => {
    const before = {
      ...firstChoice({ kind: 'toy', name: 'moons', size: 500, noise: 0.3 }),
      drawingSize: 800,
    };
    const token = {};
    const waiting = reading(before, token);
    expect([waiting.source, waiting.reading]).toEqual(['file', token]);
    expect(sourceOf(refused(waiting, before))).toEqual({ kind: 'toy', name: 'moons', size: 500, noise: 0.3 });
    expect(sourceOf(picked(before, 'drawing'))).toEqual({ kind: 'drawing', strokes: [], size: 800 });
    expect(sourceOf(picked(before, 'checkerboard'))).toEqual({
      kind: 'toy',
      name: 'checkerboard',
      size: 500,
    });
  });

  it('gives the engine labels only where they are told apart', () => {
    const labels = { column: { name: 'kind', levels: ['a', 'b'] }, of: Uint8Array.of(0, 1) };
    const file = {
      title: 't.csv',
      columns: ['u', 'v'],
      rows: Float32Array.of(1, 2, 3, 4),
      labels,
      words: [],
      remarks: [],
    };
    const choice = withFile(picked(firstChoice({ kind: 'file' }), 'file'), file);
    expect(dataOf(choice)).not.toHaveProperty('labels');
    expect(dataOf({ ...choice, apart: true })).toHaveProperty('labels', labels);
  });

  it('is what a link says', () => {
    const settings = { ...defaultSettings(), source: { kind: 'toy', name: 'circles', size: 200 } } as const;
    expect(settingsOf(to.linked(TRAINING, settings))).toEqual(settings);
  });
});

describe('a store', () => {
  it('calls a follower at once, and again when what it follows changes', () => {
    const store = new Store({ a: 1, b: 1 });
    const seen: number[] = [];
    store.follow(
      ({ a }) => [a],
      ([a]) => seen.push(a),
    );
    store.update((state) => ({ ...state, b: 2 }));
    store.update((state) => ({ ...state, a: 3 }));
    store.update((state) => state);
    expect(seen).toEqual([1, 3]);
  });
});

describe('the size of a flow', () => {
  const fresh = hear(to.asked(START), CONFIGURED);
  const { model } = fresh;

  it('does not depend on how the flow trains', () => {
    expect(sizeOf(to.modelChosen(fresh, { ...model, batch: 4096, seed: 9 }))).toBe(sizeOf(fresh));
  });

  it.each([
    ['couplings', to.modelChosen(fresh, { ...model, couplings: 3 })],
    ['widths', to.modelChosen(fresh, { ...model, hidden: [8] })],
    [
      'columns',
      hear(to.asked(START), { ...CONFIGURED, columns: ['a', 'b', 'c'], mean: [0, 0, 0], std: [1, 1, 1] }),
    ],
    ['classes', to.dataChosen(fresh, (data) => ({ ...data, apart: true }))],
  ])('changes with its %s', (_, other) => {
    expect(sizeOf(other)).not.toBe(sizeOf(fresh));
  });
});
