/**
 * Reads files that others put there: certificates and keys. A pipe, a device or a huge file is refused at once, and a file
 * system that does not answer (a network mount whose server is gone) is not waited for. What hangs in the system cannot be
 * called back, so each such file holds one of Node's few threads at most.
 */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Clock } from '../model/world.ts';

const MAX_BYTES = 1024 * 1024;
const ANSWER_MS = 2_000;

/** Reads that have not ended, by path. */
const underWay = new Map<string, Promise<Buffer>>();

/** The content of a regular file. Rejects as node:fs does; with what is wrong for anything else, after `ANSWER_MS` at the latest. */
export function readInTime(
  file: string,
  clock: Clock,
  read: (file: string) => Promise<Buffer> = readRegularFile,
): Promise<Buffer> {
  const reading = underWay.get(file) ?? begin(file, read);
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ANSWER_MS, () => {
      const problem = `${file} cannot be read: its file system does not answer (a network mount?)`;
      reject(Object.assign(new Error(problem), { code: 'ETIMEDOUT_FILE' }));
    });
    reading.then(resolve, reject).finally(cancel);
  });
}

function begin(file: string, read: (file: string) => Promise<Buffer>): Promise<Buffer> {
  const reading = read(file).finally(() => underWay.delete(file));
  underWay.set(file, reading);
  return reading;
}

/** Without waiting at the opening, as one does at a pipe nobody writes to. */
async function readRegularFile(file: string): Promise<Buffer> {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw unusable(`${file} is not a regular file`);
    if (stat.size > MAX_BYTES) throw unusable(`${file} is larger than ${MAX_BYTES} bytes`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

function unusable(message: string): Error {
  return Object.assign(new Error(message), { code: 'EFILE' });
}
