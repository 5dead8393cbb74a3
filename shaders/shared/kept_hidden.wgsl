// The hidden layers above the first of every net before their activation, for the gradients of the weights:
// the invocation's quad of rows of `hiddens` [nets HIDDEN_1, n_quads], with HAS_HIDDEN_2 then [nets HIDDEN_2, n_quads].
#if KEEP_HIDDEN
var<private> kept_quad: u32;
var<private> keeps_quad: bool;

fn keep_hidden(unit: u32, a: vec4f) {
  if (keeps_quad) {
    hiddens[unit * params.n_quads + kept_quad] = a;
  }
}
#endif
