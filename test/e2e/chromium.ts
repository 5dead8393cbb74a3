/** Headless Chromium from npm with WebGPU on SwiftShader, or without WebGPU; needs only Linux x64. */
import { dirname } from 'node:path';
import type { Browser } from 'playwright-core';

const FLAGS = [
  '--headless=new',
  '--no-sandbox',
  '--no-zygote',
  '--disable-dev-shm-usage',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
];
const WEBGPU_FLAGS = [
  '--use-angle=swiftshader',
  '--ignore-gpu-blocklist',
  '--enable-unsafe-swiftshader',
  '--disable-accelerated-2d-canvas',
  '--enable-unsafe-webgpu',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--use-webgpu-adapter=swiftshader',
];

/** The executable, unpacked if it is not yet. */
export async function chromiumPath(): Promise<string> {
  // The package unpacks the NSS libraries only if it believes that it runs on AWS Lambda.
  process.env['AWS_EXECUTION_ENV'] ??= 'AWS_Lambda_nodejs20.x';
  const { default: packed } = await import('@sparticuz/chromium');
  return packed.executablePath();
}

export async function launchChromium({ webgpu = true }: { webgpu?: boolean } = {}): Promise<Browser> {
  const { chromium } = await import('playwright-core');
  const executablePath = await chromiumPath();
  const folder = dirname(executablePath);
  const libraries = [`${folder}/al2023/lib`, `${folder}/al2/lib`, folder];
  return chromium.launch({
    executablePath,
    args: [...FLAGS, ...(webgpu ? WEBGPU_FLAGS : ['--disable-gpu'])],
    ignoreDefaultArgs: ['--headless'],
    env: { ...process.env, LD_LIBRARY_PATH: libraries.join(':') },
  });
}
