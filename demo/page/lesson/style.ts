/** The style sheet of lessons, which no other visitor loads. */
import href from '../../style/lesson.css?url';
import { make } from '../dom.ts';

export async function loadStyle(): Promise<void> {
  const link = make('link', { rel: 'stylesheet', href });
  const isLoaded = new Promise((resolve) => (link.onload = link.onerror = resolve));
  document.head.append(link);
  await isLoaded;
}
