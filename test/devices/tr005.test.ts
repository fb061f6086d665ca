/** QR codes of TR005 and its drafts as printed on devices, and what is said about those that are none. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readOnboardingCode } from '../../src/devices/tr005.ts';

const IDENTITY = {
  joinEui: '42ffffffffffffff',
  devEui: '4242ffffffffffff',
  vendorId: '42ff',
  modelId: 'ff42',
};

describe('readOnboardingCode', () => {
  test.each([
    ['LW:D0:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFF:42FFFF42', 'tr005', {}],
    ['  lw:d0:42ffffffffffffff:4242ffffffffffff:42ffff42\n', 'tr005', {}],
    [
      'LW:D0:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFF:42FFFF42:C0A1B:O0102:SSERIAL:PPROP:Zlater',
      'tr005',
      { ownerToken: '0102', serialNumber: 'SERIAL', proprietary: 'PROP', checksum: '0A1B' },
    ],
    ['URN:DEV:LW:42FFFFFFFFFFFFFF_4242FFFFFFFFFFFF_42FFFF42', 'tr005-draft-3', {}],
    [
      'URN:DEV:LW:42FFFFFFFFFFFFFF_4242FFFFFFFFFFFF_42FFFF42_V0102_SSERIAL_PPROP',
      'tr005-draft-3',
      { ownerToken: '0102', serialNumber: 'SERIAL', proprietary: 'PROP' },
    ],
    ['URN:LW:DP:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFF:42FFFF42', 'tr005-draft-2', {}],
    [
      'URN:LW:DP:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFF:42FFFF42:%V0102%SSERIAL%PPROP',
      'tr005-draft-2',
      { ownerToken: '0102', serialNumber: 'SERIAL', proprietary: 'PROP' },
    ],
  ])('reads %s', (scanned, format, extensions) => {
    expect(readOnboardingCode(scanned).code).toEqual({ format, ...IDENTITY, ...extensions });
  });

  test('captures the identity; the key is missing', () => {
    const { entry } = readOnboardingCode('LW:D0:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFF:42FFFF42:S12') as {
      entry?: unknown;
    };
    expect(entry).toEqual({
      joinEui: IDENTITY.joinEui,
      devEui: IDENTITY.devEui,
      name: IDENTITY.devEui,
      serialNumber: '12',
      missing: 'key',
    });
  });

  test.each([
    [
      'https://example.com',
      'this is no LoRaWAN onboarding code: it should begin with LW:D0:, URN:DEV:LW: or URN:LW:DP:; type in the DevEUI from the label instead',
    ],
    [
      '',
      'this is no LoRaWAN onboarding code: it should begin with LW:D0:, URN:DEV:LW: or URN:LW:DP:; type in the DevEUI from the label instead',
    ],
    ['LW:D1:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFF:42FFFF42', 'schema "D1" of TR005 is not known; D0 is'],
    ['LW:D0:42FF:4242FFFFFFFFFFFF:42FFFF42', 'the JoinEUI is 16 hex digits, not "42FF"'],
    [
      'LW:D0:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFG:42FFFF42',
      'the DevEUI is 16 hex digits, not "4242FFFFFFFFFFFG"',
    ],
    ['LW:D0:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFF', 'the profile is 8 hex digits (vendor, model), not missing'],
    ['LW:D0:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFF:42FFFF42:S1:S2', 'the extension S occurs twice'],
    ['LW:D0:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFF:42FFFF42:O', 'the extension O is empty'],
    ['LW:D0:'.padEnd(2000, '0'), 'an onboarding code has at most 1024 characters'],
  ])('says what is wrong with %s', (scanned, problem) => {
    const read = readOnboardingCode(scanned);
    expect([read.problem?.detail, Object.keys(read)]).toEqual([problem, ['problem']]);
  });

  test('answers whatever is scanned', () => {
    const prefix = fc.constantFrom(
      '',
      'LW:D0:',
      'URN:DEV:LW:',
      'URN:LW:DP:',
      'LW:D0:42FFFFFFFFFFFFFF:4242FFFFFFFFFFFF:42FFFF42:',
    );
    fc.assert(
      fc.property(prefix, fc.string({ unit: 'binary' }), (start, rest) => {
        const { code, problem } = readOnboardingCode(start + rest);
        expect(code === undefined).toBe(typeof problem?.detail === 'string');
      }),
    );
  });
});
