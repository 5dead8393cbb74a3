/** The marks around the pictures: axes, the scale of the colours, the step that each shows, and its age. */
import { paletteOf } from '../engine/pictures/colours.ts';
import { PICTURES } from '../protocol.ts';
import type { Picture } from '../protocol.ts';
import { axesOf, colourScale } from './axes.ts';
import type { Axis } from './axes.ts';
import { byId, setText, svg } from './dom.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';
import { say } from './words/sentence.ts';
import { AGES } from './words/status.ts';

/** Milliseconds between two looks at the ages of the pictures. */
const LOOK_EVERY = 500;
/** Colours that the bar of the scale mixes. */
const STOPS = 12;

export function showMarks(store: Store<State>): void {
  for (const picture of PICTURES) follow(store, picture);
  const bar = byId('colour-bar', HTMLElement);
  store.follow(
    ({ theme }) => [theme],
    ([theme]) => {
      const { ramp } = paletteOf(theme);
      const colours = Array.from({ length: STOPS }, (_, i) => {
        const colour = ramp[Math.round((i * (ramp.length - 1)) / (STOPS - 1))] ?? [0, 0, 0];
        return `rgb(${colour.map((channel) => Math.round(255 * channel)).join(' ')})`;
      });
      bar.style.background = `linear-gradient(to right, ${colours.join(', ')})`;
    },
  );
  store.follow(
    ({ look, shown }) => [look.colours, shown.density?.peak],
    () => {
      const scale = colourScale(store.state);
      byId('colour-scale', HTMLElement).classList.toggle('unknown', scale === undefined);
      setText(byId('colour-from', HTMLElement), scale?.from ?? '');
      setText(byId('colour-to', HTMLElement), scale?.to ?? '');
    },
  );
}

function follow(store: Store<State>, picture: Picture): void {
  const figure = document.querySelector(`[data-picture="${picture}"]`);
  const axes = svg('svg', { class: 'axes', 'aria-hidden': 'true' });
  figure?.querySelector('.frame')?.append(axes);
  const step = document.createElement('span');
  step.className = 'step muted small';
  figure?.querySelector('figcaption')?.append(step);
  store.follow(
    ({ isLive, shown, flow, look, layer }) => [
      isLive,
      shown[picture]?.frame,
      flow.columns,
      look.columns,
      // The recording moves the scrubber, and only one picture with it.
      picture === 'layers' && layer,
    ],
    () => {
      const [across, up] = axesOf(store.state, picture) ?? [];
      axes.replaceChildren(
        ...(across === undefined ? [] : horizontal(across)),
        ...(up === undefined ? [] : vertical(up)),
      );
    },
  );
  const tell = (): void => {
    const { isLive, shown, run, phase, origin } = store.state;
    const { step: of = 0, at = 0 } = shown[picture] ?? {};
    const isShown = shown[picture] !== undefined;
    // The recording is of the pretrained flow.
    figure?.classList.toggle('foreign', isLive && !isShown && origin !== 'page');
    const isTraining = phase === 'training';
    const facts = {
      isShown: isShown && origin !== 'page',
      isTraining,
      step: of,
      now: run.last?.step ?? 0,
      ms: performance.now() - at,
    };
    setText(step, say(AGES, facts));
  };
  store.follow(({ isLive, shown, phase, origin }) => [isLive, shown[picture], phase, origin], tell);
  setInterval(() => store.state.phase === 'training' && tell(), LOOK_EVERY);
}

function horizontal({ name, ticks }: Axis): SVGElement[] {
  return [
    ...ticks.flatMap(({ place, text }) => {
      const x = percent(place);
      return [
        svg('line', { x1: x, x2: x, y1: '100%', y2: '98.9%' }),
        svg('text', { x, y: '100%', dy: '-0.65em', 'text-anchor': 'middle' }, [text]),
      ];
    }),
    svg('text', { class: 'name', x: '100%', y: '100%', dx: '-0.4em', dy: '-1.9em', 'text-anchor': 'end' }, [
      name,
    ]),
  ];
}

function vertical({ name, ticks }: Axis): SVGElement[] {
  return [
    ...ticks.flatMap(({ place, text }) => {
      const y = percent(1 - place);
      return [
        svg('line', { x1: 0, x2: '1.1%', y1: y, y2: y }),
        svg('text', { x: 0, y, dx: '0.8em', dy: '0.35em' }, [text]),
      ];
    }),
    svg('text', { class: 'name', x: 0, y: 0, dx: '0.4em', dy: '2.2em' }, [name]),
  ];
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}
