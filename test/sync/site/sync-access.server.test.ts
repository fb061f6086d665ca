/** What a centre may ask of a site before it takes anything: TLS, a certificate, a user at the Sentinels, replicas. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CentreConfig } from '../../../src/config/schema.ts';
import { createWorld } from '../../../src/ops/world.ts';
import { type CentralSync, createCentralSync } from '../../../src/sync/site/central-sync.ts';
import { createAuthority } from '../../support/certificates.ts';
import { DEFAULTS } from '../../support/config.ts';
import { createMemoryStore, type MemoryStore, uplinkRecord } from '../../support/memory-store.ts';
import { describeWith, eventually, freePort, temporaryFolder } from '../../support/process.ts';
import { type RedisServer, startRedis, startSentinel } from '../../support/redis.ts';
import { createTestWorld } from '../../support/world.ts';

let folder: ReturnType<typeof temporaryFolder>;
let ends: (() => Promise<unknown>)[];

beforeEach(() => {
  folder = temporaryFolder();
  ends = [];
});

afterEach(async () => {
  for (const end of ends.reverse()) await end();
  folder.remove();
});

/** A site with ten records for the centre of the settings. */
async function startSite(changes: Partial<CentreConfig>): Promise<{ sync: CentralSync; store: MemoryStore }> {
  const store = createMemoryStore();
  store.append(Array.from({ length: 10 }, (_, i) => uplinkRecord('00000000000000a1', 1 + i, { seq: i })));
  const sync = createCentralSync({
    store,
    site: 'hut',
    world: createWorld(createTestWorld().logger),
    config: { ...DEFAULTS.centre, ...changes },
    limits: { maxDelayMs: 5, retryMinMs: 20, retryMaxMs: 100, checkMs: 500, commandTimeoutMs: 400 },
  });
  ends.push(() => sync.stop());
  await sync.start();
  return { sync, store };
}

const startSync = async (changes: Partial<CentreConfig>) => (await startSite(changes)).sync;

async function started(args: readonly string[] = []): Promise<RedisServer> {
  const redis = await startRedis(folder.path, [...args]);
  ends.push(() => redis.stop());
  return redis;
}

const isDown = (sync: CentralSync) => eventually('refused', () => sync.status().state === 'down');
const isDelivered = (sync: CentralSync) =>
  eventually('delivered', () => sync.status().delivered === 10 && sync.status().state === 'ok');

describeWith(['redis-server', 'openssl'], 'a centre over TLS', () => {
  async function overTls(authClients: 'yes' | 'no') {
    const authority = createAuthority(folder.path);
    const { certFile, keyFile } = authority.issue('127.0.0.1');
    const port = await freePort();
    const files = [
      '--tls-cert-file',
      certFile,
      '--tls-key-file',
      keyFile,
      '--tls-ca-cert-file',
      authority.caFile,
    ];
    await started(['--tls-port', `${port}`, ...files, '--tls-auth-clients', authClients]);
    return { authority, url: `rediss://127.0.0.1:${port}` };
  }

  test('is trusted by the CA it was given and no other', async () => {
    const { authority, url } = await overTls('no');
    const distrustful = await startSync({ url });
    await isDown(distrustful);
    expect(distrustful.status().hint).toContain('CA file');
    await isDelivered(await startSync({ url, caFile: authority.caFile }));
  });

  test('that asks for a certificate gets the one of the settings', async () => {
    const { authority, url } = await overTls('yes');
    const { caFile } = authority;
    const { certFile, keyFile } = authority.issue('site');
    await isDown(await startSync({ url, caFile }));
    await isDelivered(await startSync({ url, caFile, certFile, keyFile }));
  });

  test('says whose certificate was refused: ours by it, its by us, none given, files that do not fit', async () => {
    const { authority, url } = await overTls('yes');
    const { caFile } = authority;
    mkdirSync(join(folder.path, 'strangers'));
    const stranger = createAuthority(join(folder.path, 'strangers'));
    const [theirs, ours] = [stranger.issue('site'), authority.issue('site')];
    const told = async (changes: Partial<CentreConfig>) => {
      const sync = await startSync({ url, caFile, ...changes });
      await isDown(sync);
      return sync.status().detail;
    };
    expect(await told(theirs)).toBe('the centre refuses the certificate of this box');
    expect(await told({})).toBe('the centre wants a client certificate and got none');
    expect(await told({ ...ours, caFile: stranger.caFile })).toBe("the centre's certificate is not trusted");
    expect(await told({ certFile: ours.certFile, keyFile: theirs.keyFile })).toContain('cannot be used');
  });
});

describeWith(['redis-server', 'redis-sentinel'], 'a centre behind Sentinels', () => {
  test('with users lets in who has a name and a password there', async () => {
    const master = await started();
    const user = 'user edge on >s3cret allchannels allkeys +@all';
    const sentinels = await startSentinel(folder.path, 'centre', master.port, [user, 'user default off']);
    ends.push(() => sentinels.stop());
    const config = { sentinels: sentinels.addresses, masterName: 'centre', sentinelPassword: 's3cret' };
    await isDown(await startSync(config));
    await isDelivered(await startSync({ ...config, sentinelUsername: 'edge' }));
  });
});

describeWith(['redis-server'], 'a centre with replicas', () => {
  test('has a batch once as many as asked for have it', async () => {
    const master = await started();
    const sync = await startSync({ url: master.url, minReplicas: 1 });
    await isDown(sync);
    expect(sync.status()).toMatchObject({
      delivered: 0,
      hint: expect.stringContaining('centre.min_replicas'),
    });
    await started(['--replicaof', '127.0.0.1', String(master.port)]);
    await isDelivered(sync);
  });

  test('loses one in mid-session: what comes then is not delivered until there is one again', async () => {
    const master = await started();
    const replica = await started(['--replicaof', '127.0.0.1', String(master.port)]);
    const { sync, store } = await startSite({ url: master.url, minReplicas: 1 });
    await isDelivered(sync);
    replica.signal('SIGSTOP');
    await master.client.call('CLIENT', 'KILL', 'TYPE', 'replica');
    store.append([uplinkRecord('00000000000000a1', 99, { seq: 99 })]);
    await isDown(sync);
    expect(sync.status().delivered).toBe(10);
    replica.signal('SIGCONT');
    await eventually('delivered', () => sync.status().delivered === 11);
  });
});
