/** Every status and failure InfluxDB can give, and what it means. */
import { describe, expect, test } from 'vitest';
import { type Failure, understand } from '../../../src/ingest/influx/outcome.ts';

const target = { server: 'localhost:8086', org: 'site', bucket: 'edge' };
const answer = (status: number, body = '{"code":"x","message":"why"}', retryAfter?: string) =>
  understand({ status, body, retryAfter }, target, 0);

describe('an answer of InfluxDB', () => {
  test.each([
    [204, 'delivered'],
    [201, 'rejected'],
    [400, 'rejected'],
    [422, 'rejected'],
    [413, 'too_large'],
    [401, 'paused'],
    [403, 'paused'],
    [404, 'paused'],
    [301, 'paused'],
    [405, 'paused'],
    [429, 'busy'],
    [503, 'busy'],
    [500, 'failed'],
    [502, 'failed'],
    [504, 'failed'],
  ])('%i means %s', (status, kind) => {
    expect(answer(status).kind).toBe(kind);
  });

  test('200 is a success without a body, and a stranger with one: a portal stored nothing', () => {
    // Q-empty: a server that says yes to everything and stores nothing.
    const empty = answer(200, '');
    expect(empty).toMatchObject({ kind: 'paused', detail: expect.stringContaining('status 200, not 204') });
    expect(answer(200, '<html>Please log in</html>').kind).toBe('paused');
  });

  test('the words of the server are kept, whatever their shape, but not without end', () => {
    expect(answer(400)).toEqual({ kind: 'rejected', reason: 'why' });
    expect(answer(400, '{"error":"old"}')).toEqual({ kind: 'rejected', reason: 'old' });
    expect(answer(400, 'plain\n text')).toEqual({ kind: 'rejected', reason: 'plain text' });
    expect(answer(400, '')).toEqual({ kind: 'rejected', reason: 'status 400' });
    expect(answer(400, 'x'.repeat(9_999))).toEqual({ kind: 'rejected', reason: 'x'.repeat(500) });
  });

  test('Retry-After is passed on', () => {
    expect(answer(503, '', '7')).toMatchObject({ kind: 'busy', afterMs: 7_000 });
    expect(answer(429)).not.toHaveProperty('afterMs');
  });

  test('only status 500 makes the records suspect', () => {
    expect([500, 502].map((status) => answer(status))).toMatchObject([{ suspect: true }, { suspect: false }]);
  });

  test('a pause says what to do with which bucket', () => {
    for (const status of [401, 403, 404]) {
      const outcome = answer(status);
      expect('hint' in outcome && `${outcome.detail} ${outcome.hint}`).toContain('"edge"');
    }
  });
});

describe('no answer', () => {
  test.each<[Failure, string]>([
    ['refused', 'failed'],
    ['unreachable', 'failed'],
    ['unknown_host', 'failed'],
    ['timeout', 'failed'],
    ['cut', 'failed'],
    ['tls', 'paused'],
    ['aborted', 'aborted'],
  ])('%s means %s', (failure, kind) => {
    expect(understand({ failure }, target, 0).kind).toBe(kind);
  });
});
