/** The article's small live figures. Each is redrawn when one of its two sliders moves. */
import { byId, setText, svg } from './dom.ts';
import { decimal } from './figures.ts';

type Point = readonly [number, number];
type Redraw = (first: number, second: number) => { drawing: SVGSVGElement; words: string };

export function drawArticle(): void {
  follow('variables', ['x', 'bend'], drawVariables);
  follow('area', ['stretch', 'shear'], drawArea);
  follow('coupling', ['s', 't'], drawCoupling);
}

function follow(figure: string, sliders: readonly [string, string], redraw: Redraw): void {
  const place = document.querySelector(`#figure-${figure} .drawing`);
  const inputs = sliders.map((slider) => byId(`${figure}-${slider}`, HTMLInputElement));
  const update = (): void => {
    const [first = 0, second = 0] = inputs.map((input) => input.valueAsNumber);
    const { drawing, words } = redraw(first, second);
    place?.replaceChildren(drawing);
    setText(byId(`${figure}-words`, HTMLElement), words);
  };
  for (const input of inputs) input.addEventListener('input', update);
  update();
}

const REACH = 3.2;

/** The Gaussian over z on the left, the map in the middle, the density over x below. */
function drawVariables(x: number, bend: number): ReturnType<Redraw> {
  const f = (at: number): number => at - (bend / 2) * Math.sin(2 * at);
  const slope = (at: number): number => 1 - bend * Math.cos(2 * at);
  const normal = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
  const density = (at: number): number => normal(f(at)) * slope(at);

  const across = (at: number): number => 330 + (195 * at) / REACH;
  const up = (z: number): number => 125 - (110 * z) / REACH;
  const [base, wall] = [370, 118];
  const below = (p: number): number => base - 190 * p;
  const left = (p: number): number => wall - 200 * p;

  const half = 0.16;
  const steps = (from: number, to: number, n = 80): number[] =>
    Array.from({ length: n + 1 }, (_, i) => from + ((to - from) * i) / n);
  const overX = (from: number, to: number): Point[] =>
    steps(from, to).map((at) => [across(at), below(density(at))]);
  const overZ = (from: number, to: number): Point[] => steps(from, to).map((z) => [left(normal(z)), up(z)]);
  const [x0, x1] = [x - half, x + half];
  const [z0, z1] = [f(x0), f(x1)];

  const drawing = figure(540, 392, [
    svg('path', { class: 'axis', d: `M135 ${base}H525 M${wall} 15V235` }),
    path('guide', [
      [across(x0), below(0)],
      [across(x0), up(z0)],
      [left(0), up(z0)],
    ]),
    path('guide', [
      [across(x1), below(0)],
      [across(x1), up(z1)],
      [left(0), up(z1)],
    ]),
    path('area-data', [[across(x0), base], ...overX(x0, x1), [across(x1), base]], true),
    path('area-latent', [[wall, up(z0)], ...overZ(z0, z1), [wall, up(z1)]], true),
    path('curve of-data', overX(-REACH, REACH)),
    path('curve of-latent', overZ(-REACH, REACH)),
    path(
      'map',
      steps(-REACH, REACH).map((at): Point => [across(at), up(f(at))]),
    ),
    svg('circle', { class: 'dot', cx: across(x), cy: up(f(x)), r: 4 }),
    label(8, 26, 'density of z'),
    label(440, 26, 'z = f(x)'),
    label(430, 386, 'density of x'),
  ]);
  const mass = steps(z0, z1).reduce((sum, z) => sum + (normal(z) * (z1 - z0)) / 81, 0);
  const words =
    `x = ${decimal(x)} goes to z = ${decimal(f(x))}, where the Gaussian has density ${decimal(normal(f(x)))}. There f has slope ` +
    `${decimal(slope(x))}, so p(x) = ${decimal(normal(f(x)))} × ${decimal(slope(x))} = ${decimal(density(x))}. Each area is ${decimal(100 * mass)} % of all.`;
  return { drawing, words };
}

