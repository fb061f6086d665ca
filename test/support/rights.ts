/** What somebody without rights meets, also where the tests run as root, who has them all. */
import { chmodSync } from 'node:fs';

/** Runs as somebody who may not look into files and folders of mode 0; root becomes another for as long. `folder` is open to it. */
export async function asNobody<T>(folder: string, run: () => Promise<T>): Promise<T> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    chmodSync(folder, 0o777);
    process.seteuid?.(65_534);
  }
  try {
    return await run();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
