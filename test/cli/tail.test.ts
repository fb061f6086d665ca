/** `tail`: its lines, and how it goes on after a break, against a box that answers as the real one does. */
import { createServer, type ServerResponse } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createEventReader, type ServerEvent } from '../../src/cli/tail-follow.ts';
import { frameLine, readingLine, type TailFrame, type TailReading } from '../../src/cli/tail-lines.ts';
import { clockOf } from '../../src/model/wall-clock.ts';
import { freePort } from '../support/process.ts';

const TANK = '70b3d57ed0000001';
const DEVICES = [
  {
    devEui: TANK,
    name: 'Tank 1',
    fields: {
      level: { name: 'Level', unit: 'm', digits: 2 },
      valve: { states: { 1: 'open' } },
      spare: { hidden: true },
    },
  },
  { devEui: '70b3d57ed0000002', name: '\u202eTank\n2\u001b[31m' },
];
const { clock } = clockOf('Europe/Berlin');
const words = { clock, width: 8, deviceOf: (devEui: string) => DEVICES.find((one) => one.devEui === devEui) };
const reading: TailReading = {
  id: '1-7',
  time: '2026-07-01T22:30:05.000Z',
  device: TANK,
  fields: { level: 1.5, valve: 1, spare: 3, temperature_2: -4 },
  data: '0102',
  fPort: 2,
  fCnt: 9,
};
const frame: TailFrame = {
  id: '5-1',
  time: '2026-07-01T22:30:05.000Z',
  kind: 'uplink',
  ours: false,
  devEui: TANK,
  fCnt: 9,
  fPort: 2,
  bytes: 14,
  frequency: 868_100_000,
  dataRate: 'SF7BW125',
  marginDb: 12.5,
  receptions: [
    { gatewayId: '0102030405060708', rssi: -80, snr: 5 },
    { gatewayId: '0102030405060709', rssi: -90, snr: 1 },
  ],
};

describe('a line', () => {
  test('of a reading: in the zone of the site, under its name, as its profile shows fields', () => {
    expect(readingLine(reading, words)).toBe(
      '2026-07-02 00:30:05  Tank 1    Level 1.50 m  valve open  temperature_2 -4 °C',
    );
    const raw = { ...reading, fields: {}, problem: 'no codec', timeQuality: 'estimated' };
    expect(readingLine(raw, words)).toBe(
      '2026-07-02 00:30:05 (estimated)  Tank 1    port 2: 0102  (no codec)',
    );
  });

  test('of a frame: heard, refused, of nobody known, sent and not sent', () => {
    expect(frameLine(frame, words)).toBe(
      '2026-07-02 00:30:05  Tank 1    frame uplink count 9 port 2 14 bytes  868.1 MHz SF7BW125  heard by 0102030405060708 and 1 more -80 dBm, SNR 5 dB, 12.5 dB to spare',
    );
    const { devEui: _, ...unknown } = frame;
    expect(frameLine({ ...unknown, devAddr: '01020304', refused: 'wrong_mic' }, words)).toMatch(
      / {2}01020304\? {2}frame uplink .* refused: wrong_mic$/,
    );
    const ours = { ...frame, ours: true, kind: 'downlink', receptions: [] };
    const of = (sending: TailFrame['sending']) =>
      frameLine(sending ? { ...ours, sending } : ours, words)
        .split('  ')
        .at(-1);
    expect(of({ gatewayId: 'aa' })).toBe('handed to aa');
    expect(of({ gatewayId: 'aa', sentIn: 1 })).toBe('sent by aa in window 2');
    expect(of({ gatewayId: 'aa', refusedBy: 'TOO_LATE' })).toBe('not sent by aa: TOO_LATE');
  });

  test('stays one, whatever a device or a person writes', () => {
    const evil = '\u001b]0;x\u0007\r\nforged\u2028\u202e';
    const line = readingLine(
      { ...reading, device: '70b3d57ed0000002', fields: { [evil]: evil, constructor: true }, problem: evil },
      words,
    );
    expect(line).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(line).toContain('constructor true');
    expect(frameLine({ ...frame, refused: evil, kind: evil, dataRate: evil }, words)).not.toMatch(/\p{Cc}/u);
  });

  test('has the time in UTC where this machine does not know the zone', () => {
    expect(clockOf('Mars/Olympus').zone).toBe('UTC');
    expect(clockOf(undefined).clock(Date.UTC(2026, 0, 2, 3, 4, 5))).toBe('2026-01-02 03:04:05');
  });
});

