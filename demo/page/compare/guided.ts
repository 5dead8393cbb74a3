/** A page inside the one that compares: shows and trains what it is told to. */
import type { Guide } from '../guide.ts';
import { nllOf } from '../run.ts';
import { decodeShare } from '../shareLink.ts';
import type { FromModel, ToModel } from './messages.ts';

export function obeyParent(guide: Guide): void {
  const { store } = guide;
  let hash = '';
  const tell = (): void => {
    const { run, phase, price, origin, next } = store.state;
    const message: FromModel = {
      type: 'model',
      hash,
      isReady: hash !== '' && origin === 'fresh' && next === undefined,
      phase,
      step: run.last?.step ?? 0,
      hasDiverged: run.hasDiverged,
      loss: nllOf(run),
      training: run.curve.smoothed,
      floor: run.last?.floor ?? null,
      parameters: price?.parameters ?? null,
    };
    window.parent.postMessage(message, location.origin);
  };
  window.addEventListener('message', ({ source, origin, data }: MessageEvent<ToModel>) => {
    // No other site moves this page.
    if (source !== window.parent || origin !== location.origin) return;
    switch (data.type) {
      case 'show': {
        const { settings } = decodeShare(data.hash);
        if (settings === undefined) return;
        ({ hash } = data);
        guide.show(settings);
        break;
      }
      case 'train':
        guide.train(data.until);
        break;
      case 'pause':
        guide.pause();
    }
  });
  store.follow(({ run, phase, price, origin, next }) => [run, phase, price, origin, next], tell);
}
