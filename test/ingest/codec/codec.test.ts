/** Codecs are found by name; a payload none of them understands is still a reading. */
import { describe, expect, test } from 'vitest';
import { CODECS, decodePayload } from '../../../src/ingest/codec/codec.ts';

const PAYLOAD = Buffer.from('0367011005', 'hex');

describe('decodePayload', () => {
  test('knows raw and cayenne', () => {
    expect(CODECS).toEqual(['raw', 'cayenne']);
    expect(decodePayload('raw', 1, PAYLOAD)).toEqual({ fields: {} });
    expect(decodePayload('cayenne', 1, PAYLOAD)).toEqual({
      fields: { temperature_3: 27.2 },
      problem: 'cut off after the channel at offset 4',
      said: [{ key: 'codec.cutOff', values: { offset: 4 } }],
    });
  });

  test.each(['', 'Cayenne', 'constructor', '__proto__'])('has a problem with a codec called "%s"', (name) => {
    expect(decodePayload(name, 1, PAYLOAD)).toEqual({
      fields: {},
      problem: `no codec is called "${name}"`,
      said: [{ key: 'codec.unknown', values: { codec: name } }],
    });
  });
});
