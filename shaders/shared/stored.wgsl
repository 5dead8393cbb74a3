// Precision of the weights and hidden activations of nets in memory; computations are f32.
#if F16
alias Stored = f16;
alias StoredQuad = vec4h;
#else
alias Stored = f32;
alias StoredQuad = vec4f;
#endif
