/**
 * Files that are sent while they are made: a piece is asked for when the connection has taken the one before, so a long file
 * takes no more memory than a short one. Few at once, and one that nobody takes is ended.
 */
import type { Context } from 'hono';
import type { World } from '../../model/world.ts';
import type { Env } from './env.ts';
import { Problem } from './problem.ts';

/** Nobody takes anything for so long: the file is ended. */
const STALLED_MS = 60_000;

export interface DownloadFile {
  readonly name: string;
  readonly type: string;
  /** Bytes, where they are known before: then a browser can say how much is left. */
  readonly size?: number;
  readonly pieces: AsyncIterable<string | Uint8Array> | Iterable<string | Uint8Array>;
}

export interface Downloads {
  /** Sends the file; throws a problem while too many are under way. */
  send(c: Context<Env>, file: DownloadFile): Response;
}

export function createDownloads({ clock }: World, maxAtOnce: number): Downloads {
  let open = 0;
  return {
    send(c, { name, type, size, pieces }) {
      const headers = {
        'content-type': type,
        'content-disposition': `attachment; filename="${name.replace(/[^\w.+-]/g, '_')}"`,
        // So that nobody gathers it first.
        ...(size === undefined ? { 'transfer-encoding': 'chunked' } : { 'content-length': String(size) }),
      };
      if (c.req.method === 'HEAD') return c.body(null, 200, headers);
      if (open >= maxAtOnce) throw busy();
      open += 1;
      let isOpen = true;
      const end = (): void => {
        open -= isOpen ? 1 : 0;
        isOpen = false;
      };
      c.env.peer.onEnd(end);
      return c.body(streamOf(pieces, clock, end), 200, headers);
    },
  };
}

function streamOf(
  pieces: DownloadFile['pieces'],
  { after }: World['clock'],
  end: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator =
    Symbol.asyncIterator in pieces ? pieces[Symbol.asyncIterator]() : pieces[Symbol.iterator]();
  let cancelStalled = (): void => {};
  const stop = async (): Promise<void> => {
    cancelStalled();
    end();
    await iterator.return?.(undefined);
  };
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      cancelStalled();
      try {
        const { done, value } = await iterator.next();
        if (done) {
          end();
          return controller.close();
        }
        controller.enqueue(typeof value === 'string' ? encoder.encode(value) : value);
      } catch (error) {
        end();
        return controller.error(error);
      }
      cancelStalled = after(STALLED_MS, () => {
        controller.error(new Error('nobody takes it'));
        void stop();
      });
    },
    cancel: stop,
  });
}

function busy(): Problem {
  return new Problem({
    code: 'busy',
    title: 'Too much at once',
    status: 503,
    detail: 'Other files are being fetched. Try again in a minute.',
    headers: { 'retry-after': '60' },
  });
}
