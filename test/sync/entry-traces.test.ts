/** Traceparents beside records and blocks: as written they are read, and rubbish is bounded and left out. */
import { expect, test } from 'vitest';
import { blockTraceFields, tracesIn } from '../../src/sync/entry-traces.ts';

const entry = (seq: number, traceparent?: string) => ({
  id: { seq },
  ...(traceparent === undefined ? {} : { traceparent }),
});
const bytes = (fields: readonly string[]) => fields.map((one) => Buffer.from(one));

test('of a record, and of those of a block that are traced', () => {
  expect(tracesIn(bytes(['v', '1', 'traceparent', 'abc']), 7)).toEqual(new Map([[7, 'abc']]));
  const fields = blockTraceFields([entry(5), entry(6, 'a'), entry(7), entry(8, 'b')]);
  expect(fields).toEqual(['traceparents', '6 a,8 b']);
  expect(tracesIn(bytes(['v', '1', ...fields]), 8)).toEqual(
    new Map([
      [6, 'a'],
      [8, 'b'],
    ]),
  );
});

test('nothing where nothing is traced', () => {
  expect(blockTraceFields([entry(5), entry(6)])).toEqual([]);
  expect(tracesIn(bytes(['v', '1', 'kind', 'uplink', 'body', '{}']), 7)).toBeUndefined();
});

test('is bounded, whatever stands there', () => {
  const many = Array.from({ length: 10_000 }, (_, seq) => entry(seq, '0'.repeat(55)));
  const [, written = ''] = blockTraceFields(many);
  expect(written.split(',')).toHaveLength(32);
  expect(written.length).toBeLessThan(2_560);
  const large = Buffer.from('1 x,'.repeat(1_000_000));
  expect(tracesIn([Buffer.from('traceparents'), large], 7)?.size).toBe(1);
  expect(tracesIn([Buffer.from('traceparent'), Buffer.alloc(1_000_000, 'a')], 7)?.get(7)?.length).toBe(2_560);
  expect(tracesIn(['traceparent'], 7)).toBeUndefined();
  expect(tracesIn(['traceparent', null], 7)).toEqual(new Map([[7, '']]));
});
