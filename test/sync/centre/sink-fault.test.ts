/** What PostgreSQL's sink throws, in words: whose fault it is, so that nobody looks for a line that is well. */
import { expect, test } from 'vitest';
import { toSinkFault } from '../../../src/sync/centre/postgres/pool.ts';

test('a fault of the program itself is told as one, and no line is suspected', () => {
  for (const error of [
    new RangeError('Maximum call stack size exceeded'),
    new TypeError('x is not a function'),
  ]) {
    const { message, hint } = toSinkFault(error);
    expect(message).toBe(`collect has met a fault of its own: ${error.message}`);
    expect(hint).toContain('report it');
  }
});

test('what comes with a code of Node is the line, or how it is set', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:5432'), { code: 'ECONNREFUSED' });
  const port = Object.assign(new RangeError('Port should be >= 0 and < 65536'), {
    code: 'ERR_SOCKET_BAD_PORT',
  });
  for (const error of [refused, port]) {
    expect(toSinkFault(error).message).toBe(`PostgreSQL cannot be reached: ${error.message}`);
    expect(toSinkFault(error).hint).toContain('postgres.url');
  }
});
