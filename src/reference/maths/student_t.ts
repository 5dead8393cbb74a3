/**
 * log of the normaliser of Student's t, log Γ((ν + 1) / 2) − log Γ(ν / 2) − log(νπ) / 2, and its derivative
 * with respect to log ν. Uses the recurrence of Γ until the series of the quotient reaches full precision.
 * @see Tricomi and Erdélyi 1951 for the series
 */
export function studentTNormaliser(df: number): { log: number; derivative: number } {
  const STEPS = 30;
  const a = df / 2;
  const b = a + STEPS;
  // log Γ(b + ½) − log Γ(b) and its derivative.
  let log = 0.5 * Math.log(b);
  let derivative = 1 / (2 * b);
  SERIES.forEach((coefficient, i) => {
    const power = 2 * i + 1;
    log += coefficient / b ** power;
    derivative -= (power * coefficient) / b ** (power + 1);
  });
  for (let i = 0; i < STEPS; i++) {
    log += Math.log((a + i) / (a + i + 0.5));
    derivative += 1 / (a + i) - 1 / (a + i + 0.5);
  }
  return { log: log - 0.5 * Math.log(df * Math.PI), derivative: a * derivative - 0.5 };
}

/** The log-density of one feature, and its derivatives with respect to z and to log ν. */
export function studentTDensity(
  z: number,
  df: number,
  normaliser = studentTNormaliser(df),
): { log: number; dZ: number; dLogDf: number } {
  const tail = Math.log1p(z ** 2 / df);
  const pull = z / (df + z ** 2);
  return {
    log: normaliser.log - ((df + 1) / 2) * tail,
    dZ: -(df + 1) * pull,
    dLogDf: normaliser.derivative - (df / 2) * tail + ((df + 1) / 2) * z * pull,
  };
}

const SERIES = [-1 / 8, 1 / 192, -1 / 640, 17 / 14336];
