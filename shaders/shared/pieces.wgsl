// The pieces into which the kinks of a net's first hidden layer cut the line of its only input. x is above the kink of
// a unit where it is past it: where w x + b > 0, or no longer is if w < 0. A row's piece is how many units have it
// above their kink, so x grows from piece to piece. docs/derivations.md, eq. (69)

const N_PIECES: u32 = HIDDEN_0 + 1u;

// The very comparison of the forward pass, which rounding leaves monotone in x.
fn is_above_kink(x: vec4f, weight: f32, bias: f32) -> vec4<bool> {
  return (fma(vec4f(weight), x, vec4f(bias)) > vec4f()) == vec4<bool>(weight >= 0.0);
}

// Far from any data, and still finite after another layer.
const FAR: f32 = 1e30;

// Where a unit has its kink; where it has none, so far out that x is on the side that is_above_kink says.
fn kink_of(weight: f32, bias: f32) -> f32 {
  if (abs(weight) < 1e-30) {
    return select(FAR, -FAR, (bias > 0.0) == (weight >= 0.0));
  }
  return clamp(-bias / weight, -FAR, FAR);
}