test('server-sent events, however they are cut', () => {
  const text =
    'id: 5-1\nevent: frames\ndata: [1,\ndata: 2]\n\nevent: beat\ndata: {}\n\nevent: frames\ndata: cut';
  const found: ServerEvent[] = [];
  const read = createEventReader((event) => found.push(event));
  for (const letter of text) read(letter);
  expect(found).toEqual([
    { id: '5-1', event: 'frames', data: '[1,\n2]' },
    { id: undefined, event: 'beat', data: '{}' },
  ]);
});

type Answer = (response: ServerResponse) => void;
const json =
  (value: unknown, status = 200): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(value));
  };
/** What each pull is answered, by its cursor, in turn; the last one for ever. */
let pulls: Record<string, Answer[]> = {};
let asked: string[] = [];
let others: Record<string, Answer> = {};
const server = createServer(({ url = '' }, response) => {
  const { pathname, searchParams } = new URL(url, 'http://box');
  if (pathname !== '/api/v1/records') {
    asked.push(url);
    (others[pathname] ?? json({ title: 'No', detail: 'such' }, 404))(response);
    return;
  }
  const after = searchParams.get('after') ?? '';
  asked.push(after);
  const answers = pulls[after] ?? [json({ title: 'Cursor', detail: `wrong: ${after}` }, 400)];
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  answer?.(response);
});
let port = 0;
beforeAll(async () => {
  port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const record = (seq: number, epoch = 1, kind = 'uplink'): string => {
  const body = { fields: { level: seq }, data: '01', fPort: 2, fCnt: seq, codec: 'x' };
  return `${JSON.stringify({ id: `${epoch}-${seq}`, time: 1_780_000_000_000 + seq, kind, device: TANK, body })}\n`;
};
const end = (seq: number, epoch = 1, store = 'a'): string =>
  `${JSON.stringify({ next: `${epoch}-${seq}`, more: false, store })}\n`;
const lines =
  (...text: readonly string[]): Answer =>
  (response) =>
    void response.end(text.join(''));

beforeEach(() => {
  asked = [];
  others = {
    '/api/v1/status': json({
      ...{ site: 'hut', timeZone: 'Europe/Berlin', now: '2026-07-01T22:30:00.000Z' },
      store: { epoch: 1, lastSeq: 7 },
    }),
    '/api/v1/devices': json({ items: DEVICES }),
    '/api/v1/readings': json({
      items: [8, 7, 6, 5].map((seq) => ({ ...reading, id: `1-${seq}`, fields: { level: seq } })),
    }),
  };
});

/** Until so many lines are written. */
async function tail(most: number, ...argv: string[]) {
  const out: string[] = [];
  let err = '';
  const code = await runCli(
    ['tail', ...argv, '--set', `http.port=${port}`, '--set', 'store.dir=/', '--set', 'store.reserve_bytes=0'],
    {
      runAppliance: async () => 0,
      stdout: {
        write: (text) => out.push(text),
        get closed() {
          return out.length >= most;
        },
      },
      stderr: { write: (text) => (err += text) },
      ...{ env: {}, version: '0.0.0' },
    },
  );
  const levels = out.map((text) => Number(/Level ([\d.]+)|"level":(\d+)/.exec(text)?.slice(1).join('')));
  return { code, levels, err, out };
}

describe('follows', () => {
  test('the newest of before, and then each record once: other kinds are left out', async () => {
    pulls = { '1-7': [lines(record(8), record(9, 1, 'join'), record(10), end(10))] };
    const { code, levels, err } = await tail(4, '--last', '2');
    expect({ code, levels }).toEqual({ code: 0, levels: [6, 7, 8, 10] });
    expect(err).toBe('hut: times in Europe/Berlin, until Ctrl-C\n');
  });

  test('through an answer that was cut and a box that is away: nothing twice, nothing missing, said once', async () => {
    pulls = {
      '1-7': [
        lines(record(8)),
        (response) => response.destroy(),
        json({ title: 'Starting', detail: 'wait' }, 503),
        lines(record(8), record(9), end(9)),
      ],
      '1-9': [lines(record(10), end(10))],
    };
    const { code, levels, err } = await tail(3, '--last', '0');
    expect({ code, levels }).toEqual({ code: 0, levels: [8, 9, 10] });
    expect(err.match(/trying again/g)).toHaveLength(1);
    expect(err.match(/answers again/g)).toHaveLength(1);
  }, 20_000);

  test('over a repair where nothing comes twice, and says what is gone', async () => {
    pulls = {
      '1-7': [
        json({ title: 'Gone', detail: 'x', reason: 'other_store', newest: '2-9', continues: '2-7' }, 410),
      ],
      '2-7': [lines(record(8, 2), end(8, 2))],
      '2-8': [
        json({ title: 'Gone', detail: 'x', reason: 'trimmed', oldest: '2-20', missing: { count: 12 } }, 410),
      ],
      '2-20': [lines(`{"gap":{"count":3},"reason":"removed"}\n`, record(24, 2), end(24, 2))],
      '2-24': [json({ title: 'Gone', detail: 'x', reason: 'ahead', oldest: '2-1', newest: '2-5' }, 410)],
      '2-5': [lines(record(6, 2), end(6, 2, 'b'))],
    };
    const { levels, err } = await tail(3, '--last', '0', '--json');
    expect(levels).toEqual([8, 24, 6]);
    expect(err).toContain('12 records are not in the log any more');
    expect(err).toContain('3 records are not in the log any more');
    expect(err).toContain('put back or begun anew (ahead)');
    expect(err).toContain('another store than before');
  });

  test('ends where trying again does not help', async () => {
    pulls = { '1-7': [json({ title: 'Not allowed', detail: 'Show a token.' }, 401)] };
    const { code, err } = await tail(9, '--last', '0');
    expect({ code, err }).toEqual({ code: 77, err: expect.stringContaining('Not allowed. Show a token.') });
  });

  test('of one device, by its name in any case; of nobody it says so', async () => {
    pulls = { '1-7': [lines(record(8), end(8))] };
    const { levels } = await tail(1, '--last', '0', '--device', 'tank 1');
    expect(levels).toEqual([8]);
    const other = await tail(1, '--device', 'Tank 3');
    expect(other).toMatchObject({
      code: 2,
      err: expect.stringContaining('no device is called `Tank 3`; did you mean `Tank 1`?'),
    });
  });

  test('frames as well, which go on where they were, and after a break without any from the start of ours', async () => {
    const old = { ...frame, id: '5-0', time: '2026-07-01T22:29:59.000Z', fCnt: 1 };
    const streams = [
      'event: beat\ndata: {}\n\n',
      `id: 5-2\nevent: frames\ndata: ${JSON.stringify([old, { ...frame, fCnt: 2 }])}\n\n`,
      `id: 5-3\nevent: frames\ndata: ${JSON.stringify([{ ...frame, fCnt: 3 }])}\n\n`,
    ];
    others['/api/v1/events'] = (response) => void response.end(streams.shift());
    pulls = { '1-7': [() => {}] };
    const { out } = await tail(2, '--last', '0', '--frames', '--json');
    expect(out.map((text) => JSON.parse(text).frame.fCnt)).toEqual([2, 3]);
    expect(asked.filter((url) => url.startsWith('/api/v1/events'))).toEqual([
      '/api/v1/events?only=frames',
      '/api/v1/events?only=frames&after=0-0',
      '/api/v1/events?only=frames&after=5-2',
    ]);
  }, 20_000);
});
