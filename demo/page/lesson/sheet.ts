/** A lesson on paper: times, questions, answers and what decides them. */
import href from '../../style/lesson.css?url';
import { make } from '../dom.ts';
import { loadStyle } from '../styleSheet.ts';
import { blanked, inWords } from './facts.ts';
import { fetchLesson, minutesOf } from './lesson.ts';
import type { Lesson, LessonStep } from './lesson.ts';
import { lessonLink } from './links.ts';

const LETTERS = 'ABCDEF';

/** Shows the sheet in place of the page. */
export async function showSheet(name: string): Promise<void> {
  await loadStyle(href);
  const sheet = await fetchLesson(name).then(
    (lesson) => sheetOf(lesson, name),
    (error: unknown) => [
      make('h1', {}, 'The lesson cannot be opened'),
      make('p', { className: 'notice bad' }, error instanceof Error ? error.message : String(error)),
    ],
  );
  document.body.replaceChildren(make('main', { className: 'sheet', id: 'sheet' }, ...sheet));
}

function sheetOf(lesson: Lesson, name: string): Node[] {
  const { title, about, steps } = lesson;
  document.title = `${title}: teacher’s sheet`;
  const print = make('button', { className: 'button', type: 'button' }, 'Print');
  print.addEventListener('click', () => window.print());
  return [
    make(
      'p',
      { className: 'row unprinted' },
      print,
      make('a', { href: lessonLink(name) }, 'Open the lesson'),
    ),
    make('p', { className: 'muted' }, 'Teacher’s sheet'),
    make('h1', {}, title),
    make('p', {}, about),
    make(
      'p',
      {},
      `${minutesOf(lesson)} minutes, ${steps.length} steps. The run decides which answer is right: the first whose condition holds. The numbers in brackets are those of each student’s own run. `,
      'A software adapter or a phone may need longer.',
    ),
    ...steps.map(sectionOf),
  ];
}

function sectionOf(step: LessonStep, index: number): HTMLElement {
  const { title, minutes, text, question, choices, expected, reveal, state } = step;
  const answers = choices.map(({ words, right }, i) => {
    const isExpected = i + 1 === expected;
    const when = typeof right === 'string' ? ` Right if ${inWords(right)}.` : '';
    return make(
      'li',
      { className: isExpected ? 'expected' : '' },
      `${LETTERS[i]}. ${words}${isExpected ? ' (expected)' : ''}`,
      make('span', { className: 'muted' }, when),
    );
  });
  const said = reveal.map((each) =>
    make(
      'li',
      {},
      make(
        'span',
        { className: 'muted' },
        each.if === undefined ? 'Otherwise: ' : `If ${inWords(each.if)}: `,
      ),
      blanked(each.words),
    ),
  );
  return make(
    'section',
    {},
    make('h2', {}, `${index + 1}. ${title}`),
    make(
      'p',
      { className: 'muted' },
      `${minutes} min${state === undefined ? '' : `, settings ${state.replaceAll('&', ', ')}`}`,
    ),
    ...text.map((words) => make('p', {}, words)),
    make('p', { className: 'question' }, question),
    make('ul', { className: 'answers' }, ...answers),
    make('p', {}, 'After the run the page says the first of these that is true:'),
    make('ul', {}, ...said),
  );
}
