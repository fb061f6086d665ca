/** A version the centre names: fetched over lines that break, bounded, or found where it was brought; and asked for only when it is signed. */
import { createHash, generateKeyPairSync } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fetchRelease } from '../../src/ops/upgrade/fetch-release.ts';
import type { UpdateReport } from '../../src/ops/upgrade/request.ts';
import { signStatement } from '../../src/ops/upgrade/signature.ts';
import { createVersionService } from '../../src/ops/upgrade/take-version.ts';
import { temporaryFolder } from '../support/process.ts';
import { createTestWorld } from '../support/world.ts';

const { publicKey, privateKey } = generateKeyPairSync('ed25519');
const KEYS = publicKey.export({ type: 'spki', format: 'pem' }).toString();
const PROGRAM = Buffer.from('0123456789'.repeat(100));
const NAME = `webscada-edge-0.3.0-linux-${process.arch}`;
const AT = 'https://files.example/edge/';

function signed(version = '0.3.0', size = PROGRAM.length, key = privateKey): string {
  const sha256 = createHash('sha256').update(PROGRAM).digest('hex');
  const rest = { version, commit: 'abc', arch: process.arch, size, sha256 };
  return signStatement({ name: 'webscada-edge', ...rest }, key);
}

let folder: ReturnType<typeof temporaryFolder>;
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => folder.remove());

interface Asked {
  readonly url: string;
  readonly range: string | null;
}

