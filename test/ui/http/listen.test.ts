/** A port the web server cannot have: what is said, by what the system answered. */
import { Server } from 'node:net';
import { afterEach, expect, test, vi } from 'vitest';
import { createHttpServer } from '../../../src/ui/http/server.ts';
import { createApp } from '../../../src/ui/routes/app.ts';
import { createUiSite } from '../../support/ui-site.ts';
import { createTestWorld } from '../../support/world.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test.each([
  ['EACCES', 443, 'ports below 1024 need a privilege; choose a higher one'],
  ['EACCES', 8080, 'check the address in the settings'],
  ['EADDRINUSE', 443, 'another program uses it; stop that one or choose another port'],
])('%s at port %d: %s', async (code, port, advice) => {
  // Root, as in a container, would be let.
  vi.spyOn(Server.prototype, 'listen').mockImplementation(function (this: Server) {
    process.nextTick(() => this.emit('error', Object.assign(new Error(`listen ${code}`), { code })));
    return this;
  });
  const { deps } = createUiSite(createTestWorld());
  const server = createHttpServer({ world: deps.world, host: '127.0.0.1', port, ...createApp(deps) });
  await expect(server.start()).rejects.toThrow(
    `the web server cannot listen on 127.0.0.1 port ${port}: ${code}; ${advice}`,
  );
});
