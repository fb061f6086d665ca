/** The commissioning report: what stands on it, that it needs nothing beside it, and what hostile names make of it: text. */
import { expect, test } from 'vitest';
import { type SiteFacts, siteFacts } from '../../src/ops/commissioning/facts.ts';
import { commissioningReport, type ReportInput } from '../../src/ops/commissioning/report.ts';

const NOW_MS = Date.UTC(2026, 6, 1, 22, 30);
const reception = (snr: number) => ({ gatewayId: '0102030405060708', snr });
const last = {
  ...{ time: '2026-07-01T22:00:00.000Z', fields: { level: 1.5, spare: 1 }, data: '01', fPort: 2 },
  ...{ dataRate: 'SF7BW125', receptions: [reception(-4)] },
};
const FACTS: SiteFacts = {
  status: {
    ...{
      site: 'hut',
      version: '0.2.0',
      started: '2026-07-01T08:00:00.000Z',
      now: '2026-07-01T22:30:00.000Z',
    },
    ...{ timeZone: 'Europe/Berlin', store: { epoch: 3, lastSeq: 4711, sizeBytes: 2_500_000 } },
    ...{ broker: { kind: 'embedded' }, simulator: false, refused: { wrong_mic: 2, replay: 0 } },
  },
  gateways: [
    {
      ...{
        gatewayId: '0102030405060708',
        name: 'Mast',
        place: 'north gable',
        antenna: '3 dBi',
        state: 'online',
      },
      ...{ lastSeen: '2026-07-01T22:29:00.000Z', uplinks: 12, noiseDbm: -117, clock: 'gps', qos: 1 },
    },
    { gatewayId: '0102030405060709', state: 'offline', lastSeen: null, uplinks: 0 },
  ],
  devices: [
    {
      ...{ devEui: '70b3d57ed0000001', name: 'Tank 10', area: 'Cellar', notes: 'behind\nthe door', last },
      ...{
        decoder: 'cayenne',
        fields: { level: { name: 'Level', unit: 'm', digits: 2 }, spare: { hidden: true } },
      },
    },
    {
      devEui: '70b3d57ed0000002',
      name: 'Tank 9',
      area: 'Cellar',
      decoder: 'raw',
      keyMissing: true,
      last: null,
    },
    {
      ...{ devEui: '70b3d57ed0000003', name: 'Door', decoder: 'raw' },
      last: { ...last, fields: {}, problem: 'no codec', receptions: [reception(5)] },
    },
  ],
  spots: [
    {
      ...{
        time: '2026-07-01T20:00:00.000Z',
        label: 'Boiler',
        device: '70b3d57ed0000001',
        deviceName: 'Tank 10',
      },
      ...{ heard: 5, missed: 2, marginDb: 4.125, leastMarginDb: 1, gatewayId: '0102030405060708' },
      plan: { name: 'Ground floor' },
    },
  ],
};
const INPUT: ReportInput = {
  findings: [
    { what: 'store', level: 'ok', text: 'the log takes readings' },
    { what: 'backup', level: 'warning', text: 'of 2026-07-01T21:00:00.000Z', hint: 'make another' },
  ],
  site: FACTS,
  nowMs: NOW_MS,
  versions: [['Program on this machine', '0.2.0 (abc)']],
};

/** Its lines as a reader has them. */
function shown(html: string): string {
  return html
    .slice(html.indexOf('<body>'))
    .replaceAll(/<(br|\/td|\/tr|\/p|\/h\d)>/g, ' | ')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll(/[ |]*\n/g, '\n');
}

test('what was found, gateways, devices with margin and values, spots and versions, in the zone of the site', () => {
  const text = shown(commissioningReport(INPUT));
  expect(text).toContain('Commissioning report: hut\n');
  expect(text).toContain('As of 2026-07-02 00:30:00 (Europe/Berlin');
  expect(text).toContain(
    '1 of 2 gateways are online; 2 of 3 devices have been heard; 1 of them with less than 10 dB to spare; 0 faults and 1 things',
  );
  expect(text).toContain('good | store | the log takes readings\n');
  expect(text).toContain('look | backup | of 2026-07-01 23:00:00 | make another\n');
  expect(text).toContain(
    'Mast 0102030405060708 | north gable, 3 dBi | online | 2026-07-02 00:29:00 | 12 | -117 | gps, QoS 1',
  );
  expect(text).toContain('offline | never | 0');
  expect(text).toContain(
    'Tank 10 70b3d57ed0000001 | cayenne | behind\nthe door | 2026-07-02 00:00:00 | 3.5 | Level 1.50 m\n',
  );
  expect(text).toContain('Tank 9 70b3d57ed0000002 | raw | its key is missing | not heard yet');
  expect(text).toContain(
    'Door 70b3d57ed0000003 | raw | 2026-07-02 00:00:00 | 12.5 | port 2: 01 | no codec\n',
  );
  expect(text).toContain(
    'Boiler | Ground floor | 2026-07-01 22:00:00 | Tank 10 | 4.1 (1) | 5 (2) | 0102030405060708',
  );
  expect(text).toContain(
    'Program on this machine | 0.2.0 (abc)\nVersion that runs | 0.2.0, since 2026-07-01 10:00:00',
  );
  expect(text).toContain('Refused since the start | wrong_mic 2\n');
  const order = ['Cellar', 'Tank 9', 'Tank 10', 'Without an area', 'Door'].map((one) => text.indexOf(one));
  expect(order).toEqual(order.toSorted((a, b) => a - b));
});

test('needs no server: no script, no address, and a policy that allows none', () => {
  const html = commissioningReport(INPUT);
  expect(html).toContain("default-src 'none'");
  expect(html).not.toMatch(/<script|<link|<img|src="|href="|https?:/);
});

test('a box that does not tell has a report that says so', () => {
  const text = shown(commissioningReport({ ...INPUT, site: 'http://127.0.0.1:8080: nobody answers' }));
  expect(text).toContain(
    'does not tell of its gateways, devices and survey: http://127.0.0.1:8080: nobody answers',
  );
  expect(text).toContain('good | store');
  expect(text).toContain('0.2.0 (abc)');
});

test('names, notes, values and findings of any kind stay text', () => {
  const evil = '</td><script>alert(1)</script><img src=x onerror="a">\u202e&amp;\u0000';
  const everywhere = (value: unknown): unknown => {
    if (typeof value === 'string') return /^\d{4}-\d\d-/.test(value) ? value : evil;
    if (Array.isArray(value)) return value.map(everywhere);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, everywhere(one)]));
  };
  const site = everywhere(FACTS) as SiteFacts;
  const findings = everywhere(INPUT.findings) as ReportInput['findings'];
  const html = commissioningReport({
    ...INPUT,
    site,
    findings: findings.map((one) => ({ ...one, level: 'problem' })),
  });
  expect(html).toContain('&#60;script&#62;');
  expect(html).not.toMatch(/<script|<img|\u202e|\p{Cc}(?<!\n)/u);
});

test('the box is asked for no more of its devices than is shown', async () => {
  const asked: string[] = [];
  const facts = await siteFacts({
    one: async (path) => {
      asked.push(path);
      return FACTS.status;
    },
    all: async (path, query) => {
      asked.push(`${path} ${JSON.stringify(query)}`);
      return [];
    },
  });
  expect(facts).toEqual({ status: FACTS.status, gateways: [], devices: [], spots: [] });
  expect(asked).toContain(
    '/api/v1/devices {"fields":"name,area,notes,activation,keyMissing,profile,decoder,fields,last","limit":"1000"}',
  );
});
