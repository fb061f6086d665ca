/**
 * Reads request bodies into one growing buffer each, with a limit for each and one for all that are under way: many small
 * pieces, many slow senders and many large bodies cost no more memory than is set aside for them.
 */
import type { IncomingMessage } from 'node:http';

export type Body = Buffer | 'tooLarge' | 'busy';

export interface BodyReader {
  /** The whole body; 'tooLarge' once it passes `maxBytes`, 'busy' while others' bodies take all there is. */
  read(request: IncomingMessage, maxBytes: number): Promise<Body>;
}

const FIRST_BYTES = 4 * 1024;
/** The largest body in the smallest packets has fewer; each costs time. */
const MAX_PIECES = 20_000;

/** `totalBytes`: what the bodies under way may hold together. */
export function createBodyReader(totalBytes: number): BodyReader {
  let held = 0;
  return {
    async read(request, maxBytes) {
      const announced = Number(request.headers['content-length'] ?? 0);
      if (announced > maxBytes) return 'tooLarge';
      let mine = 0;
      const reserve = (bytes: number): boolean => {
        if (held + bytes - mine > totalBytes) return false;
        held += bytes - mine;
        mine = bytes;
        return true;
      };
      try {
        return await gather(request, maxBytes, Math.max(announced, FIRST_BYTES), reserve);
      } finally {
        held -= mine;
      }
    },
  };
}

/** Takes the pieces as they come: an async iterator would make a promise and an object for each. */
function gather(
  request: IncomingMessage,
  maxBytes: number,
  firstBytes: number,
  reserve: (bytes: number) => boolean,
): Promise<Body> {
  return new Promise((resolve, reject) => {
    if (!reserve(firstBytes)) return resolve('busy');
    let buffer = Buffer.allocUnsafe(firstBytes);
    let size = 0;
    let pieces = 0;
    const done = (body: Body): void => {
      request.pause();
      request.off('data', take).off('end', end).off('error', reject).off('close', gone);
      resolve(body);
    };
    const end = (): void => done(buffer.subarray(0, size));
    const gone = (): void => reject(new Error('the caller has gone'));
    const take = (chunk: Buffer): void => {
      if (size + chunk.length > maxBytes || ++pieces > MAX_PIECES) return done('tooLarge');
      if (size + chunk.length > buffer.length) {
        const bytes = Math.min(maxBytes, Math.max(buffer.length * 2, size + chunk.length));
        if (!reserve(bytes)) return done('busy');
        const larger = Buffer.allocUnsafe(bytes);
        buffer.copy(larger, 0, 0, size);
        buffer = larger;
      }
      chunk.copy(buffer, size);
      size += chunk.length;
    };
    request.on('data', take).on('end', end).on('error', reject).on('close', gone);
  });
}
