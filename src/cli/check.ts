/** `wgflow check`: whether a model computes what it should, and whether its samples are like the rows of a table. */
import type { Rows } from '../calls/callerArrays.ts';
import { drawCells } from '../data/cells.ts';
import { EvenSample } from '../data/evenSample.ts';
import { evenPlaces } from '../data/evenPlaces.ts';
import { DataError, WgflowError } from '../errors.ts';
import { ReferenceFlow } from '../reference/flow.ts';
import { energyOf, jacobianRows, latents, logDet, meanNll, roundTrip } from './checks.ts';
import type { Check } from './checks.ts';
import { rowContext } from './contextInput.ts';
import { codecOf, columnNames, latentNames, openFlow, readModel } from './modelInput.ts';
import type { ModelFile } from './modelInput.ts';
import { modelRows, tellNews } from './modelRows.ts';
import { readingProgress } from './progress.ts';
import { RowResults } from './rowResults.ts';
import type { Session } from './session.ts';
import { joinedValues } from './tableInput.ts';
import { withLabels } from './images/labels.ts';
import { tableForm } from './tableOptions.ts';
import type { TableOptions } from './tableOptions.ts';

/** Rows of a large table that are checked, at most. */
const MAX_ROWS = 8192;

/** Latent columns with a line of their own, at most. */
const MAX_LINES = 20;

export interface CheckOptions extends TableOptions {
  context?: string;
  seed: number;
  /** Whether a warning ends with exit code 1. */
  strict?: boolean;
}

export async function checkCommand(
  session: Session,
  modelFile: string,
  dataFile: string,
  { context: given, seed, strict = false, ...form }: CheckOptions,
): Promise<void> {
  const model = await readModel(modelFile);
  const table = await checkedRows(session, model, dataFile, given, form);
  const checks = await runChecks(session, model, dataFile, table, seed);
  const warnings = checks.filter(({ verdict }) => verdict === 'warn').length;
  tell(session, checks, model.model.spec.dim);
  session.emit({ event: 'done', rows: table.lines.length, tableRows: table.tableRows, warnings });
  if (!strict || warnings === 0) return;
  const words = `${warnings} of ${checks.length} checks warn`;
  throw new WgflowError(
    'CHECK_WARNED',
    `${modelFile} on ${dataFile}: ${words}. See the lines that begin with "warn".`,
  );
}

interface CheckedRows {
  /** [n, D] */
  values: Rows;
  /** [n, D], if the model's columns are no plain numbers. */
  widths: Float32Array | undefined;
  /** [n, C], or one row for all. */
  context: Float32Array | undefined;
  lines: number[];
  /** Rows of the whole table. */
  tableRows: number;
}

/** The rows of a table, or of a large one rows at even distances. */
async function checkedRows(
  session: Session,
  model: ModelFile,
  file: string,
  given: string | undefined,
  form: TableOptions,
): Promise<CheckedRows> {
  const { dim } = model.model.spec;
  const context = rowContext(model, file, given);
  const codec = codecOf(model.model);
  const read = await withLabels(tableForm(session, form), form.labels, session.signal);
  const chunks = modelRows(file, model.model, codec, context.text, read);
  const kept = new EvenSample<{ values: Rows; widths: Float32Array; cells: readonly string[]; line: number }>(
    MAX_ROWS,
  );
  let tableRows = 0;
  for await (const chunk of readingProgress(session, file)(chunks, ({ rows }) => rows)) {
    session.signal.throwIfAborted();
    const { values, widths = new Float32Array(), text, rows } = chunk;
    for (let row = 0; row < rows; row++) {
      const [from, to] = [row * dim, (row + 1) * dim];
      kept.add({
        values: values.slice(from, to),
        widths: widths.slice(from, to),
        cells: text.cells[row] ?? [],
        line: text.lines[row] ?? NaN,
      });
    }
    tableRows += rows;
  }
  if (tableRows < 2) {
    const found = tableRows === 1 ? '1 row' : 'no rows';
    throw new DataError(`found ${found}, expected at least 2`, { file }, 'Give more rows.');
  }
  const { items } = kept;
  const lines = items.map(({ line }) => line);
  const text = { cells: items.map(({ cells }) => [...cells]), lines };
  const count = items.length.toLocaleString('en');
  session.notice({
    kind: 'note',
    message:
      items.length === tableRows
        ? `checking all ${count} rows.`
        : `checking ${count} of ${tableRows.toLocaleString('en')} rows, at even distances.`,
  });
  tellNews(session, codec);
  return {
    values: joinedValues(
      items.map(({ values }) => values),
      Float64Array,
    ),
    widths:
      codec &&
      joinedValues(
        items.map(({ widths }) => widths),
        Float32Array,
      ),
    context: context.of(text, items.length).features,
    lines,
    tableRows,
  };
}

