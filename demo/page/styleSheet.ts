/** Loads a style sheet that most visitors do not need. */
import { make } from './dom.ts';

export async function loadStyle(href: string): Promise<void> {
  const link = make('link', { rel: 'stylesheet', href });
  const isLoaded = new Promise((resolve) => (link.onload = link.onerror = resolve));
  document.head.append(link);
  await isLoaded;
}
