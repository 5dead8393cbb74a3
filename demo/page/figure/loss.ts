/** The loss as a drawing of lines and as numbers. */
import { csvOfCells } from '../csvText.ts';
import { set, svg } from '../dom.ts';
import { trainingLine } from '../lossCurve.ts';
import type { LossCurve } from '../lossCurve.ts';

/** Properties that the page's style sheet gives the chart. */
const STYLES = ['fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'font-family', 'font-size'];

/** The chart as it is shown, with title and styles of its own. */
export function lossSvg(chart: SVGSVGElement, title: string): Blob {
  const [, , width = 270, height = 180] = (chart.getAttribute('viewBox') ?? '').split(' ').map(Number);
  const copy = chart.cloneNode(true) as SVGSVGElement;
  const copies = [...copy.querySelectorAll('*')];
  [...chart.querySelectorAll('*')].forEach((element, i) => {
    const style = getComputedStyle(element);
    set(copies[i] ?? copy, Object.fromEntries(STYLES.map((name) => [name, style.getPropertyValue(name)])));
  });
  const { color, fontFamily } = getComputedStyle(document.body);
  const text = { fill: color, 'font-family': fontFamily, x: 4 };
  copy.prepend(
    svg('title', {}, [title]),
    svg('rect', {
      x: 0,
      y: -36,
      width,
      height: height + 36,
      fill: getComputedStyle(chart.closest('.card') ?? chart).backgroundColor,
    }),
    svg('text', { ...text, y: -20, 'font-size': 12, 'font-weight': 600 }, [title]),
    svg('text', { ...text, y: -6, 'font-size': 10 }, ['Loss, nats']),
  );
  set(copy, { viewBox: `0 -36 ${width} ${height + 36}`, width: 2 * width, height: 2 * (height + 36) });
  copy.removeAttribute('class');
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: 'image/svg+xml' });
}

/** Mean training loss of each stretch of steps, at its middle, and the held-out scores. */
export function lossCsv(curve: LossCurve): Blob {
  const rows = [
    ...trainingLine(curve).map(({ step, nll }) => ({ step, training: String(nll), heldOut: '' })),
    ...curve.validation.map(({ step, nll }) => ({ step, training: '', heldOut: String(nll) })),
  ].sort((a, b) => a.step - b.step);
  const cells = rows.map(({ step, training, heldOut }) => [String(step), training, heldOut]);
  return new Blob([csvOfCells(['step', 'training', 'held_out'], cells)], { type: 'text/csv' });
}
