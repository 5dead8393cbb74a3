/** A page inside another page: a few pictures, no storage, and messages about the training. */
import { PICTURES } from '../protocol.ts';
import type { Picture } from '../protocol.ts';
import { capitalised } from './words/sentence.ts';
import { nllOf } from './run.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

export interface Embed {
  pictures: readonly Picture[];
  /** Parts that are left out: `train` is the card with the buttons, `words` the sentences under the pictures. */
  hide: readonly string[];
  /** Training begins by itself. */
  isRunning: boolean;
}

/** @param search the address's query, such as `?embed=density,layers&hide=words&run=1`; undefined without `embed` */
export function embedOf(search: string): Embed | undefined {
  const query = new URLSearchParams(search);
  const asked = query.get('embed')?.split(',');
  if (asked === undefined) return undefined;
  const pictures = PICTURES.filter((picture) => asked.includes(picture));
  return {
    pictures: pictures.length === 0 ? ['density'] : pictures,
    hide: query.get('hide')?.split(',') ?? [],
    isRunning: query.get('run') === '1',
  };
}

/** Shows only what is asked for. */
export function layOut({ pictures, hide }: Embed): void {
  document.documentElement.dataset['embed'] = hide.map((part) => `no${capitalised(part)}`).join(' ');
  for (const picture of PICTURES) {
    const figure = document.querySelector<HTMLElement>(`[data-picture="${picture}"]`);
    if (figure !== null) figure.hidden = !pictures.includes(picture);
  }
}

/** Tells the page around this one each step that the page hears of, and its loss in nats. */
export function tellParent(store: Store<State>): void {
  if (window.parent === window) return;
  store.follow(
    ({ run, phase }) => [run.last?.step ?? 0, phase],
    ([step, phase]) => {
      const { run } = store.state;
      const message = { type: 'wgflow', step, steps: run.steps, loss: nllOf(run), phase };
      window.parent.postMessage(message, '*');
    },
  );
}

/** HTML that shows the page's settings in another page. @param link with its hash */
export function embedCode(link: string): string {
  const [page = '', hash = ''] = link.split('#');
  const source = `${page.split('?')[0]}?embed=density,layers&run=1#${hash}`;
  return `<iframe src="${source.replaceAll('&', '&amp;')}" title="A normalizing flow in training" width="720" height="560" style="border: 0"></iframe>`;
}
