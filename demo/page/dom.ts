/** Finds elements of the page by id, and makes new ones. */

/** @throws {Error} if there is no such element: page and script have different versions */
export function byId<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`#${id}: found ${element?.tagName ?? 'nothing'}, expected ${type.name}. Reload the page.`);
}

/** The radio buttons of a name. */
export function radios(name: string): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>(`input[name="${name}"]`)];
}

/** Adds an option with this value, unless it exists. */
export function offer(select: HTMLSelectElement, value: string, words: string): void {
  if ([...select.options].some((option) => option.value === value)) return;
  select.append(new Option(words, value));
}

export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Shows the sentence, or hides the element if there is none. */
export function setNotice(element: HTMLElement, sentence: string | undefined): void {
  element.hidden = sentence === undefined;
  setText(element, sentence ?? '');
}

/** Like `setNotice`, for a message above the page that the visitor can close. */
export function showToast(toast: HTMLElement, sentence: string | undefined): void {
  const [words] = toast.children;
  toast.hidden = sentence === undefined;
  if (words !== undefined) setText(words, sentence ?? '');
  toast.lastElementChild?.addEventListener('click', () => (toast.hidden = true), { once: true });
}

/** An element with text or children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

export function svg<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>> = {},
  children: readonly (Node | string)[] = [],
): SVGElementTagNameMap[K] {
  const element = document.createElementNS(SVG, tag);
  set(element, attributes);
  element.append(...children);
  return element;
}

export function set(element: Element, attributes: Readonly<Record<string, string | number>>): void {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
}

/** Offers the bytes as a download. */
export function download(content: Blob, fileName: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
