/** The five picture frames: canvases for the worker, canvases for recordings above them, and pointer input. */
import { PICTURES } from '../protocol.ts';
import type { Picture } from '../protocol.ts';

const NAMES: Record<Picture, string> = {
  density: 'Density of the model',
  samples: 'Samples of the model',
  latent: 'The data in the latent space',
  grid: 'The latent grid in data space',
  layers: 'The points on their way between data and latent space',
};
/** The share of a picture that an arrow key moves the probe by. */
const KEY_STEP = 0.02;
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export interface PictureEvents {
  /** Device pixels. */
  resized: (picture: Picture, width: number, height: number) => void;
  hovered: (picture: Picture, at: { x: number; y: number } | null) => void;
}

export class Pictures {
  readonly live = canvases('live');
  readonly recorded = canvases('recorded');
  readonly #events: PictureEvents;
  /** Live canvases that are scrolled out of sight. */
  readonly #hidden = new Set<Element>();

  constructor(events: PictureEvents) {
    this.#events = events;
    for (const picture of PICTURES) {
      const frame = document.querySelector(`[data-picture="${picture}"] .frame`);
      const canvas = this.live[picture];
      canvas.tabIndex = 0;
      canvas.setAttribute('role', 'img');
      canvas.setAttribute('aria-label', NAMES[picture]);
      canvas.setAttribute('aria-describedby', `${picture}-words`);
      this.recorded[picture].setAttribute('aria-hidden', 'true');
      frame?.append(canvas, this.recorded[picture]);
      this.#follow(picture, canvas);
    }
  }

  /** Hands over the canvases, once only; the message's transfer list must contain them too. */
  transfer(): Record<Picture, OffscreenCanvas> {
    const handed = Object.fromEntries(
      PICTURES.map((picture) => {
        const canvas = this.live[picture];
        const { width, height } = devicePixels(canvas);
        canvas.width = width;
        canvas.height = height;
        return [picture, canvas.transferControlToOffscreen()];
      }),
    ) as Record<Picture, OffscreenCanvas>;
    const observer = new ResizeObserver((entries) => {
      for (const { target } of entries) this.#tellSize(target);
    });
    // Pictures that are scrolled out of sight have no size for the engine and cost nothing.
    const onlooker = new IntersectionObserver(
      (entries) => {
        for (const { target, isIntersecting } of entries) {
          if (isIntersecting) this.#hidden.delete(target);
          else this.#hidden.add(target);
          this.#tellSize(target);
        }
      },
      { rootMargin: '200px' },
    );
    for (const picture of PICTURES) {
      observer.observe(this.live[picture]);
      onlooker.observe(this.live[picture]);
    }
    return handed;
  }

  #tellSize(target: Element): void {
    const picture = PICTURES.find((name) => this.live[name] === target);
    if (picture === undefined) return;
    const { width, height } = this.#hidden.has(target) ? { width: 0, height: 0 } : devicePixels(target);
    this.#events.resized(picture, width, height);
  }

  #follow(picture: Picture, canvas: HTMLCanvasElement): void {
    let probe = { x: 0.5, y: 0.5 };
    const tell = (at: { x: number; y: number } | null): void => this.#events.hovered(picture, at);
    const point = (event: PointerEvent): void => {
      const box = canvas.getBoundingClientRect();
      probe = {
        x: inside((event.clientX - box.left) / box.width),
        y: inside((event.clientY - box.top) / box.height),
      };
      tell(probe);
    };
    canvas.addEventListener('pointermove', point);
    canvas.addEventListener('pointerdown', point);
    // After lifting a finger one looks at its point; another tap moves the focus and clears the point.
    canvas.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType !== 'touch') tell(null);
    });
    canvas.addEventListener('blur', () => tell(null));
    canvas.addEventListener('keydown', (event) => {
      const arrow = ARROWS[event.key];
      if (arrow === undefined) return;
      event.preventDefault();
      const step = event.shiftKey ? 5 * KEY_STEP : KEY_STEP;
      probe = { x: inside(probe.x + step * arrow[0]), y: inside(probe.y + step * arrow[1]) };
      tell(probe);
    });
  }
}

function canvases(className: string): Record<Picture, HTMLCanvasElement> {
  const make = (): HTMLCanvasElement => {
    const canvas = document.createElement('canvas');
    canvas.className = className;
    return canvas;
  };
  return { density: make(), samples: make(), latent: make(), grid: make(), layers: make() };
}

function devicePixels(element: Element): { width: number; height: number } {
  const ratio = Math.min(2, window.devicePixelRatio);
  return { width: Math.round(element.clientWidth * ratio), height: Math.round(element.clientHeight * ratio) };
}

function inside(value: number): number {
  return Math.min(1, Math.max(0, value));
}
