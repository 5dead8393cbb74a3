// Whether (row + column) mod 2 of this pixel is `parity`, on images `width` pixels wide.
fn is_of_parity(pixel: u32, width: u32, parity: u32) -> bool {
  return (pixel / width + pixel % width) % 2u == parity;
}
