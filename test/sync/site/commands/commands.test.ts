/** Commands without a Redis: what each kind asks of the box, what is refused, and what a crash in the middle does. */
import { describe, expect, test } from 'vitest';
import { COMMAND_KINDS, type CommandAnswer } from '../../../../src/model/command.ts';
import { readCommand } from '../../../../src/sync/site/commands/command.ts';
import { type CommandContext, execute } from '../../../../src/sync/site/commands/execute.ts';
import { createCommandJournal } from '../../../../src/sync/site/commands/journal.ts';
import { COMMANDS, type CommandPorts } from '../../../../src/sync/site/commands/table.ts';
import { createTestWorld } from '../../../support/world.ts';

const EUI = '70b3d57ed0000000';

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

function makeBox(more: Partial<CommandContext> = {}, ports: Partial<CommandPorts> = {}) {
  const world = createTestWorld();
  const notes = new Map<string, unknown>();
  const answers: CommandAnswer[] = [];
  const asked: Asked[] = [];
  const store = {
    notes: {
      get: (name: string) => structuredClone(notes.get(name)),
      put: (name: string, value: unknown) => void notes.set(name, value),
    },
    synced: async () => {},
    async commit(change: { records?: readonly { body: unknown }[] }) {
      for (const { body } of change.records ?? []) answers.push(body as CommandAnswer);
      return { firstSeq: answers.length };
    },
  };
  const context: CommandContext = {
    ...{ world, store, allowed: COMMAND_KINDS, ownTime: world.clock.nowMs },
    journal: createCommandJournal(store),
    fromEarlierLife: async () => {},
    ports: {
      async ask(method, path, body) {
        asked.push({ method, path, ...(body === undefined ? {} : { body }) });
        if (path.endsWith('/downlinks')) return { status: 201, json: { id: 'd1' } };
        if (path === '/api/v1/codecs/test')
          return { status: 200, json: { hex: '0102', fPort: 7, warnings: [] } };
        if (method === 'GET')
          return { status: 200, json: { decoder: 'tank', profile: 'Tanks', variables: { k: '1' } } };
        return { status: 200, json: { secret: 'key' } };
      },
      sums: async (fromSeq, toSeq) => ({ epoch: 1, fromSeq, toSeq, oldestSeq: 1, hours: [] }),
      resend: async () => ({ ok: true }),
      doctor: async () => [{ what: 'disk', level: 'ok', text: 'fine' }],
      backup: async () => ({ ok: true, detail: 'made' }),
      async putSettings(id, changes) {
        asked.push({ method: 'settings', path: id, body: changes });
        return { ok: true };
      },
      async takeVersion(id, version) {
        asked.push({ method: 'version', path: id, body: version });
        return { ok: true };
      },
      ...ports,
    },
    ...more,
  };
  let entries = 0;
  const give = (fields: Record<string, string>, elsewhere = false, at: CommandContext = context) =>
    execute(
      at,
      { entryId: `${++entries}-0`, fields: Object.entries({ v: '1', ...fields }).flat() },
      elsewhere,
    );
  const command = (kind: string, body: unknown = {}, rest: Record<string, string> = {}) =>
    give({ id: `c${entries}`, kind, body: JSON.stringify(body), ...rest });
  /** As after a restart: what is on disk is all there is. */
  const restarted = (): CommandContext => ({ ...context, journal: createCommandJournal(store) });
  return {
    world,
    answers,
    asked,
    context,
    give,
    command,
    restarted,
    states: () => answers.map(({ state }) => state),
  };
}

