/** The page of images: a flow learns digits, and the visitor walks through what it learned. */
import { Flow } from '../../src/index.ts';
import { byId, setNotice, setText } from '../page/dom.ts';
import { CLASSES, digitAt, loadDigits, nearestDigits, oneHot, PIXELS } from './digits.ts';
import type { Digits } from './digits.ts';
import { drawGrid, pictureAt } from './draw.ts';
import { bitsOf, digitsSpec, drawDigits, FIT, latentMeans, picturesOf, STEPS } from './model.ts';
import { KINDS, othersSentence, picturesOfKinds } from './others.ts';
import type { Kind } from './others.ts';

const COLUMNS = 10;
const ROWS = 6;
const NEAREST = 4;
const PAIRS = 3;
const STOPS = 9;
/** Pictures of the plane per side, and how far it reaches from the mean. */
const MAP = 9;
const REACH = 2;
/** Pictures of each kind that are scored. */
const SCORED = 100;
/** The temperature of pictures of little variety. */
const TAME = 0.3;
/** Between two drawings of samples while the flow trains, ms. */
const REDRAW_MS = 700;

const canvas = (id: string): HTMLCanvasElement => byId(id, HTMLCanvasElement);
const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);
const slider = (id: string): HTMLInputElement => byId(id, HTMLInputElement);
const digit = byId('digit', HTMLSelectElement);
const train = button('train');
const status = byId('status', HTMLParagraphElement);

let samples = new Float32Array();
let seed = 1;
let training: AbortController | undefined;
let steps = 0;

function report(error: unknown): void {
  setNotice(byId('problem', HTMLElement), error instanceof Error ? error.message : String(error));
}

/** Runs `work`, one call at a time; a call that comes while it runs makes it run once more. */
function coalesced(work: () => Promise<void>): () => Promise<void> {
  let isRunning = false;
  let isAsked = false;
  return async () => {
    isAsked = true;
    if (isRunning) return;
    isRunning = true;
    try {
      while (isAsked) {
        isAsked = false;
        await work();
      }
    } catch (error) {
      report(error);
    } finally {
      isRunning = false;
    }
  };
}

/** The digit of the pad: the chosen one, or 3. */
function padDigit(): number {
  return digit.value === 'all' ? 3 : Number(digit.value);
}

/** A standard normal, from the page's own source of chance. */
function normal(): number {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

async function start(): Promise<void> {
  const digits = await loadDigits();
  const flow = await Flow.create(digitsSpec(), { seed: 1 });
  const { vendor, architecture, description } = flow.device.adapterInfo;
  setText(
    byId('adapter', HTMLElement),
    description || [vendor, architecture].filter(Boolean).join(' ') || 'GPU',
  );
  for (let label = 0; label < CLASSES; label++) digit.append(new Option(String(label), String(label)));

  const drawSamples = coalesced(async () => {
    const labels = Array.from({ length: ROWS * COLUMNS }, (_, i) =>
      digit.value === 'all' ? i % COLUMNS : Number(digit.value),
    );
    samples = new Float32Array(
      await drawDigits(flow, labels, { seed, temperature: Number(slider('temperature').value) }),
    );
    drawGrid(canvas('samples'), samples, COLUMNS);
    const words =
      steps === 0
        ? 'Before training, the model draws noise.'
        : `Drawn by the model after ${steps.toLocaleString('en')} steps${digit.value === 'all' ? ', a column for each digit' : ''}.`;
    setText(byId('samples-words', HTMLElement), words);
  });
  const walk = latentWalk(flow);
  const between = pathsBetween(flow, digits);
  const drawAll = async (): Promise<void> => {
    await Promise.all([drawSamples(), walk.map(), between(false)]);
  };

  digit.addEventListener('change', () => void Promise.all([drawSamples(), walk.map()]));
  slider('temperature').addEventListener('input', () => void drawSamples());
  button('again').addEventListener('click', () => {
    seed++;
    void drawSamples();
  });
  button('pairs').addEventListener('click', () => void between(true));
  canvas('samples').addEventListener('click', (event) => {
    const place = pictureAt(canvas('samples'), event, COLUMNS);
    if (place !== undefined) showNearest(digits, samples.subarray(place * PIXELS, (place + 1) * PIXELS));
  });
  button('score').addEventListener('click', () => void scoreOthers(flow, digits).catch(report));
  byId('controls', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (training !== undefined) training.abort();
    else void run(flow, digits, drawSamples, drawAll).catch(report);
  });

  await drawAll();
  setText(status, `${digits.labels.length.toLocaleString('en')} digits, a tenth of them held out.`);
  for (const id of ['train', 'again', 'pairs', 'score']) button(id).disabled = false;
}

