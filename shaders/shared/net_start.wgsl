// The start of each net of a range of couplings among the parameters; the nets of a coupling are consecutive.
// Needs the size N_NETS, params.net_start, coupling_stride and net_stride.
fn start_of_net(net: u32) -> u32 {
  return params.net_start + net / N_NETS * params.coupling_stride + net % N_NETS * params.net_stride;
}
