/** The kernel lab's worker: measures on its own device, so that the page never waits. */
import { describeDevice } from '../../src/index.ts';
import { BATCHES, bench, configModel } from '../../src/measure/index.ts';
import type { BenchModel, BenchOptions, VariantsFor } from '../../src/measure/index.ts';
import { fixedVariants, Gpu, requestNavigatorDevice, Tuner, variantsSchema } from '../../src/page/index.ts';
import type { FromLab, KernelChoice, RetileRequest, RunRequest, Sweep, ToLab } from './protocol.ts';

/** The library's types describe a page; these are a worker's members. */
const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ToLab>) => void;
  postMessage: (message: FromLab) => void;
};
const opened = open();
let running: AbortController | undefined;

scope.onmessage = ({ data }) => {
  switch (data.type) {
    case 'run':
      void attempt((device, signal) => run(device, data.request, signal));
      break;
    case 'retile':
      void attempt((device, signal) => retile(device, data.request, signal));
      break;
    case 'stop':
      running?.abort();
  }
};

async function open(): Promise<GPUDevice | undefined> {
  try {
    const device = await requestNavigatorDevice();
    const fixed = { ...fixedVariants(Gpu.of(device).adapter) };
    const choices = Object.fromEntries(
      Object.entries(variantsSchema.entries).flatMap(([name, choice]) =>
        'options' in choice ? [[name, choice.options]] : [],
      ),
    );
    say({ type: 'ready', adapter: describeDevice(device), fixed, choices });
    return device;
  } catch (error) {
    say({ type: 'unavailable', reason: messageOf(error) });
    return undefined;
  }
}

async function attempt(work: (device: GPUDevice, signal: AbortSignal) => Promise<void>): Promise<void> {
  const device = await opened;
  if (device === undefined || running !== undefined) return;
  running = new AbortController();
  const { signal } = running;
  try {
    await work(device, signal);
  } catch (error) {
    say(signal.aborted ? { type: 'stopped' } : { type: 'failed', message: messageOf(error) });
  } finally {
    running = undefined;
  }
}

async function run(device: GPUDevice, request: RunRequest, signal: AbortSignal): Promise<void> {
  const { sweep, only, quick, choice } = request;
  const options = {
    models: modelsOf(sweep),
    ...(only === 'batches' ? { batches: BATCHES } : { only }),
    quick,
    signal,
    variantsFor: choosing(device, choice),
  };
  for await (const event of bench(device, options)) {
    const { done, total } = event;
    switch (event.kind) {
      case 'begin':
        say({ type: 'begin', what: event.what, done, total });
        break;
      case 'peak':
        say({ type: 'peak', peaks: event.peak, clock: event.clock });
        break;
      case 'entry':
        say({ type: 'entry', entry: event.entry, kernel: event.kernel, done, total });
        break;
      case 'mismatch':
        say({ type: 'mismatch', message: event.mismatch });
        break;
      case 'done':
        say({ type: 'done', document: event.document });
    }
  }
}

async function retile(device: GPUDevice, request: RetileRequest, signal: AbortSignal): Promise<void> {
  const { entry, sweep, choice, tile } = request;
  const options: BenchOptions = {
    models: modelsOf(sweep),
    kernels: [entry.name],
    tiles: { [entry.name]: tile },
    quick: true,
    signal,
    variantsFor: choosing(device, choice),
  };
  for await (const event of bench(device, options)) {
    if (event.kind === 'begin')
      say({ type: 'begin', what: event.what, done: event.done, total: event.total });
    if (event.kind === 'mismatch') say({ type: 'mismatch', message: event.mismatch });
    if (event.kind !== 'entry' || event.kernel === undefined || event.entry.shape !== entry.shape) continue;
    say({ type: 'retiled', entry: event.entry, kernel: event.kernel });
    return;
  }
  say({
    type: 'failed',
    message: `${entry.name} with these tiles gave no result that its twin agrees with.`,
  });
}

function modelsOf(sweep: Sweep): BenchModel[] | undefined {
  return sweep === 'all' ? undefined : sweep.map(configModel);
}

function choosing(device: GPUDevice, choice: KernelChoice): VariantsFor | undefined {
  if (choice === 'fixed') return undefined;
  if (choice !== 'measured') return () => choice;
  const context = Gpu.of(device);
  return (model, pass, rows) => new Tuner(context, model, {}).variantsFor(pass, rows);
}

function say(message: FromLab): void {
  scope.postMessage(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
