/** Captures: written and read again, and what is none. */
import { describe, expect, test } from 'vitest';
import { captureLines, readCapture } from '../../src/model/capture.ts';
import type { FrameSummary } from '../../src/model/frame.ts';

const HEARD: FrameSummary = {
  ...{ number: 7, revision: 9, timeMs: Date.UTC(2026, 10, 27, 8), kind: 'uplink', isOurs: false },
  ...{ devEui: '70b3d57ed0000001', devAddr: '01020304', fCnt: 3, fPort: 1, refused: 'wrong_mic' },
  phyPayload: Uint8Array.of(0x40, 4, 3, 2, 1, 0, 3, 0, 1, 9, 1, 2, 3, 4),
  ...{ frequency: 868_100_000, dataRate: 'SF7BW125' },
  receptions: [{ gatewayId: '0016c001f153a14c', rssi: -97, snr: 5.5, channel: 2 }],
};
const SENT: FrameSummary = {
  ...HEARD,
  ...{ kind: 'downlink', isOurs: true, timeMs: HEARD.timeMs + 100, receptions: [] },
  sending: { gatewayId: '0016c001f153a14c', windows: [], sentIn: 0 },
};

describe('a capture', () => {
  test('holds what gateways heard, in the order of time, and tells of what was sent', () => {
    const later = { ...HEARD, timeMs: HEARD.timeMs + 5_000 };
    const text = captureLines('north-hill', [later, SENT, HEARD]);
    expect(text.split('\n')).toHaveLength(5);
    const { timeMs, phyPayload, frequency, dataRate, receptions } = HEARD;
    const frame = { timeMs, phyPayload: Buffer.from(phyPayload), frequency, dataRate, receptions };
    expect(readCapture(text)).toEqual({
      frames: [frame, { ...frame, timeMs: later.timeMs }],
      gatewayIds: ['0016c001f153a14c'],
    });
  });

  test('is refused with its line where it is none', () => {
    const head = '{"capture":"webscada-edge","version":1}';
    const line = (more: object) =>
      JSON.stringify({
        ...{ time: '2026-11-27T08:00:00Z', phyPayload: '40', frequency: 868e6, dataRate: 'SF7BW125' },
        receptions: [{ gatewayId: '0016c001f153a14c', rssi: -97, snr: 5 }],
        ...more,
      });
    const read = (...lines: string[]) => readCapture(lines.join('\n'));
    expect(read('')).toContain('first line');
    expect(read('{"capture":"webscada-edge","version":2}')).toContain('version 2');
    expect(read(head, '[')).toBe('line 2 is no JSON object');
    expect(read(head, line({}), line({ time: 'soon' }))).toBe('line 3: time is none');
    for (const wrong of [
      { phyPayload: '' },
      { phyPayload: 'zz' },
      { phyPayload: '00'.repeat(256) },
      { frequency: null },
      { frequency: -1 },
      { dataRate: 7 },
      { receptions: [] },
      { receptions: [{ gatewayId: 'x', rssi: 1, snr: 1 }] },
      { receptions: [{ gatewayId: '0016c001f153a14c', rssi: '1', snr: 1 }] },
      { receptions: 'none' },
    ])
      expect(read(head, line(wrong)), JSON.stringify(wrong)).toContain('line 2: ');
    expect(read(head, line({}))).toMatchObject({ gatewayIds: ['0016c001f153a14c'] });
  });
});
