/**
 * An hour of an InfluxDB that flaps between success, errors, slowness, cut connections and refusals, in simulated time:
 * ten readings a second come in, one in a thousand is beyond repair, and after every answer
 * accepted = delivered + pending + quarantined + expired has to hold. In the end every good reading is there once and
 * every bad one is in quarantine. `--minutes N` (60), `--seed N` (1). Prints what happened.
 */

import { setImmediate as otherEvents } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import type { InfluxClient } from '../src/ingest/influx/client.ts';
import type { Answer } from '../src/ingest/influx/outcome.ts';
import { createInfluxWriter } from '../src/ingest/influx/writer.ts';
import { createQuarantineService } from '../src/ingest/quarantine-service.ts';
import { DEFAULTS } from '../test/support/config.ts';
import { createInfluxFake, type Step } from '../test/support/influx-fake.ts';
import { createMemoryStore, uplinkRecord } from '../test/support/memory-store.ts';
import { createTestWorld } from '../test/support/world.ts';

const { values } = parseArgs({
  options: { minutes: { type: 'string', default: '60' }, seed: { type: 'string', default: '1' } },
});
const minutes = Number(values.minutes);
const PER_SECOND = 10;
const TICK_MS = 100;

const world = createTestWorld(Date.UTC(2026, 0, 1), Number(values.seed));
const store = createMemoryStore();
const fake = createInfluxFake();
fake.refuse = ({ fields }) => (fields.bad === true ? 'beyond repair' : undefined);

/** How InfluxDB behaves for a while; each request meets one of the steps. */
const MOODS: readonly (readonly Step[])[] = [
  ['healthy'],
  ['healthy'],
  [{ status: 500 }, { status: 500, writes: true }, 'healthy'],
  [{ status: 503 }, { status: 429, headers: { 'retry-after': '7' } }],
  [{ slowMs: 2_500 }, { slowMs: 9_000 }, 'healthy'],
  [{ cut: true }, { cut: true, writes: true }, 'healthy'],
  [{ silent: true }, { silent: true, writes: true }],
  // Refusals of good records too: some end in quarantine, from where a retry brings them back.
  [{ status: 422, writes: true }, 'healthy', 'healthy', 'healthy'],
  [{ status: 413 }, 'healthy'],
  [{ status: 401 }, { status: 404 }, 'healthy'],
];

const answers = new Map<string, number>();
let checks = 0;
let unbalanced = 0;
let worst = 0;

function balanced(): void {
  const { accepted, delivered, pending, quarantined, expired } = writer.status();
  checks += 1;
  worst = Math.max(worst, pending);
  const negative = Math.min(delivered, pending, quarantined, expired) < 0;
  if (negative || accepted !== delivered + pending + quarantined + expired) unbalanced += 1;
}

function note(name: string): void {
  answers.set(name, (answers.get(name) ?? 0) + 1);
}

const client: InfluxClient = {
  write: (lines, signal) =>
    new Promise<Answer>((resolve) => {
      const finish = (name: string, answer: Answer): void => {
        note(name);
        resolve(answer);
        // The writer has dealt with it when the queue of promises is empty.
        void otherEvents().then(balanced);
      };
      signal.addEventListener('abort', () => resolve({ failure: 'aborted' }));
      const answer = fake.receive(lines);
      if (answer === 'silence') world.clock.after(10_000, () => finish('timeout', { failure: 'timeout' }));
      else if (answer === 'nothing') finish('cut', { failure: 'cut' });
      else {
        const name = answer.slowMs === undefined ? String(answer.status) : `${answer.status} slow`;
        const given = { ...answer, retryAfter: answer.headers['retry-after'] };
        world.clock.after(answer.slowMs ?? 5, () => finish(name, given));
      }
    }),
  close: () => undefined,
};

const writer = createInfluxWriter({
  store,
  world,
  config: { ...DEFAULTS.influx, url: 'http://flapping', org: 'o', bucket: 'b' },
  site: 's',
  deviceName: () => '',
  connect: () => Promise.resolve(client),
});

