/** A small device catalogue for tests of the pages; what is taken of it becomes a profile of the made-up site. */
import type { CatalogueModel, CatalogueService } from '../../src/model/device-catalogue.ts';
import { inEnglish } from '../../src/model/said.ts';
import type { UiSite } from './ui-site.ts';

const VALVE: CatalogueModel = {
  ...{ source: 'ttn', vendor: 'acme', model: 'valve', vendorName: 'ACME Sensors', name: 'Valve 100' },
  description: 'Opens and closes, measures temperature',
  variants: [
    {
      ...{ firmware: '2.0', region: 'EU868', declaredMac: '1.0.3', deviceClass: 'C', supportsJoin: true },
      ...{ codec: 'valve-codec', regionalParameters: 'RP001-1.0.3-RevA', profileId: 7 },
    },
  ],
};
const PROBE: CatalogueModel = { ...VALVE, model: 'probe', name: 'Probe', variants: [] };

export function createShownCatalogue(site: UiSite): CatalogueService {
  const found = (model: CatalogueModel) => ({
    ...{ source: model.source, vendor: model.vendor, model: model.model, name: model.name },
    ...{ vendorName: model.vendorName, description: VALVE.description ?? '' },
    regions: model.variants.map(({ region }) => region),
    hasCodec: model.variants.length > 0,
  });
  const { profiles } = site.deps.store;
  return {
    state: () => ({
      summary: {
        ...{ models: 2, vendors: 1, codecs: 1, bytes: 40_960 },
        imports: [
          {
            ...{ source: 'ttn', file: 'makers.tar.gz', importedMs: site.deps.world.clock.nowMs(), models: 2 },
            licence: 'Apache License 2.0',
          },
        ],
      },
    }),
    search({ words = '', vendorNumber, profileId, limit }) {
      const isCoded = vendorNumber === undefined || (vendorNumber === 17 && (profileId ?? 7) === 7);
      const items = [VALVE, PROBE].filter(
        ({ name, variants }) =>
          isCoded &&
          (profileId === undefined || variants.length > 0) &&
          `acme sensors ${name}`.toLowerCase().includes(words.toLowerCase()),
      );
      return { items: items.map(found).slice(0, limit), total: items.length };
    },
    model: ({ model }) => [VALVE, PROBE].find((one) => one.model === model),
    codec: () => ({ source: 'function decodeUplink() { return { data: {} }; }', examples: [] }),
    begin: () => 'unknown',
    remove: () => 'none',
    async take() {
      const isNew = !profiles.get('ACME Sensors Valve 100');
      profiles.put({ name: 'ACME Sensors Valve 100', codec: 'raw', deviceClass: 'C' });
      return {
        profile: 'ACME Sensors Valve 100',
        codec: 'raw',
        isNew,
        notes: ['A note about it.'],
        told: [inEnglish('a note about it')],
      };
    },
  };
}
