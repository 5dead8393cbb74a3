/** The data that an opened model continues with. */
import { ShapeError, TOY_NAMES, toyDensity, WgflowError } from '../../src/index.ts';
import type { Flow, LabelColumn, Rows, ToyName } from '../../src/index.ts';
import { domainsOf, TableCodec } from '../../src/page/index.ts';
import { MAX_CLASSES, oneHot } from '../labels.ts';
import type { DataOrigin, DataSettings, RowData, ToyData } from '../protocol.ts';
import { dataSetOf, fitsDomains } from './dataSet.ts';
import type { DataSet } from './dataSet.ts';
import { drawSamples } from './drawSamples.ts';

/** Sample count that stands in for the data of a model that came without any. */
const OWN_SAMPLES = 4000;

/** Facts that identify the data a model learned from. */
export type ModelFacts = Pick<Flow, 'spec' | 'dim' | 'training'>;

export interface LoadedData {
  data: DataSet;
  /** For people. */
  title: string;
  origin: DataOrigin;
  ownSamples?: RowData;
}

/**
 * The page's data if they fit the model, or the toy density it learned from, or its own samples.
 * @param name the model's name, which becomes the title of its samples
 * @throws {ShapeError} if the page has no pictures or no controls for the model
 */
export async function dataForFlow(
  flow: Flow,
  name: string,
  atHand: DataSettings | undefined,
): Promise<LoadedData> {
  const known = knownData(flow, atHand);
  if (known !== undefined) return known;
  const column = classesOf(flow);
  const columns = flow.training?.columns ?? Array.from({ length: flow.dim }, (_, j) => `x${j + 1}`);
  const of = column && Uint8Array.from({ length: OWN_SAMPLES }, (_, row) => row % column.levels.length);
  const labels = column && of && { column, of };
  const drawn = await drawSamples(flow, OWN_SAMPLES, 0, labels && oneHot(labels));
  const { rows, cells, domains } = cellsOf(flow, drawn);
  const ownSamples: RowData = {
    kind: 'rows',
    columns,
    title: name,
    rows,
    ...(labels && { labels }),
    ...(cells && { cells }),
    ...(domains && { domains }),
  };
  return { data: dataSetOf(ownSamples), title: name, origin: { kind: 'own-samples' }, ownSamples };
}

/** Drawn features as the cells that a flow of a table learns; every one is valid. */
function cellsOf(flow: Flow, rows: Rows): Pick<RowData, 'rows' | 'cells' | 'domains'> {
  const table = flow.training?.table;
  if (table === undefined) return { rows };
  const codec = new TableCodec(table);
  const { values, widths } = codec.encode(codec.decodeDrawn(rows));
  return { rows: values, cells: { table, widths }, domains: codec.features.map(({ domain }) => domain) };
}

/**
 * The page's data, split as the model splits them, or the toy density it learned from; undefined if neither fits.
 * @throws {ShapeError} as `dataForFlow`
 */
export function knownData(model: ModelFacts, atHand: DataSettings | undefined): LoadedData | undefined {
  requireTwoColumns(model);
  const column = classesOf(model);
  const chosen = atHand && told(atHand, column !== undefined);
  if (chosen === undefined || !isOfItsDataset(chosen, model)) return toyData(model, column);
  const data = usable(chosen);
  if (data === undefined || !isSuited(data, model, column)) return toyData(model, column);
  return chosen.kind === 'toy'
    ? { data, title: chosen.name, origin: chosen }
    : { data, title: chosen.title, origin: { kind: 'at-hand', apart: column !== undefined } };
}

/** The toy density that a model learned from. */
function toyData({ training, dim }: ModelFacts, column: LabelColumn | undefined): LoadedData | undefined {
  const toy = TOY_NAMES.find((name: ToyName) => name === training?.dataset);
  const known = toy && toyDensity(toy);
  if (known?.dim !== dim || (column !== undefined && column.levels.length !== known.classes))
    return undefined;
  const noise = training?.options?.['noise'];
  const origin: ToyData = {
    kind: 'toy',
    name: known.name,
    size: 'endless',
    apart: column !== undefined,
    ...(typeof noise === 'number' ? { noise } : {}),
  };
  const data = dataSetOf(origin);
  // Use the model's names for the classes.
  const classes = data.classes && column && { ...data.classes, column };
  return { data: { ...data, classes }, title: known.name, origin };
}

/** The same data, with their classes split if they have any, or merged. */
function told(data: DataSettings, apart: boolean): DataSettings {
  if (data.kind === 'toy') return { ...data, apart };
  const { labels, ...rows } = data;
  return apart && labels !== undefined ? { ...rows, labels } : rows;
}

/** Undefined if the data are refused; the page has reported it already. */
function usable(settings: DataSettings): DataSet | undefined {
  try {
    return dataSetOf(settings);
  } catch (error) {
    if (error instanceof WgflowError) return undefined;
    throw error;
  }
}

/** A model that names its toy density continues with no other data. */
function isOfItsDataset(data: DataSettings, { training }: ModelFacts): boolean {
  const name = training?.dataset;
  return name === undefined || (data.kind === 'toy' && data.name === name);
}

/** @throws {ShapeError} if the model has one column */
function requireTwoColumns({ dim, training }: ModelFacts): void {
  if (dim >= 2) return;
  throw new ShapeError(
    'columns of the model',
    `one, "${training?.columns?.[0] ?? 'x1'}"`,
    'two or more',
    'The pictures show two. The command line opens it: wgflow sample.',
  );
}

/** The classes of a flow. @throws {ShapeError} if its context is not one column of a few labels */
function classesOf({ spec, training }: ModelFacts): LabelColumn | undefined {
  if (spec.contextDim === 0) return undefined;
  const columns = training?.context ?? [];
  const [column] = columns;
  const isOne = columns.length === 1 && column !== undefined && 'levels' in column;
  if (isOne && column.levels.length <= MAX_CLASSES) return column;
  const words = columns.map((each) =>
    'levels' in each ? `${each.name} (${each.levels.length} labels)` : `${each.name} (numbers)`,
  );
  throw new ShapeError(
    'context of the model',
    words.length === 0 ? `${spec.contextDim} features without names` : words.join(', '),
    `one column of at most ${MAX_CLASSES} labels`,
    'The command line opens it: wgflow sample, with --context.',
  );
}

/** Whether a flow can continue with these data: same column count, names, domains and classes. */
function isSuited(
  data: DataSet,
  { spec, dim, training }: ModelFacts,
  column: LabelColumn | undefined,
): boolean {
  const names = training?.columns ?? data.columns;
  return (
    data.columns.length === dim &&
    data.columns.every((name, index) => name === names[index]) &&
    fitsDomains(data, domainsOf(spec)) &&
    JSON.stringify(data.cells?.codec.columns) === JSON.stringify(training?.table) &&
    JSON.stringify(data.classes?.column) === JSON.stringify(column)
  );
}
