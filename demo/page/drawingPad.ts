/** A pad to paint data on, by pointer or by keyboard. */
import { byId, setText } from './dom.ts';
import type { Stroke } from './settings.ts';
import { PAD, extended, rowsOfStrokes } from './strokes.ts';

/** Pad units that an arrow key moves the brush by, alone and with Shift. */
const KEY_STEP = 24;
const KEY_STRIDE = 96;
/** Number of points that preview the strokes' data. */
const PREVIEW_POINTS = 900;

const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class DrawingPad {
  readonly #canvas = byId('pad', HTMLCanvasElement);
  readonly #words = byId('pad-words', HTMLElement);
  readonly #brush = byId('brush', HTMLInputElement);
  readonly #changed: (strokes: readonly Stroke[]) => void;
  #strokes: readonly Stroke[] = [];
  #current: Stroke | undefined;
  #cursor: [number, number] = [PAD / 2, PAD / 2];
  #byKeyboard = false;

  /** @param changed called when a stroke is complete or undone */
  constructor(changed: (strokes: readonly Stroke[]) => void) {
    this.#changed = changed;
    const canvas = this.#canvas;
    byId('undo', HTMLButtonElement).addEventListener('click', () => this.#undo());
    byId('clear', HTMLButtonElement).addEventListener('click', () => this.#take([], 'The pad is empty'));
    canvas.addEventListener('pointerdown', (event) => this.#press(event));
    canvas.addEventListener('pointermove', (event) => this.#move(event));
    canvas.addEventListener('pointerup', () => this.#lift());
    canvas.addEventListener('pointercancel', () => this.#lift());
    canvas.addEventListener('keydown', (event) => this.#key(event));
    canvas.addEventListener('blur', () => {
      this.#lift();
      this.#byKeyboard = false;
      this.draw();
    });
  }

  show(strokes: readonly Stroke[]): void {
    if (strokes === this.#strokes) return;
    this.#strokes = strokes;
    this.draw();
  }

  draw(): void {
    const pen = this.#canvas.getContext('2d');
    if (pen === null) return;
    const scale = this.#canvas.width / PAD;
    pen.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    const strokes = this.#current === undefined ? this.#strokes : [...this.#strokes, this.#current];
    const rows = rowsOfStrokes(strokes, PREVIEW_POINTS);
    pen.fillStyle = getComputedStyle(this.#canvas).color;
    for (let i = 0; i < rows.length; i += 2) {
      const x = (1 + (rows[i] ?? 0) / 3) / 2;
      const y = (1 - (rows[i + 1] ?? 0) / 3) / 2;
      pen.fillRect(x * this.#canvas.width - 1.5, y * this.#canvas.height - 1.5, 3, 3);
    }
    if (!this.#byKeyboard) return;
    const [x, y] = this.#cursor;
    pen.beginPath();
    pen.arc(x * scale, y * scale, Math.max(4, this.#radius * scale), 0, 2 * Math.PI);
    pen.lineWidth = this.#current === undefined ? 1.5 : 4;
    pen.strokeStyle = getComputedStyle(this.#canvas).color;
    pen.stroke();
  }

  get #radius(): number {
    return this.#brush.valueAsNumber;
  }

  #press(event: PointerEvent): void {
    this.#byKeyboard = false;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#current = extended({ radius: this.#radius, points: [] }, ...this.#place(event));
    this.draw();
  }

  #move(event: PointerEvent): void {
    if (this.#current === undefined) return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) {
      this.#current = extended(this.#current, ...this.#place(each));
    }
    this.draw();
  }

  #lift(): void {
    if (this.#current === undefined) return;
    const strokes = [...this.#strokes, this.#current];
    this.#current = undefined;
    this.#take(strokes, `${strokes.length} ${strokes.length === 1 ? 'stroke' : 'strokes'}`);
  }

  #key(event: KeyboardEvent): void {
    const arrow = ARROWS[event.key];
    if (arrow !== undefined) {
      const step = event.shiftKey ? KEY_STRIDE : KEY_STEP;
      this.#cursor = [inside(this.#cursor[0] + step * arrow[0]), inside(this.#cursor[1] + step * arrow[1])];
      if (this.#current !== undefined) this.#current = extended(this.#current, ...this.#cursor);
      setText(this.#words, `Brush at ${percent(this.#cursor[0])} across, ${percent(this.#cursor[1])} down`);
    } else if (event.key === ' ') {
      if (this.#current === undefined) {
        this.#current = extended({ radius: this.#radius, points: [] }, ...this.#cursor);
        setText(this.#words, 'Painting');
      } else this.#lift();
    } else if (event.key === 'Backspace') {
      this.#undo();
    } else return;
    event.preventDefault();
    this.#byKeyboard = true;
    this.draw();
  }

  #undo(): void {
    const words = this.#strokes.length === 0 ? 'The pad is empty' : 'The last stroke is gone';
    this.#take(this.#strokes.slice(0, -1), words);
  }

  #take(strokes: readonly Stroke[], words: string): void {
    setText(this.#words, `${words}.`);
    this.show(strokes);
    this.#changed(strokes);
  }

  #place(event: PointerEvent): [number, number] {
    const box = this.#canvas.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * PAD, ((event.clientY - box.top) / box.height) * PAD];
  }
}

function inside(value: number): number {
  return Math.min(PAD - 1, Math.max(0, value));
}

function percent(value: number): string {
  return `${Math.round((100 * value) / PAD)} %`;
}
