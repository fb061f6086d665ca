/** Copies of backups outside the box: encrypted, sent once, looked at after they were sent, brought back to the byte; and every way they go wrong. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, test } from 'vitest';
import { bringBack } from '../../../src/ops/backups/away/bring.ts';
import { sendCopies } from '../../../src/ops/backups/away/copies.ts';
import { openFolderVault } from '../../../src/ops/backups/away/folder-vault.ts';
import { writeRecipient } from '../../../src/ops/backups/away/recipient.ts';
import { openS3Vault } from '../../../src/ops/backups/away/s3-vault.ts';
import { makeKey } from '../../../src/ops/backups/away/seal.ts';
import { manifestsIn } from '../../../src/ops/backups/away/send.ts';
import { fromWords, keyIn, keyToWords, toWords } from '../../../src/ops/backups/away/words.ts';
import { digestFile } from '../../../src/ops/upgrade/signature.ts';
import { createAuthority } from '../../support/certificates.ts';
import { leftInEnglish } from '../../support/german.ts';
import { findServer, temporaryFolder } from '../../support/process.ts';
import { S3_KEYS, type S3Fake, startS3 } from '../../support/s3-fake.ts';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1, 2, 17);
const KEEP = { daily: 2, weekly: 0, monthly: 0 };

let folder: ReturnType<typeof temporaryFolder>;
let s3: S3Fake;
let key: Awaited<ReturnType<typeof makeKey>>;
const at = (...names: string[]) => join(folder.path, ...names);

beforeEach(async () => {
  folder = temporaryFolder();
  for (const name of ['data', 'backups', 'stick']) mkdirSync(at(name));
  s3 = await startS3();
  key = await makeKey();
  writeRecipient(at('data'), key.recipient);
});
afterEach(async () => {
  await s3.close();
  folder.remove();
});

const nameOn = (day: number) =>
  `hill-${new Date(START + day * DAY_MS).toISOString().replace(/\.\d+|[-:]/g, '')}`;

/** A backup as far as sending looks at it. */
async function backupOn(day: number, files: Readonly<Record<string, Buffer>>): Promise<string> {
  const name = nameOn(day);
  mkdirSync(at('backups', name));
  const list = [];
  for (const [file, bytes] of Object.entries(files)) {
    writeFileSync(at('backups', name, file), bytes);
    list.push({ name: file, ...(await digestFile(at('backups', name, file))) });
  }
  writeFileSync(at('backups', name, 'manifest.json'), JSON.stringify({ format: 2, files: list }));
  return name;
}

const send = (
  day: number,
  away: Parameters<typeof sendCopies>[0]['away'] = { s3: { url: s3.url, ...S3_KEYS } },
  reserveBytes = 0,
) =>
  sendCopies({
    ...{ site: 'hill', folder: at('backups'), name: nameOn(day), dir: at('data'), away, keep: KEEP },
    ...{ reserveBytes, nowMs: START + day * DAY_MS },
  });
const vault = () => openS3Vault({ url: s3.url, ...S3_KEYS });
const bring = (more: object = {}) =>
  bringBack({ site: 'hill', identity: key.identity, to: at('back'), ...more }, vault());
const sizeOf = (name: string) => s3.objects.get(name)?.length ?? 0;
const objects = () => [...s3.objects.keys()].filter((name) => name.includes('/objects/'));

