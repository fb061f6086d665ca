/** The device catalogue of the box, filled from files the pages bring, its models taken into the site's profiles and codecs. */
import { createCatalogueService } from '../devices/catalogue/catalogue-service.ts';
import type { Uploads } from '../ops/uploads.ts';
import type { Core } from './core.ts';
import type { OpenCodecs } from './open-codecs.ts';

export function openCatalogue({ config, store, world }: Core, { scripts }: OpenCodecs, uploads: Uploads) {
  const { dir, reserveBytes } = config.store;
  const { region } = config.gateway;
  return createCatalogueService({
    ...{ dir, reserveBytes, uploads, scripts, region, world },
    profiles: store.profiles,
  });
}
