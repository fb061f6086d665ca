/** What the log says of a reverse proxy that nobody has named; that it is kept out where access is open: access-settings.test.ts. */
import { afterEach, expect, test } from 'vitest';
import { createAccessBox } from '../../support/access-box.ts';
import { temporaryFolder } from '../../support/process.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

async function handOn(trustedProxies: readonly string[]): Promise<unknown[]> {
  const folder = temporaryFolder();
  cleanups.push(folder.remove);
  const box = await createAccessBox({ dir: folder.path, services: { trustedProxies } });
  cleanups.push(box.stop);
  await box.ask('/api/v1/access', { address: '192.0.2.7' });
  for (const client of ['198.51.100.1', '198.51.100.2'])
    await box.ask('/api/v1/access', { address: '192.0.2.7', headers: { 'x-forwarded-for': client } });
  return box.world.logged.filter(({ event }) => event === 'http.proxy_unknown').map(({ fields }) => fields);
}

test('it is named once, since all who come by it count as one', async () => {
  expect(await handOn(['192.0.2.8'])).toMatchObject([{ address: '192.0.2.7' }]);
});

test('one that is trusted is nothing to speak of', async () => {
  expect(await handOn(['192.0.2.0/24'])).toEqual([]);
});