describe('a copy in a bucket', () => {
  it('is encrypted, comes back to the byte, and what is there is not sent again', async () => {
    const log = randomBytes(100_000);
    await backupOn(0, { 'log-1-9-all.db': log, 'edge.db': randomBytes(5_000) });
    expect(await send(0)).toEqual([{ place: s3.url, sentBytes: expect.any(Number) }]);
    expect([...s3.objects.values()].some((bytes) => bytes.includes(log.subarray(0, 64)))).toBe(false);
    expect(readdirSync(at('backups'))).toEqual([nameOn(0)]);
    await backupOn(1, { 'log-1-9-all.db': log, 'edge.db': randomBytes(5_000) });
    const [second] = await send(1);
    expect(second?.sentBytes).toBeLessThan(20_000);
    expect(await bring()).toBe(nameOn(1));
    for (const file of ['log-1-9-all.db', 'edge.db', 'manifest.json'])
      expect(readFileSync(at('back', file)).equals(readFileSync(at('backups', nameOn(1), file)))).toBe(true);
    expect(readdirSync(at('back'))).toHaveLength(3);
  });

  it('goes with the days, its objects with the last copy that has them; a list that cannot be read keeps them all', async () => {
    const log = randomBytes(1_000);
    for (const day of [0, 1, 2]) {
      await backupOn(day, { 'log-1-9-all.db': log, 'edge.db': randomBytes(100) });
      await send(day);
    }
    expect((await manifestsIn('hill', vault())).map(({ name }) => name)).toEqual([nameOn(2), nameOn(1)]);
    expect(objects()).toHaveLength(5);
    s3.objects.set(`sites/hill/copies/${nameOn(2)}.json`, Buffer.from('{'));
    await backupOn(3, { 'edge.db': randomBytes(100) });
    await send(3);
    expect(objects()).toHaveLength(7);
    await expect(bring({ name: nameOn(2) })).rejects.toThrow('cut short or damaged');
  });

  it('of a large file goes in parts, and goes on after a break with those that are there', async () => {
    await backupOn(0, { 'log-1-9-all.db': randomBytes(20 * 1024 ** 2) });
    s3.refuse = (_method, _key, query) => (query.get('partNumber') === '3' ? 400 : 0);
    expect((await send(0))[0]?.problem).toContain('400');
    s3.refuse = () => 0;
    s3.asked.length = 0;
    expect((await send(0))[0]?.problem).toBeUndefined();
    expect(
      s3.asked.filter((line) => line.includes('partNumber')).map((line) => /partNumber=(\d)/.exec(line)?.[1]),
    ).toEqual(['3']);
    await bring();
    expect((await digestFile(at('back', 'log-1-9-all.db'))).sha256).toBe(
      (await digestFile(at('backups', nameOn(0), 'log-1-9-all.db'))).sha256,
    );
  });

  it.each<[string, S3Fake['lie'], string]>([
    ['keeps half', (bytes) => bytes.subarray(0, bytes.length / 2), 'bytes, not'],
    ['keeps nothing', () => undefined, 'is not there'],
    ['keeps something else of that size', (bytes) => Buffer.alloc(bytes.length), 'differs between'],
  ])('that lies (%s) is seen, and there is no copy', async (_what, lie, told) => {
    await backupOn(0, { 'edge.db': randomBytes(200_000) });
    s3.lie = lie;
    const [outcome] = await send(0);
    expect(outcome?.problem).toContain(told);
    expect(outcome?.hint).toContain('do not trust it');
    expect([...s3.objects.keys()].filter((name) => name.includes('/copies/'))).toEqual([]);
  });

  it.each([403, 501])(
    'of a large file is sent where begun uploads may not be listed (%i), and an attempt that fails leaves no parts there',
    async (status) => {
      // s3rver 3.7.1 answers 501; a key without s3:ListBucketMultipartUploads gets 403.
      await backupOn(0, { 'log-1-9-all.db': randomBytes(20 * 1024 ** 2) });
      const isListing = (method: string, query: URLSearchParams) => method === 'GET' && query.has('uploads');
      s3.refuse = (method, _key, query) =>
        isListing(method, query) ? status : query.get('partNumber') === '3' ? 400 : 0;
      expect((await send(0))[0]?.problem).toContain('400');
      expect(s3.asked.at(-1)).toMatch(/^DELETE .*uploadId=upload-1$/);
      s3.refuse = (method, _key, query) => (isListing(method, query) ? status : 0);
      expect((await send(0))[0]?.problem).toBeUndefined();
      expect(await bring()).toBe(nameOn(0));
    },
    60_000,
  );

  it.each([
    [
      'another region',
      400,
      '<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-y</Region></Error>',
      {},
      's3_region to eu-y',
    ],
    [
      'another region',
      301,
      '<Error><Code>PermanentRedirect</Code></Error>',
      { 'x-amz-bucket-region': 'eu-y' },
      's3_region to eu-y',
    ],
    ['a login page', 302, '', { location: 'http://portal.example/login' }, 'http://portal.example/login'],
    ['a clock', 403, '<Error><Code>RequestTimeTooSkewed</Code></Error>', {}, 'the clock of this box'],
    ['rights', 403, '<Error><Code>AccessDenied</Code></Error>', {}, 's3_access_key'],
    ['the bucket', 404, '<Error><Code>NoSuchBucket</Code></Error>', {}, 'does the bucket exist'],
    [
      'the bucket in the name of the host',
      404,
      '<Error><Code>NoSuchKey</Code></Error>',
      {},
      'https://host/bucket',
    ],
    ['another 404', 404, '<Error><Code>XAdminUserNotFound</Code></Error>', {}, 'look at the server'],
  ])('says what to do about %s', async (_what, status, text, headers, told) => {
    await backupOn(0, { 'edge.db': randomBytes(10) });
    s3.refuse = () => ({ status, text, headers });
    const [outcome] = await send(0);
    expect(outcome?.problem).toContain(String(status));
    expect(outcome?.hint).toContain(told);
    expect(await leftInEnglish([outcome ?? {}])).toEqual([]);
  });

  it('with a prefix that has to be coded lies under the name that was meant', async () => {
    await backupOn(0, { 'edge.db': randomBytes(10) });
    const url = s3.url.replace('/sites', '/s%C3%BCd hang+1');
    expect((await send(0, { s3: { url, ...S3_KEYS } }))[0]?.problem).toBeUndefined();
    expect([...s3.objects.keys()].every((name) => name.startsWith('süd hang+1/hill/'))).toBe(true);
  });

  it('with a wrong secret, or where nobody answers, says what to look at', async () => {
    await backupOn(0, { 'edge.db': randomBytes(10) });
    const [wrong] = await send(0, { s3: { url: s3.url, ...S3_KEYS, secretKey: 'other' } });
    expect(wrong?.problem).toContain('403 SignatureDoesNotMatch');
    expect(wrong?.hint).toContain('s3_secret_key');
    await s3.close();
    expect((await send(0))[0]?.problem).toContain('cannot be reached');
    s3 = await startS3();
  }, 30_000);
});

