/** A bare page around the playground's worker: five canvases, and a way to send and receive messages. */
import { PICTURES } from '../../demo/protocol.ts';
import type { Answers, FromWorker, Picture, Request, ToWorker, View } from '../../demo/protocol.ts';

/** Statistics of a picture's pixels. */
export interface PictureStatistics {
  width: number;
  height: number;
  /** Count of different colours, rounded to 16 levels a channel. */
  colours: number;
  /** Mean luma from 0 to 1 of the picture, and of each cell of a 4 × 4 grid, rows from the top. */
  mean: number;
  cells: number[];
}

type Told<T extends FromWorker['type']> = Extract<FromWorker, { type: T }>;
type Unnumbered = Request extends infer R ? (R extends Request ? Omit<R, 'id'> : never) : never;

export interface EnginePage {
  messages: FromWorker[];
  start: (view: View, pixels: number) => Promise<Told<'ready' | 'unavailable'>>;
  send: (message: ToWorker) => void;
  /** The first message of that type since the last `mark`, or the next one. */
  next: <T extends FromWorker['type']>(type: T) => Promise<Told<T>>;
  mark: () => void;
  /** Resolves when the worker has sent no message for 300 ms. */
  rest: () => Promise<void>;
  ask: (request: Unnumbered) => Promise<Answers[keyof Answers]>;
  look: (picture: Picture) => Promise<PictureStatistics>;
}

declare global {
  var enginePage: EnginePage;
}

const worker = new Worker('/worker.js', { type: 'module' });
const messages: FromWorker[] = [];
let marked = 0;
const waiting = new Set<() => void>();
worker.addEventListener('message', (event: MessageEvent<FromWorker>) => {
  messages.push(event.data);
  for (const look of waiting) look();
});
worker.addEventListener('error', (event) => console.error(event.message));

function wait<T>(find: () => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const look = (): void => {
      const found = find();
      if (found === undefined) return;
      waiting.delete(look);
      resolve(found);
    };
    waiting.add(look);
    look();
  });
}

const next: EnginePage['next'] = <T extends FromWorker['type']>(type: T) =>
  wait(() => messages.slice(marked).find((message): message is Told<T> => message.type === type));

async function rest(): Promise<void> {
  for (let count = -1; count !== messages.length;) {
    count = messages.length;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

let lastId = 0;
const ask: EnginePage['ask'] = async (request) => {
  const id = ++lastId;
  worker.postMessage({ ...request, id }, []);
  const reply = await wait(() =>
    messages.find(
      (message): message is Told<'answer' | 'refusal'> =>
        (message.type === 'answer' || message.type === 'refusal') && message.id === id,
    ),
  );
  if (reply.type === 'refusal') throw new Error(reply.message);
  return reply.value;
};

async function look(picture: Picture): Promise<PictureStatistics> {
  const { width: side } = document.getElementById(picture) as HTMLCanvasElement;
  const bitmap = await createImageBitmap((await ask({ type: 'picture', picture, side })) as Blob);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (context === null) throw new Error('no 2D canvas');
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const colours = new Set<number>();
  const sums = Array.from({ length: 16 }, () => ({ sum: 0, count: 0 }));
  for (let pixel = 0; pixel < width * height; pixel++) {
    const [red = 0, green = 0, blue = 0] = data.subarray(4 * pixel, 4 * pixel + 3);
    colours.add(((red >> 4) << 8) | ((green >> 4) << 4) | (blue >> 4));
    const column = Math.floor((4 * (pixel % width)) / width);
    const row = Math.floor((4 * Math.floor(pixel / width)) / height);
    const cell = sums[4 * row + column];
    if (cell === undefined) continue;
    cell.sum += (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
    cell.count++;
  }
  const cells = sums.map(({ sum, count }) => sum / count);
  return { width, height, colours: colours.size, cells, mean: cells.reduce((a, b) => a + b, 0) / 16 };
}

globalThis.enginePage = {
  messages,
  start: async (view, pixels) => {
    const canvases = PICTURES.map((picture) => {
      const canvas = document.createElement('canvas');
      canvas.width = pixels;
      canvas.height = pixels;
      canvas.id = picture;
      document.body.append(canvas);
      return [picture, canvas.transferControlToOffscreen()] as const;
    });
    const message: ToWorker = {
      type: 'start',
      canvases: Object.fromEntries(canvases) as Record<Picture, OffscreenCanvas>,
      pixelRatio: 1,
      view,
    };
    worker.postMessage(
      message,
      canvases.map(([, canvas]) => canvas),
    );
    return wait(() =>
      messages.find(
        (each): each is Told<'ready' | 'unavailable'> => each.type === 'ready' || each.type === 'unavailable',
      ),
    );
  },
  send: (message) => worker.postMessage(message, []),
  next,
  mark: () => {
    marked = messages.length;
  },
  rest,
  ask,
  look,
};
