/** The web server over a site in memory, on a free port of this machine. */
import { createHttpServer, type HttpServer } from '../../src/ui/http/server.ts';
import { createApp } from '../../src/ui/routes/app.ts';
import type { Services } from '../../src/ui/routes/services.ts';

/** Not started yet. */
export function createWebServer(services: Services, port = 0): HttpServer {
  const { world, tls } = services;
  return createHttpServer({
    world,
    host: '127.0.0.1',
    port,
    ...(tls ? { tls } : {}),
    ...createApp(services),
  });
}
