/** Notifications as pages are looked at with: one of everything, a channel that fails, something that waits. Nothing can be done about them. */
import type { NotifyBook, NotifyPerson, NotifyProof } from '../../src/model/notify.ts';
import type { NotifyRefusal, NotifyService } from '../../src/model/notify-service.ts';
import { tell, tellAll } from '../../src/model/said.ts';

const NOW_MS = Date.UTC(2026, 0, 1, 12);
const REFUSED: NotifyRefusal = { refused: 'busy', detail: 'This one is for looking at.' };
const KEPT = { revision: 3, changedMs: NOW_MS, changedBy: 'user ada' };

const ADA: NotifyPerson = {
  ...{ id: 'ada', name: 'Ada Lovelace', language: 'en', timeZone: 'Europe/London', ...KEPT },
  addresses: [
    { channel: 'email', to: 'ada.lovelace@pumping-station.north-hill.example' },
    { channel: 'webhook', webhook: 'night-shift', to: '#alarms' },
    { channel: 'mqtt', topic: 'hall-1/siren' },
    { channel: 'downlink', device: '70b3d57ed0000000', fPort: 2, on: { data: '01' }, off: { data: '00' } },
  ],
  quiet: { windows: ['22:00-06:00', 'sat-sun 00:00-24:00'], except: 'critical' },
};

const BOOK: NotifyBook = {
  people: new Map([
    ['ada', ADA],
    ['bob', { id: 'bob', name: 'Bob', language: 'de', addresses: [], ...KEPT }],
  ]),
  groups: new Map([['night', { id: 'night', name: 'Night shift', members: ['ada', 'bob'], ...KEPT }]]),
  routes: new Map([
    [
      'urgent',
      {
        ...{ id: 'urgent', name: 'What is urgent', enabled: true, priorities: ['critical', 'high'], ...KEPT },
        ...{ areas: ['Hall 1'], rules: ['too-full'], hours: ['mon-fri 18:00-24:00'], recovery: true },
        ...{ to: ['group:night'], digestAt: '07:00', escalate: [{ afterMinutes: 15, to: ['person:ada'] }] },
      },
    ],
  ]),
};

function proof(n: number, more: Partial<NotifyProof>): NotifyProof {
  return {
    ...{ n, timeMs: NOW_MS - n * 60_000, outcome: 'sent', person: 'ada', personName: 'Ada Lovelace' },
    ...{ channel: 'email', to: 'ada.lovelace@pumping-station.north-hill.example', alarms: 1, attempts: 1 },
    ...{ messageId: `4f.${n}.north-hill@site.example`, subject: 'North hill: Tank too full', ageMs: 0 },
    answer: '250 2.0.0 Ok: queued as 4711',
    ...more,
  };
}

const PROOFS: readonly NotifyProof[] = [
  proof(3, { alarms: 12, ageMs: 7_200_000, attempts: 9, maybeTwice: true }),
  proof(2, {
    outcome: 'failed',
    channel: 'webhook',
    to: 'night-shift: #alarms',
    answer: '404 no such channel',
  }),
  proof(1, { isTest: true, alarms: 0 }),
];

export function createShownNotify(): NotifyService {
  const sums = { queued: 0, sent: 4, failed: 0, lastSentMs: NOW_MS };
  const late = tell('notify.noAnswer', { seconds: 10 });
  const failing = tellAll([tell('notify.failing', { channel: 'night-shift' }, 'notify.reach.todo'), late]);
  return {
    start: async () => {},
    stop: async () => {},
    book: () => BOOK,
    put: () => REFUSED,
    remove: () => REFUSED,
    test: async () => REFUSED,
    status: () => ({
      ...{ state: 'degraded', sinceMs: NOW_MS, queued: 2, oldestUnsentMs: NOW_MS - 3_600_000, ...failing },
      channels: [
        { channel: 'email', server: 'mail.example:587', state: 'ok', told: tell('notify.nobody'), ...sums },
        {
          ...{ channel: 'webhook', name: 'night-shift', server: 'hooks.example', state: 'degraded', ...sums },
          ...{ told: failing, sinceMs: NOW_MS - 3_600_000, queued: 2, failed: 1 },
        },
        {
          channel: 'mqtt',
          server: 'webscada-edge/alarms/…',
          state: 'ok',
          told: tell('notify.nobody'),
          ...sums,
        },
        { channel: 'downlink', server: '', state: 'ok', told: tell('notify.nobody'), ...sums },
      ],
    }),
    waiting: () => [
      {
        ...{ person: 'ada', personName: 'Ada Lovelace', channel: 'webhook', to: 'night-shift: #alarms' },
        ...{ alarms: 2, oldestMs: NOW_MS - 3_600_000, until: 'now', attempts: 4 },
        ...{ problem: late.detail, said: late.said },
      },
    ],
    proofs: () => PROOFS,
  };
}
