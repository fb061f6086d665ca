/** What a site's own records say about numbers that will never come: removed for room (expired), lost to damage (salvaged). */
import type { SentRecord } from '../entry.ts';
import type { EpochRange } from './batch.ts';
import type { Range } from './coverage.ts';

/** The numbers that `record` explains; none for nearly every record. */
export function explainedBy(epoch: number, record: SentRecord): EpochRange[] {
  if (record.kind !== 'system') return [];
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(record.body) as Record<string, unknown>;
  } catch {
    return [];
  }
  return rangesIn(body).flatMap((pair) => {
    const range = rangeOf(pair, record.seq);
    return range ? [{ epoch, range }] : [];
  });
}

function rangesIn(body: Record<string, unknown>): readonly unknown[] {
  if (body.event === 'expired') return [[body.from, body.to]];
  return body.event === 'salvaged' && Array.isArray(body.ranges) ? body.ranges.slice(0, 1000) : [];
}

/** Only numbers in front of the record that tells of them: nobody knows what is to come. */
function rangeOf(pair: unknown, seq: number): Range | undefined {
  if (!Array.isArray(pair)) return undefined;
  const [first, last] = pair as unknown[];
  const isRange = Number.isSafeInteger(first) && Number.isSafeInteger(last);
  if (!isRange || Number(first) < 1 || Number(first) > Number(last) || Number(last) >= seq) return undefined;
  return [Number(first), Number(last)];
}
