/** The report of a run on images: bits per dimension, and grids of pictures to judge the model by. */
import { Buffer } from 'node:buffer';
import type { Rows } from '../../calls/callerArrays.ts';
import { evenPlaces } from '../../data/evenPlaces.ts';
import { rowsBetween } from '../../data/images/between.ts';
import { imageCount } from '../../data/images/images.ts';
import type { Images } from '../../data/images/images.ts';
import { pngOf } from '../../data/images/png.ts';
import type { Flow } from '../../flow/flow.ts';
import { bitsPerDimension, imageFeatures } from '../../model/image.ts';
import type { ImageShape } from '../../model/image.ts';
import { isStream, isToy } from '../../training/options.ts';
import type { FitOptions } from '../../training/options.ts';
import { escapeHtml } from '../escapeHtml.ts';
import { htmlPage } from '../htmlPage.ts';
import { factsCard } from '../report.ts';
import { cards, figure, section } from '../report/html.ts';
import { trainingFigure } from '../report/trainingFigure.ts';
import { withUnsound } from '../rowResults.ts';
import type { TrainingOutcome } from '../trainingLoop.ts';
import type { TrainingSet } from '../trainingSet.ts';
import { gridOf, imagesOfRows, levelsOf } from './grid.ts';
import { nearestRows } from './nearest.ts';

/** Columns of the grids of samples. */
const COLUMNS = 10;
/** Samples, and those of a conditional model for each label. */
const SAMPLES = 60;
const SHOWN_LABELS = 10;
/** A temperature that shows what the model is most sure of. */
const COOL = 0.7;
/** Images from which the least likely are shown. */
const SCORED = 2000;
const LEAST_LIKELY = 20;
const PATHS = 5;

interface Run {
  fitOptions: FitOptions;
  outcome: TrainingOutcome;
  facts: [label: string, value: string][];
  seed: number;
  signal: AbortSignal;
}

interface Shown {
  flow: Flow;
  image: ImageShape;
  levels: number;
  /** [N, D] */
  data: Rows;
  context: Float32Array | undefined;
  run: Run;
}

/** The contents of `samples.png` and `report.html`. @throws the signal's reason once it is aborted */
export async function imageReportFiles(
  flow: Flow,
  { data, context, image = [1, 1, flow.dim], title }: TrainingSet,
  run: Run,
): Promise<Record<string, string | Uint8Array>> {
  const rows = isToy(data) || isStream(data) ? new Float32Array() : data;
  const shown: Shown = { flow, image, levels: levelsOf(flow.spec), data: rows, context: context?.data, run };
  const column = context?.columns[0];
  const labels = column !== undefined && 'levels' in column ? column.levels : [];
  const samples = await samplesOf(shown, labels.length, 1);
  const cool = await samplesOf(shown, labels.length, COOL);
  const order =
    labels.length === 0 ? '' : ` A row for each label: ${labels.slice(0, SHOWN_LABELS).join(', ')}.`;
  const pictures = [
    picture('Samples', `Drawn from the model.${order}`, samples, COLUMNS),
    picture(
      `Samples at temperature ${COOL}`,
      `The latent has ${COOL} of its spread: less variety, and closer to what the model is most sure of.${order}`,
      cool,
      COLUMNS,
    ),
    picture(
      'Images',
      'Some of those to learn.',
      imagesAt(shown, evenPlaces(rows.length / flow.dim, SAMPLES)),
      COLUMNS,
    ),
    await pathsFigure(shown),
    nearestFigure(shown, samples),
    await unlikelyFigure(shown),
  ];
  return {
    'samples.png': pngOf(gridOf(samples, COLUMNS)),
    'report.html': pageOf(title, flow.dim, pictures, run),
  };
}

function pageOf(title: string, dim: number, pictures: readonly string[], { outcome, facts }: Run): string {
  const { losses, scores, validation, skippedSteps } = outcome;
  const inBits = ({ step, nll }: TrainingOutcome['losses']) => ({
    step,
    nll: nll.map((value) => bitsOf(value, dim)),
  });
  const { bestStep } = validation ?? {};
  const curves = {
    losses: inBits(losses),
    scores: inBits(scores),
    ...(bestStep !== undefined && { bestStep }),
    unit: 'bits per dimension',
  };
  return htmlPage(
    title,
    [
      `<header>\n<h1>${escapeHtml(title)}</h1>`,
      tiles(outcome, dim),
      '</header>',
      section('Pictures', '', cards(pictures)),
      section('Training', '', cards([trainingFigure(curves, skippedSteps), factsCard(facts)])),
    ].join('\n'),
  );
}

function tiles({ valNll, trainNll, validation }: TrainingOutcome, dim: number): string {
  const values: [label: string, nats: number | undefined][] = [
    ['Validation, best', valNll],
    ['Training, last steps', trainNll],
    ['A Gaussian, validation', validation?.gaussianNll],
  ];
  const items = values
    .filter((entry): entry is [string, number] => Number.isFinite(entry[1]))
    .map(
      ([label, value]) =>
        `<div><dt>${label}</dt><dd>${bitsOf(value, dim).toFixed(3)} <span class="unit">bits per dimension</span></dd></div>`,
    );
  const lead =
    'Bits per dimension: how long a lossless code for a pixel of a channel is on average, from above. ' +
    'Each pixel counts as the interval from its value to the next, so 8 bits are those of noise.';
  return `<dl class="tiles">${items.join('')}</dl><p class="lead">${lead}</p>`;
}

