/**
 * What the box answers while its store is being repaired, before there is anything else to answer: that it lives as long as
 * the repair advances, that it is not ready, and to a person how far it is.
 */
import type { Clock } from '../../model/world.ts';

/** A card that takes no byte for so long is no slow one; whoever supervises may start the box again. */
const STALLED_MS = 300_000;

export interface StartingApp {
  /** Notes how far the repair is. */
  advanced(percent: number): void;
  fetch(request: Request): Response;
}

export function createStartingApp(clock: Clock, version: string): StartingApp {
  let percent = 0;
  let advancedMs = clock.monotonicMs();

  function alive(): Response {
    const advances = clock.monotonicMs() - advancedMs < STALLED_MS;
    return Response.json(
      { alive: advances, version, repairedPercent: percent },
      { status: advances ? 200 : 503 },
    );
  }

  return {
    advanced(now) {
      percent = now;
      advancedMs = clock.monotonicMs();
    },
    fetch(request) {
      const { pathname } = new URL(request.url);
      if (pathname === '/healthz' || pathname === '/startupz') return alive();
      const title = 'The store is being repaired';
      const detail = `${percent} % are done. Readings wait with the broker meanwhile; the pages open when it is finished.`;
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
