/** The controls beside the pictures: how they look, and which class they show. */
import type { LabelColumn } from '../../src/index.ts';
import { byId, radios, setText } from './dom.ts';
import type { Look } from './settings.ts';

export interface LookPanelEvents {
  /** The visitor has changed the look. */
  changed: () => void;
  /** The pictures show another class from now on. */
  otherClass: () => void;
}

export class LookPanel {
  readonly #events: LookPanelEvents;
  readonly #showData = byId('show-data', HTMLInputElement);
  readonly #reach = byId('reach', HTMLInputElement);
  readonly #part = byId('part', HTMLSelectElement);
  #look: Look;
  #classes: LabelColumn | null = null;

  constructor(look: Look, events: LookPanelEvents) {
    this.#look = look;
    this.#events = events;
    for (const radio of radios('colours')) {
      radio.addEventListener('change', () =>
        this.#take({ colours: radio.value === 'log' ? 'log' : 'linear' }),
      );
    }
    this.#showData.addEventListener('change', () => this.#take({ showData: this.#showData.checked }));
    this.#reach.addEventListener('input', () => this.#take({ reach: this.#reach.valueAsNumber }));
    this.#part.addEventListener('change', () => {
      this.#take({ level: Number(this.#part.value) });
      events.otherClass();
    });
  }

  get look(): Look {
    return this.#look;
  }

  set look(look: Look) {
    this.#look = look;
    for (const radio of radios('colours')) radio.checked = radio.value === look.colours;
    this.#showData.checked = look.showData;
    this.#reach.value = String(look.reach);
    this.#part.value = String(look.level);
  }

  /** Offers the classes that the model tells apart, if it does. */
  set classes(classes: LabelColumn | null) {
    this.#classes = classes;
    byId('parts-shown', HTMLElement).hidden = classes === null;
    if (classes === null) return;
    const { name, levels } = classes;
    setText(byId('part-word', HTMLElement), name);
    this.#part.replaceChildren(...levels.map((level, index) => new Option(level, String(index))));
    this.look = { ...this.#look, level: Math.min(this.#look.level, levels.length - 1) };
  }

  /** The name of the class that the pictures show. */
  get shownClass(): string | undefined {
    return this.#classes?.levels[this.#look.level];
  }

  /** The name of the column that says the class. */
  get className(): string | undefined {
    return this.#classes?.name;
  }

  #take(change: Partial<Look>): void {
    this.#look = { ...this.#look, ...change };
    this.#events.changed();
  }
}
