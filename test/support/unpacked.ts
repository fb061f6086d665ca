/** What is in a compressed archive, for tests. */
import { gunzipSync } from 'node:zlib';
import { createUntar } from '../../src/files/tar.ts';

/** Texts by the names of their files. */
export function unpacked(archive: Uint8Array): Record<string, string> {
  const files: Record<string, string> = {};
  let name = '';
  for (const one of createUntar().take(gunzipSync(archive))) {
    if (one.kind === 'file') {
      name = one.name;
      files[name] = '';
    } else if (one.kind === 'bytes') files[name] += Buffer.from(one.bytes).toString();
  }
  return files;
}
