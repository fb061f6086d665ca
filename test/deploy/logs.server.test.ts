/** A real Fluent Bit with the configuration of deploy/logs: from a journal, and from the logs of containers, to a receiver. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { root } from '../../scripts/house/sources.ts';
import { createLogger } from '../../src/ops/logger.ts';
import {
  describeWith,
  eventually,
  findServer,
  freePort,
  startServer,
  temporaryFolder,
} from '../support/process.ts';

const FOLDER = join(root, 'deploy/logs');
const JOURNAL_WRITER = '/lib/systemd/systemd-journal-remote';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Received {
  readonly path: string;
  readonly body: string;
}

async function startReceiver(): Promise<{ readonly port: number; readonly received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ path: request.url ?? '', body: Buffer.concat(parts).toString() });
      response.setHeader('content-type', 'application/json');
      response.end('{"took":1,"errors":false,"items":[]}');
    });
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  ends.push(() => new Promise((resolve) => server.close(resolve)));
  return { port, received };
}

/** Lines as the box writes them. */
function lines(): string {
  let text = '';
  const logger = createLogger({ level: 'info', format: 'json', write: (line) => (text += line) });
  logger.warn('influx.down', { detail: 'InfluxDB does not answer', password: 'hunter2' });
  logger.info('appliance.started', { url: 'http://127.0.0.1:8080/' });
  return text;
}

async function ship(main: string, output: string, journal: string): Promise<Received[]> {
  const folder = temporaryFolder();
  ends.push(folder.remove);
  const { port, received } = await startReceiver();
  writeFileSync(join(folder.path, 'main.yaml'), main.replace('flush: 5', 'flush: 1'));
  writeFileSync(join(folder.path, 'output.yaml'), readFileSync(join(FOLDER, output), 'utf8'));
  const env = {
    ...{ SITE: 'north-hill', STATE: folder.path, JOURNAL: journal, LOG_HOST: '127.0.0.1' },
    ...{ LOG_PORT: String(port), LOG_TLS: 'off', LOG_USER: 'shipper', LOG_PASSWORD: 'secret' },
  };
  const command = findServer('fluent-bit') ?? '';
  const server = await startServer(
    command,
    ['-c', join(folder.path, 'main.yaml')],
    { text: 'Fluent Bit' },
    env,
  );
  ends.push(() => server.stop());
  await eventually(
    `lines at the receiver; ${server.output()}`,
    () => received.some(({ body }) => body.includes('appliance.started')),
    20_000,
  );
  return received;
}

/** What arrived, as objects. */
function documents(received: readonly Received[]): Record<string, unknown>[] {
  return received.flatMap(({ path, body }) => {
    if (path.startsWith('/loki')) {
      const { streams } = JSON.parse(body) as {
        streams: { stream: Record<string, string>; values: [string, string][] }[];
      };
      return streams.flatMap(({ stream, values }) =>
        values.map(([, line]) => ({ ...(JSON.parse(line) as object), ...stream, labels: stream })),
      );
    }
    return body
      .split('\n')
      .filter((line) => line.startsWith('{') && !line.startsWith('{"create"'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  });
}

const WANTED = [
  { event: 'influx.down', level: 'warn', site: 'north-hill', password: '***' },
  { event: 'appliance.started', level: 'info', site: 'north-hill' },
];

describeWith(['fluent-bit'], 'Fluent Bit', () => {
  test.each(['to-elasticsearch.yaml', 'to-opensearch.yaml', 'to-loki.yaml'])(
    'takes the logs of containers %s',
    async (output) => {
      const logs = temporaryFolder();
      ends.push(logs.remove);
      const containers = join(logs.path, 'containers');
      mkdirSync(containers);
      const cri = lines()
        .replace(/^/gm, '2026-11-27T06:06:54.123456789Z stdout F ')
        .replace(/[^\n]*$/, '');
      const plain = '2026-11-27T06:06:54.123456789Z stderr F mosquitto version 2.0.11 running\n';
      writeFileSync(join(containers, 'webscada-edge-0_webscada_webscada-edge-0123.log'), plain + cri);
      const config = parseAllDocuments(readFileSync(join(FOLDER, 'kubernetes.yaml'), 'utf8'))[0]?.toJS() as {
        data: Record<string, string>;
      };
      const main = config.data['fluent-bit.yaml'] ?? '';
      const received = await ship(main.replaceAll('/var/log/containers', containers), output, '');
      const found = documents(received);
      for (const wanted of WANTED) expect(found).toContainEqual(expect.objectContaining(wanted));
      expect(JSON.stringify(found)).toContain('mosquitto version');
      if (output !== 'to-loki.yaml') {
        expect(received[0]?.body).toContain('"_index":"webscada-logs"');
        expect(found[0]).toHaveProperty('@timestamp');
      } else
        expect(found.map(({ labels }) => labels)).toContainEqual(
          expect.objectContaining({ job: 'webscada' }),
        );
    },
    60_000,
  );

  test.skipIf(!existsSync(JOURNAL_WRITER))(
    'takes the journal of a box, and of our unit only',
    async () => {
      const folder = temporaryFolder();
      ends.push(folder.remove);
      const entry = (unit: string, message: string, at: number) =>
        `__REALTIME_TIMESTAMP=${1_795_759_614_000_000 + at}\n__MONOTONIC_TIMESTAMP=${1_000 + at}\n_BOOT_ID=${'1'.repeat(32)}\n_MACHINE_ID=${'2'.repeat(32)}\n_SYSTEMD_UNIT=${unit}\nPRIORITY=6\nSYSLOG_IDENTIFIER=x\nMESSAGE=${message}\n\n`;
      const text = [
        entry('ssh.service', 'Accepted password for somebody', 0),
        ...lines()
          .trim()
          .split('\n')
          .map((line, index) => entry('webscada-edge.service', line, index + 1)),
        entry('webscada-edge.service', 'Stopping WebSCADA Edge', 9),
      ].join('');
      writeFileSync(join(folder.path, 'in.export'), text);
      const journal = join(folder.path, 'journal');
      mkdirSync(journal);
      const target = join(journal, 'box.journal');
      execFileSync(JOURNAL_WRITER, ['-o', target, join(folder.path, 'in.export')], { stdio: 'pipe' });
      const main = readFileSync(join(FOLDER, 'journal.yaml'), 'utf8');
      const found = documents(await ship(main, 'to-opensearch.yaml', journal));
      for (const wanted of WANTED) expect(found).toContainEqual(expect.objectContaining(wanted));
      expect(found).toContainEqual(expect.objectContaining({ MESSAGE: 'Stopping WebSCADA Edge' }));
      expect(JSON.stringify(found)).not.toContain('Accepted password');
      expect(found.flatMap((one) => Object.keys(one)).filter((name) => name.startsWith('_'))).toEqual([]);
    },
    60_000,
  );
});
