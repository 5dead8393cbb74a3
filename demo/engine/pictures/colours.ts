/** Colours of the pictures, mixed in OKLab, where equal steps look equal. */

/** Red, green and blue in sRGB, 0 to 1. */
export type Rgb = readonly [red: number, green: number, blue: number];
/** Lightness 0 to 1, then the green–red and blue–yellow axes. */
export type Lab = readonly [lightness: number, a: number, b: number];

export interface Palette {
  background: Rgb;
  /** Colours of the data and of the flow's output. */
  data: Rgb;
  model: Rgb;
  /** Rings, axes and other lines in the background. */
  line: Rgb;
  /** Marks that must be visible over everything else. */
  ink: Rgb;
  /** From zero density to the maximum. */
  ramp: readonly Rgb[];
  /** From one side of the data to the other. */
  tints: readonly Rgb[];
}

/** Lightness, chroma and hue in degrees; a ramp runs through several. */
type Lch = readonly [lightness: number, chroma: number, hue: number];

const RAMP_LENGTH = 256;
const TINT_LENGTH = 64;

/** The page's own colours: data are blue and the model is orange. */
const THEMES: Record<'light' | 'dark', Omit<Palette, 'ramp' | 'tints'> & { ramp: Lch[]; tints: Lch[] }> = {
  light: {
    background: hex('#ffffff'),
    data: hex('#2b63c6'),
    model: hex('#c2500f'),
    line: hex('#b9c0ca'),
    ink: hex('#161c25'),
    ramp: [
      [1, 0, 80],
      [0.94, 0.05, 82],
      [0.84, 0.115, 70],
      [0.72, 0.155, 52],
      [0.58, 0.16, 40],
      [0.42, 0.125, 32],
    ],
    tints: [
      [0.55, 0.15, 260],
      [0.55, 0.17, 320],
      [0.62, 0.17, 45],
    ],
  },
  dark: {
    background: hex('#161b22'),
    data: hex('#7eaaf8'),
    model: hex('#f5965f'),
    line: hex('#4a5563'),
    ink: hex('#e8ecf1'),
    ramp: [
      [0.2213, 0.0161, 257],
      [0.32, 0.055, 18],
      [0.45, 0.115, 30],
      [0.6, 0.15, 42],
      [0.75, 0.145, 62],
      [0.9, 0.09, 88],
    ],
    tints: [
      [0.72, 0.13, 255],
      [0.72, 0.15, 320],
      [0.78, 0.14, 55],
    ],
  },
};

/** The palette of a theme. */
export function paletteOf(theme: 'light' | 'dark'): Palette {
  const { ramp, tints, ...colours } = THEMES[theme];
  return { ...colours, ramp: evenRamp(ramp, RAMP_LENGTH), tints: evenRamp(tints, TINT_LENGTH) };
}

/** Colours at equal distances along the line through `stops` in OKLab. */
export function evenRamp(stops: readonly Lch[], length: number): Rgb[] {
  const labs = stops.map(toLab);
  const ends = [0];
  labs.forEach((lab, index) => {
    const before = labs[index - 1];
    if (before !== undefined) ends.push((ends.at(-1) ?? 0) + distance(before, lab));
  });
  const total = ends.at(-1) ?? 0;
  return Array.from({ length }, (_, i) => {
    const at = (total * i) / (length - 1);
    const next = Math.max(
      1,
      ends.findIndex((end) => end >= at - 1e-12),
    );
    const [start = 0, end = 1] = ends.slice(next - 1, next + 1);
    const [from = [0, 0, 0], to = [0, 0, 0]] = labs.slice(next - 1, next + 1);
    return rgbOf(mixLab(from, to, (at - start) / (end - start || 1)));
  });
}

/** The colour between two, `share` of the way, mixed in OKLab. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return rgbOf(mixLab(labOf(from), labOf(to), share));
}

/** Four bytes, red in the lowest, in the order of `unpack4x8unorm`. */
export function packed([red, green, blue]: Rgb, alpha = 1): number {
  const byte = (value: number): number => Math.round(255 * Math.min(1, Math.max(0, value)));
  return (byte(red) | (byte(green) << 8) | (byte(blue) << 16) | (byte(alpha) << 24)) >>> 0;
}

/** @see Ottosson 2020, "A perceptual color space for image processing" */
export function labOf(rgb: Rgb): Lab {
  const [red, green, blue] = rgb.map(linearOf) as [number, number, number];
  const l = Math.cbrt(0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue);
  const m = Math.cbrt(0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue);
  const s = Math.cbrt(0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** The inverse of `labOf`; colours outside sRGB are clipped. */
export function rgbOf([lightness, a, b]: Lab): Rgb {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    screenOf(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    screenOf(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    screenOf(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

/** Distance of two colours in OKLab. */
export function distance(from: Lab, to: Lab): number {
  return Math.hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2]);
}

function toLab([lightness, chroma, hue]: Lch): Lab {
  const angle = (hue * Math.PI) / 180;
  return [lightness, chroma * Math.cos(angle), chroma * Math.sin(angle)];
}

function mixLab(from: Lab, to: Lab, share: number): Lab {
  const between = (index: 0 | 1 | 2): number => from[index] + share * (to[index] - from[index]);
  return [between(0), between(1), between(2)];
}

function linearOf(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function screenOf(linear: number): number {
  const value = linear <= 0.0031308 ? 12.92 * linear : 1.055 * linear ** (1 / 2.4) - 0.055;
  return Math.min(1, Math.max(0, value));
}

function hex(text: string): Rgb {
  const value = Number.parseInt(text.slice(1), 16);
  return [(value >> 16) / 255, ((value >> 8) & 255) / 255, (value & 255) / 255];
}