/** Trains until the last step, or until the visitor pauses. */
async function run(
  flow: Flow,
  digits: Digits,
  drawSamples: () => Promise<void>,
  drawAll: () => Promise<void>,
): Promise<void> {
  training = new AbortController();
  setText(train, 'Pause');
  const resume = steps > 0;
  const options = { ...FIT, ...(steps >= STEPS && { steps: steps + STEPS }), resume };
  const context = oneHot(digits.labels);
  let drawn = performance.now();
  try {
    for await (const { step, steps: all, bestValidationNll, samplesPerSecond } of flow.fit(digits.pixels, {
      ...options,
      context,
      validation: { fraction: 0.1, patience: Infinity },
      signal: training.signal,
    })) {
      steps = step;
      const bits = bestValidationNll === undefined ? undefined : bestValidationNll / (PIXELS * Math.LN2);
      const score = bits === undefined ? '' : ` · ${bits.toFixed(3)} bits per dimension on held-out digits`;
      setText(
        status,
        `Step ${step.toLocaleString('en')} of ${all.toLocaleString('en')}${score} · ${Math.round(samplesPerSecond).toLocaleString('en')} digits/s`,
      );
      if (performance.now() - drawn < REDRAW_MS) continue;
      await drawSamples();
      drawn = performance.now();
    }
  } catch (error) {
    if (!training.signal.aborted) throw error;
  } finally {
    training = undefined;
    setText(train, 'Train on');
  }
  await drawAll();
}

/** The plane through the mean of a digit: its map, and the picture at a point. */
function latentWalk(flow: Flow): { map: () => Promise<void> } {
  const axes = Array.from({ length: 2 }, () => Float32Array.from({ length: PIXELS }, normal));
  const latentAt = (means: Float32Array, label: number, across: number, up: number): Float32Array =>
    Float32Array.from(
      { length: PIXELS },
      (_, j) => (means[label * PIXELS + j] ?? 0) + across * (axes[0]?.[j] ?? 0) + up * (axes[1]?.[j] ?? 0),
    );
  const show = async (id: string, points: readonly [number, number][], columns: number): Promise<void> => {
    const label = padDigit();
    setText(byId('pad-digit', HTMLOutputElement), String(label));
    const means = await latentMeans(flow);
    const latent = Float32Array.from(points.flatMap(([x, y]) => [...latentAt(means, label, x, y)]));
    drawGrid(canvas(id), await picturesOf(flow, latent, oneHot([label])), columns);
  };
  const point = coalesced(() =>
    show('point', [[Number(slider('across').value), Number(slider('up').value)]], 1),
  );
  const at = (i: number): number => REACH * ((2 * i) / (MAP - 1) - 1);
  const places = Array.from({ length: MAP * MAP }, (_, i): [number, number] => [
    at(i % MAP),
    -at(Math.floor(i / MAP)),
  ]);
  const map = coalesced(() => show('map', places, MAP));
  const move = ({ clientX, clientY, buttons, type }: PointerEvent): void => {
    if (buttons === 0 && type !== 'pointerdown') return;
    const { left, top, width, height } = canvas('map').getBoundingClientRect();
    slider('across').value = String(REACH * ((2 * (clientX - left)) / width - 1));
    slider('up').value = String(-REACH * ((2 * (clientY - top)) / height - 1));
    void point();
  };
  canvas('map').addEventListener('pointerdown', move);
  canvas('map').addEventListener('pointermove', move);
  for (const id of ['across', 'up']) slider(id).addEventListener('input', () => void point());
  return {
    map: async () => {
      await Promise.all([map(), point()]);
    },
  };
}

