// Positions of the elements of a strict triangle, packed row by row: PyTorch's tril_indices(D, D, -1) and
// triu_indices(D, D, 1).

// Row i, column j < i.
fn lower_place(i: u32, j: u32) -> u32 {
  return i * (i - 1u) / 2u + j;
}

// Row i, column j > i of n_features.
fn upper_place(i: u32, j: u32, n_features: u32) -> u32 {
  return i * (2u * n_features - i - 1u) / 2u + j - i - 1u;
}
