/** TLS as the box serves it: the self-made certificate judged by openssl, given files that change, plain HTTP on the TLS port. */
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls, type PeerCertificate } from 'node:tls';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { covers, fingerprintOf, selfSigned } from '../../src/ops/certificate.ts';
import { createCertificateSource, ownNames } from '../../src/ops/tls-source.ts';
import { describeWith, findServer, temporaryFolder } from '../support/process.ts';
import { createUiSite } from '../support/ui-site.ts';
import { createWebServer } from '../support/web-server.ts';
import { createTestWorld, type TestWorld } from '../support/world.ts';

const DAY_MS = 86_400_000;
const HOSTS = [
  'localhost',
  'edge-7.local',
  '127.0.0.1',
  '192.168.17.4',
  '::1',
  'fd00::a:1',
  '::ffff:10.0.0.1',
];
const request2026 = {
  commonName: 'WebSCADA Edge edge-7',
  hosts: HOSTS,
  notBeforeMs: Date.UTC(2026, 0, 1),
  notAfterMs: Date.UTC(2028, 0, 1),
};

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const clean of cleanups.splice(0).reverse()) await clean();
});

function folder(): string {
  const made = temporaryFolder();
  cleanups.push(made.remove);
  return made.path;
}

/** A site served with TLS from `dir`. */
async function serve(
  world: TestWorld,
  more: { files?: { cert: string; key: string }; dir?: string; hstsDays?: number } = {},
) {
  const { dir = folder(), files, hstsDays = 0 } = more;
  const tls = createCertificateSource({
    dir,
    names: [],
    world,
    addresses: () => ['127.0.0.1'],
    ...(files ? { files } : {}),
  });
  await tls.start();
  const site = createUiSite(world);
  const server = createWebServer({ ...site.deps, tls, names: ['box.lan'], hstsDays });
  await server.start();
  cleanups.push(async () => {
    const stopped = server.stop();
    world.advance(1_000);
    await stopped;
  });
  return { server, tls, port: Number(new URL(server.url()).port) };
}

/** One request over TLS, on a connection of its own: the answer, and the certificate shown. */
function get(port: number, ca: string, path = '/healthz'): Promise<{ status: number; fingerprint: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path, ca, agent: false } as const;
    request(options, (response) => {
      const { fingerprint256 } = (
        response.socket as unknown as { getPeerCertificate(): PeerCertificate }
      ).getPeerCertificate();
      response
        .resume()
        .once('end', () => resolve({ status: response.statusCode ?? 0, fingerprint: fingerprint256 }));
    })
      .once('error', reject)
      .end();
  });
}