/** Draws the ways between pairs of digits; with `others`, between new pairs. */
function pathsBetween(flow: Flow, digits: Digits): (others: boolean) => Promise<void> {
  const pick = (): number => Math.floor(Math.random() * digits.labels.length);
  let rows: number[] = [];
  const draw = coalesced(async () => {
    const ends = Float32Array.from(rows.flatMap((row) => [...digitAt(digits, row)])).map(
      (value) => value + 0.5,
    );
    const labels = oneHot(rows.map((row) => digits.labels[row] ?? 0));
    const { z } = await flow.forward(ends, { context: labels });
    // Between two draws of a normal there is less spread than in them; the hypotenuse gives it back.
    const latent = along(z, PIXELS, Math.hypot);
    const context = along(labels, CLASSES, (from, to) => from + to);
    drawGrid(canvas('between'), await picturesOf(flow, latent, context), STOPS);
  });
  return (others) => {
    if (others || rows.length === 0) rows = Array.from({ length: 2 * PAIRS }, pick);
    return draw();
  };
}

/** `STOPS` rows from each even row to the odd one after it. */
function along(
  rows: Float32Array,
  width: number,
  sizeOf: (from: number, to: number) => number,
): Float32Array {
  return Float32Array.from({ length: PAIRS * STOPS * width }, (_, place) => {
    const stop = Math.floor(place / width);
    const start = 2 * Math.floor(stop / STOPS) * width + (place % width);
    const to = (stop % STOPS) / (STOPS - 1);
    return ((1 - to) * (rows[start] ?? 0) + to * (rows[start + width] ?? 0)) / sizeOf(1 - to, to);
  });
}

function showNearest(digits: Digits, sample: Float32Array): void {
  const rows = nearestDigits(digits, sample, NEAREST);
  const pictures = [sample, ...rows.map((row) => digitAt(digits, row))].flatMap((picture) => [...picture]);
  drawGrid(canvas('nearest'), Float32Array.from(pictures), 1 + NEAREST);
  const isCopy = digitAt(digits, rows[0] ?? 0).every((value, j) => value === sample[j]);
  const labels = rows.map((row) => digits.labels[row]).join(', ');
  setText(
    byId('nearest-words', HTMLElement),
    `The sample, then the examples nearest to it: ${labels}. ` +
      (isCopy ? 'The first is the same picture.' : 'None of them is the same picture.'),
  );
}

/** Scores pictures of other kinds, and says what that means. */
async function scoreOthers(flow: Flow, digits: Digits): Promise<void> {
  const first = digits.pixels.subarray(0, SCORED * PIXELS);
  const tame = await drawDigits(
    flow,
    Array.from({ length: SCORED }, (_, i) => i % CLASSES),
    {
      seed: 1,
      temperature: TAME,
    },
  );
  const kinds = picturesOfKinds(first, tame, Array.from(first, Math.random));
  const bits = {} as Record<Kind, number>;
  for (const [kind, pictures] of Object.entries(kinds) as [Kind, Float32Array][]) {
    const each = await bitsOf(flow, pictures);
    bits[kind] = each.reduce((sum, value) => sum + value, 0) / each.length;
  }
  const body = byId('others', HTMLTableElement).tBodies[0];
  body?.replaceChildren(
    ...(Object.keys(bits) as Kind[])
      .sort((a, b) => bits[a] - bits[b])
      .map((kind) => {
        const row = document.createElement('tr');
        for (const text of [KINDS[kind], bits[kind].toFixed(2)]) {
          const cell = document.createElement('td');
          cell.textContent = text;
          row.append(cell);
        }
        return row;
      }),
  );
  setText(
    byId('others-words', HTMLElement),
    steps === 0 ? 'The model has learned nothing yet: train it first.' : othersSentence(bits),
  );
}

start().catch(report);
