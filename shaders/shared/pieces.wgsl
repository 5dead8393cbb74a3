// The kinks of a net's first hidden layer cut its single input into pieces. x is above the kink of a unit if
// it is past it: if w x + b > 0, or if that no longer holds for w < 0. A row's piece is the count of units
// that have it above their kink, so x grows from piece to piece. docs/derivations.md, eq. (69)

const N_PIECES: u32 = HIDDEN_0 + 1u;

// The same comparison as in the forward pass; rounding keeps it monotone in x.
fn is_above_kink(x: vec4f, weight: f32, bias: f32) -> vec4<bool> {
  return (fma(vec4f(weight), x, vec4f(bias)) > vec4f()) == vec4<bool>(weight >= 0.0);
}

// Far from any data, and still finite after another layer.
const FAR: f32 = 1e30;

// The kink of a unit. Without a kink, a value so far out that every x is on the side of is_above_kink.
fn kink_of(weight: f32, bias: f32) -> f32 {
  if (abs(weight) < 1e-30) {
    return select(FAR, -FAR, (bias > 0.0) == (weight >= 0.0));
  }
  return clamp(-bias / weight, -FAR, FAR);
}
