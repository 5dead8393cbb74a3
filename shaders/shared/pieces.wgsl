// The pieces into which the kinks of a net's first hidden layer cut the line of its only input. x is above the kink of
// a unit where it is past it: where w x + b > 0, or no longer is if w < 0. A row's piece is how many units have it
// above their kink, so x grows from piece to piece. docs/derivations.md, eq. (69)

// Invocations of a workgroup (src/kernels/piece_order.ts).
const PIECE_GROUP_SIZE: u32 = 16u;

const N_PIECES: u32 = HIDDEN_0 + 1u;

// The very comparison of the forward pass, which rounding leaves monotone in x.
fn is_above_kink(x: vec4f, weight: f32, bias: f32) -> vec4<bool> {
  return (fma(vec4f(weight), x, vec4f(bias)) > vec4f()) == vec4<bool>(weight >= 0.0);
}
