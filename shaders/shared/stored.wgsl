// What the weights and hidden activations of nets are stored as; what is computed with them is f32.
#if F16
alias Stored = f16;
alias StoredQuad = vec4h;
#else
alias Stored = f32;
alias StoredQuad = vec4f;
#endif
