/** Links of lessons. */
export function lessonLink(name: string): string {
  return `./index.html?lesson=${encodeURIComponent(name)}`;
}

export function sheetLink(name: string): string {
  return `${lessonLink(name)}&sheet`;
}
