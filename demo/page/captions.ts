/** The captions of the pictures, computed from the state. */
import type { Picture } from '../protocol.ts';
import {
  densityName,
  describeDensity,
  describeGrid,
  describeLatent,
  describeLayer,
  describeSamples,
  describeSlice,
} from './describe.ts';
import type { HeldColumn } from './describe.ts';
import { byId, setText } from './dom.ts';
import { shownClass, titleOf } from './state.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

export type Captions = Record<Exclude<Picture, 'layers'> | 'densityName', string>;

export function captionsOf(state: State): Captions {
  const { flow, look, glance, origin, recorded } = state;
  const { bijectors, base, columns } = flow;
  const [across, up] = look.columns;
  const isRecorded = origin === 'page';
  const others = isRecorded ? [] : otherColumns(state);
  const [nll, gap] = isRecorded ? [recorded.nll, recorded.nll - recorded.floor] : [glance.nll, glance.gap];
  const title = isRecorded ? recorded.title : titleOfFlow(state);
  return {
    density: `${describeDensity(nll, title, look.colours)}${describeSlice(others, look.showData)}`,
    densityName: densityName(others),
    samples: describeSamples(glance.moments, [columns[across] ?? 'x1', columns[up] ?? 'x2']),
    latent: describeLatent(gap, base),
    grid: describeGrid(bijectors.length, columns.length),
  };
}

/** Keeps the page's captions up to date. */
export function showCaptions(store: Store<State>): void {
  store.follow(
    ({ flow, look, glance, origin, learned }) => [flow, look, glance, origin, learned],
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

function titleOfFlow(state: State): string {
  const title = titleOf(state);
  const capitalised = `${title.charAt(0).toUpperCase()}${title.slice(1)}`;
  const part = shownClass(state);
  return part === undefined ? capitalised : `${capitalised}, ${part}`;
}