async function runChecks(
  session: Session,
  model: ModelFile,
  file: string,
  { values, widths, context, lines }: CheckedRows,
  seed: number,
): Promise<Check[]> {
  const { signal } = session;
  const { spec, training, parameters } = model.model;
  const { dim, contextDim } = spec;
  const precision = session.tuning.precision ?? 'f32';
  const rows = lines.length;
  const x = widths === undefined ? values : drawCells({ values, widths }, dim, { seed: 0 }).values;
  using flow = await openFlow(session, model);
  const finite = async <T>(run: Promise<T>): Promise<T> => {
    const results = new RowResults();
    const result = await results.of(run, lines);
    results.requireFinite(rows, file);
    return result as T;
  };
  const forward = await finite(flow.forward(x, { context, signal }));
  const { x: back } = await finite(flow.inverse(forward.z, { context, signal }));
  const logProb = await finite(flow.logProb(values, { widths, context, signal }));
  const drawn = await flow.sampleAndLogProb(rows, { seed, context, signal });

  const few = evenPlaces(rows, jacobianRows(dim));
  const numeric = {
    z: gathered(forward.z, dim, few),
    logDets: Float32Array.from(few, (row) => forward.logDet[row] ?? NaN),
    context: context && (context.length === contextDim ? context : gathered(context, contextDim, few)),
  };
  const names = columnNames(model.model);
  return [
    roundTrip({ x, names, lines }, back, precision),
    ...(few.length === 0 ? [] : [logDet(new ReferenceFlow(spec, parameters), numeric, precision)]),
    ...latents(forward.z, drawn.z, latentNames(model.model)),
    energyOf(x, drawn.x, dim, context && context.length > contextDim ? context : new Float32Array()),
    meanNll(logProb, training),
  ];
}

/** The rows of `rows` [*, width] at these places. */
function gathered(rows: Float32Array, width: number, places: Uint32Array): Float32Array {
  return Float32Array.from(
    { length: places.length * width },
    (_, i) => rows[(places[Math.floor(i / width)] ?? 0) * width + (i % width)] ?? NaN,
  );
}

/** Prints a line for each check; of many latent columns, for those with the largest distances. */
function tell(session: Session, checks: readonly Check[], dim: number): void {
  for (const { check, verdict, words, facts } of checks) {
    session.emit({ event: 'check', check, verdict, ...facts, message: words });
  }
  if (session.json) return;
  const isLatent = ({ check }: Check): boolean => check === 'latent';
  const excess = ({ facts }: Check): number => Number(facts['ks']) - Number(facts['bound']);
  const shown = new Set(
    checks
      .filter(isLatent)
      .toSorted((a, b) => excess(b) - excess(a))
      .slice(0, MAX_LINES),
  );
  const lines = checks
    .filter((check) => !isLatent(check) || shown.has(check))
    .map(
      ({ check, verdict, words }) => `${verdict}  ${check === 'latent' ? 'latent ' : `${check}: `}${words}`,
    );
  const hidden = checks.filter((check) => isLatent(check) && !shown.has(check));
  if (hidden.length > 0) {
    const warned = hidden.filter(({ verdict }) => verdict === 'warn').length;
    lines.push(
      `${warned === 0 ? 'pass' : 'warn'}  latent: ${hidden.length} more columns with smaller distances, of which ${warned} warn`,
    );
  }
  if (jacobianRows(dim) === 0)
    lines.push('The log-det was not checked: a numeric Jacobian of so many columns takes too long.');
  session.print(`${lines.join('\n')}\n`);
}
