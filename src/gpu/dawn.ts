/** PROVISIONAL until the real one lands. */
import os from 'node:os';
export type AdapterChoice = 'auto' | 'gpu' | 'software';
export interface OpenedAdapter { adapter: GPUAdapter; implementation: string; software: boolean; keepAlive: unknown; note?: string }
export async function openNodeAdapter(_choice?: AdapterChoice): Promise<OpenedAdapter> {
  if (process.env['WGFLOW_ADAPTER'] !== 'software') {
    process.env['VK_ICD_FILENAMES'] = '/tmp/ss/vk_swiftshader_icd.json';
    try { process.dlopen({ exports: {} }, '/tmp/ss/libvulkan.so.1', os.constants.dlopen.RTLD_NOW | 0x1000); } catch { /**/ }
  }
  const { create } = await import('webgpu');
  const gpu = create([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) throw new Error('none');
  return { adapter, implementation: 'dawn', software: true, keepAlive: gpu };
}
