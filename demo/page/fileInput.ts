/** The three ways to bring a file: choose, drop or paste. */
import { byId } from './dom.ts';
import { rowsOfFile, rowsOfText } from './fileSource.ts';
import type { FileRows } from './fileSource.ts';

/** @param take called with a function that reads the file */
export function followFiles(take: (read: () => Promise<FileRows>) => void): void {
  const takeFile = (file: File | undefined): void => {
    if (file !== undefined) take(() => rowsOfFile(file));
  };
  const input = byId('file', HTMLInputElement);
  input.addEventListener('change', () => {
    takeFile(input.files?.[0]);
    input.value = '';
  });
  const { classList } = document.body;
  document.addEventListener('dragover', (event) => {
    event.preventDefault();
    classList.add('dragging');
  });
  document.addEventListener('dragleave', () => classList.remove('dragging'));
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    classList.remove('dragging');
    takeFile(event.dataTransfer?.files[0]);
  });
  document.addEventListener('paste', (event) => {
    if (event.target instanceof Element && event.target.matches('[type=text], [type=number]')) return;
    const file = event.clipboardData?.files[0];
    const text = event.clipboardData?.getData('text/plain') ?? '';
    if (file === undefined && text.trim() === '') return;
    event.preventDefault();
    if (file === undefined) take(() => rowsOfText(text, 'Pasted table'));
    else takeFile(file);
  });
}
