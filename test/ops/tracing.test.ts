/** Spans on their way to a collector: as the protocol has them, bounded, counted, and told where they do not arrive. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { traceIdOf, traceparentOf } from '../../src/model/trace.ts';
import { createTraceExporter, MAX_WAITING } from '../../src/ops/tracing/exporter.ts';
import { createCarriedTracer, createSiteTracer } from '../../src/ops/tracing/tracers.ts';
import { otlpProblems } from '../support/otlp-schema.ts';
import { eventually } from '../support/process.ts';
import { startTraceReceiver, type TraceReceiver } from '../support/trace-receiver.ts';
import { createFastWorld, createTestWorld } from '../support/world.ts';

let receiver: TraceReceiver;
let ends: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  receiver = await startTraceReceiver();
  ends = [() => receiver.stop()];
});
afterEach(async () => {
  for (const end of ends.reverse()) await end();
});

/** A site that traces `oneIn`, sending to the receiver. */
async function site({ oneIn = 1, endpoint = receiver.url, authorization = '' } = {}) {
  const world = createFastWorld(10);
  const config = { endpoint, sampleOneIn: oneIn, ...(authorization === '' ? {} : { authorization }) };
  const exporter = createTraceExporter(config, { 'service.name': 'webscada-edge' }, world);
  await exporter.start();
  ends.push(exporter.stop);
  const { clock } = world;
  const tracer = createSiteTracer({ site: 'hut', epoch: () => 3, oneIn, exporter, clock });
  const trace = (seq: number, attributes = {}): void => {
    const endMs = clock.monotonicMs();
    const record = tracer.traceOf({ seq, kind: 'uplink' });
    record?.add({ name: 'frame', startMs: endMs - 250.5, endMs, attributes });
    record?.add({
      name: 'influx.write',
      startMs: endMs - 10,
      endMs,
      attributes: { 'webscada.batch_records': 2 },
    });
  };
  return { exporter, tracer, trace, world };
}

test('arrive as the protocol has them: ids, parents, kinds, times of today, attributes', async () => {
  const { trace, exporter } = await site({ authorization: 'Bearer abc' });
  const evil = { text: '\ud800\u0000"}', yes: true, part: 0.5, large: 2 ** 60 };
  trace(7, evil);
  await eventually('it is sent', () => receiver.spans.length === 2);
  expect(receiver.problems).toEqual([]);
  const [frame, write] = receiver.spans;
  const traceId = traceIdOf('hut', 3, 7);
  expect(frame).toMatchObject({
    service: 'webscada-edge',
    traceId,
    parentSpanId: undefined,
    name: 'frame',
    kind: 5,
  });
  expect(write).toMatchObject({ traceId, parentSpanId: frame?.spanId, name: 'influx.write', kind: 3 });
  expect(frame?.attributes).toEqual({
    ...{ 'webscada.site': 'hut', 'webscada.record': '3-7' },
    ...{ text: '\ufffd\u0000"}', yes: true, part: 0.5, large: 2 ** 60 },
  });
  expect((frame?.endMs ?? 0) - (frame?.startMs ?? 0)).toBeCloseTo(250.5, 2);
  expect(receiver.requests[0]).toMatchObject({
    path: '/v1/traces',
    headers: { authorization: 'Bearer abc', 'content-type': 'application/json', 'content-encoding': 'gzip' },
  });
  await eventually('it is told', () => exporter.status().state === 'ok');
  expect(exporter.status()).toMatchObject({ sent: 2, dropped: 0, waiting: 0 });
});

test('the schema of the test notices what a receiver would', () => {
  const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), kind: 2, startTimeUnixNano: '1' };
  const of = (change: object) =>
    otlpProblems({ resourceSpans: [{ scopeSpans: [{ spans: [{ ...span, ...change }] }] }] });
  expect(of({})).toEqual([]);
  const wrong = [
    { traceId: 'A' },
    { kind: 'SPAN_KIND_CLIENT' },
    { kind: 9 },
    { startTimeUnixNano: '1.5' },
    { start_time: 1 },
    { attributes: {} },
    { attributes: [{ key: 'a', value: { text: 'b' } }] },
    { status: { code: 7 } },
  ];
  for (const change of wrong) expect(of(change), JSON.stringify(change)).toHaveLength(1);
});

test('what is not of a frame is not traced, nor what is not among so many', async () => {
  const { tracer, trace, world, exporter } = await site({ oneIn: 50 });
  expect(tracer.traceOf({ seq: 1, kind: 'system' })).toBeUndefined();
  for (let seq = 1; seq <= 200; seq++) trace(seq);
  const wanted = Array.from({ length: 200 }, (_, at) => at + 1).filter((seq) =>
    tracer.traceOf({ seq, kind: 'uplink' }),
  );
  expect(wanted.length).toBeGreaterThan(0);
  expect(wanted.length).toBeLessThan(50);
  await eventually('they are sent', () => receiver.spans.length >= 2 * wanted.length);
  expect(new Set(receiver.spans.map(({ attributes }) => attributes['webscada.record']))).toEqual(
    new Set(wanted.map((seq) => `3-${seq}`)),
  );
  await eventually('it is told', () => exporter.status().state === 'ok');
  expect(world.logged.map(({ event }) => event)).toEqual(['tracing.ok']);
});

