/** Which variant of a model is taken where nobody says one: collections list a personalised kind as if it were a newer firmware. */
import { expect, test } from 'vitest';
import { type TakeOptions, takeModel } from '../../src/devices/catalogue/take-model.ts';
import type { CatalogueModel, ModelVariant } from '../../src/model/device-catalogue.ts';
import type { DeviceProfile } from '../../src/model/profile.ts';

const EU: ModelVariant = { region: 'EU868', deviceClass: 'A', supportsJoin: true, firmware: '1.8' };
const ABP: ModelVariant = { ...EU, firmware: 'abp', supportsJoin: false };

async function taken(variants: readonly ModelVariant[], firmware?: string) {
  const key = { source: 'ttn', vendor: 'acme', model: 'probe' } as const;
  const model: CatalogueModel = { ...key, vendorName: 'ACME', name: 'Probe', variants };
  const kept: DeviceProfile[] = [];
  const profiles: Pick<TakeOptions['profiles'], 'list' | 'get' | 'put'> = {
    list: () => kept,
    get: () => undefined,
    put: (profile) => void kept.push(profile),
  };
  await takeModel(
    {
      catalogue: { model: () => model, codec: () => undefined, licence: () => undefined },
      profiles: profiles as TakeOptions['profiles'],
      scripts: { source: () => undefined, put: async () => undefined, list: () => [] },
      region: 'EU868',
    },
    key,
    firmware === undefined ? {} : { firmware },
  );
  return kept.map(({ catalogue }) => catalogue);
}

test('the newest firmware that joins; a personalised one where it is said, or where there is no other', async () => {
  expect(await taken([{ ...EU, firmware: '1.7' }, EU, ABP])).toEqual(['ttn/acme/probe/1.8/EU868']);
  expect(await taken([EU, ABP], 'abp')).toEqual(['ttn/acme/probe/abp/EU868']);
  expect(await taken([ABP])).toEqual(['ttn/acme/probe/abp/EU868']);
});