/** Appends what `TICK_MS` brings. */
function readings(): void {
  const records = Array.from({ length: (PER_SECOND * TICK_MS) / 1_000 }, (_, index) => {
    const number = store.log.lastSeq() + index;
    const fields = { index: number, bad: number % 1_000 === 500 };
    return uplinkRecord(`device ${number % 50}`, world.clock.nowMs(), fields);
  });
  store.append(records);
}

/** Draws a new mood every few seconds of the hour. */
function flap(mood: readonly Step[]): void {
  const step = mood[Math.floor(world.random() * mood.length)];
  if (fake.script.length === 0 && step) fake.script.push(step);
}

async function pass(ms: number): Promise<void> {
  world.advance(ms);
  for (let turn = 0; turn < 4; turn++) await otherEvents();
  balanced();
}

const startedMs = performance.now();
await writer.start();
let mood: readonly Step[] = ['healthy'];
let moodEndsMs = 0;
for (let elapsedMs = 0; elapsedMs < minutes * 60_000; elapsedMs += TICK_MS) {
  if (elapsedMs >= moodEndsMs) {
    mood = MOODS[Math.floor(world.random() * MOODS.length)] ?? mood;
    moodEndsMs = elapsedMs + 2_000 + world.random() * 40_000;
  }
  flap(mood);
  readings();
  await pass(TICK_MS);
}
fake.script.length = 0;
const atEnd = writer.status().pending;
let recoveryMs = 0;
for (; writer.status().pending > 0 && recoveryMs < 600_000; recoveryMs += TICK_MS) await pass(TICK_MS);
const total = store.log.lastSeq();
const atRest = writer.status();
const desk = createQuarantineService({ store, world, sinks: { influx: writer.replay } });
const retrying = desk.act('influx', {}, { action: 'retry' }, { by: 'this script' });
let retried: Awaited<typeof retrying> | undefined;
void retrying.then((outcome) => {
  retried = outcome;
});
while (!retried || writer.status().pending > 0) await pass(TICK_MS);
await writer.stop();

const status = writer.status();
const landed = new Set<unknown>();
for (const { measurement, fields } of fake.points.values()) {
  if (measurement === 'reading') landed.add(fields.index);
}
const aside = new Set(store.quarantine.list('influx', 0, total).map(({ seq }) => seq - 1));
let lost = 0;
let wronglyAside = 0;
for (let index = 0; index < total; index++) {
  const bad = index % 1_000 === 500;
  if (!landed.has(index) && !aside.has(index)) lost += 1;
  if (bad && !aside.has(index)) lost += 1;
  if (!bad && aside.has(index)) wronglyAside += 1;
}
const points = [...fake.points.values()].filter(({ measurement }) => measurement === 'reading').length;
const inOrder = [...answers].sort(([, a], [, b]) => b - a);
console.log(`${minutes} minutes of a flapping InfluxDB in ${((performance.now() - startedMs) / 1_000).toFixed(1)} s
readings                 ${total}
answers                  ${inOrder.map(([name, count]) => `${name}: ${count}`).join(', ')}
longest queue            ${worst} records; ${atEnd} at the end, gone ${(recoveryMs / 1_000).toFixed(1)} s later
set aside                ${atRest.quarantined}; a retry brought ${retried.delivered} back and ${retried.refused} were refused again
landed, in quarantine    ${landed.size}, ${aside.size} (${wronglyAside} of them good)
lost, doubled            ${lost}, ${points - landed.size}
counts checked           ${checks} times, wrong ${unbalanced} times
in the end               ${status.delivered} delivered + ${status.pending} pending + ${status.quarantined} quarantined + ${status.expired} expired = ${status.accepted}`);
const failed = lost > 0 || wronglyAside > 0 || unbalanced > 0 || status.pending > 0 || points !== landed.size;
if (failed || status.quarantined !== aside.size) {
  console.error('FAILED');
  process.exitCode = 1;
}
