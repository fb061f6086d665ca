/** What looks through much of the log gives others their turn: frames are answered within a second, whoever asks for the past. */
import { expect, test } from 'vitest';
import { readJournal } from '../../src/alarms/journal.ts';
import { previewRule } from '../../src/alarms/preview.ts';
import type { LogRecord } from '../../src/model/record.ts';
import { asRecord, eui, rule, START_MS, siteOf, uplink } from '../support/alarm-site.ts';

const PIECES = 30;
const PIECE = 200;
const LAST = PIECES * PIECE;

/** How many pieces the log was asked for in one turn, at most. */
async function mostInOneTurn(read: (asked: () => void) => Promise<unknown>): Promise<number> {
  let [most, inTurn] = [0, 0];
  const begin = (): void => {
    inTurn = 0;
    turn = setImmediate(begin);
  };
  let turn = setImmediate(begin);
  await read(() => {
    inTurn += 1;
    most = Math.max(most, inTurn);
  });
  clearImmediate(turn);
  return most;
}

const BODY = { event: 'cleared', message: '', name: '', subjectName: '' };
const record = (seq: number): LogRecord => ({
  ...{ seq, kind: 'alarm', timeMs: START_MS + seq, device: eui(1), body: JSON.stringify(BODY) },
});
const numbers = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, n) => from + n);

test('the journal', async () => {
  const most = await mostInOneTurn((asked) =>
    readJournal(
      {
        lastSeq: () => LAST,
        firstSeq: () => 1,
        timeAfter: (seq) => START_MS + seq + 1,
        eventsAfter(after, count) {
          asked();
          const to = Math.min(after + count, after + PIECE, LAST);
          return { events: numbers(after + 1, to).map(record), to };
        },
      },
      { limit: 50, text: 'in none of them' },
    ),
  );
  expect(most).toBe(1);
});

test('a preview of one device', async () => {
  const condition = { kind: 'limit', field: 't', side: 'high', limit: 5 } as const;
  const most = await mostInOneTurn((asked) =>
    previewRule(
      {
        lastSeq: () => LAST,
        firstSeq: () => 1,
        timeAfter: (seq) => START_MS + seq + 1,
        readAfter: () => [],
        eventsAfter: (after) => ({ events: [], to: after }),
        ofDevice(devEui, before, limit) {
          asked();
          const to = Math.min(LAST, before - 1);
          return numbers(Math.max(1, to - limit + 1), to)
            .reverse()
            .map((seq) => asRecord(seq, uplink(devEui, START_MS + seq, { t: 1 })));
        },
      },
      ...([siteOf([{}]), rule('r', { condition }), START_MS, START_MS + LAST] as const),
    ),
  );
  expect(most).toBe(1);
});
