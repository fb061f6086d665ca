/** What is to be done first before anybody is told; names for ids; the log as its pages come. */
import { expect, test } from 'vitest';
import type { NotifyProofView, NotifyView } from '../../../src/ui/shapes/notify.ts';
import {
  type Book,
  type FirstStep,
  firstStep,
  recipientName,
} from '../../../src/ui/web/notify/first-step.ts';
import { merged } from '../../../src/ui/web/notify/proof-list.ts';

type Channel = NotifyView['channels'][number];

const kept = { revision: 1, changed: '', changedBy: '' };
const sums = { detail: '', queued: 0, sent: 0, failed: 0 };
const mail = (server: string): Channel => ({
  ...{ channel: 'email', server, state: server === '' ? 'not_configured' : 'ok', ...sums },
});
const hook: Channel = { channel: 'webhook', name: 'x', server: 'hooks.example', state: 'ok', ...sums };

interface Given {
  readonly addresses?: Book['people'][number]['addresses'];
  readonly enabled?: boolean;
}

function book(more: Given): Book {
  const { addresses, enabled } = more;
  return {
    people: addresses ? [{ id: 'ada', name: 'Ada', language: 'en', addresses, ...kept }] : [],
    groups: [{ id: 'night', name: 'Night shift', members: [], ...kept }],
    routes:
      enabled === undefined
        ? []
        : [
            {
              ...{ id: 'r', name: 'r', enabled, priorities: ['low'], to: ['person:ada'] },
              ...{ recovery: true, escalate: [], ...kept },
            },
          ],
  };
}

const EMAIL: Given['addresses'] & object = [{ channel: 'email', to: 'a@b' }];
const TOPIC: Given['addresses'] & object = [{ channel: 'mqtt', topic: 'x' }];
const SERVER = 'mail.example:587';

const CASES: readonly (readonly [FirstStep | undefined, readonly Channel[], Given])[] = [
  ['mail', [mail('')], {}],
  ['mail', [mail('')], { addresses: EMAIL, enabled: true }],
  ['people', [mail(SERVER)], {}],
  ['people', [mail(''), hook], {}],
  ['addresses', [mail(SERVER)], { addresses: [] }],
  ['routes', [mail(SERVER)], { addresses: EMAIL }],
  ['routes', [mail('')], { addresses: TOPIC, enabled: false }],
  [undefined, [mail('')], { addresses: TOPIC, enabled: true }],
  [undefined, [mail(SERVER)], { addresses: EMAIL, enabled: true }],
];

test.each(CASES)('first: %s', (step, channels, more) => {
  expect(firstStep([...channels], book(more))).toBe(step);
});

test('who is told has a name, and keeps the id where it is gone', () => {
  const all = book({ addresses: EMAIL });
  expect(
    ['person:ada', 'group:night', 'person:night', 'group:gone'].map((one) => recipientName(all, one)),
  ).toEqual(['Ada', 'Night shift', 'person:night', 'group:gone']);
});

test('pages of the log and what is new are one list, the newest first, each once', () => {
  const proof = (n: number): NotifyProofView => ({
    ...{ n, time: '', outcome: 'sent', person: '', personName: '', channel: 'email', to: '' },
    ...{ messageId: '', subject: '', answer: '', alarms: 0, ageSeconds: 0, attempts: 1 },
  });
  const first = merged([], [proof(5), proof(4)]);
  const older = merged(first, [proof(3), proof(2)]);
  expect(merged(older, [proof(6), proof(5)]).map(({ n }) => n)).toEqual([6, 5, 4, 3, 2]);
});
