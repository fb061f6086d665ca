/**
 * Reads request bodies into one growing buffer each, with a limit for each and one for all that are under way: many small
 * pieces, many slow senders and many large bodies cost no more memory than is set aside for them. (Hono's `bodyLimit` knows
 * neither the sum nor the number of pieces.)
 */
import { Problem } from './problem.ts';

export interface Bodies {
  /** The whole body. Throws a problem once it passes `maxBytes`, or while others' bodies take all there is. */
  read(request: Request, maxBytes: number): Promise<Uint8Array<ArrayBuffer>>;
}

const FIRST_BYTES = 4 * 1024;
/** The largest body in the smallest packets has fewer; each costs time. */
const MAX_PIECES = 20_000;

/** `totalBytes`: what the bodies under way may hold together. */
export function createBodies(totalBytes: number): Bodies {
  let held = 0;
  return {
    async read(request, maxBytes) {
      const announced = Number(request.headers.get('content-length') ?? 0);
      if (announced > maxBytes) throw tooLarge(maxBytes);
      let mine = 0;
      const reserve = (bytes: number): void => {
        if (held + bytes - mine > totalBytes) throw busy();
        held += bytes - mine;
        mine = bytes;
      };
      try {
        const firstBytes = Math.max(announced, FIRST_BYTES);
        reserve(firstBytes);
        // Only now: a body that is looked at has a stream and buffers made for it.
        return request.body ? await gather(request.body, maxBytes, firstBytes, reserve) : new Uint8Array(0);
      } finally {
        held -= mine;
      }
    },
  };
}

async function gather(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  firstBytes: number,
  reserve: (bytes: number) => void,
): Promise<Uint8Array<ArrayBuffer>> {
  let buffer = new Uint8Array(firstBytes);
  let size = 0;
  // The rest of a refused body is not cancelled: that would end the connection before the answer.
  const reader = body.getReader();
  for (let pieces = 0; ; pieces++) {
    const { done, value } = await reader.read();
    if (done) return buffer.subarray(0, size);
    if (size + value.length > maxBytes || pieces >= MAX_PIECES) throw tooLarge(maxBytes);
    if (size + value.length > buffer.length) {
      const bytes = Math.min(maxBytes, Math.max(buffer.length * 2, size + value.length));
      reserve(bytes);
      const larger = new Uint8Array(bytes);
      larger.set(buffer.subarray(0, size));
      buffer = larger;
    }
    buffer.set(value, size);
    size += value.length;
  }
}

function tooLarge(maxBytes: number): Problem {
  const size = maxBytes < 1024 ** 2 ? `${maxBytes / 1024} kB` : `${Math.floor(maxBytes / 1024 ** 2)} MB`;
  return new Problem({
    code: 'body-too-large',
    title: 'Body too large',
    status: 413,
    detail: `A body may have ${size} here.${maxBytes > 1024 ** 2 ? ' Take a larger file in parts.' : ''}`,
    headers: { connection: 'close' },
  });
}

/** While the bodies of others take all the memory there is for them. */
function busy(): Problem {
  return new Problem({
    code: 'busy',
    title: 'Too much at once',
    status: 503,
    detail: 'Others are sending too much at the moment. Try again in a few seconds.',
    headers: { 'retry-after': '5', connection: 'close' },
  });
}
