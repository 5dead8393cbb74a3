/** The style sheet of the report: one typeface, one grid, colours that the charts share. */
export const REPORT_STYLE = `
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --card: #ffffff; --ink: #1a2029; --muted: #5b6573; --grid: #e7eaee; --line: #dfe3e8;
  --data: #2b63c6; --model: #d0591c; --good: #1b7f4b; --note: #8a6100; --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1318; --card: #171c23; --ink: #e9edf2; --muted: #a0aab7; --grid: #262d37; --line: #2a323d;
    --data: #7eaaf8; --model: #f5965f; --good: #63c592; --note: #e0b04a; --bad: #ff8a80;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1200px; margin: 0 auto; padding: 40px 24px 56px; }
h1 { margin: 0; font-size: 26px; line-height: 1.25; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { margin: 40px 0 6px; font-size: 19px; font-weight: 600; letter-spacing: -0.01em; }
h3, figure h2, .facts h2 { margin: 0 0 10px; font-size: 15px; font-weight: 600; letter-spacing: 0; overflow-wrap: anywhere; }
.verdict { margin: 10px 0 0; padding: 0; list-style: none; max-width: 100ch; }
.verdict li { position: relative; padding: 3px 0 3px 26px; overflow-wrap: anywhere; }
.verdict span { position: absolute; left: 2px; width: 16px; text-align: center; font-weight: 700; }
.good > span, .measure.good { color: var(--good); }
.note > span, .measure.note { color: var(--note); }
.bad > span, .measure.bad { color: var(--bad); }
.measure { margin: -6px 0 8px; font-size: 13px; font-weight: 600; }
.measure span { font-weight: 400; color: var(--muted); margin-left: 6px; }
svg + .measure { margin: 10px 0 4px; }
.legend { margin: 10px 0 0; font-size: 13px; color: var(--muted); }
.legend .model { margin-left: 18px; }
.odd { background: color-mix(in srgb, var(--model) calc(12% + 0.5 * var(--odd)), transparent); }
.tiles { display: flex; flex-wrap: wrap; gap: 12px 48px; margin: 22px 0 14px; }
.tiles dt { color: var(--muted); font-size: 13px; }
.tiles dd { margin: 0; font-size: 30px; line-height: 1.2; font-weight: 600; letter-spacing: -0.02em; }
.unit { font-size: 14px; font-weight: 400; letter-spacing: 0; color: var(--muted); }
.lead { max-width: 80ch; margin: 0 0 8px; color: var(--muted); overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 16px; grid-auto-flow: dense; margin-top: 16px; }
figure, .facts, .card {
  margin: 0; padding: 18px 18px 16px; background: var(--card); border: 1px solid var(--line); border-radius: 10px;
  break-inside: avoid; min-width: 0;
}
.wide { grid-column: span 2; }
.full { grid-column: 1 / -1; }
.figures:has(> .half) { grid-template-columns: repeat(2, minmax(0, 1fr)); }
figcaption { padding-top: 10px; color: var(--muted); font-size: 13px; overflow-wrap: anywhere; }
.chart { display: block; width: 100%; height: auto; overflow: visible; }
.chart image { image-rendering: auto; }
.pixels { image-rendering: pixelated; }
.if-narrow { display: none; }
.key { display: inline-block; width: 9px; height: 9px; margin-right: 5px; border-radius: 50%; }
.key.model { background: var(--model); }
.key.data { background: var(--data); }
.card { margin-top: 16px; }
.long .scroll { max-height: 460px; overflow: auto; }
.scroll { overflow-x: auto; }
.entries table { font-size: 13px; }
.entries th, .entries td { width: auto; padding: 5px 16px 5px 0; white-space: nowrap; }
.entries thead th { color: var(--ink); font-weight: 600; }
.entries .number { padding: 5px 16px 5px 16px; text-align: right; }
code { font: 0.93em ui-monospace, "SF Mono", Menlo, Consolas, monospace; color: var(--ink); }
table { width: 100%; border-collapse: collapse; }
th, td { padding: 7px 0; text-align: left; vertical-align: top; border-top: 1px solid var(--grid); }
tr:first-child > * { border-top: 0; }
th { width: 34%; padding-right: 16px; font-weight: 400; color: var(--muted); }
td { overflow-wrap: anywhere; }
@media (max-width: 960px) {
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (max-width: 640px) {
  main { padding: 24px 12px 32px; }
  h1 { font-size: 22px; }
  .tiles { gap: 10px 28px; }
  .tiles dd { font-size: 24px; }
  .figures, .figures:has(> .half) { grid-template-columns: minmax(0, 1fr); gap: 12px; }
  .wide { grid-column: auto; }
  figure, .facts, .card { padding: 14px 12px; }
  .if-wide { display: none; }
  .if-narrow { display: block; }
}
@media print {
  :root {
    --page: #ffffff; --card: #ffffff; --ink: #000000; --muted: #444444; --grid: #e4e4e4; --line: #cccccc;
    --data: #2b63c6; --model: #d0591c; --good: #1b7f4b; --note: #8a6100; --bad: #b3261e;
  }
  main { max-width: none; padding: 0; }
  .long .scroll { max-height: none; }
  body { font-size: 11px; print-color-adjust: exact; }
  .figures { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 10px; }
}
`;
