/** The kernel lab: measures what `wgflow bench` measures, in the page and on the visitor's own adapter. */
import { configs } from '../../bench/peers/configs.json';
import { VERSION } from '../../src/index.ts';
import type { KernelVariants } from '../../src/index.ts';
import {
  duration,
  fullText,
  milliseconds,
  parseBenchDocument,
  rate,
  subgroupSizeOf,
} from '../../src/measure/index.ts';
import type { BenchDocument, BenchEntry, ConfigName } from '../../src/measure/index.ts';
import { CHOICE_WORDS } from './choices.ts';
import { keepRun, keptRun, showComparison } from './comparison.ts';
import { byId, download, make, setNotice } from '../page/dom.ts';
import { showDispatches } from './dispatches.ts';
import { listenForPeers } from './peers.ts';
import type { FromLab, KernelChoice, RunRequest, Sweep, ToLab } from './protocol.ts';
import { ResultTable } from './results.ts';
import { drawRoofline } from './roofline.ts';
import { ShaderPanel } from './shader.ts';

const worker = new Worker(new URL('../worker.ts', import.meta.url), { type: 'module', name: 'lab' });

const CONFIGS: readonly ConfigName[] = ['S', 'M', 'L'];

const FLOWS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(CONFIGS.map((name) => [name, configs[name].summary])),
  all: 'S, M, L, and the kernels of every other family and size: minutes.',
};

/** A run whose kernels have tiles. */
const TILED = { only: 'kernels', choice: 'forced', 'forced-regime': 'tiled', 'forced-product': 'plain' };

const run = byId('run', HTMLButtonElement);
const stop = byId('stop', HTMLButtonElement);
const status = byId('status', HTMLParagraphElement);
const problem = byId('problem', HTMLParagraphElement);
const progress = byId('progress', HTMLProgressElement);
const select = (id: string): HTMLSelectElement => byId(id, HTMLSelectElement);

const table = new ResultTable(choose);
const shader = new ShaderPanel((entry, tile) => {
  if (asked === undefined) return;
  // A flow outside the configurations belongs to the whole sweep.
  const config = CONFIGS.find((name) => new RegExp(`(?:^|, )${name}, [\\d,]+ rows(?:$|:)`).test(entry.shape));
  const sweep: Sweep = config === undefined ? 'all' : [config];
  isRetiling = true;
  begin('Checking the kernel with these tiles…');
  say({ type: 'retile', request: { entry, sweep, choice: asked.choice, tile } });
});

let asked: RunRequest | undefined;
/** The run so far, for the chart. */
let partial: BenchDocument | undefined;
let finished: BenchDocument | undefined;
let drawing = 0;
/** A kernel runs with other tiles; the run stays as it is. */
let isRetiling = false;
/** The plan whose dispatches are shown. */
let plan: BenchEntry | undefined;

worker.onmessage = ({ data }: MessageEvent<FromLab>): void => {
  switch (data.type) {
    case 'ready': {
      const { description, device, vendor, architecture, software } = data.adapter;
      const name = description || device || `${vendor} ${architecture}`;
      byId('adapter', HTMLParagraphElement).textContent = software
        ? `${name}, a software adapter: these are the speeds of your processor`
        : name;
      byId('subgroups', HTMLElement).textContent = data.adapter.features.includes('subgroups')
        ? subgroupSizeOf(data.adapter).words
        : 'no';
      offerChoices(data);
      partial = emptyRun(data);
      settle('Each result is checked against a float64 twin before it is timed.');
      showKept();
      break;
    }
    case 'unavailable':
      byId('adapter', HTMLParagraphElement).textContent = 'No WebGPU';
      tell(data.reason);
      status.textContent = 'Nothing can be measured here.';
      break;
    case 'begin':
      progress.max = data.total;
      progress.value = data.done;
      status.textContent = `${data.done} of ${data.total}: ${data.what}`;
      break;
    case 'peak':
      showPeaks(data);
      if (partial !== undefined) Object.assign(partial, { peak: data.peaks, clock: data.clock });
      break;
    case 'entry':
      progress.max = data.total;
      progress.value = data.done;
      table.add(data);
      partial?.entries.push(data.entry);
      // The dispatches of the first plan, until the visitor chooses another.
      if (data.entry.launches !== undefined) plan ??= data.entry;
      redraw();
      break;
    case 'mismatch':
      tell(`Not what the float64 twin says, so not timed: ${data.message}`);
      break;
    case 'done':
      finished = data.document;
      keepRun(finished);
      setNotice(byId('full', HTMLElement), finished.batches?.map(fullText).join(' '));
      settle(`Done: ${finished.entries.length} results.`);
      break;
    case 'retiled':
      isRetiling = false;
      shader.retiled(data.entry, data.kernel);
      settle(`${data.entry.name}: ${milliseconds(data.entry.time.medianMs)} ms with the other tiles.`);
      break;
    case 'stopped':
      stopped();
      break;
    case 'failed':
      shader.problem(data.message);
      tell(data.message);
      settle('The run failed.');
  }
};
worker.onerror = () => {
  tell('The measuring worker could not start; reload the page.');
};

