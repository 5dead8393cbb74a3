// Precision of a layer's inputs and outputs in memory: half within a net, with F16_INPUT and F16_OUTPUT; f32
// for the state and for a net's outputs.
#if F16_INPUT
alias InputQuad = vec4h;
#else
alias InputQuad = vec4f;
#endif
#if F16_OUTPUT
alias OutputQuad = vec4h;
#else
alias OutputQuad = vec4f;
#endif
