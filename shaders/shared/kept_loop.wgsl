// Needs params.n_nets, which is not 0.

// `count`, but the compiler does not know that. It keeps a loop to this bound; unrolled, such a loop takes seconds to compile.
fn kept_bound(count: u32) -> u32 {
  return count * min(params.n_nets, 1u);
}
