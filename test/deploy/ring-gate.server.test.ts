/** The gate between two rings: what Prometheus says of the ring's sites decides, and not knowing is no yes. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { root } from '../../scripts/house/sources.ts';
import { freePort, temporaryFolder } from '../support/process.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Told {
  readonly known: readonly string[];
  readonly trouble: readonly string[];
  readonly status?: number;
}

async function gate(told: Told, ...sites: readonly string[]) {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const server = createServer((request, response) => {
    const query = new URL(request.url ?? '', 'http://x').searchParams.get('query') ?? '';
    const found = query.includes('trouble') ? told.trouble : told.known;
    response.statusCode = told.status ?? 200;
    const result = found.map((site) => ({ metric: { site }, value: [0, '1'] }));
    response.end(JSON.stringify({ status: 'success', data: { resultType: 'vector', result } }));
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  const undone = join(folder.path, 'undone');
  const child = spawn(join(root, 'deploy/k3s/ring-gate.sh'), ['0', ...sites, '--', 'touch', undone], {
    env: { ...process.env, PROMETHEUS: `http://127.0.0.1:${port}` },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const code = await new Promise((resolve) => child.once('close', resolve));
  return { code, said, isUndone: existsSync(undone) };
}

test.each<[string, Told, number, boolean]>([
  ['all are well', { known: ['a', 'b'], trouble: [] }, 0, false],
  ['one is in trouble', { known: ['a', 'b'], trouble: ['b'] }, 1, true],
  ['of one nothing is known', { known: ['a'], trouble: [] }, 2, false],
  ['Prometheus refuses', { known: ['a', 'b'], trouble: [], status: 500 }, 2, false],
])('%s', async (_, told, code, isUndone) => {
  const ended = await gate(told, 'a', 'b');
  expect(ended).toMatchObject({ code, isUndone });
});

test('a site that is no id is refused', async () => {
  expect(await gate({ known: [], trouble: [] }, 'a"} or up{x="')).toMatchObject({ code: 2, isUndone: false });
});
