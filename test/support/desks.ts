/** The desks for codecs and onboarding over a site in memory, for tests of their routes. */

import { createDeviceImportService } from '../../src/devices/device-import-service.ts';
import { createCodecService } from '../../src/ingest/codec/codec-service.ts';
import { createCodecs } from '../../src/ingest/codec/codecs.ts';
import type { CodecSources } from '../../src/store/contract.ts';
import type { Services } from '../../src/ui/routes/services.ts';

/** `codecs`, `scripts` and `onboarding` for `deps`. */
export function createDesks({ store: { devices }, world }: Services) {
  const codecs = createCodecs(world);
  const network = {
    sessions: () => [],
    devNonces: () => ({ last: null, used: new Set<number>() }),
    downlinks: () => [],
  };
  return {
    codecs: codecs.names,
    scripts: createCodecService({ codecs, store: { codecs: memoryCodecs(), devices }, world }),
    onboarding: createDeviceImportService({ store: { devices, network }, codecs: codecs.names }),
  };
}

function memoryCodecs(): CodecSources {
  const sources = new Map<string, string>();
  return {
    list: () => [...sources].map(([name, source]) => ({ name, source })),
    get: (name) => sources.get(name),
    put: ({ name, source }) => void sources.set(name, source),
    remove: (name) => sources.delete(name),
    onChange: () => () => undefined,
  };
}
