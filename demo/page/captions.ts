/** The captions of the pictures, computed from the state. */
import type { Picture } from '../protocol.ts';
import { TOY_TITLES } from '../toys.ts';
import {
  DENSITY_NAMES,
  describeDensity,
  describeGrid,
  describeLayer,
  LATENT,
  SAMPLES,
} from './words/pictures.ts';
import type { DensityFacts, HeldColumn } from './words/pictures.ts';
import { capitalised, say } from './words/sentence.ts';
import { byId, setText } from './dom.ts';
import { fileOf, shownClass, titleOf } from './state.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

export type Captions = Record<Exclude<Picture, 'layers'> | 'densityName', string>;

export function captionsOf(state: State): Captions {
  const { flow, look, glance, origin, recorded } = state;
  const { bijectors, base, columns } = flow;
  const [across, up] = look.columns;
  const pair = [columns[across] ?? 'x1', columns[up] ?? 'x2'] as const;
  const isRecorded = origin === 'page';
  const [nll, gap] = isRecorded ? [recorded.nll, recorded.nll - recorded.floor] : [glance.nll, glance.gap];
  const density: DensityFacts = {
    title: isRecorded ? recorded.title : titleOfFlow(state),
    colours: look.colours,
    showData: look.showData,
    part: isRecorded ? null : partOf(state),
    nll,
    pair,
    others: isRecorded ? [] : otherColumns(state),
    kind: look.density,
  };
  return {
    density: describeDensity(density),
    densityName: say(DENSITY_NAMES, density),
    samples: say(SAMPLES, { moments: glance.moments, pair }),
    latent: say(LATENT, { gap, base }),
    grid: describeGrid(bijectors.length, columns.length),
  };
}

/** Keeps the page's captions up to date. */
export function showCaptions(store: Store<State>): void {
  store.follow(
    ({ flow, look, glance, origin, learned, recorded }) => [flow, look, glance, origin, learned, recorded],
    () => {
      const { densityName: name, ...words } = captionsOf(store.state);
      setText(byId('density-name', HTMLElement), name);
      for (const [picture, text] of Object.entries(words)) {
        setText(byId(`${picture}-words`, HTMLElement), text);
      }
    },
  );
  store.follow(
    ({ flow, layer }) => [flow, layer],
    ([{ bijectors, base }, layer]) => {
      const { name, words } = describeLayer(layer, bijectors, base);
      setText(byId('layer-name', HTMLElement), name);
      setText(byId('layers-words', HTMLElement), words);
      byId('layer', HTMLInputElement).setAttribute('aria-valuetext', words);
    },
  );
}

/** The columns that the density's picture does not show, with the values it holds them at. */
function otherColumns({ flow: { columns, mean, std, meanTexts }, look }: State): HeldColumn[] {
  return columns.flatMap((name, index) => {
    const text = meanTexts?.[index] ?? null;
    if (look.columns.includes(index) || text === '') return [];
    return { name, mean: mean[index] ?? NaN, std: std[index] ?? NaN, ...(text !== null && { text }) };
  });
}

function partOf(state: State): DensityFacts['part'] {
  const level = shownClass(state);
  return level === undefined ? null : { column: state.flow.classes?.name ?? '', level };
}

function titleOfFlow(state: State): string {
  const { learned } = state;
  const isToy = fileOf(state) === undefined && learned?.kind === 'toy';
  const title = isToy ? TOY_TITLES[learned.name] : capitalised(titleOf(state));
  const part = shownClass(state);
  return part === undefined ? title : `${title}, ${part}`;
}
