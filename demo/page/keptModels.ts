/** Models kept in the browser's own file system (OPFS), which never reach a server. */

const FOLDER = 'models';

export interface KeptModel {
  name: string;
  bytes: number;
}

/** Whether this browser stores files for pages; private windows often do not. */
export async function canKeep(): Promise<boolean> {
  try {
    await folder();
    return true;
  } catch {
    return false;
  }
}

export async function listModels(): Promise<KeptModel[]> {
  const models: KeptModel[] = [];
  for await (const handle of (await folder()).values()) {
    if (handle instanceof FileSystemFileHandle) {
      const file = await handle.getFile();
      models.push({ name: handle.name, bytes: file.size });
    }
  }
  return models.sort((a, b) => a.name.localeCompare(b.name));
}

export async function keepModel(name: string, bytes: Uint8Array): Promise<void> {
  const handle = await (await folder()).getFileHandle(name, { create: true });
  const writable = await handle.createWritable();
  try {
    await writable.write(bytes as Uint8Array<ArrayBuffer>);
  } finally {
    await writable.close();
  }
}

export async function readModel(name: string): Promise<Uint8Array> {
  const handle = await (await folder()).getFileHandle(name);
  return new Uint8Array(await (await handle.getFile()).arrayBuffer());
}

export async function deleteModel(name: string): Promise<void> {
  await (await folder()).removeEntry(name);
}

/** The name itself, or the first free one of "name 2", "name 3", …. */
export function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted;
  for (let n = 2; taken.includes(`${name}.safetensors`); n++) name = `${wanted} ${n}`;
  return `${name}.safetensors`;
}

async function folder(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}
