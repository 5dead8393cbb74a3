/** A film of the training, or of the way from data to latent and back. */
import type { Picture } from '../../protocol.ts';
import { axesOf } from '../axes.ts';
import { swing } from '../recordedFlow.ts';
import type { State } from '../state.ts';
import type { Store } from '../store.ts';
import { scrubbed } from '../transitions.ts';
import { modelOf, titleOfPicture } from './picture.ts';
import { drawAxes, RATIO, sheetOf, write, css } from './sheet.ts';
import type { Sheet } from './sheet.ts';

const SIDE = 400;
const MARGIN = { left: 72, top: 68, bottom: 52 };
const FRAMES_PER_SECOND = 30;
/** The longest clip, ms. */
const MAX_MS = 60_000;
const TYPES = ['video/webm;codecs=vp9', 'video/webm', 'video/mp4'];

export interface Clip {
  blob: Blob;
  extension: string;
}

/**
 * Records until training rests, or until the scrubber has gone once to and fro.
 * @throws {Error} if the browser records no canvas
 */
export async function clipFile(store: Store<State>, signal: AbortSignal): Promise<Clip> {
  const type = TYPES.find((each) => globalThis.MediaRecorder?.isTypeSupported(each));
  if (type === undefined) throw new Error('This browser records no clips of a page.');
  const isTraining = store.state.phase === 'training';
  const pictures: Picture[] = isTraining ? ['density', 'layers'] : ['layers'];
  const sheet = sheetOf(
    store.state.theme,
    pictures.length * (MARGIN.left + SIDE) + 24,
    MARGIN.top + SIDE + MARGIN.bottom,
  );
  const recorder = new MediaRecorder(sheet.canvas.captureStream(FRAMES_PER_SECOND), { mimeType: type });
  const parts: Blob[] = [];
  recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
  const ended = new Promise((resolve) => recorder.addEventListener('stop', resolve));
  recorder.start();
  await (isTraining ? ofTraining(store, sheet, pictures, signal) : ofScrub(store, sheet, pictures, signal));
  recorder.stop();
  await ended;
  return { blob: new Blob(parts, { type }), extension: type.includes('mp4') ? 'mp4' : 'webm' };
}

async function ofTraining(
  store: Store<State>,
  sheet: Sheet,
  pictures: readonly Picture[],
  signal: AbortSignal,
): Promise<void> {
  const start = performance.now();
  while (store.state.phase === 'training' && !signal.aborted && performance.now() - start < MAX_MS) {
    await nextFrame();
    drawFrame(store.state, sheet, pictures);
  }
}

async function ofScrub(
  store: Store<State>,
  sheet: Sheet,
  pictures: readonly Picture[],
  signal: AbortSignal,
): Promise<void> {
  const { layer, flow } = store.state;
  const layers = flow.bijectors.length;
  const start = performance.now();
  // The swing starts at the latent cloud, comes to the data and returns.
  let seconds = 0;
  let wasAtData = false;
  for (let at = layers; !signal.aborted && !(wasAtData && at === layers);) {
    at = swing(seconds, layers);
    wasAtData ||= at === 0;
    store.update((state) => scrubbed(state, at));
    await nextFrame();
    drawFrame(store.state, sheet, pictures);
    seconds = (performance.now() - start) / 1000;
    if (seconds * 1000 > MAX_MS) break;
  }
  store.update((state) => scrubbed(state, layer));
}

function drawFrame(state: State, sheet: Sheet, pictures: readonly Picture[]): void {
  const { canvas, pen, palette } = sheet;
  pen.fillStyle = css(palette.background);
  pen.fillRect(0, 0, canvas.width / RATIO, canvas.height / RATIO);
  write(sheet, modelOf(state, pictures[0] ?? 'layers'), { x: MARGIN.left, y: 26, size: 16, weight: 650 });
  pictures.forEach((picture, i) => {
    const x = MARGIN.left + i * (MARGIN.left + SIDE);
    const live = document.querySelector<HTMLCanvasElement>(`[data-picture="${picture}"] canvas.live`);
    if (live !== null) pen.drawImage(live, x, MARGIN.top, SIDE, SIDE);
    write(sheet, titleOfPicture(state, picture), { x, y: 54, size: 14, maxWidth: SIDE });
    const axes = axesOf(state, picture);
    if (axes !== undefined) drawAxes(sheet, { x, y: MARGIN.top, side: SIDE }, axes);
  });
}

function nextFrame(): Promise<number> {
  return new Promise((resolve) => requestAnimationFrame(resolve));
}