describe('the table', () => {
  test('every kind is in it, and says what it does', () => {
    expect(Object.keys(COMMANDS).sort()).toEqual([...COMMAND_KINDS].sort());
  });

  const asks: [string, unknown, Asked[]][] = [
    ['doctor', {}, []],
    ['backup', {}, []],
    ['log-sums', { fromSeq: 1, toSeq: 9 }, []],
    ['resend', { epoch: 1, fromSeq: 1, toSeq: 9 }, []],
    [
      'downlink',
      { device: EUI, fPort: 2, data: '01' },
      [{ method: 'POST', path: `/api/v1/devices/${EUI}/downlinks`, body: { fPort: 2, data: '01' } }],
    ],
    [
      'downlink',
      { device: EUI.toUpperCase(), object: { on: true }, confirmed: true },
      [
        { method: 'GET', path: `/api/v1/devices/${EUI}` },
        { method: 'GET', path: '/api/v1/profiles/Tanks' },
        {
          method: 'POST',
          path: '/api/v1/codecs/test',
          body: { name: 'tank', object: { on: true }, variables: { k: '1' } },
        },
        {
          method: 'POST',
          path: `/api/v1/devices/${EUI}/downlinks`,
          body: { confirmed: true, data: '0102', fPort: 7 },
        },
      ],
    ],
    [
      'device-put',
      { device: EUI, name: 'T' },
      [{ method: 'PUT', path: `/api/v1/devices/${EUI}`, body: { name: 'T' } }],
    ],
    ['device-remove', { device: EUI }, [{ method: 'DELETE', path: `/api/v1/devices/${EUI}` }]],
    [
      'profile-put',
      { name: 'a/b', codec: 'raw' },
      [{ method: 'PUT', path: '/api/v1/profiles/a%2Fb', body: { codec: 'raw' } }],
    ],
    [
      'codec-put',
      { name: 'x', source: 's' },
      [{ method: 'PUT', path: '/api/v1/codecs/x', body: { source: 's' } }],
    ],
    [
      'settings-put',
      { changes: { 'influx.org': null } },
      [{ method: 'settings', path: 'c0', body: { 'influx.org': null } }],
    ],
    ['take-version', { version: '0.3.0' }, [{ method: 'version', path: 'c0', body: '0.3.0' }]],
    [
      'alarm-ack',
      { alarms: ['high:x'], comment: 'seen' },
      [{ method: 'POST', path: '/api/v1/alarms/acknowledge', body: { alarms: ['high:x'], comment: 'seen' } }],
    ],
  ];

  test.each(asks)('%s %o asks this and nothing else', async (kind, body, expected) => {
    const { command, asked, states } = makeBox();
    await command(kind, body);
    expect(asked).toEqual(expected);
    expect(states()).toEqual(['accepted', 'done']);
  });

  test('a downlink ends with its command', async () => {
    const { command, asked, world } = makeBox();
    const expires = world.clock.nowMs() + 1_000;
    await command('downlink', { device: EUI, fPort: 2, data: '01' }, { expires: String(expires) });
    expect(asked[0]?.body).toMatchObject({ expires: new Date(expires).toISOString() });
  });

  test('no answer repeats what was sent or what the API gave: it may hold keys', async () => {
    const { command, answers } = makeBox();
    await command('device-put', { device: EUI, name: 'T', appKey: 'ab'.repeat(16) });
    expect(JSON.stringify(answers)).not.toMatch(/abab|secret/);
  });

  test.each([
    ['doctor', { x: 1 }],
    ['log-sums', { fromSeq: 9, toSeq: 1 }],
    ['resend', { fromSeq: 1, toSeq: 9 }],
    ['resend', { epoch: 1, fromSeq: 1, toSeq: 1e6 }],
    ['log-sums', { fromSeq: 1, toSeq: 1e7 }],
    ['downlink', { device: 'x', data: '' }],
    ['downlink', { device: EUI }],
    ['downlink', { device: EUI, data: '01', object: {} }],
    ['device-remove', { device: EUI, all: true }],
    ['device-put', { device: '../users' }],
    ['profile-put', {}],
    ['codec-put', { name: 'x' }],
    ['take-version', { version: '../../etc' }],
    ['take-version', { version: '0.3.0', url: 'http://elsewhere' }],
    ['settings-put', { changes: {} }],
    ['settings-put', { changes: { 'influx.org': { a: 1 } } }],
    ['settings-put', { changes: Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`x.${n}`, 1])) }],
    ['alarm-ack', { alarms: [] }],
    ['alarm-ack', { alarms: ['a'], all: true }],
  ])('%s %o is refused before anything is asked', async (kind, body) => {
    const { command, asked, answers } = makeBox();
    await command(kind, body);
    expect(asked).toEqual([]);
    expect(answers.at(-1)).toMatchObject({ state: 'refused', code: 'body' });
  });

  test('what the API refuses is refused with its words', async () => {
    const problem = {
      type: 'urn:webscada-edge:problem:device-unknown',
      title: 'Not queued',
      detail: 'No device.',
    };
    const { command, answers } = makeBox({}, { ask: async () => ({ status: 404, json: problem }) });
    await command('downlink', { device: EUI, fPort: 1, data: '' });
    expect(answers.at(-1)).toMatchObject({ code: 'device-unknown', reason: 'Not queued: No device.' });
    await command('device-remove', { device: EUI });
    expect(answers.at(-1)).toMatchObject({ state: 'done' });
  });
});

