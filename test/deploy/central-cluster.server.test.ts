/** The centre's Redis Cluster by its scripts: six servers that the first one makes a cluster of, once. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SCRIPTS_FOLDER } from '../../scripts/manifests/central.ts';
import { redisConf } from '../../src/deploy/central/redis-config.ts';
import { type CentralRedis, centralRedis, REDIS_PASSWORDS } from '../support/central-redis.ts';
import { describeWith, eventually, freePort, type RunningServer, startServer } from '../support/process.ts';

const PODS = [0, 1, 2, 3, 4, 5];

describeWith(['redis-server'], 'the Redis Cluster at the centre', () => {
  let centre: CentralRedis;
  let servers: RunningServer[] = [];
  beforeEach(async () => {
    centre = await centralRedis();
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) await server.stop('SIGKILL');
    centre.remove();
  }, 60_000);

  test('is made of the six by the first, with a replica for each master, and left alone afterwards', async () => {
    // The bus has the port ten thousand above.
    const port = 20_000 + ((await freePort()) % 20_000);
    const env = (pod: number): Record<string, string> => ({
      ...centre.env(0),
      POD_NAME: `redis-cluster-${pod}`,
      POD_IP: centre.host(pod),
      REDIS_HOST: centre.host(pod),
      DOMAIN: 'centre.example',
      DATA: join(centre.folder, `node-${pod}`),
      CONFIG: join(centre.folder, `node-${pod}/config`),
      ACL: join(centre.folder, `node-${pod}/users.acl`),
      REDIS_PORT: `${port}`,
      CLUSTER: 'yes',
      NODES: PODS.map((one) => `${centre.host(one)}:${port}`).join(' '),
    });
    for (const pod of PODS) {
      mkdirSync(join(centre.folder, `node-${pod}/config`), { recursive: true });
      const conf = `${redisConf({ tls: false, replicas: true })}bind ${centre.host(pod)}\n`;
      writeFileSync(join(centre.folder, `node-${pod}/config/redis.conf`), conf);
    }
    const start = async (pod: number, script: string, text: string): Promise<RunningServer> => {
      const server = await startServer('sh', [join(SCRIPTS_FOLDER, script)], { text }, env(pod));
      servers.push(server);
      return server;
    };
    for (const pod of PODS) await start(pod, 'redis-cluster-start.sh', 'Ready to accept connections');
    const watch = await start(0, 'redis-watch.sh', 'All 16384 slots covered');
    const info = (): string =>
      centre.ask(2, 'operator', REDIS_PASSWORDS.operator, ['-p', `${port}`, 'cluster', 'info']);
    await eventually(
      'it is whole',
      () => info().includes('cluster_state:ok') && info().includes('cluster_known_nodes:6'),
    );
    expect(info()).toContain('cluster_size:3');
    const nodes = (): string =>
      centre.ask(2, 'operator', REDIS_PASSWORDS.operator, ['-p', `${port}`, 'cluster', 'nodes']);
    await eventually(
      'everybody knows the three replicas and the names',
      () => nodes().split(' slave ').length === 4 && nodes().includes('redis-cluster-5.centre.example'),
    );
    // It looks again all the time: a cluster that is there is not made anew.
    writeFileSync(join(centre.folder, 'sites/south-dam'), 'dam-pass');
    await eventually('it has looked again', () => watch.output().split('access list loaded').length > 1);
    expect(watch.output().split('All 16384 slots covered').length).toBe(2);
  }, 120_000);
});
