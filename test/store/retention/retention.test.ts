/** The order of sacrifice, decided without a file. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CLASSES } from '../../../src/store/log/kinds.ts';
import {
  floorBytes,
  nextStep,
  quarantineBytes,
  type RetentionLimits,
  type RetentionState,
  slackBytes,
  usableBytes,
} from '../../../src/store/retention/retention.ts';

const MB = 1024 * 1024;
const limits: RetentionLimits = { maxBytes: 100 * MB, maxAgeMs: 1_000, reserveBytes: 40 * MB };
const calm: RetentionState = {
  lastSeq: 1_000,
  lowWatermark: 400,
  frontier: [0, 0, 0],
  agedSeq: 0,
  usedBytes: 10 * MB,
  fileBytes: 10 * MB,
  quarantineBytes: 0,
  freeDiskBytes: 1_000 * MB,
};
const full = { usedBytes: 100 * MB, fileBytes: 100 * MB };
const alarms = CLASSES.indexOf('alarms');

describe('what goes next', () => {
  test('nothing while there is room', () => {
    expect(nextStep(calm, limits)).toEqual({ do: 'rest' });
  });

  test('delivered telemetry first, then delivered events, then delivered alarms', () => {
    const order = [];
    const frontier = [0, 0, 0];
    for (let step = 0; step < CLASSES.length; step++) {
      const next = nextStep({ ...calm, ...full, frontier: [...frontier] }, limits);
      if (next.do !== 'remove' || next.classIndex === undefined) throw new Error(next.do);
      expect(next).toMatchObject({ upTo: 400, delivered: true, reason: 'max_bytes' });
      order.push(CLASSES[next.classIndex]);
      frontier[next.classIndex] = next.upTo;
    }
    expect(order).toEqual(CLASSES);
  });

  test('I2: what lies in quarantine takes no room from the log, up to its share', () => {
    const share = quarantineBytes(limits);
    const room = usableBytes(limits) - share;
    const at = (usedBytes: number, quarantined: number) =>
      nextStep({ ...calm, usedBytes, fileBytes: usedBytes, quarantineBytes: quarantined }, limits).do;
    expect(at(room, 0)).toBe('rest');
    expect(at(room + share, share)).toBe('rest');
    expect(at(room + 1, 0)).toBe('remove');
    expect(at(room + share + 1, 10 * share)).toBe('remove');
  });

  test('undelivered only when nothing delivered is left, in the same order, and never the newest', () => {
    const next = nextStep({ ...calm, ...full, frontier: [400, 400, 400] }, limits);
    expect(next).toEqual({ do: 'remove', classIndex: 0, upTo: 999, delivered: false, reason: 'max_bytes' });
    const last = nextStep({ ...calm, ...full, frontier: [999, 999, 400] }, limits);
    expect(last).toMatchObject({ classIndex: alarms, delivered: false });
    expect(nextStep({ ...calm, ...full, frontier: [999, 999, 999] }, limits)).toEqual({ do: 'rest' });
  });

  test('under the reserve delivered records go and their space goes back to the disk', () => {
    const short = { ...calm, freeDiskBytes: 39 * MB };
    expect(nextStep(short, limits)).toMatchObject({ do: 'remove', delivered: true, reason: 'reserve' });
    const freed = { ...short, usedBytes: 5 * MB, frontier: [400, 400, 400] };
    expect(nextStep(freed, limits)).toEqual({ do: 'give_back' });
  });

  test('undelivered records make room for new ones on the reserve, but not for somebody else', () => {
    const delivered = { ...calm, frontier: [400, 400, 400] };
    expect(nextStep({ ...delivered, freeDiskBytes: 39 * MB }, limits)).toMatchObject({
      do: 'remove',
      delivered: false,
      reason: 'reserve',
    });
    const usedUp = { ...delivered, freeDiskBytes: floorBytes(limits) - 1 };
    expect(nextStep(usedUp, limits)).toEqual({ do: 'refuse' });
  });

  test('records too old go only as far as they are delivered', () => {
    const next = nextStep({ ...calm, agedSeq: 700 }, limits);
    expect(next).toEqual({
      do: 'remove',
      classIndex: undefined,
      upTo: 400,
      delivered: true,
      reason: 'max_age',
    });
  });

  test('a removal never reaches the newest record, and a delivered one never an undelivered record', () => {
    const seq = fc.nat(1_000);
    const bytes = fc.nat(200 * MB);
    fc.assert(
      fc.property(
        seq,
        fc.tuple(seq, seq, seq),
        seq,
        bytes,
        bytes,
        bytes,
        bytes,
        (held, frontier, aged, used, free, disk, quarantined) => {
          const now = {
            ...{ lastSeq: 1_000, lowWatermark: held, frontier, agedSeq: aged },
            ...{ usedBytes: used, fileBytes: used + free, freeDiskBytes: disk },
            quarantineBytes: quarantined,
          };
          const next = nextStep(now, limits);
          if (next.do !== 'remove') return;
          expect(next.upTo).toBeLessThan(1_000);
          if (next.delivered) expect(next.upTo).toBeLessThanOrEqual(held);
          else
            expect(
              now.usedBytes > usableBytes(limits) - quarantineBytes(limits) || free < slackBytes(limits),
            ).toBe(true);
        },
      ),
    );
  });
});
