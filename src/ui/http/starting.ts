/**
 * What the box answers while its store is being repaired or a backup put in its place, before there is anything else to answer: that it lives as long as
 * the repair advances, that it is not ready, and to a person how far it is.
 */
import type { Clock, Part, World } from '../../model/world.ts';
import { createHostCheck } from './same-origin.ts';
import { createHttpServer } from './server.ts';
import type { TlsSource } from './tls.ts';

/** A card that takes no byte for so long is no slow one; whoever supervises may start the box again. */
const STALLED_MS = 300_000;

const REPAIR = 'The store is being repaired';

interface StartingApp {
  /** Notes how far it is. */
  advanced(percent: number, what: string): void;
  fetch(request: Request): Response;
}

function createStartingApp(clock: Clock, version: string): StartingApp {
  let percent = 0;
  let title = REPAIR;
  let advancedMs = clock.monotonicMs();

  function alive(): Response {
    const advances = clock.monotonicMs() - advancedMs < STALLED_MS;
    return Response.json(
      { alive: advances, version, repairedPercent: percent },
      { status: advances ? 200 : 503 },
    );
  }

  return {
    advanced(now, what) {
      percent = now;
      title = what;
      advancedMs = clock.monotonicMs();
    },
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/healthz' || pathname === '/startupz') return alive();
      const done = percent > 0 ? `${percent} % are done. ` : '';
      const detail = `${done}Readings wait with the broker meanwhile; the pages open when it is finished.`;
      const headers = { 'retry-after': '10', 'cache-control': 'no-store' };
      if (pathname === '/readyz' || pathname.startsWith('/api/') || pathname === '/metrics') {
        const problem = { type: 'about:blank', title, status: 503, detail, code: 'not-ready' };
        return Response.json(problem, {
          status: 503,
          headers: { ...headers, 'content-type': 'application/problem+json' },
        });
      }
      const page = `<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${title}</title><h1>${title}</h1><p>${detail}</p>`;
      return new Response(page, {
        status: 503,
        headers: { ...headers, refresh: '10', 'content-type': 'text/html; charset=utf-8' },
      });
    },
  };
}

export interface StartingPages {
  /** Notes how far `what` is, the repair unless said; listens from the first time on. Never rejects. */
  show(percent: number, what?: string): Promise<void>;
  stop(): Promise<void>;
}

export interface StartingOptions {
  readonly world: World;
  readonly host: string;
  readonly port: number;
  /** Host names the box is asked by. */
  readonly names: readonly string[];
  readonly version: string;
  /** Plain HTTP when it gives none. */
  readonly tls: () => (TlsSource & Part) | undefined;
}

/** The port before there are pages. */
export function createStartingPages(options: StartingOptions): StartingPages {
  const { world, host, port, names, version } = options;
  const app = createStartingApp(world.clock, version);
  const parts: Part[] = [];

  async function listen(): Promise<void> {
    const tls = options.tls();
    const shared = { world, host, port, app, isOurs: createHostCheck(names), close() {} };
    parts.push(...(tls ? [tls] : []), createHttpServer({ ...shared, ...(tls ? { tls } : {}) }));
    for (const part of parts) await part.start();
  }

  return {
    async show(percent, what = REPAIR) {
      app.advanced(percent, what);
      if (parts.length > 0) return;
      await listen().catch((error: unknown) => {
        // The repair is worth more than to be seen.
        world.logger.warn('http.not_started', { error: String(error) });
      });
    },
    async stop() {
      for (const part of [...parts].reverse()) await part.stop();
    },
  };
}
