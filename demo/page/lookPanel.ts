/** The controls next to the pictures: their appearance, and the class they show. */
import { byId, radios, set, setText } from './dom.ts';
import type { Look } from './settings.ts';
import type { State } from './state.ts';
import type { Store } from './store.ts';

/** @param changed called with the visitor's change */
export function showLook(store: Store<State>, changed: (change: Partial<Look>) => void): void {
  const showData = byId('show-data', HTMLInputElement);
  const reach = byId('reach', HTMLInputElement);
  const part = byId('part', HTMLSelectElement);
  for (const radio of radios('colours')) {
    radio.addEventListener('change', () => changed({ colours: radio.value === 'log' ? 'log' : 'linear' }));
  }
  for (const radio of radios('density')) {
    radio.addEventListener('change', () =>
      changed({ density: radio.value === 'slice' ? 'slice' : 'marginal' }),
    );
  }
  showData.addEventListener('change', () => changed({ showData: showData.checked }));
  reach.addEventListener('input', () => changed({ reach: reach.valueAsNumber }));
  const projector = byId('projector', HTMLButtonElement);
  projector.addEventListener('click', () =>
    changed({ screen: store.state.look.screen === 'desk' ? 'projector' : 'desk' }),
  );
  store.follow(
    ({ look }) => [look.screen],
    ([screen]) => {
      document.documentElement.dataset['screen'] = screen;
      set(projector, { 'aria-pressed': String(screen === 'projector') });
    },
  );
  part.addEventListener('change', () => changed({ level: Number(part.value) }));
  store.follow(
    ({ flow }) => [flow.classes],
    ([classes]) => {
      byId('parts-shown', HTMLElement).hidden = classes === null;
      setText(byId('part-word', HTMLElement), classes?.name ?? '');
      part.replaceChildren(...(classes?.levels ?? []).map((level, i) => new Option(level, String(i))));
    },
  );
  store.follow(
    ({ flow }) => [flow.columns.length > 2],
    ([isMore]) => (byId('density-kinds', HTMLElement).hidden = !isMore),
  );
  store.follow(
    ({ look, flow }) => [look, flow.classes],
    ([look]) => {
      for (const radio of radios('colours')) radio.checked = radio.value === look.colours;
      for (const radio of radios('density')) radio.checked = radio.value === look.density;
      showData.checked = look.showData;
      reach.value = String(look.reach);
      part.value = String(look.level);
    },
  );
}
