/** Opens a lesson on the page, or the list of all. */
import href from '../../style/lesson.css?url';
import { byId, make } from '../dom.ts';
import { loadStyle } from '../styleSheet.ts';
import type { Guide } from '../guide.ts';
import { defaultSettings } from '../settings.ts';
import { fetchLesson, minutesOf, SHIPPED } from './lesson.ts';
import { LessonPanel } from './lessonPanel.ts';
import { lessonLink, sheetLink } from './links.ts';

/** @param name of a shipped lesson or the address of a file; empty for the list */
export async function startLesson(guide: Guide, name: string): Promise<void> {
  await loadStyle(href);
  document.documentElement.dataset['lesson'] = name === '' ? 'list' : 'one';
  for (const link of document.querySelectorAll('.masthead nav a')) {
    if (link.getAttribute('href') === './index.html?lesson') link.setAttribute('aria-current', 'page');
    else link.removeAttribute('aria-current');
  }
  const place = byId('controls', HTMLElement);
  try {
    if (name === '') place.prepend(await listOfLessons());
    else new LessonPanel(guide, await fetchLesson(name), name).show(place);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    place.prepend(
      card(
        'The lesson cannot be opened',
        make('p', { className: 'notice bad', id: 'lesson-mistake' }, words),
        make('p', { className: 'small ways' }, make('a', { href: './index.html?lesson' }, 'All lessons')),
      ),
    );
    guide.show(defaultSettings());
  }
  if (name === '') guide.show(defaultSettings());
}

async function listOfLessons(): Promise<HTMLElement> {
  const lessons = await Promise.all(SHIPPED.map(async (name) => ({ name, ...(await fetchLesson(name)) })));
  const items = lessons.map((lesson) =>
    make(
      'li',
      {},
      make('h3', {}, make('a', { href: lessonLink(lesson.name) }, lesson.title)),
      make('p', {}, lesson.about),
      make(
        'p',
        { className: 'small muted' },
        `${minutesOf(lesson)} min, ${lesson.steps.length} steps. `,
        make(
          'a',
          { href: sheetLink(lesson.name), ariaLabel: `Teacher’s sheet of ${lesson.title}` },
          'Teacher’s sheet',
        ),
      ),
    ),
  );
  return card(
    'Lessons',
    make('p', {}, 'Predict first, then run: each step asks what will happen, and the run answers.'),
    make('ol', { className: 'lessons' }, ...items),
    make('p', { className: 'small ways' }, make('a', { href: './index.html' }, 'Back to the playground')),
  );
}

function card(title: string, ...children: Node[]): HTMLElement {
  const made = make(
    'section',
    { className: 'card lesson', id: 'lesson' },
    make('h2', { id: 'lesson-title' }, title),
    ...children,
  );
  made.setAttribute('aria-labelledby', 'lesson-title');
  return made;
}