function bitsOf(nll: number, dim: number): number {
  return bitsPerDimension([-nll], dim);
}

async function samplesOf(
  { flow, image, levels, run }: Shown,
  labels: number,
  temperature: number,
): Promise<Images> {
  const { seed, signal } = run;
  const rows = labels === 0 ? SAMPLES : COLUMNS * Math.min(labels, SHOWN_LABELS);
  const context =
    labels === 0
      ? undefined
      : Float32Array.from({ length: rows * labels }, (_, place) =>
          Math.floor(place / labels / COLUMNS) === place % labels ? 1 : 0,
        );
  const drawn = await withUnsound(flow.sample(rows, { seed, temperature, signal, context }));
  return imagesOfRows(drawn, image, levels);
}

/** Of each sample the training image nearest to it, below it. */
function nearestFigure({ data, image, levels }: Shown, samples: Images): string {
  const features = imageFeatures(image);
  const places = evenPlaces(imageCount(samples), COLUMNS);
  const chosen = places.reduce(
    (all, place, i) => {
      all.set(samples.pixels.subarray(place * features, (place + 1) * features), i * features);
      return all;
    },
    new Uint8Array(2 * places.length * features),
  );
  const top = { shape: image, pixels: chosen.subarray(0, places.length * features) };
  nearestRows(top, data).forEach((row, i) => {
    const nearest = imagesOfRows(data.subarray(row * features, (row + 1) * features), image, levels);
    chosen.set(nearest.pixels, (places.length + i) * features);
  });
  const caption =
    'Top: samples. Below: of each, the nearest of the images to learn, by its pixels. If both are the same, the model has ' +
    'learned its images by heart.';
  return picture('Nearest images', caption, { shape: image, pixels: chosen }, places.length);
}

/** From one image to another through the latent. */
async function pathsFigure({ flow, image, levels, data, context, run }: Shown): Promise<string> {
  const { dim } = flow;
  const places = evenPlaces(data.length / dim, 2 * PATHS);
  const chosen = rowsAt(data, dim, places).map((value) => value + 0.5);
  const given = context && rowsAt(context, flow.spec.contextDim, places);
  const { signal } = run;
  const { z } = await withUnsound(flow.forward(chosen, { signal, context: given }));
  const labels = given && rowsBetween(given, flow.spec.contextDim, COLUMNS);
  const latent = rowsBetween(z, dim, COLUMNS, Math.hypot);
  const { x } = await withUnsound(flow.inverse(latent, { signal, context: labels }));
  const caption = 'Each row: from the image at the left to the one at the right, through the latent.';
  return picture('Between two images', caption, imagesOfRows(x, image, levels), COLUMNS);
}

async function unlikelyFigure({ flow, image, levels, data, context, run }: Shown): Promise<string> {
  const { dim } = flow;
  const places = evenPlaces(data.length / dim, SCORED);
  const rows = rowsAt(data, dim, places);
  const widths = new Float32Array(rows.length).fill(1);
  const given = context && rowsAt(context, flow.spec.contextDim, places);
  const { seed, signal } = run;
  const logProb = await withUnsound(flow.logProb(rows, { widths, draws: 1, seed, context: given, signal }));
  const order = Array.from(logProb.keys()).sort((a, b) => (logProb[a] ?? 0) - (logProb[b] ?? 0));
  const least = Uint32Array.from(order.slice(0, LEAST_LIKELY));
  const worst = bitsOf(-(logProb[least[0] ?? 0] ?? NaN), dim);
  const middle = bitsOf(-(logProb[order[order.length >> 1] ?? 0] ?? NaN), dim);
  const caption =
    `Of ${places.length.toLocaleString('en')} images to learn, the least likely one first: it takes ${worst.toFixed(2)} bits per dimension, ` +
    `the one in the middle ${middle.toFixed(2)}.`;
  return picture(
    'Least likely images',
    caption,
    imagesOfRows(rowsAt(rows, dim, least), image, levels),
    COLUMNS,
  );
}

function imagesAt({ data, flow, image, levels }: Shown, places: Uint32Array): Images {
  return imagesOfRows(rowsAt(data, flow.dim, places), image, levels);
}

function rowsAt(values: Rows, width: number, places: Uint32Array): Float32Array {
  const taken = new Float32Array(places.length * width);
  places.forEach((place, i) => taken.set(values.subarray(place * width, (place + 1) * width), i * width));
  return taken;
}

/** A card with a grid of images. */
function picture(title: string, caption: string, images: Images, columns: number): string {
  const png = Buffer.from(pngOf(gridOf(images, columns))).toString('base64');
  const alt = `${imageCount(images)} images in ${columns} columns. ${caption}`;
  const chart = `<img class="chart pixels" alt="${escapeHtml(alt)}" src="data:image/png;base64,${png}">`;
  return figure(title, caption, chart, 'half');
}
