/** The newest lines of the log, kept for the pages: bounded, found by level and part, and without what nobody else may know. */
import { describe, expect, test } from 'vitest';
import { createLogMemory, type LogMemory } from '../../src/ops/log-memory.ts';
import { createLogger } from '../../src/ops/logger.ts';

function loggerTo(memory: LogMemory) {
  return createLogger({ level: 'debug', format: 'pretty', write: () => {}, keep: memory.add });
}

const eventsOf = (memory: LogMemory, ...[selection, limit]: Parameters<LogMemory['newest']>) =>
  memory.newest(selection, limit).map(({ event }) => event);

describe('lines of the log in memory', () => {
  test('are what the logger wrote, redacted as it is, newest first', () => {
    const memory = createLogMemory();
    const log = loggerTo(memory);
    log.info('influx.ok', { url: 'http://user:secret@host/', password: 'hunter2' });
    log.warn('mqtt.down', { detail: 'refused' });
    const [newest, older] = memory.newest({}, 10);
    expect(newest).toMatchObject({ id: 2, level: 'warn', event: 'mqtt.down', fields: { detail: 'refused' } });
    expect(older).toMatchObject({ id: 1, fields: { url: 'http://***@host/', password: '***' } });
    expect(older?.timeMs).toBeGreaterThan(0);
    expect([...memory.texts()].map((text) => JSON.parse(text).event)).toEqual(['influx.ok', 'mqtt.down']);
  });

  test('are chosen by level, part, and place', () => {
    const memory = createLogMemory();
    const log = loggerTo(memory);
    for (let i = 0; i < 3; i += 1) {
      log.debug('http.handshake_failed');
      log.warn('influx.down');
      log.error('store.damaged');
    }
    expect(eventsOf(memory, { level: 'error' }, 2)).toEqual(['store.damaged', 'store.damaged']);
    expect(eventsOf(memory, { part: 'influx' }, 10)).toHaveLength(3);
    expect(eventsOf(memory, { part: 'inf' }, 10)).toEqual([]);
    expect(memory.newest({ afterId: 7 }, 10).map(({ id }) => id)).toEqual([9, 8]);
    expect(memory.newest({ beforeId: 3 }, 10).map(({ id }) => id)).toEqual([2, 1]);
  });

  test('take no more than their bytes: the oldest go, and a monster keeps its name alone', () => {
    const memory = createLogMemory(20_000);
    const log = loggerTo(memory);
    for (let i = 0; i < 1_000; i += 1) log.info('message.refused', { reason: 'x'.repeat(300) });
    const lines = memory.newest({}, 10_000);
    expect(lines.length).toBeGreaterThan(30);
    expect(lines.length).toBeLessThan(60);
    expect(lines[0]?.id).toBe(1_000);
    const list = Array.from({ length: 50 }, () => 'y'.repeat(1_900));
    log.info('message.refused', { list });
    expect(memory.newest({}, 1)[0]).toMatchObject({
      event: 'message.refused',
      fields: { leftOut: expect.any(Number) },
    });
    expect(memory.newest({}, 10_000).length).toBeGreaterThan(30);
  });

  test('leave out the claim code, which is in the log for whoever can read that', () => {
    const memory = createLogMemory();
    const written: string[] = [];
    const log = createLogger({
      level: 'info',
      format: 'json',
      write: (text) => written.push(text),
      keep: memory.add,
    });
    log.warn('access.unclaimed', { claimCode: 'ABCD-EFGH', hint: 'open the pages' });
    expect(written.join('')).toContain('ABCD-EFGH');
    expect([...memory.texts()].join('')).not.toContain('ABCD-EFGH');
    expect(memory.newest({}, 1)[0]?.fields).toEqual({ claimCode: '***', hint: 'open the pages' });
  });
});