/** A square and its image under a matrix. */
function drawArea(stretch: number, shear: number): ReturnType<Redraw> {
  const factor = Math.exp(stretch);
  const map = ([x, y]: Point): Point => [x, factor * y + shear * x];
  const corners: Point[] = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 1],
  ];
  const before = ([x, y]: Point): Point => [110 + 80 * x, 190 - 80 * y];
  const after = (point: Point): Point => {
    const [x, y] = map(point);
    return [360 + 80 * x, 190 - 80 * y];
  };
  const drawing = figure(540, 300, [
    ...lattice(before, [-1, 2], [-1, 2], 6),
    ...lattice(after, [-1, 2], [-0.4, 1.4], 6),
    path('area-data', corners.map(before), true),
    path('area-latent', corners.map(after), true),
    label(128, 154, 'area 1'),
    label(364, after([0.5, 0.5])[1] + 4, `area ${decimal(factor)}`),
  ]);
  const words =
    `|det J| = ${decimal(factor)}, so log |det J| = ${decimal(stretch)} nats: the same sand lies on ${decimal(factor)} times the ` +
    `area. The shear of ${decimal(shear)} changes the shape, and no area.`;
  return { drawing, words };
}

/** The plane before and after one coupling, with a column of points. */
function drawCoupling(scale: number, shift: number): ReturnType<Redraw> {
  const s = (x: number): number => scale * Math.cos(1.4 * x);
  const t = (x: number): number => shift * Math.sin(1.4 * x);
  const map = ([x, y]: Point): Point => [x, y * Math.exp(s(x)) + t(x)];
  const before = ([x, y]: Point): Point => [130 + 50 * x, 150 - 42 * y];
  const after = (point: Point): Point => {
    const [x, y] = map(point);
    return [405 + 50 * x, 150 - 42 * y];
  };
  const column = 0.8;
  const points = [-1.5, -1, -0.5, 0, 0.5, 1, 1.5].map((y): Point => [column, y]);
  const dot = ([cx, cy]: Point): SVGElement => svg('circle', { class: 'dot', cx, cy, r: 3.5 });
  const drawing = figure(540, 300, [
    ...lattice(before, [-2, 2], [-1.5, 1.5], 10),
    ...lattice(after, [-2, 2], [-1.5, 1.5], 10),
    path('curve of-data', points.map(before)),
    path('curve of-data', points.map(after)),
    ...points.map((point) => dot(before(point))),
    ...points.map((point) => dot(after(point))),
    label(24, 292, 'x'),
    label(300, 292, 'z'),
  ]);
  const words =
    `On the marked column x₁ = ${decimal(column)} the nets say s = ${decimal(s(column))} and t = ${decimal(t(column))}: z₂ = ${decimal(Math.exp(s(column)))} · x₂ ` +
    `${t(column) < 0 ? '−' : '+'} ${decimal(Math.abs(t(column)))}. Columns stay columns, and log |det J| = ${decimal(s(column))} nats all along this one.`;
  return { drawing, words };
}

function figure(width: number, height: number, children: readonly Node[]): SVGSVGElement {
  return svg('svg', { viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' }, children);
}

function lattice(
  place: (point: Point) => Point,
  [x0, x1]: Point,
  [y0, y1]: Point,
  lines: number,
): SVGElement[] {
  const between = (from: number, to: number, share: number): number => from + (to - from) * share;
  const shares = Array.from({ length: lines + 1 }, (_, i) => i / lines);
  const fine = Array.from({ length: 41 }, (_, i) => i / 40);
  return shares.flatMap((share) => [
    path(
      'grid-line',
      fine.map((along) => place([between(x0, x1, along), between(y0, y1, share)])),
    ),
    path(
      'grid-line',
      fine.map((along) => place([between(x0, x1, share), between(y0, y1, along)])),
    ),
  ]);
}

function path(className: string, points: readonly Point[], closed = false): SVGPathElement {
  const d = points.map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`).join('');
  return svg('path', { class: className, d: closed ? `${d}Z` : d, ...(closed ? {} : { fill: 'none' }) });
}

function label(x: number, y: number, text: string): SVGTextElement {
  return svg('text', { x, y }, [text]);
}
