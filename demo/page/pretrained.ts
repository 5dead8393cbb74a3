/** The flow that comes with the page: its recording, which plays until the engine draws, and its model file. */
import { PICTURES } from '../protocol.ts';
import type { Picture } from '../protocol.ts';
import { RecordPlayer } from './recordPlayer.ts';
import { swing, unpacked } from './recordedFlow.ts';
import type { RecordedFlow } from './recordedFlow.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';
import { scrubbed } from './transitions.ts';

export interface Pretrained {
  recorded: RecordedFlow;
  fileName: string;
  /** The model file. */
  model: Promise<Uint8Array>;
}

export async function fetchPretrained(): Promise<Pretrained> {
  const model = fetch(new URL('../assets/moons.safetensors', import.meta.url)).then(
    async (response) => new Uint8Array(await response.arrayBuffer()),
  );
  const response = await fetch(new URL('../assets/recording.json', import.meta.url));
  const recorded = unpacked((await response.json()) as RecordedFlow);
  return { recorded, fileName: 'moons.safetensors', model };
}

/** Plays the recording on these canvases while any of them is visible. */
export function playRecorded(
  store: Store<State>,
  recorded: RecordedFlow,
  canvases: Record<Picture, HTMLCanvasElement>,
): void {
  const player = new RecordPlayer(recorded, canvases);
  store.follow(
    ({ drawn }) => [drawn],
    ([drawn]) => {
      for (const picture of PICTURES) canvases[picture].hidden = drawn.includes(picture);
    },
  );
  store.follow(
    ({ theme, isLive }) => [theme, isLive],
    ([theme]) => player.draw(store.state.layer, theme),
  );
  store.follow(
    ({ trained }) => [trained],
    ([trained]) => {
      if (trained === undefined) return;
      player.recorded = trained;
      player.draw(store.state.layer, store.state.theme);
    },
  );
  store.follow(
    ({ layer, drawn }) => [layer, drawn.includes('layers')],
    ([layer, isDrawn]) => {
      if (!isDrawn) player.drawLayer(layer);
    },
  );
  performance.mark('wgflow-first-picture');
  const start = performance.now();
  const advance = (now: number): void => {
    if (!store.state.isSwinging) return;
    const layer = swing(Math.max(0, now - start) / 1000, recorded.bijectors.length);
    store.update((state) => scrubbed(state, layer, false));
    requestAnimationFrame(advance);
  };
  requestAnimationFrame(advance);
}
