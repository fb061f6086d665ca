/** The log's three spellings, and that no secret and no line break gets through any of them. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LogLevel } from '../../src/model/log-lines.ts';
import { createLogger, type LogFormat } from '../../src/ops/logger.ts';

function logged(
  format: LogFormat,
  level: LogLevel,
  speak: (logger: ReturnType<typeof createLogger>) => void,
): string[] {
  const lines: string[] = [];
  speak(createLogger({ level, format, write: (text) => lines.push(text) }));
  return lines;
}

describe('the log', () => {
  test('writes one JSON object a line with level, time and event', () => {
    const [line = ''] = logged('json', 'info', (log) => log.warn('influx.write_failed', { status: 503 }));
    expect(line.endsWith('\n')).toBe(true);
    const record = JSON.parse(line) as Record<string, unknown>;
    expect(record).toMatchObject({ level: 'warn', event: 'influx.write_failed', status: 503 });
    expect(new Date(String(record.time)).toISOString()).toBe(record.time);
  });

  test('leaves out what is less serious than its level', () => {
    const lines = logged('json', 'warn', (log) => {
      log.debug('a');
      log.info('b');
      log.warn('c');
      log.error('d');
    });
    expect(lines.map((line) => (JSON.parse(line) as { event: string }).event)).toEqual(['c', 'd']);
  });

  test('gives the journal its priorities', () => {
    const lines = logged('journald', 'debug', (log) => {
      log.debug('a');
      log.info('b', { seq: 7 });
      log.warn('c');
      log.error('d', { why: 'no room' });
    });
    expect(lines).toEqual(['<7>a\n', '<6>b seq=7\n', '<4>c\n', '<3>d why="no room"\n']);
  });

  test('is readable on a terminal', () => {
    const [line] = logged('pretty', 'info', (log) =>
      log.info('mqtt.connected', { url: 'mqtt://broker:1883' }),
    );
    expect(line).toMatch(/^\d\d:\d\d:\d\d INFO {2}mqtt\.connected url=mqtt:\/\/broker:1883\n$/);
  });

  test('a field cannot take the place of event, level or time', () => {
    const [line = ''] = logged('json', 'info', (log) =>
      log.info('real', { event: 'x', level: 'y', time: 1 }),
    );
    expect(JSON.parse(line)).toMatchObject({
      event: 'real',
      level: 'info',
      event_: 'x',
      level_: 'y',
      time_: 1,
    });
  });

  test('names an error with its code and cause', () => {
    const cause = Object.assign(new Error('connect refused'), { code: 'ECONNREFUSED' });
    const [line = ''] = logged('json', 'info', (log) =>
      log.error('x', { error: new TypeError('no line', { cause }) }),
    );
    const { error } = JSON.parse(line) as { error: string };
    expect(error).toBe('TypeError: no line (because of Error ECONNREFUSED: connect refused)');
  });

  test.each([
    'password',
    'authToken',
    'nwkSKey',
    'appSKey',
    'apiKey',
    'client_secret',
    'Authorization',
    'INFLUX_TOKEN',
  ])('hides a field named %s, at any depth', (name) => {
    for (const format of ['json', 'pretty', 'journald'] as const) {
      const [line = ''] = logged(format, 'info', (log) =>
        log.info('x', { [name]: 'hunter2', in: { [name]: ['hunter2'] } }),
      );
      expect(line).not.toContain('hunter2');
      expect(line).toContain('***');
    }
  });

  test('hides credentials in URLs, in messages of errors too', () => {
    const url = 'rediss://site:hunter2@centre:6379/0?token=hunter2';
    const [line = ''] = logged('json', 'info', (log) =>
      log.info('x', { url, error: new Error(`cannot reach ${url}`) }),
    );
    expect(line).not.toContain('hunter2');
    expect(line).toContain('centre:6379');
  });

  test('whatever the fields hold, one call is one line without control characters', () => {
    const value = fc.anything({ withBigInt: true, withDate: true, withTypedArray: true });
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(fc.dictionary(text, fc.oneof(value, text)), (fields) => {
        for (const format of ['json', 'pretty', 'journald'] as const) {
          const lines = logged(format, 'info', (log) => log.info('x', fields));
          expect(lines).toHaveLength(1);
          // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
          if (format !== 'json') expect(lines[0]?.slice(0, -1)).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
          else expect(lines[0]?.indexOf('\n')).toBe((lines[0]?.length ?? 0) - 1);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('a huge or circular value stays short', () => {
    const circular: Record<string, unknown> = { text: 'x'.repeat(1_000_000) };
    circular.self = circular;
    const [line = ''] = logged('json', 'info', (log) =>
      log.info('x', { circular, list: new Array(100_000).fill(1) }),
    );
    expect(line.length).toBeLessThan(20_000);
  });
});
