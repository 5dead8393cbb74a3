// sums[f, i] = sum_k sum_t weights(f, k, t) source(k, p + i, t) over the 3 by 3 taps t around the pixels p + i of a strip
// of four neighbours in a row of the image, and depth channels k, for four features f; k, then rows, then columns ascend.
// The including shader defines source_quad(k, row, column), a quad of rows of one pixel, and weight_row(feature, k, row),
// the three weights of a row of taps. Pixels outside the image count as zeros.
#include "shared/grid.wgsl"

const STRIP: u32 = 4u;
const FEATURE_BLOCK: u32 = 4u;

struct Strip {
  quad: u32,
  row: u32,
  column: u32,
  first_feature: u32,
}

// Neighbouring invocations take neighbouring quads, then strips, then blocks of features.
fn strip_of(index: u32) -> Strip {
  let n_strips = (params.width + STRIP - 1u) / STRIP;
  let rest = index / params.n_quads;
  return Strip(
    index % params.n_quads,
    (rest / n_strips) % params.height,
    (rest % n_strips) * STRIP,
    FEATURE_BLOCK * (rest / (n_strips * params.height)),
  );
}

// Columns are counted from one, so that 0 is the one before the image.
fn padded_quad(strip: Strip, k: u32, row: u32, column: u32) -> vec4f {
  if (column == 0u || column > params.width) {
    return vec4f();
  }
  return source_quad(strip.quad, k, row, column - 1u);
}

fn strip_sums(strip: Strip, depth: u32) -> array<vec4f, FEATURE_BLOCK * STRIP> {
#unroll f 4
#unroll i 4
  var sum_$f$i = vec4f();
#end
#end
  for (var k = 0u; k < depth; k++) {
    for (var tap_row = 0u; tap_row < 3u; tap_row++) {
      let row = strip.row + tap_row;
      if (row == 0u || row > params.height) {
        continue;
      }
#unroll i 6
      let x_$i = padded_quad(strip, k, row - 1u, strip.column + $i);
#end
#unroll f 4
      let w_$f = weight_row(strip.first_feature + $f, k, tap_row);
      sum_$f0 = fma(vec4f(w_$f.x), x_0, fma(vec4f(w_$f.y), x_1, fma(vec4f(w_$f.z), x_2, sum_$f0)));
      sum_$f1 = fma(vec4f(w_$f.x), x_1, fma(vec4f(w_$f.y), x_2, fma(vec4f(w_$f.z), x_3, sum_$f1)));
      sum_$f2 = fma(vec4f(w_$f.x), x_2, fma(vec4f(w_$f.y), x_3, fma(vec4f(w_$f.z), x_4, sum_$f2)));
      sum_$f3 = fma(vec4f(w_$f.x), x_3, fma(vec4f(w_$f.y), x_4, fma(vec4f(w_$f.z), x_5, sum_$f3)));
#end
    }
  }
  return array<vec4f, FEATURE_BLOCK * STRIP>(
#unroll f 4
#unroll i 4
    sum_$f$i,
#end
#end
  );
}