/** A server of files; `cut`: bytes after which each answer breaks off. */
function makeServer(
  signature = signed(),
  { cut = Number.POSITIVE_INFINITY, body = PROGRAM, ranges = true, drips = false } = {},
) {
  const asked: Asked[] = [];
  const world = createTestWorld();
  const fetch = async (address: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const url = String(address);
    const range = new Headers(init?.headers).get('range');
    asked.push({ url, range });
    expect(init?.redirect).toBe('error');
    if (url === `${AT}${NAME}.sig`) return new Response(signature);
    if (url !== `${AT}${NAME}`) return new Response('', { status: 404 });
    const from = ranges ? Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0) : 0;
    const given = body.subarray(from, from + cut);
    const isWhole = from + given.length === body.length;
    let pulls = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          if (drips) {
            await new Promise<void>((resolve) => void world.clock.after(50_000, resolve));
            return controller.enqueue(given.slice(pulls, ++pulls));
          }
          if (pulls++ === 0 && given.length > 0) controller.enqueue(new Uint8Array(given));
          else if (isWhole) controller.close();
          else controller.error(new Error('the line broke'));
        },
      },
      { highWaterMark: 0 },
    );
    const headers = { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` };
    return from > 0 ? new Response(stream, { status: 206, headers }) : new Response(stream);
  };
  const run = async (version = '0.3.0', room = 1e9) => {
    const fetched = fetchRelease({
      ...{ url: AT, version, folder: folder.path, keys: KEYS, room: () => room, world, fetch },
      signal: new AbortController().signal,
    });
    let isOver = false;
    void fetched.finally(() => {
      isOver = true;
    });
    while (!isOver) {
      await new Promise((resolve) => setImmediate(resolve));
      world.advance(10_000);
    }
    return fetched;
  };
  return { asked, run };
}

describe('a release that is fetched', () => {
  test('comes whole, with its signature beside it', async () => {
    const { run } = makeServer();
    expect(await run()).toMatchObject({ ok: true, statement: { version: '0.3.0' } });
    expect(readFileSync(join(folder.path, 'webscada-edge'))).toEqual(PROGRAM);
    expect(readFileSync(join(folder.path, 'webscada-edge.sig'), 'utf8')).toBe(signed());
    expect(readdirSync(folder.path).sort()).toEqual(['webscada-edge', 'webscada-edge.sig']);
  });

  test('goes on where the line broke, and with what an earlier attempt has left', async () => {
    const part = `part-${createHash('sha256').update(PROGRAM).digest('hex').slice(0, 16)}`;
    writeFileSync(join(folder.path, part), PROGRAM.subarray(0, 100));
    writeFileSync(join(folder.path, 'part-of-another'), 'x');
    const { run, asked } = makeServer(signed(), { cut: 400 });
    expect(await run()).toMatchObject({ ok: true });
    expect(asked.map(({ range }) => range)).toEqual([null, 'bytes=100-', 'bytes=500-', 'bytes=900-']);
    expect(readFileSync(join(folder.path, 'webscada-edge'))).toEqual(PROGRAM);
    expect(existsSync(join(folder.path, 'part-of-another'))).toBe(false);
  });

  test('begins anew where the server knows no ranges', async () => {
    const part = `part-${createHash('sha256').update(PROGRAM).digest('hex').slice(0, 16)}`;
    writeFileSync(join(folder.path, part), 'rubbish');
    expect(await makeServer(signed(), { ranges: false }).run()).toMatchObject({ ok: true });
  });

  test.each([
    [
      'another key',
      signed('0.3.0', PROGRAM.length, generateKeyPairSync('ed25519').privateKey),
      {},
      'bad_signature',
    ],
    ['another version', signed('0.4.0'), {}, 'bad_file'],
    ['other bytes', signed(), { body: Buffer.alloc(PROGRAM.length) }, 'bad_signature'],
    ['more than was signed', signed(), { body: Buffer.concat([PROGRAM, PROGRAM]) }, 'not_fetched'],
    ['far too large', signed('0.3.0', 1e12), {}, 'bad_file'],
    ['a signature of 100 kB', 'x'.repeat(100_000), {}, 'not_fetched'],
    ['a byte a minute, for ever', signed(), { drips: true }, 'not_fetched'],
    ['a line that breaks each time at once', signed(), { cut: 0 }, 'not_fetched'],
  ])('%s is refused, and nothing lies there to be asked for', async (_, signature, server, code) => {
    expect(await makeServer(signature, server).run()).toMatchObject({ ok: false, code });
    expect(existsSync(join(folder.path, 'webscada-edge'))).toBe(false);
  });

  test('for which there is no room, or which is not there, is refused', async () => {
    const { run, asked } = makeServer();
    expect(await run('0.3.0', 10)).toMatchObject({ code: 'no_room' });
    expect(asked).toHaveLength(1);
    expect(await run('0.9.0')).toMatchObject({ code: 'not_fetched', reason: expect.stringContaining('404') });
  });
});

describe('a version the centre names', () => {
  function makeService(
    changes: { canOrder?: boolean; report?: UpdateReport | 'not_taken'; isUnderWay?: boolean } = {},
  ) {
    const { canOrder = true, report, isUnderWay = false } = changes;
    const ordered: string[] = [];
    const held = new Set<string>();
    const turn = {
      hold: (by: string) => !isUnderWay && held.add(by).size > 0,
      release: (by: string) => void held.delete(by),
    };
    const service = createVersionService({
      orders: {
        canOrder: () => canOrder,
        report: () => report,
        order: async (id, version) => void ordered.push(`${id} ${version}`),
      },
      ...{ folder: folder.path, keys: KEYS, version: '0.2.0', url: undefined, room: () => 1e9 },
      ...{ world: createTestWorld(), turn },
    });
    return {
      service,
      ordered,
      held,
      take: (version: string) => service.take('a', version, new AbortController().signal),
    };
  }
  const bring = (signature = signed()): void => {
    writeFileSync(join(folder.path, 'webscada-edge'), PROGRAM);
    writeFileSync(join(folder.path, 'webscada-edge.sig'), signature);
  };

  test('is asked for where it was brought', async () => {
    bring();
    const { take, ordered, held } = makeService();
    expect(await take('0.3.0')).toBeUndefined();
    expect(ordered).toEqual(['a 0.3.0']);
    expect([...held]).toEqual(['a']);
  });

  test('is refused where nobody would carry it out, while another is under way, when it is older, not there or not ours', async () => {
    expect(await makeService({ canOrder: false }).take('0.3.0')).toMatchObject({ code: 'no_unit' });
    expect(await makeService({ isUnderWay: true }).take('0.3.0')).toMatchObject({ code: 'busy' });
    expect(await makeService().take('0.1.0')).toMatchObject({ code: 'older' });
    expect(await makeService().take('0.3.0')).toMatchObject({ code: 'not_fetched' });
    bring();
    expect(await makeService().take('0.4.0')).toMatchObject({ reason: expect.stringContaining('is 0.3.0') });
    bring(signed('0.3.0', PROGRAM.length, generateKeyPairSync('ed25519').privateKey));
    const { take, ordered, held } = makeService();
    expect(await take('0.3.0')).toMatchObject({ code: 'bad_signature' });
    expect(ordered).toEqual([]);
    expect([...held]).toEqual([]);
  });

  test.each([
    ['taken', undefined],
    ['done', 'done'],
    ['refused', { code: 'older', reason: 'why' }],
    ['taken_back', { code: 'taken_back', reason: 'why' }],
  ] as const)('a report of %s', (state, expected) => {
    const code = state === 'refused' ? { code: 'older' } : {};
    const report = { id: 'a', version: '0.3.0', state, reason: 'why', atMs: 1, ...code };
    expect(makeService({ report }).service.ended('a')).toEqual(expected);
  });

  test('that nobody has begun with in time is told', () => {
    expect(makeService({ report: 'not_taken' }).service.ended('a')).toMatchObject({ code: 'not_taken' });
  });
});
