// What the rows of a layer's inputs and outputs are stored as: half precision within a net, with F16_INPUT and
// F16_OUTPUT; f32 where they are the state, or what a net leaves.
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
