// Maps of bounded data on the units of a tile. Needs the bindings and the tile of resident_pass.
#include "shared/domain.wgsl"

const UNIT_DOMAIN: u32 = 2u;

// `to` in the domain <-> on the real line, with the scale at `tensor`; the log-derivative goes to `aux`.
fn map_domain(op: Op, unit: u32, quad: u32) {
  let to = (op.to + unit) * ROW_QUADS + quad;
  let scale = parameters[op.tensor + unit];
#unroll r 4
  let image_$r = domain_image_of(op, tile[to][$r], scale);
#end
  tile[to] = vec4f(image_0.value, image_1.value, image_2.value, image_3.value);
  tile[(op.aux + unit) * ROW_QUADS + quad] =
    vec4f(image_0.log_derivative, image_1.log_derivative, image_2.log_derivative, image_3.log_derivative);
}

fn domain_image_of(op: Op, value: f32, scale: f32) -> DomainImage {
  let is_unit = (op.option & UNIT_DOMAIN) != 0u;
  if ((op.option & INVERTED) != 0u) {
    return domain_preimage(is_unit, value, scale);
  }
  return domain_image(is_unit, value, scale);
}
