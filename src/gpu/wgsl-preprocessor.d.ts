declare module 'wgsl-preprocessor/wgsl-preprocessor.js' {
  /** Template tag that resolves `#if ${condition}`, `#elif ${condition}`, `#else` and `#endif`. */
  export function wgsl(strings: readonly string[], ...values: unknown[]): string;
}
