/**
 * The centre's PostgreSQL by the scripts and settings of the manifests, on the real server: recovery to a point in time,
 * replication and fail-over by hand, dumps, and what is kept for how long.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  asPostgres,
  type CentralPostgres,
  centralPostgres,
  ownedByPostgres,
  postgresPrograms,
} from '../support/central-postgres.ts';
import { CENTRE_VALUES } from '../support/manifest-centres.ts';
import { describeWith, eventually, type RunningServer } from '../support/process.ts';

const DAY_S = 86_400;

describeWith(['postgres'], 'PostgreSQL at the centre', () => {
  let centre: CentralPostgres;
  let servers: RunningServer[] = [];
  beforeEach(async () => {
    centre = await centralPostgres();
    servers = [];
  });
  afterEach(async () => {
    for (const server of servers) await server.stop('SIGINT');
    centre.remove();
  }, 60_000);

  const start = async (pod: number, primary: number, data?: string): Promise<RunningServer> => {
    const server = await centre.start(pod, primary, data);
    servers.push(server);
    return server;
  };
  const insert = (pod: number, text: string): string =>
    centre.query(pod, `INSERT INTO readings (text) VALUES ('${text}') RETURNING now()`);
  const texts = (pod: number): string =>
    centre.query(pod, "SELECT string_agg(text, ' ' ORDER BY id) FROM readings");
  const table = 'CREATE TABLE readings (id bigserial PRIMARY KEY, text text)';
  const walled = async (pod: number): Promise<void> => {
    const last = centre.query(pod, 'SELECT pg_walfile_name(pg_switch_wal())');
    await eventually(`${last} is archived`, () =>
      existsSync(join(centre.folder, `archive-${pod}/wal/${last}.gz`)),
    );
  };
  const asReplica = (pod: number) => ({
    ...centre.env(pod, pod),
    PGHOST: '127.0.0.1',
    PGUSER: 'replica',
    PGPASSWORD: 'replica:pass\\word',
  });

  test('is recovered to a moment before somebody deleted everything', async () => {
    await start(0, 0);
    await start(1, 0);
    centre.query(0, table);
    insert(0, 'before-base');
    const base = centre.script('postgres-base.sh', asReplica(0));
    expect([base.stderr, base.status]).toEqual([expect.any(String), 0]);
    // Stamps are in seconds: the moment has to be in a later one than the base's.
    await eventually(
      'the next second',
      () => Number(centre.query(0, 'SELECT extract(epoch FROM now())')) % 1 < 0.3,
    );
    insert(0, 'after-base');
    const moment = centre.query(0, 'SELECT clock_timestamp()');
    insert(0, 'too-late');
    centre.query(0, 'DELETE FROM readings');
    await walled(0);
    for (const server of servers) await server.stop('SIGKILL');

    const env = centre.env(0, 0, 'recovered');
    const refused = centre.script('postgres-recover.sh', centre.env(0, 0), moment);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining('holds a database')]);
    const recovered = centre.script('postgres-recover.sh', env, moment);
    expect([recovered.stderr, recovered.status]).toEqual(['', 0]);
    await start(0, 0, 'recovered');
    expect(texts(0)).toBe('before-base after-base');
    await eventually('the recovery is over', () => centre.query(0, 'SELECT pg_is_in_recovery()') === 'f');
    expect(existsSync(join(centre.folder, 'pod-0/recovered/recovery.signal'))).toBe(false);
  }, 120_000);

  test('a moment before every base backup, or without any, is refused', async () => {
    const env = centre.env(0, 0, 'recovered');
    const none = centre.script('postgres-recover.sh', env, '2026-01-31 12:00:00+00');
    expect([none.status, none.stderr]).toEqual([1, expect.stringContaining('no base backup')]);
    ownedByPostgres(join(centre.folder, 'archive-0/base/base-20260131T130000Z'));
    const early = centre.script('postgres-recover.sh', env, '2026-01-31 12:00:00+00');
    expect([early.status, early.stderr]).toEqual([1, expect.stringContaining('from before 2026-01-31')]);
  });

  test('loses nothing that was acknowledged when the primary dies and the next is named; the old one follows', async () => {
    const primary = await start(0, 0);
    const replica = await start(1, 0);
    centre.query(0, table);
    insert(0, 'acknowledged');
    await primary.stop('SIGKILL');
    await replica.stop('SIGINT');
    await start(1, 1);
    await eventually('pod 1 takes over', () => centre.query(1, 'SELECT pg_is_in_recovery()') === 'f');
    expect(texts(1)).toBe('acknowledged');
    const old = await start(0, 1);
    expect(old.output()).toContain('rewinding');
    insert(1, 'later');
    await eventually('pod 0 follows', () => texts(0) === 'acknowledged later');
    expect(centre.query(0, 'SELECT pg_is_in_recovery()')).toBe('t');
  }, 120_000);

  test('takes nothing as stored that only the primary holds', async () => {
    await start(0, 0);
    centre.query(0, `SET synchronous_commit = local; ${table}`);
    const asked = "INSERT INTO readings (text) VALUES ('alone')";
    const waiting = `SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;
    const words = [...asPostgres(), join(postgresPrograms(), 'psql'), '-h', join(centre.folder, 'pod-0')];
    const [command = '', ...args] = [
      ...words,
      '-p',
      `${centre.ports[0]}`,
      '-U',
      'postgres',
      '-d',
      'webscada',
      '-c',
      asked,
    ];
    const client = spawn(command, args, { cwd: '/' });
    let said = '';
    client.stderr.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    const ended = new Promise((resolve) => client.once('exit', resolve));
    await eventually('it waits for a replica', () => said !== '' || centre.query(0, waiting) === '1');
    expect(said).toBe('');
    await start(1, 0);
    expect(await ended).toBe(0);
    expect(texts(0)).toBe('alone');
  }, 120_000);

  test('base backups and archived log go only when no moment of the last days needs them', async () => {
    await start(0, 0);
    centre.query(0, `SET synchronous_commit = local; ${table}`);
    const nowS = Math.floor(Date.now() / 1000);
    const bases = (): string[] => readdirSync(join(centre.folder, 'archive-0/base'));
    const segments = (): string[] => readdirSync(join(centre.folder, 'archive-0/wal')).sort();
    const make = async (daysAgo: number): Promise<void> => {
      centre.query(0, 'SET synchronous_commit = local; INSERT INTO readings (text) VALUES (1)');
      await walled(0);
      const env = { ...asReplica(0), DAYS: '30', NOW_S: `${nowS - daysAgo * DAY_S}` };
      const { status, stderr } = centre.script('postgres-base.sh', env);
      expect([status, stderr]).toEqual([0, expect.any(String)]);
    };
    await make(45);
    const oldest = segments()[0] ?? '';
    await make(38);
    await make(20);
    // 45 days: nothing between it and the one of 38 days has to be reachable any more.
    await make(0);
    const stamp = (daysAgo: number): string =>
      `base-${new Date((nowS - daysAgo * DAY_S) * 1000).toISOString().replace(/[-:]|\.\d+/g, '')}`;
    expect(bases().sort()).toEqual([stamp(38), stamp(20), stamp(0)]);
    expect(segments()).not.toContain(oldest);
  }, 120_000);

  test('a dump can be read back; one that fails removes nothing; old ones go after their days', async () => {
    await start(0, 0);
    centre.query(
      0,
      `SET synchronous_commit = local; ${table}; INSERT INTO readings (text) VALUES ('dumped')`,
    );
    centre.query(0, 'SET synchronous_commit = local; ALTER TABLE readings OWNER TO webscada');
    const folder = join(centre.folder, 'dumps');
    ownedByPostgres(folder);
    for (const day of ['01', '02', '03', '04', '05', '06', '07', '08', '09']) {
      writeFileSync(join(folder, `webscada-202601${day}T024000Z.dump`), 'old');
    }
    writeFileSync(join(folder, 'notes.txt'), 'not ours');
    const env = { ...centre.env(0, 0), BACKUPS: folder, DAYS: '30', PGUSER: 'webscada', PGHOST: '127.0.0.1' };
    const wrong = centre.script('postgres-dump.sh', { ...env, PGPASSWORD: 'wrong' });
    expect(wrong.status).not.toBe(0);
    expect(readdirSync(folder)).toHaveLength(10);
    const right = centre.script('postgres-dump.sh', { ...env, PGPASSWORD: CENTRE_VALUES.postgres });
    expect([right.status, right.stderr]).toEqual([0, '']);
    const left = readdirSync(folder).sort();
    // The seven newest stay whatever their age.
    expect(left.filter((name) => name.startsWith('webscada-202601'))).toHaveLength(6);
    expect(left).toContain('notes.txt');
    const made = left.find((name) => name.endsWith('.dump') && !name.startsWith('webscada-202601')) ?? '';
    // From here on commits need the second server, as they do at the centre.
    await start(1, 0);
    centre.query(0, 'CREATE DATABASE again OWNER webscada', 'postgres');
    const words = [
      ...asPostgres(),
      join(postgresPrograms(), 'pg_restore'),
      '-h',
      join(centre.folder, 'pod-0'),
    ];
    const [command = '', ...args] = [
      ...words,
      '-p',
      `${centre.ports[0]}`,
      '-U',
      'postgres',
      '-d',
      'again',
      join(folder, made),
    ];
    const restored = spawnSync(command, args, {
      encoding: 'utf8',
      timeout: 60_000,
    });
    expect([restored.status, restored.stderr]).toEqual([0, '']);
    expect(centre.query(0, 'SELECT text FROM readings', 'again')).toBe('dumped');
  }, 120_000);

  test('an archived file is never written over, and a damaged one ends a recovery instead of cutting it short', async () => {
    const env = centre.env(0, 0);
    const segment = '000000010000000000000001';
    const source = join(centre.folder, 'pod-0', segment);
    writeFileSync(source, 'content'.repeat(1000));
    ownedByPostgres(join(centre.folder, 'pod-0'));
    const archive = (): number | null => centre.script('wal-archive.sh', env, source, segment).status;
    const back = join(centre.folder, 'pod-0', 'restored');
    expect([archive(), archive()]).toEqual([0, 0]);
    expect(centre.script('wal-restore.sh', env, segment, back).status).toBe(0);
    expect(readFileSync(back, 'utf8')).toBe('content'.repeat(1000));
    writeFileSync(source, 'another');
    const other = centre.script('wal-archive.sh', env, source, segment);
    expect([other.status, other.stderr]).toEqual([1, expect.stringContaining('other content')]);
    expect(centre.script('wal-restore.sh', env, '000000010000000000000002', back).status).toBe(1);
    const file = join(centre.folder, `archive-0/wal/${segment}.gz`);
    truncateSync(file, 30);
    expect(centre.script('wal-restore.sh', env, segment, back).status).toBe(126);
  });
});
