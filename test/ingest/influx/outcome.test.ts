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

/** Stock pages and words, as seen with nginx 1.22, Apache 2.4, Go's servers and InfluxDB 1.6.7. */
const page = (title: string) =>
  `<html>\r\n<head><title>${title}</title></head>\r\n<body><h1>${title}</h1><hr>nginx/1.22.1</body></html>`;

describe('what is not InfluxDB', () => {
  test.each([
    [400, page('400 Bad Request'), 'influx.foreign', '(400: Bad Request)'],
    [422, page('Blocked'), 'influx.foreign', 'Blocked'],
    [401, page('401 Authorization Required'), 'influx.proxyLogin', '(401: Authorization Required)'],
    [407, '', 'influx.proxyLogin', 'status 407'],
    [403, page('403 Forbidden'), 'influx.proxyRefuses', '(403: Forbidden)'],
    [404, page('404 Not Found'), 'influx.noPath', '(404: Not Found)'],
    [404, '404 page not found\n', 'influx.noPath', '404 page not found'],
    [404, '{"code":"not found","message":"path not found"}', 'influx.noPath', 'path not found'],
    [405, page('405 Not Allowed'), 'influx.foreign', '(405: Not Allowed)'],
    [415, page('415 Unsupported Media Type'), 'influx.noGzip', '(415: Unsupported'],
    [411, '', 'influx.noGzip', 'status 411'],
    [400, 'Client sent an HTTP request to an HTTPS server.\n', 'influx.wantsTls', 'TLS'],
    [400, page('400 The plain HTTP request was sent to HTTPS port'), 'influx.wantsTls', 'TLS'],
    [400, "You're speaking plain HTTP to an SSL-enabled server port.", 'influx.wantsTls', 'TLS'],
  ])('%i %j says nothing against a record: %s', (status, body, key, words) => {
    expect(answer(status, body)).toMatchObject({
      kind: 'paused',
      detail: expect.stringContaining(words),
      hint: expect.any(String),
      said: [{ key }],
    });
    expect(answer(status, body)).not.toHaveProperty('missing');
  });

  test('a redirect tells where to', () => {
    const location = 'https://influx.example:8086/api/v2/write';
    expect(understand({ status: 301, body: page('301'), location }, target, 0)).toMatchObject({
      kind: 'paused',
      detail: expect.stringContaining(location),
    });
  });

  test('pages of a proxy whose server is away, or that finds a body too long, are taken for that, by their title', () => {
    expect(answer(502, page('502 Bad Gateway'))).toMatchObject({
      kind: 'failed',
      detail: expect.stringContaining('(502: Bad Gateway)'),
    });
    expect(answer(503, page('503'))).toMatchObject({ kind: 'busy' });
    expect(answer(413, page('413 Request Entity Too Large'))).toMatchObject({ kind: 'too_large' });
    expect(answer(429, page('429'))).toMatchObject({ kind: 'busy' });
    expect(answer(400, '<html>no title <b>at all</b></html>')).toMatchObject({
      detail: expect.stringContaining('no title at all'),
    });
  });

  test("a write without a line that is refused without InfluxDB's kind of answer proves no token", () => {
    const empty = (body: string) => understand({ status: 400, body }, target, 0, true);
    expect(empty('{"code":"invalid","message":"writing requires points"}').kind).toBe('rejected');
    expect(empty('missing route for "http://x/api/v2/write"')).toMatchObject({
      kind: 'paused',
      said: [{ key: 'influx.foreign' }],
    });
    // One with lines may be the fault of these: VictoriaMetrics answers so.
    expect(answer(400, 'cannot parse line').kind).toBe('rejected');
  });
});

/** Answers of InfluxDB 3 Core as its own tests hold them, and of InfluxDB Cloud Serverless (influxdata/influxdb#24642). */
describe('InfluxDB 3', () => {
  const conflict =
    "invalid column type for column 'level', expected iox::column_type::field::float, got iox::column_type::field::string";
  const partial = (lines: readonly (readonly [number, string, string])[]) =>
    answer(
      400,
      JSON.stringify({
        error: 'partial write of line protocol occurred',
        data: lines.map(([line_number, original_line, error_message]) => ({
          original_line,
          line_number,
          error_message,
        })),
      }),
    );

  test('which lines it refused and why is told, the first of many', () => {
    expect(partial([[2, 'cpu,host=a val= 123', 'No fields were provided']])).toEqual({
      kind: 'rejected',
      reason:
        'partial write of line protocol occurred: line 2 (cpu,host=a val= 123): No fields were provided',
    });
    const many = partial(Array.from({ length: 9 }, (_, index) => [index, 'm', 'bad']));
    expect(many).toMatchObject({ reason: expect.stringMatching(/line 2 \(m\): bad; and 6 more$/) });
    const whole = {
      error: 'parsing failed for write_lp endpoint',
      data: { original_line: 'm', line_number: 1, error_message: 'bad' },
    };
    expect(answer(400, JSON.stringify(whole))).toMatchObject({
      reason: 'parsing failed for write_lp endpoint: line 1 (m): bad',
    });
    expect(answer(400, '{"error":"db name cannot be empty","data":null}')).toEqual({
      kind: 'rejected',
      reason: 'db name cannot be empty',
    });
  });

  test.each([
    [conflict, 'number'],
    [conflict.replace('field::float', 'field::boolean'), 'bool'],
    [conflict.replace('field::float', 'field::integer'), 'other'],
    [conflict.replace('field::float', 'tag'), 'other'],
  ])('the type it has for a column is understood: %s', (message, type) => {
    expect(partial([[1, 'reading,device=70b3d', message]])).toMatchObject({
      kind: 'rejected',
      conflict: { measurement: 'reading,device=70b3d', isLine: true, field: 'level', type },
    });
  });

  test('what is older than it keeps is that, with status 403 too, and nothing is said against the token', () => {
    const message =
      'dml handler error: data in table Test is outside of the retention period: minimum acceptable timestamp is 2023-07-30T11:05:48.178479165+00:00, but observed timestamp 2022-04-04T05:40:41.079+00:00 is older.';
    for (const status of [400, 403])
      expect(answer(status, JSON.stringify({ code: 'forbidden', message }))).toMatchObject({
        kind: 'too_old',
        keptFromMs: Date.UTC(2023, 6, 30, 11, 5, 48, 178),
      });
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
    ['no_tls', 'paused'],
    ['aborted', 'aborted'],
  ])('%s means %s', (failure, kind) => {
    expect(understand({ failure }, target, 0).kind).toBe(kind);
  });
});