byId('setup', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const only = select('only').value;
  asked = {
    sweep: select('sweep').value === 'all' ? 'all' : (select('sweep').value.split(',') as ConfigName[]),
    ...(only === 'plans' || only === 'kernels' || only === 'batches' ? { only } : {}),
    quick: select('care').value === 'quick',
    choice: chosenKernels(),
  };
  earlier = keptRun();
  finished = undefined;
  plan = undefined;
  setNotice(byId('full', HTMLElement), undefined);
  table.clear();
  if (partial !== undefined) partial.entries = [];
  problem.hidden = true;
  byId('comparison', HTMLDivElement).hidden = true;
  isRetiling = false;
  shader.forget();
  begin("Measuring the adapter's peak…");
  say({ type: 'run', request: asked });
});
select('sweep').addEventListener('change', describeFlows);
describeFlows();
stop.addEventListener('click', () => say({ type: 'stop' }));
select('choice').addEventListener('change', () => {
  byId('forced', HTMLFieldSetElement).hidden = select('choice').value !== 'forced';
});

byId('use-tiled', HTMLButtonElement).addEventListener('click', () => {
  for (const [id, value] of Object.entries(TILED)) select(id).value = value;
  select('choice').dispatchEvent(new Event('change'));
  run.focus();
});

/** The run before this one. */
let earlier: BenchDocument | undefined;
byId('compare-last', HTMLButtonElement).addEventListener('click', () => {
  if (earlier !== undefined && finished !== undefined) showComparison(earlier, finished);
});
byId('compare', HTMLInputElement).addEventListener('change', (event) => {
  void compareWith(event.currentTarget as HTMLInputElement);
});
byId('copy', HTMLButtonElement).addEventListener('click', ({ currentTarget }) => {
  void copyRun(currentTarget as HTMLButtonElement);
});
byId('download', HTMLButtonElement).addEventListener('click', () => {
  if (finished === undefined) return;
  download(new Blob([textOf(finished)], { type: 'application/json' }), 'wgflow-bench.json');
});
globalThis.addEventListener('hashchange', () => {
  const index = /^#entry-(\d+)$/.exec(location.hash)?.[1];
  if (index !== undefined) choose(Number(index));
});
new ResizeObserver(() => redraw()).observe(byId('roofline', HTMLDivElement));
listenForPeers();

function choose(index: number): void {
  const result = table.results[index];
  if (result === undefined) return;
  table.mark(index);
  if (result.kernel !== undefined) {
    shader.show(result.entry, result.kernel);
    return;
  }
  // The shader of a kernel comes with its measurement.
  if (result.entry.kind === 'kernel') {
    byId('source-hint', HTMLElement).textContent =
      'Run again to read this shader: a kept run has its times alone.';
    return;
  }
  plan = result.entry;
  redraw();
}

/** Shows the last run of this browser, which a reload does not lose. */
function showKept(): void {
  const kept = keptRun();
  if (kept === undefined || partial === undefined) return;
  partial = { ...kept, entries: [...kept.entries] };
  finished = kept;
  showPeaks({ peaks: kept.peak, clock: kept.clock });
  table.clear();
  for (const entry of kept.entries) table.add({ entry });
  plan = kept.entries.find(({ launches }) => launches !== undefined);
  redraw();
  settle(`The last run of this browser: ${kept.entries.length} results. Run again to read the shaders.`);
}

/** What was measured before the stop is a run too. */
function stopped(): void {
  const count = partial?.entries.length ?? 0;
  if (partial === undefined || count === 0 || isRetiling) {
    settle('Stopped.');
    return;
  }
  finished = { ...partial, entries: [...partial.entries] };
  keepRun(finished);
  settle(`Stopped: the ${count} results so far are kept.`);
}