test.skipIf(findServer('openssl') === undefined)(
  'a bucket whose certificate nobody here signed is told as that, with what helps',
  async () => {
    await backupOn(0, { 'edge.db': randomBytes(10) });
    const { cert, key: own } = createAuthority(folder.path).issue('localhost');
    const server = createServer({ cert, key: own }, (_request, response) => response.end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const [outcome] = await send(0, { s3: { url: `https://localhost:${port}/b`, ...S3_KEYS } });
    server.close();
    expect(outcome?.problem).toContain('a certificate that is not trusted');
    expect(outcome?.hint).toContain('NODE_EXTRA_CA_CERTS');
  },
  30_000,
);

describe('a line that is slow or away', () => {
  it('has the time that the bytes need', async () => {
    await backupOn(0, { 'edge.db': randomBytes(200_000) });
    await send(0);
    const [object = ''] = objects().sort((a, b) => sizeOf(b) - sizeOf(a));
    s3.pauseMs = 100;
    const slow = openS3Vault({ url: s3.url, ...S3_KEYS, limitMs: 200 });
    await slow.fetch(object.replace('sites/', ''), at('fetched'), 300_000);
    expect(readFileSync(at('fetched')).length).toBe(sizeOf(object));
  });

  it('that breaks while a copy is fetched is told, with what to do', async () => {
    await backupOn(0, { 'edge.db': randomBytes(200_000) });
    await send(0);
    const [object = ''] = objects().sort((a, b) => sizeOf(b) - sizeOf(a));
    Object.assign(s3, { pauseMs: 1, breaks: true });
    await expect(vault().fetch(object.replace('sites/', ''), at('fetched'), 300_000)).rejects.toMatchObject({
      name: 'AwayProblem',
      message: expect.stringContaining('broke off after'),
      hint: expect.stringContaining('try again'),
    });
  });

  it('grows nothing: of what could not be sent only that of the last backup lies here', async () => {
    s3.refuse = (method) => (method === 'PUT' ? 400 : 0);
    for (const day of [0, 1, 2]) {
      await backupOn(day, { 'edge.db': randomBytes(1_000) });
      const [outcome] = await send(day);
      expect(outcome?.problem).toContain('400');
      expect(await leftInEnglish([outcome ?? {}])).toEqual([]);
    }
    const scratch = readdirSync(at('backups')).find((name) => name.includes('sending')) ?? '';
    expect(readdirSync(at('backups', scratch)).filter((name) => name.endsWith('.age'))).toHaveLength(1);
  });
});

describe('bringing a copy back', () => {
  beforeEach(async () => {
    await backupOn(0, { 'edge.db': randomBytes(200_000) });
    await send(0);
  });

  it('with another key, of another site, of a newer version is refused in words, and leaves nothing behind', async () => {
    await expect(bring({ identity: (await makeKey()).identity })).rejects.toThrow('another recovery key');
    await expect(bring({ site: 'valley' })).rejects.toThrow('no copy of the site valley');
    const list = `sites/hill/copies/${nameOn(0)}.json`;
    const text = String(s3.objects.get(list));
    s3.objects.set(list, Buffer.from(text.replace('"format":1', '"format":2')));
    await expect(bring()).rejects.toThrow('newer version');
    s3.objects.set(list, Buffer.from(text.replace('"site":"hill"', '"site":"valley"')));
    await expect(bring()).rejects.toThrow('of the site "valley"');
    expect(readdirSync(folder.path).filter((name) => name.startsWith('back.') || name === 'back')).toEqual(
      [],
    );
  });

  it('that was cut short, or changed, is refused in words, and leaves nothing behind', async () => {
    const [name = ''] = objects();
    const bytes = s3.objects.get(name) ?? Buffer.alloc(0);
    s3.objects.set(name, bytes.subarray(0, 5_000));
    await expect(bring()).rejects.toThrow(/cut short|is not as it was sent/);
    const changed = Buffer.from(bytes);
    changed[bytes.length - 100] = (changed[bytes.length - 100] ?? 0) ^ 1;
    s3.objects.set(name, changed);
    await expect(bring()).rejects.toThrow('is not as it was sent');
    s3.objects.set(name, Buffer.concat([bytes, bytes]));
    await expect(bring()).rejects.toThrow('larger');
    expect(existsSync(at('back.unfinished'))).toBe(false);
  });
});

describe('a copy on a stick', () => {
  it('is one like in a bucket; without the stick it is told, and no folder made', async () => {
    await backupOn(0, { 'edge.db': randomBytes(2_000) });
    expect((await send(0, { copyDir: at('stick') }))[0]?.problem).toBeUndefined();
    await bringBack({ site: 'hill', identity: key.identity, to: at('back') }, openFolderVault(at('stick')));
    expect(existsSync(at('back', 'edge.db'))).toBe(true);
    rmSync(at('stick'), { recursive: true });
    expect((await send(0, { copyDir: at('stick') }))[0]).toMatchObject({
      problem: expect.stringContaining('is not there'),
    });
    expect(existsSync(at('stick'))).toBe(false);
  });

  it('is not made where encrypting it would take the room that others need', async () => {
    await backupOn(0, { 'edge.db': randomBytes(20) });
    const [outcome] = await send(0, { copyDir: at('stick') }, 1e15);
    expect(outcome?.problem).toContain('no room');
    expect(readdirSync(at('stick'))).toEqual([]);
  });

  it('is not made while there is no recovery key', async () => {
    await backupOn(0, { 'edge.db': randomBytes(20) });
    rmSync(at('data', 'backup-recipient.txt'));
    expect((await send(0, { copyDir: at('stick') }))[0]?.hint).toContain('backup key');
    expect(readdirSync(at('stick'))).toEqual([]);
  });
});

test('a recovery key in words is the same key again; a word mistyped or missing is noticed', async () => {
  const { identity } = await makeKey();
  const words = keyToWords(identity);
  expect(words).toHaveLength(20);
  expect(keyIn(`# recovery key\n${words.join(' ')}\n`)).toBe(identity);
  expect(keyIn(`key: ${identity}\n`)).toBe(identity);
  expect(keyIn(words.slice(1).join(' '))).toBeUndefined();
  // The first word is one of four.
  const other = words[5] === 'babab' ? 'lusab' : 'babab';
  expect(keyIn(words.with(5, other).join(' '))).toBeUndefined();
  expect(toWords(Buffer.from([127, 0, 0, 1])).slice(0, 2)).toEqual(['lusab', 'babad']);
  expect(fromWords('none of them')).toBeUndefined();
});