describe('what is not done', () => {
  test.each([
    ['not_allowed', { allowed: ['doctor'] as const }, 'backup', {}],
    ['unknown_kind', {}, 'reboot', {}],
    ['expired', {}, 'doctor', { expires: '1000' }],
    ['clock', { ownTime: () => undefined }, 'doctor', { expires: '99999999999999' }],
    ['version', {}, 'doctor', { v: '2' }],
    ['malformed', {}, 'doctor', { body: '[1]' }],
    ['malformed', {}, 'doctor', { body: `{"a":${'['.repeat(40)}${']'.repeat(40)}}` }],
    ['malformed', {}, 'doctor', { body: '{"__proto__":{}}' }],
    ['malformed', {}, 'doctor', { expires: 'soon' }],
    ['malformed', {}, 'Do it!', {}],
    ['malformed', {}, 'doctor', { id: 'a b' }],
    ['too_large', {}, 'doctor', { body: ' '.repeat(700_000) }],
  ])('%s', async (code, more, kind, rest) => {
    const { command, answers } = makeBox(more);
    await command(kind, {}, rest);
    expect(answers).toEqual([
      expect.objectContaining({ event: 'command', state: 'refused', code, by: 'centre' }),
    ]);
  });

  test('a failure inside is an answer, and not the end', async () => {
    const { command, answers } = makeBox({}, { backup: () => Promise.reject(new Error('inside story')) });
    await command('backup');
    expect(answers.at(-1)).toMatchObject({ code: 'internal' });
    expect(JSON.stringify(answers)).not.toContain('inside story');
  });

  test('what takes for ever is answered, and the next has its turn', async () => {
    const { command, answers, world, states } = makeBox({}, { backup: () => new Promise(() => {}) });
    const first = command('backup');
    await expect.poll(states).toEqual(['accepted']);
    await new Promise((resolve) => setImmediate(resolve));
    world.advance(900_000);
    await first;
    expect(answers.at(-1)).toMatchObject({ code: 'late' });
  });

  test('rubbish of every kind gives one bounded refusal', () => {
    for (const fields of [
      [],
      ['v'],
      ['v', '1'],
      ['v', '1', 'id', '\u0000'.repeat(9_999)],
      Array<string>(9_999).fill('x'),
    ]) {
      const read = readCommand({ entryId: '5-0', fields });
      expect(read).toHaveProperty('refused');
      expect(JSON.stringify(read).length).toBeLessThan(1_000);
    }
  });
});

describe('once', () => {
  const downlink = { id: 'one', kind: 'downlink', body: JSON.stringify({ device: EUI, fPort: 1, data: '' }) };

  test('the same id again, and after a restart, is not done again', async () => {
    const { give, asked, restarted, states } = makeBox();
    await give(downlink);
    await give(downlink);
    await give(downlink, false, restarted());
    expect(asked).toHaveLength(1);
    expect(states()).toEqual(['accepted', 'done']);
  });

  test('interrupted in the middle: what repeats is done again, a downlink is not', async () => {
    const { give, context, asked, restarted, answers } = makeBox();
    for (const id of ['one', 'two']) await context.journal.note(id, 'begun');
    await give(downlink, false, restarted());
    expect(answers).toMatchObject([{ id: 'one', state: 'refused', code: 'interrupted' }]);
    expect(asked).toEqual([]);
    await give({ id: 'two', kind: 'backup' }, false, restarted());
    expect(answers.at(-1)).toMatchObject({ id: 'two', state: 'done' });
  });

  test('what was given to another box of this site before may have been done there', async () => {
    const { give, answers, asked } = makeBox();
    await give(downlink, true);
    expect(asked).toEqual([]);
    expect(answers).toMatchObject([{ code: 'interrupted' }]);
  });

  test('where the disk refuses nothing is done', async () => {
    const { give, context, asked } = makeBox();
    const journal = { ...context.journal, note: () => Promise.reject(new Error('full')) };
    await expect(give(downlink, false, { ...context, journal })).rejects.toThrow('full');
    expect(asked).toEqual([]);
  });

  test('the journal is bounded', async () => {
    const { context, restarted } = makeBox();
    for (let i = 0; i < 600; i++) await context.journal.note(`c${i}`, 'answered');
    expect([restarted().journal.of('c99'), restarted().journal.of('c100')]).toEqual([undefined, 'answered']);
  });
});
