// Four rows of one invocation, a quarter of the batch apart: neighbouring invocations touch neighbouring rows,
// and each weight is loaded once for four multiply-adds. Rows past the end repeat the last one when read.
struct RowBlock {
  rows: vec4u,
  readable: vec4u,
}

fn row_block(quarter_row: u32, n_rows: u32) -> RowBlock {
  let n_quarter = (n_rows + 3u) / 4u;
  let rows = quarter_row + n_quarter * vec4u(0u, 1u, 2u, 3u);
  return RowBlock(rows, min(rows, vec4u(n_rows - 1u)));
}
