/** Saves figures of the page as files, and says what was saved. */
import { PICTURES } from '../../protocol.ts';
import { byId, download, setText } from '../dom.ts';
import type { EngineClient } from '../engineClient.ts';
import type { State } from '../state.ts';
import type { Store } from '../store.ts';
import { clipFile } from './clip.ts';
import { lossCsv, lossSvg } from './loss.ts';
import { modelOf, pictureFile, titleOfPicture } from './picture.ts';
import { posterFile } from './poster.ts';

export type Figure = 'picture' | 'poster' | 'loss-svg' | 'loss-csv' | 'clip';

let recording: AbortController | undefined;

/** @param name of the file, without its extension @returns a sentence @throws {Error} with one */
export async function saveFigure(
  kind: Figure,
  store: Store<State>,
  engine: EngineClient,
  name: string,
): Promise<string> {
  const { state } = store;
  switch (kind) {
    case 'picture': {
      const { value } = byId('figure', HTMLSelectElement);
      const picture = PICTURES.find((each) => each === value) ?? 'density';
      download(await pictureFile(state, engine, picture), `${name}-${picture}.png`);
      return `${name}-${picture}.png: ${titleOfPicture(state, picture)}.`;
    }
    case 'poster':
      download(await posterFile(state, engine), `${name}-poster.png`);
      return `${name}-poster.png: data, density and grid in one picture.`;
    case 'loss-svg': {
      const chart = document.querySelector<SVGSVGElement>('#loss-chart svg');
      if (chart !== null) download(lossSvg(chart, modelOf(state, 'density')), `${name}-loss.svg`);
      return `${name}-loss.svg: the chart as it is now.`;
    }
    case 'loss-csv':
      if (state.run.curve.steps === 0) throw new Error('There is no loss yet: train first.');
      download(lossCsv(state.run.curve), `${name}-loss.csv`);
      return `${name}-loss.csv: the training loss, averaged over ${state.run.curve.stretch === 1 ? 'single steps' : `stretches of ${state.run.curve.stretch} steps`}, and the held-out scores.`;
    case 'clip':
      return saveClip(store, name);
  }
}

/** The first click starts a clip, a second one ends it early. */
async function saveClip(store: Store<State>, name: string): Promise<string> {
  if (recording !== undefined) {
    recording.abort();
    return 'The clip ends here.';
  }
  const button = byId('save-clip', HTMLButtonElement);
  const words = button.textContent;
  recording = new AbortController();
  setText(button, 'End the clip');
  try {
    const { blob, extension } = await clipFile(store, recording.signal);
    download(blob, `${name}.${extension}`);
    return `${name}.${extension} is saved.`;
  } finally {
    recording = undefined;
    setText(button, words);
  }
}