test('are sent again where that may help, and not where it does not', async () => {
  const { trace, exporter, world } = await site();
  receiver.answers.push({ status: 503 }, 'cut', { status: 429 });
  trace(1);
  await eventually('they arrive', () => receiver.spans.length === 2, 20_000);
  expect(receiver.requests.map(({ spans }) => spans)).toEqual([2, 2, 2, 2]);
  receiver.answers.push({ status: 400, body: 'no such tenant\n\u001b[31m' });
  trace(2);
  await eventually('they are refused', () => exporter.status().dropped === 2, 20_000);
  expect(exporter.status()).toMatchObject({ state: 'degraded', sent: 2, waiting: 0 });
  expect(exporter.status().detail).toContain('400 no such tenant [31m');
  receiver.answers.push({
    status: 200,
    body: '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"old"}}',
  });
  trace(3);
  await eventually('one is refused', () => exporter.status().dropped === 3, 20_000);
  expect(exporter.status()).toMatchObject({ state: 'degraded', sent: 3 });
  expect(world.logged.map(({ event }) => event)).toEqual([
    ...['tracing.down', 'tracing.down', 'tracing.down', 'tracing.ok', 'tracing.degraded', 'tracing.degraded'],
  ]);
}, 60_000);

test('wait in a bounded room while nobody takes them: the rest is counted, and gone', async () => {
  await receiver.stop();
  const { trace, exporter } = await site();
  for (let seq = 1; seq <= MAX_WAITING; seq++) trace(seq);
  expect(exporter.status()).toMatchObject({ waiting: MAX_WAITING, dropped: MAX_WAITING, sent: 0 });
  await eventually('it is told', () => exporter.status().state === 'down', 20_000);
  const back = await startTraceReceiver(Number(new URL(receiver.url).port));
  ends.push(back.stop);
  await eventually('all that waited is sent', () => exporter.status().waiting === 0, 30_000);
  expect(back.spans).toHaveLength(MAX_WAITING);
  expect(exporter.status()).toMatchObject({
    state: 'ok',
    waiting: 0,
    dropped: MAX_WAITING,
    sent: MAX_WAITING,
  });
  expect(Math.max(...back.requests.map(({ spans }) => spans))).toBeLessThanOrEqual(500);
}, 60_000);

test('a stop does not wait for a collector that is silent', async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => {})));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  ends.push(async () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const { port } = silent.address() as AddressInfo;
  const world = createTestWorld();
  const config = { endpoint: `http://127.0.0.1:${port}`, sampleOneIn: 1 };
  const exporter = createTraceExporter(config, {}, world);
  await exporter.start();
  const { clock } = world;
  const tracer = createSiteTracer({ site: 'hut', epoch: () => 3, oneIn: 1, exporter, clock });
  tracer.traceOf({ seq: 1, kind: 'uplink' })?.add({ name: 'frame', startMs: 0, endMs: 1 });
  world.advance(2_000);
  await eventually('it is asked', () => sockets.length === 1);
  let isStopped = false;
  const stopped = exporter.stop().then(() => {
    isStopped = true;
  });
  // A second of the ten a collector has otherwise.
  world.advance(1_000);
  await eventually('it has stopped', () => isStopped);
  await stopped;
});

test('a stop sends the last of them', async () => {
  const { trace, exporter } = await site();
  trace(1);
  await exporter.stop();
  expect(receiver.spans).toHaveLength(2);
});

test('the centre goes on where a record says so, each sink with spans of its own', async () => {
  const { exporter, world } = await site();
  const tracer = createCarriedTracer({ oneIn: 1, exporter, clock: world.clock });
  const traceId = traceIdOf('hut', 3, 7);
  const nowMs = world.clock.monotonicMs();
  const store = { name: 'collect.store', startMs: nowMs - 5, endMs: nowMs } as const;
  for (const text of [traceparentOf(traceId), 'rubbish', traceparentOf(traceId).replace(/1$/, '0')])
    for (const sink of ['postgres', 'files']) tracer.add(text, store, { 'webscada.sink': sink });
  await eventually('they are sent', () => receiver.spans.length >= 2);
  expect(receiver.problems).toEqual([]);
  const parentSpanId = traceparentOf(traceId).split('-')[2];
  expect(receiver.spans).toMatchObject([
    { traceId, parentSpanId, name: 'collect.store', attributes: { 'webscada.sink': 'postgres' } },
    { traceId, parentSpanId, name: 'collect.store', attributes: { 'webscada.sink': 'files' } },
  ]);
  expect(new Set(receiver.spans.map(({ spanId }) => spanId)).size).toBe(2);
});
