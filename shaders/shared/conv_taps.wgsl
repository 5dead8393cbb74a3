// The pixel that tap 0 to 8 of a 3 by 3 convolution reads for this pixel, or NO_PIXEL outside the image.
const NO_PIXEL: u32 = 0xffffffffu;

fn tap_pixel(pixel: u32, tap: u32) -> u32 {
  // Counted from one, so that 0 is the row or column before the image.
  let row = pixel / params.width + tap / 3u;
  let column = pixel % params.width + tap % 3u;
  if (row == 0u || row > params.height || column == 0u || column > params.width) {
    return NO_PIXEL;
  }
  return (row - 1u) * params.width + column - 1u;
}

// Whether the convolution reads zeros for this pixel, as its colour is not `parity`.
fn is_hidden(pixel: u32) -> bool {
  return (pixel / params.width + pixel % params.width) % 2u == 1u - params.parity;
}