function showPeaks({ peaks, clock }: Pick<FromLab & { type: 'peak' }, 'peaks' | 'clock'>): void {
  byId('fma-peak', HTMLElement).replaceChildren(...withUnit(rate(peaks.fma.rate), 'GFLOP/s'));
  byId('copy-peak', HTMLElement).replaceChildren(...withUnit(rate(peaks.copy.rate), 'GB/s'));
  byId('launch', HTMLElement).replaceChildren(
    ...withUnit(...(duration(peaks.launch?.medianMs ?? NaN).split(' ') as [string, string])),
  );
  byId('clock', HTMLElement).textContent = clock;
}

function describeFlows(): void {
  byId('sweep-words', HTMLParagraphElement).textContent = FLOWS[select('sweep').value] ?? '';
}

function begin(words: string): void {
  status.textContent = words;
  run.disabled = true;
  stop.disabled = false;
  shader.busy = true;
  progress.removeAttribute('value');
}

function settle(words: string): void {
  status.textContent = words;
  run.disabled = false;
  stop.disabled = true;
  shader.busy = false;
  progress.value = finished === undefined ? 0 : progress.max;
  byId('copy', HTMLButtonElement).disabled = finished === undefined;
  byId('download', HTMLButtonElement).disabled = finished === undefined;
  byId('compare-last', HTMLButtonElement).disabled = finished === undefined || earlier === undefined;
}

function tell(message: string): void {
  problem.textContent = message;
  problem.hidden = false;
}

/** Draws at most once a frame, and only if there are entries. */
function redraw(): void {
  if (drawing !== 0 || partial === undefined || partial.entries.length === 0) return;
  drawing = requestAnimationFrame(() => {
    drawing = 0;
    if (partial === undefined) return;
    drawRoofline(partial);
    if (plan !== undefined) showDispatches(plan, partial);
  });
}

/** Offers a select for every choice of the planner, preset to the fixed table's value. */
function offerChoices({ fixed, choices: all }: FromLab & { type: 'ready' }): void {
  const fields = Object.entries(all).flatMap(([name, options]) => {
    const id = `forced-${name}`;
    const choices = make(
      'select',
      { id, name },
      ...options.map((option) => make('option', { value: String(option) }, String(option))),
    );
    choices.value = String(fixed[name]);
    const words = make('p', { className: 'wide small muted', id: `${id}-words` }, CHOICE_WORDS[name] ?? '');
    choices.setAttribute('aria-describedby', words.id);
    return [make('label', { htmlFor: id }, name), choices, words];
  });
  byId('forced', HTMLFieldSetElement).append(...fields);
}

function chosenKernels(): KernelChoice {
  const kind = select('choice').value;
  if (kind !== 'forced') return kind === 'measured' ? 'measured' : 'fixed';
  const selects = byId('forced', HTMLFieldSetElement).querySelectorAll('select');
  const chosen = [...selects].map(({ name, value }) => [name, /^\d+$/.test(value) ? Number(value) : value]);
  return Object.fromEntries(chosen) as KernelVariants;
}

function emptyRun({ adapter, fixed }: FromLab & { type: 'ready' }): BenchDocument {
  const time = {
    medianMs: 1,
    minMs: 1,
    maxMs: 1,
    quartilesMs: [1, 1] as [number, number],
    samples: 1,
    repeats: 1,
  };
  const peak = { rate: 1, layout: '', time };
  return {
    format: 'wgflow-bench',
    version: 1,
    wgflow: VERSION,
    adapter,
    clock: 'wall clock',
    precision: 'f32',
    fixedVariants: fixed,
    peak: { fma: peak, copy: peak },
    entries: [],
    mismatches: [],
  };
}

async function compareWith(input: HTMLInputElement): Promise<void> {
  const [file] = input.files ?? [];
  input.value = '';
  if (file === undefined) return;
  try {
    const before = parseBenchDocument(await file.text(), file.name);
    if (finished === undefined) tell('Run something first; then a saved run can be set against it.');
    else showComparison(before, finished);
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
  }
}

async function copyRun(button: HTMLButtonElement): Promise<void> {
  if (finished === undefined) return;
  const words = button.textContent;
  try {
    await navigator.clipboard.writeText(textOf(finished));
    button.textContent = 'Copied';
  } catch {
    tell('The browser did not allow copying; save the run instead.');
  }
  setTimeout(() => (button.textContent = words), 2000);
}

function textOf(run: BenchDocument): string {
  return `${JSON.stringify(run, undefined, 2)}\n`;
}

function withUnit(value: string, unit: string): (Node | string)[] {
  return [`${value} `, make('span', { className: 'unit' }, unit)];
}

function say(message: ToLab): void {
  worker.postMessage(message);
}
