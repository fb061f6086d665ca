/** Data rate names in the packet forwarder's spelling. */
import { describe, expect, test } from 'vitest';
import { dataRateName } from '../../../src/gateway/lorawan/datarate.ts';

describe('dataRateName', () => {
  test.each([
    [{ kind: 'lora', spreadingFactor: 7, bandwidth: 125_000 }, 'SF7BW125'],
    [{ kind: 'lora', spreadingFactor: 12, bandwidth: 500_000 }, 'SF12BW500'],
    [{ kind: 'lora', spreadingFactor: 8, bandwidth: 812_500 }, 'SF8BW812'],
    [{ kind: 'fsk', bitrate: 50_000 }, 'FSK50000'],
    [{ kind: 'lr_fhss', operatingChannelWidth: 137_000, codeRate: '1/3' }, 'LRFHSS137CR1/3'],
  ] as const)('%o is %s', (modulation, name) => {
    expect(dataRateName(modulation)).toBe(name);
  });
});
