/** The page of images: a flow learns digits, and the visitor walks through what it learned. */
import { byId, setNotice, setText } from '../page/dom.ts';
import { digitsInWorker } from './client.ts';
import { CLASSES, digitAt, loadDigits, nearestDigits, PIXELS } from './digits.ts';
import type { Digits } from './digits.ts';
import { drawGrid, pictureAt } from './draw.ts';
import { KINDS, othersSentence } from './others.ts';
import type { Kind } from './others.ts';
import type { DigitsModel, Progress } from './protocol.ts';

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
/** Between two drawings of samples while the flow trains, ms. */
const REDRAW_MS = 700;

const canvas = (id: string): HTMLCanvasElement => byId(id, HTMLCanvasElement);
const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);
const slider = (id: string): HTMLInputElement => byId(id, HTMLInputElement);
const digit = byId('digit', HTMLSelectElement);
const train = button('train');
const status = byId('status', HTMLParagraphElement);

let samples: Float32Array = new Float32Array();
let seed = 1;
let isTraining = false;
let steps = 0;
let drawnAt = 0;

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

async function start(): Promise<void> {
  let onProgress: (progress: Progress) => void = () => undefined;
  const model = digitsInWorker((progress) => onProgress(progress));
  const digits = await loadDigits();
  setText(byId('adapter', HTMLElement), await model.open());
  for (let label = 0; label < CLASSES; label++) digit.append(new Option(String(label), String(label)));

  const drawSamples = coalesced(async () => {
    const isAll = digit.value === 'all';
    const labels = Array.from({ length: ROWS * COLUMNS }, (_, i) =>
      isAll ? i % COLUMNS : Number(digit.value),
    );
    const after = steps;
    samples = await model.draw(labels, seed, Number(slider('temperature').value));
    drawGrid(canvas('samples'), samples, COLUMNS);
    const words =
      after === 0
        ? 'Before training, the model draws noise.'
        : `Drawn by the model after ${after.toLocaleString('en')} steps${isAll ? ', a column for each digit' : ''}.`;
    setText(byId('samples-words', HTMLElement), words);
  });
  const drawPlane = latentWalk(model);
  const drawWays = waysBetween(model, digits);
  onProgress = (progress) => {
    tell(progress);
    if (performance.now() < drawnAt + REDRAW_MS) return;
    drawnAt = performance.now();
    void drawSamples();
  };
  const drawAll = async (): Promise<void> => {
    await Promise.all([drawSamples(), drawPlane(), drawWays(false)]);
  };

  digit.addEventListener('change', () => void Promise.all([drawSamples(), drawPlane()]));
  slider('temperature').addEventListener('input', () => void drawSamples());
  button('again').addEventListener('click', () => {
    seed++;
    void drawSamples();
  });
  button('pairs').addEventListener('click', () => void drawWays(true));
  canvas('samples').addEventListener('click', (event) => {
    const place = pictureAt(canvas('samples'), event, COLUMNS);
    if (place !== undefined) showNearest(digits, samples.subarray(place * PIXELS, (place + 1) * PIXELS));
  });
  button('score').addEventListener('click', () => void scoreOthers(model).catch(report));
  byId('controls', HTMLFormElement).addEventListener('submit', (event) => {
    event.preventDefault();
    if (isTraining) void model.pause();
    else void run(model, drawAll).catch(report);
  });

  await drawAll();
  setText(status, `${digits.labels.length.toLocaleString('en')} digits, a tenth of them held out.`);
  for (const id of ['train', 'again', 'pairs', 'score']) button(id).disabled = false;
}

function tell({ step, steps: all, bitsPerDimension, digitsPerSecond }: Progress): void {
  steps = step;
  const score =
    bitsPerDimension === undefined
      ? ''
      : ` · ${bitsPerDimension.toFixed(3)} bits per dimension on held-out digits`;
  setText(
    status,
    `Step ${step.toLocaleString('en')} of ${all.toLocaleString('en')}${score} · ${Math.round(digitsPerSecond).toLocaleString('en')} digits/s`,
  );
}

/** Trains until the last step, or until the visitor pauses. */
async function run(model: DigitsModel, drawAll: () => Promise<void>): Promise<void> {
  isTraining = true;
  setText(train, 'Pause');
  try {
    await model.train();
  } finally {
    isTraining = false;
    setText(train, 'Train on');
  }
  await drawAll();
}

/** The plane through the latent mean of a digit. @returns what draws its map and the picture at the chosen point */
function latentWalk(model: DigitsModel): () => Promise<void> {
  const show = async (id: string, points: [number, number][], columns: number): Promise<void> => {
    const label = padDigit();
    drawGrid(canvas(id), await model.plane(label, points), columns);
    setText(byId('pad-digit', HTMLOutputElement), String(label));
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
  return async () => {
    await Promise.all([map(), point()]);
  };
}

/** @returns what draws the ways between pairs of digits, with `others` between new pairs */
function waysBetween(model: DigitsModel, { labels }: Digits): (others: boolean) => Promise<void> {
  const pick = (): number => Math.floor(Math.random() * labels.length);
  let rows: number[] = [];
  const draw = coalesced(async () => drawGrid(canvas('between'), await model.between(rows, STOPS), STOPS));
  return (others) => {
    if (others || rows.length === 0) rows = Array.from({ length: 2 * PAIRS }, pick);
    return draw();
  };
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
async function scoreOthers(model: DigitsModel): Promise<void> {
  const bits = await model.scores(SCORED);
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
