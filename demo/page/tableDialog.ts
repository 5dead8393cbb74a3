/** The dialog about a table: its first rows, which columns are learned, the label, and blanks. */
import href from '../style/tableDialog.css?url';
import { make } from './dom.ts';
import type { FileRows } from './fileSource.ts';
import { loadStyle } from './styleSheet.ts';
import { WHOLE } from './tableChoice.ts';
import type { TableChoice } from './tableChoice.ts';

/** @returns undefined if the visitor changes nothing */
export async function askAboutTable({
  title,
  names = [],
  allWords = [],
  preview = [],
  cells,
  choice = WHOLE,
}: FileRows): Promise<TableChoice | undefined> {
  await loadStyle(href);
  const boxes = names.map((name) => {
    const box = make('input', { type: 'checkbox', checked: !choice.leftOut.includes(name), value: name });
    box.setAttribute('aria-label', `Learn ${name}`);
    return box;
  });
  const labels = (cells?.table ?? []).flatMap(({ name, type }) => (type === 'category' ? [name] : []));
  const label = make('select', { id: 'dialog-label' }, new Option('the only column of labels', ''));
  label.append(...labels.map((name) => new Option(name, name)));
  label.value = choice.label ?? '';
  const blanks = make(
    'select',
    { id: 'dialog-blanks' },
    new Option('are learned', 'learned'),
    new Option('take their rows out', 'left-out'),
  );
  blanks.value = choice.blanks;
  const head = names.map((name, i) =>
    make('th', { scope: 'col' }, make('label', { className: 'check' }, boxes[i] ?? '', name)),
  );
  const kinds = names.map((name, i) =>
    make('td', { className: 'muted' }, (allWords[i] ?? '').replace(`${name}: `, '')),
  );
  const rows = preview.map((row) => make('tr', {}, ...row.map((cell) => make('td', {}, cell))));
  const scroll = make(
    'div',
    { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'The first rows' },
    make(
      'table',
      { className: 'small' },
      make('thead', {}, make('tr', {}, ...head)),
      make('tbody', {}, make('tr', {}, ...kinds), ...rows),
    ),
  );
  const form = make(
    'form',
    { method: 'dialog' },
    make('h2', { id: 'dialog-title' }, title),
    make(
      'p',
      { className: 'small muted' },
      'The first rows, and what each column is. Columns without a tick are not learned.',
    ),
    scroll,
    make(
      'div',
      { className: 'fields' },
      make('label', { htmlFor: 'dialog-label' }, 'Labels to tell rows apart by'),
      label,
      make('label', { htmlFor: 'dialog-blanks' }, 'Blanks'),
      blanks,
    ),
    make(
      'div',
      { className: 'row' },
      make('button', { className: 'button primary', value: 'read' }, 'Read it this way'),
      make('button', { className: 'button', value: '' }, 'Leave it'),
    ),
  );
  const dialog = make('dialog', { className: 'card', id: 'table-dialog' }, form);
  dialog.setAttribute('aria-labelledby', 'dialog-title');
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener('close', resolve, { once: true }));
  dialog.remove();
  if (dialog.returnValue !== 'read') return undefined;
  return {
    leftOut: boxes.filter(({ checked }) => !checked).map(({ value }) => value),
    ...(label.value !== '' && { label: label.value }),
    blanks: blanks.value === 'left-out' ? 'left-out' : 'learned',
  };
}
