/**
 * Redis 6.2 and what was deleted while it was pending: XAUTOCLAIM hands it over as nil, and keeps it pending, where 7 forgets it.
 * Left there it would hold the watermark for ever. Scripted answers, as a 6.2 gives them.
 */
import { expect, test } from 'vitest';
import type { Reply } from '../../src/sync/centre/redis-link.ts';
import { newSite, readSite } from '../../src/sync/centre/site-reader.ts';
import { createTurns } from '../../src/sync/centre/turns.ts';
import { recordFields } from '../../src/sync/entry.ts';
import { siteKeys } from '../../src/sync/keys.ts';
import type { Client } from '../../src/sync/site/client.ts';
import { createCommandInbox } from '../../src/sync/site/commands/inbox.ts';
import { siteRecord } from '../support/centre-records.ts';
import { createTestWorld } from '../support/world.ts';

const bytes = (text: string) => Buffer.from(text);
const entry = (seq: number): Reply => [
  bytes(`1-${seq}`),
  recordFields(siteRecord('hut', seq)).map((field) =>
    Buffer.isBuffer(field) ? field : bytes(String(field)),
  ),
];

test('collect finds by its name what was handed over without one, and acknowledges it', async () => {
  const keys = siteKeys('webscada', 'hut');
  const asked: string[] = [];
  const redis = {
    async call(command: string, ...args: readonly unknown[]): Promise<Reply> {
      asked.push(`${command} ${args.at(-1)}`);
      if (command === 'XAUTOCLAIM') return [bytes('0-0'), [null, entry(4)]];
      // What is pending with us, once it was handed over.
      const isOwn = args.at(-1) === '0';
      return isOwn ? [[bytes(keys.log), [[bytes('1-3'), null], entry(4)]]] : null;
    },
    run: () => Promise.reject(new Error('no scripts here')),
    scan: () => Promise.reject(new Error('no scans here')),
    shardOf: () => '',
    eachMaster: () => Promise.reject(new Error('no masters here')),
    close() {},
  };
  const options = {
    redis,
    group: 'g',
    consumer: 'c',
    claimAfterMs: 1_000,
    turn: createTurns(),
    pollMs: 1,
    world: createTestWorld(),
    most: { records: 5_000, bytes: 8_000_000 },
  };
  const state = { ...newSite('hut', keys), mustRecover: false };
  state.streams.add('log');
  expect((await readSite(options, state))?.log.ids).toEqual(['1-4']);
  const own = await readSite(options, state);
  expect(own?.log.ids).toEqual(['1-3', '1-4']);
  expect(own?.log.records.map(({ seq }) => seq)).toEqual([4]);
  expect(asked).toHaveLength(2);
});

test('a command deleted at the centre is taken from the box that had it, and those behind it are not forgotten', async () => {
  const given = [
    // Nothing of our own; then the deleted one comes over, and by its name; then the next.
    null,
    ['0-0', [null]],
    [['k', [['7-0', null]]]],
    null,
    ['0-0', [['8-0', ['v', '1']]]],
  ];
  const client = { call: async () => given.shift() } as Pick<Client, 'call'> as Client;
  const inbox = createCommandInbox(client, 'k', 'store-a');
  expect(await inbox.next(1)).toEqual({ entryId: '7-0', fields: [], wasElsewhere: false });
  expect(await inbox.next(1)).toEqual({ entryId: '8-0', fields: ['v', '1'], wasElsewhere: true });
});