/** What comes back for `text` sent in the clear, until the connection ends. */
function sendPlain(port: number, text: string): Promise<string> {
  return new Promise((resolve) => {
    let received = '';
    const socket = connectTcp(port, '127.0.0.1', () => socket.write(text));
    socket.setEncoding('utf8').on('data', (chunk: string) => {
      received += chunk;
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(received));
  });
}

describe('the self-made certificate', () => {
  test('is for the hosts asked for and for no other', () => {
    const { cert } = selfSigned(request2026);
    expect(covers(cert, HOSTS)).toBe(true);
    for (const other of ['edge-8.local', '192.168.17.5', 'fd00::a:2'])
      expect(covers(cert, [other])).toBe(false);
    const parsed = new X509Certificate(cert);
    expect(parsed.ca).toBe(false);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect([Date.parse(parsed.validFrom), Date.parse(parsed.validTo)]).toEqual([
      request2026.notBeforeMs,
      request2026.notAfterMs,
    ]);
  });

  test('whatever the addresses, names and times, it reads back as written', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    // From 2000 to 2099: both kinds of time there are.
    const seconds = fc.integer({ min: 946_684_800, max: 4_102_444_800 });
    const { key } = selfSigned(request2026);
    fc.assert(
      fc.property(
        fc.array(host, { minLength: 1, maxLength: 40 }),
        seconds,
        fc.string({ minLength: 1, maxLength: 60 }),
        (hosts, start, commonName) => {
          const notBeforeMs = start * 1_000;
          const { cert } = selfSigned(
            { commonName, hosts, notBeforeMs, notAfterMs: notBeforeMs + DAY_MS },
            key,
          );
          expect(
            covers(
              cert,
              hosts.filter((name) => !name.includes('*')),
            ),
          ).toBe(true);
          expect(Date.parse(new X509Certificate(cert).validFrom)).toBe(notBeforeMs);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('is kept for its owner alone, used again, and made anew with the same key for a new address or near its end', async () => {
    const dir = folder();
    const world = createTestWorld();
    let addresses = ['127.0.0.1', '192.168.17.4'];
    const open = () =>
      createCertificateSource({ dir, names: ['box.example'], world, addresses: () => addresses });
    const first = open();
    expect(statSync(join(dir, 'tls.pem')).mode & 0o777).toBe(0o600);
    expect(open().fingerprint()).toBe(first.fingerprint());
    addresses = ['192.168.17.4'];
    world.advance(61_000);
    expect(await first.refresh()).toBe(false);
    addresses = ['192.168.17.9'];
    expect(await first.refresh()).toBe(false);
    world.advance(61_000);
    expect(await first.refresh()).toBe(true);
    expect(covers(first.current().cert, ['192.168.17.9', 'box.example', 'localhost'])).toBe(true);
    const keyOf = (pem: string) => new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'pem' });
    const { cert } = first.current();
    world.advance(780 * DAY_MS);
    expect(await first.refresh()).toBe(true);
    expect(keyOf(first.current().cert)).toBe(keyOf(cert));
    expect(open().fingerprint()).toBe(first.fingerprint());
  });

  test('a clock that is wrong makes none that is not yet, or no longer, good', async () => {
    const dir = folder();
    const world = createTestWorld(0);
    const source = createCertificateSource({ dir, names: [], world, addresses: () => [] });
    const { validFrom, validTo } = new X509Certificate(source.current().cert);
    expect(Date.parse(validFrom)).toBeLessThan(Date.UTC(2026, 0, 2));
    expect(Date.parse(validTo)).toBeGreaterThan(Date.UTC(2028, 0, 1));
    const before = source.fingerprint();
    world.advance(120_000);
    expect([await source.refresh(), source.fingerprint()]).toEqual([false, before]);
  });

  const [good, other] = [selfSigned(request2026), selfSigned(request2026)];
  const whole = good.key + good.cert;
  test.each([
    ['empty', ''],
    ['of zeros, as a power cut leaves it', '\0'.repeat(600)],
    ['no PEM', 'not a key'],
    ['cut short', whole.slice(0, -200)],
    ['the key alone', good.key],
    ['the certificate alone', good.cert],
    ['a certificate with the key of another', other.key + good.cert],
    ['PEM around nothing', '-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n'],
  ])('K1: a file that is %s is replaced, and that is told', async (_, text) => {
    const dir = folder();
    const file = join(dir, 'tls.pem');
    writeFileSync(file, text);
    const world = createTestWorld();
    const { port, tls } = await serve(world, { dir });
    expect((await get(port, tls.current().cert)).status).toBe(200);
    expect(readFileSync(file, 'utf8')).toContain(tls.current().cert);
    const told = expect.objectContaining({ level: 'warn', event: 'tls.own_unusable' });
    expect(world.logged).toContainEqual(told);
    expect(JSON.stringify(world.logged)).not.toContain('PRIVATE KEY');
    const again = createTestWorld();
    createCertificateSource({ dir, names: [], world: again, addresses: () => ['127.0.0.1'] });
    expect(again.logged).not.toContainEqual(told);
  });

  test('K1: where it cannot be kept, the pages open with one that lasts as long as the process', async () => {
    const dir = folder();
    mkdirSync(join(dir, 'tls.pem'));
    const world = createTestWorld();
    const { port, tls } = await serve(world, { dir });
    expect((await get(port, tls.current().cert)).status).toBe(200);
    expect(world.logged).toContainEqual(expect.objectContaining({ event: 'tls.not_kept' }));
    expect(readdirSync(dir)).toEqual(['tls.pem']);
  });

  test('a key and certificate of somebody else’s making that lie there are used while they fit', () => {
    const dir = folder();
    const world = createTestWorld();
    const fitting = selfSigned({ ...request2026, hosts: [...ownNames(), '127.0.0.1'] });
    writeFileSync(join(dir, 'tls.pem'), fitting.key + fitting.cert);
    const source = createCertificateSource({ dir, names: [], world, addresses: () => ['127.0.0.1'] });
    expect(source.current().cert).toBe(fitting.cert);
  });
});

describeWith(['openssl'], 'the self-made certificate, as openssl sees it', () => {
  test('it is valid, strictly, for a server of each of its hosts, and its fingerprint is the one shown', () => {
    const { cert, key } = selfSigned({
      ...request2026,
      notBeforeMs: Date.now() - DAY_MS,
      notAfterMs: Date.now() + DAY_MS,
    });
    const file = join(folder(), 'cert.pem');
    writeFileSync(file, cert);
    writeFileSync(`${file}.key`, key);
    const openssl = (...args: string[]) =>
      execFileSync(findServer('openssl') ?? '', args, { encoding: 'utf8', stdio: 'pipe' });
    const verify = ['verify', '-x509_strict', '-check_ss_sig', '-purpose', 'sslserver', '-CAfile', file];
    expect(openssl(...verify, '-verify_hostname', 'edge-7.local', file)).toContain('OK');
    for (const ip of ['192.168.17.4', 'fd00::a:1'])
      expect(openssl(...verify, '-verify_ip', ip, file)).toContain('OK');
    expect(() => openssl(...verify, '-verify_ip', '192.168.17.5', file)).toThrow();
    const text = openssl('x509', '-in', file, '-noout', '-text', '-fingerprint', '-sha256');
    expect(text).toContain(fingerprintOf(cert));
    expect(text).toMatch(
      /Version: 3[\s\S]*ecdsa-with-SHA256[\s\S]*NIST CURVE: P-256[\s\S]*CA:FALSE[\s\S]*Digital Signature[\s\S]*TLS Web Server Authentication/,
    );
    expect(text).toContain('IP Address:192.168.17.4');
    expect(openssl('pkey', '-in', `${file}.key`, '-check', '-noout')).toContain('valid');
  });
});

describe('TLS on the port', () => {
  test('a client that trusts the certificate is answered; the fingerprint is in the API', async () => {
    const world = createTestWorld();
    const { server, tls, port } = await serve(world);
    expect(server.url()).toMatch(/^https:/);
    expect(await get(port, tls.current().cert)).toEqual({ status: 200, fingerprint: tls.fingerprint() });
    await expect(get(port, '')).rejects.toThrow(/self.signed/);
  });

  test.each(['box.lan', '192.0.2.7', '[2001:db8::1]', 'box.lan:'])(
    'O20: on port 80, which Host: %s leaves out, they are sent to TLS on port 80',
    async (host) => {
      const { port } = await serve(createTestWorld());
      const answer = await sendPlain(port, `GET /x HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
      expect(answer).toContain(`ocation: https://${host.replace(/:$/, '')}:80/x\r\n`);
    },
  );

  test('S15: nobody is sent to a host that is not ours', async () => {
    const { port } = await serve(createTestWorld());
    const answer = await sendPlain(port, 'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 421 /);
    expect(answer).not.toContain('https://');
  });

  test('S15: browsers are told to ask by HTTPS only where that was asked for', async () => {
    const headers = async (hstsDays: number) => {
      const { port, tls } = await serve(createTestWorld(), { hstsDays });
      return new Promise((resolve) => {
        const options = { host: '127.0.0.1', port, path: '/healthz', ca: tls.current().cert, agent: false };
        request(options, (response) => {
          response.resume();
          resolve(response.headers['strict-transport-security']);
        }).end();
      });
    };
    expect(await headers(0)).toBeUndefined();
    expect(await headers(2)).toBe('max-age=172800');
  });

  test('those who forgot the s are sent to it; a change is not, nor what is no HTTP', async () => {
    const { port } = await serve(createTestWorld());
    const answer = await sendPlain(port, `GET /x?y=1 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 308 /);
    expect(answer).toContain(`ocation: https://127.0.0.1:${port}/x?y=1\r\n`);
    const post = await sendPlain(
      port,
      `POST /api/v1/session HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(post).toMatch(/^HTTP\/1\.1 426 /);
    expect(post).toContain('https://');
    const rubbish = await sendPlain(port, '\x00\x01\x02 nothing\r\n\r\n');
    expect(rubbish).toMatch(/^HTTP\/1\.1 400 /);
  });

  test('a connection that says nothing is closed after ten seconds, and none keeps the server from stopping', async () => {
    const world = createTestWorld();
    const { port, server } = await serve(world);
    const open = () =>
      new Promise<{ closed: Promise<void> }>((resolve) => {
        const socket = connectTcp(port, '127.0.0.1', () => resolve({ closed }));
        socket.on('error', () => {});
        const closed = new Promise<void>((done) => socket.once('close', () => done()));
      });
    const silent = await open();
    // The next one answered shows that the server has taken the silent one.
    await sendPlain(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    world.advance(10_001);
    await silent.closed;
    const another = await open();
    const halfway = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    halfway.on('error', () => {});
    await new Promise((resolve) => halfway.once('secureConnect', resolve));
    const stopped = server.stop();
    world.advance(1_000);
    await Promise.all([stopped, another.closed]);
    halfway.destroy();
  });

  test('given files serve; new ones are taken when they are good, the old ones stay when they are not', async () => {
    const world = createTestWorld();
    const dir = folder();
    const files = { cert: join(dir, 'a.crt'), key: join(dir, 'a.key') };
    const hosts = ['127.0.0.1'];
    const [one, two] = [selfSigned({ ...request2026, hosts }), selfSigned({ ...request2026, hosts })];
    let touched = 0;
    const write = (cert: string, key: string): void => {
      writeFileSync(files.cert, cert);
      writeFileSync(files.key, key);
      touched += 10;
      for (const file of Object.values(files)) utimesSync(file, 1_000 + touched, 1_000 + touched);
    };
    write(one.cert, one.key);
    const { port, tls } = await serve(world, { files });
    const shown = async () => {
      const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
      await new Promise((resolve) => socket.once('secureConnect', resolve));
      const { fingerprint256 } = socket.getPeerCertificate();
      socket.destroy();
      return fingerprint256;
    };
    expect(await shown()).toBe(fingerprintOf(one.cert));
    write(two.cert, one.key);
    world.advance(61_000);
    expect(await shown()).toBe(fingerprintOf(one.cert));
    expect(world.logged.some(({ event }) => event === 'tls.files_unusable')).toBe(true);
    write(two.cert, two.key);
    expect(await shown()).toBe(fingerprintOf(one.cert));
    world.advance(61_000);
    expect(await shown()).toBe(fingerprintOf(two.cert));
    expect(tls.fingerprint()).toBe(fingerprintOf(two.cert));
  });

  test('a pipe in place of a file is told, and holds up nothing', async () => {
    const world = createTestWorld();
    const pipe = join(folder(), 'a.pem');
    execFileSync('mkfifo', [pipe]);
    const { port, tls } = await serve(world, { files: { cert: pipe, key: pipe } });
    expect((await get(port, tls.current().cert)).status).toBe(200);
    const error = expect.stringContaining('not a regular file');
    expect(world.logged).toContainEqual(
      expect.objectContaining({ event: 'tls.files_unusable', fields: expect.objectContaining({ error }) }),
    );
  });

  test('files that are missing are told, and the pages open all the same with a self-made one', async () => {
    const world = createTestWorld();
    const { port, tls } = await serve(world, { files: { cert: '/nowhere/a.crt', key: '/nowhere/a.key' } });
    expect((await get(port, tls.current().cert)).status).toBe(200);
    expect(world.logged).toContainEqual(
      expect.objectContaining({ level: 'error', event: 'tls.files_unusable' }),
    );
    expect(JSON.stringify(world.logged)).not.toContain('PRIVATE KEY');
  });
});
