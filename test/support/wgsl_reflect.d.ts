/** The package's main entry lacks its exports at run time; its module file lacks types. */
declare module 'wgsl_reflect/wgsl_reflect.module.js' {
  export { WgslParser, WgslReflect } from 'wgsl_reflect';
  export type { FunctionInfo, VariableInfo } from 'wgsl_reflect';
}
