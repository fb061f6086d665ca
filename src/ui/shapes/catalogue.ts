/** The device catalogue: what is in it, how an import goes, models and what becomes of one. */
import * as z from 'zod/mini';
import { CATALOGUE_SOURCES } from '../../model/device-catalogue.ts';
import { MAC_VERSIONS, REGION_NAMES } from '../../model/lorawan.ts';
import { count, named, time } from './component.ts';
import { about, maybe } from './describe.ts';
import { text } from './inputs.ts';
import { saidSchema, toldSchema } from './told.ts';

const source = about(
  z.enum(CATALOGUE_SOURCES),
  'ttn: lorawan-devices; chirpstack: chirpstack-device-profiles; template: device profiles of ChirpStack as JSON',
);

const problems = about(
  z.array(z.object({ path: about(z.string(), 'Within the file'), problem: z.string(), said: saidSchema })),
  'At most 100',
);

export const catalogueSchema = named(
  'Catalogue',
  z.object({
    models: count,
    vendors: count,
    codecs: count,
    bytes: about(count, 'On disk'),
    imports: about(
      z.array(
        z.object({
          source,
          file: z.string(),
          imported: time,
          models: count,
          licence: maybe(z.string(), 'As it stands in the collection'),
        }),
      ),
      'What it is made of',
    ),
    importing: maybe(
      z.object({
        file: z.string(),
        step: z.enum(['reading', 'sorting']),
        done: about(count, 'Bytes that are read, or models that are kept'),
        of: maybe(count, 'Bytes of the file'),
      }),
      'The import that goes on',
    ),
    last: maybe(
      z.object({
        file: z.string(),
        ended: time,
        refused: maybe(z.string(), 'Why nothing was taken'),
        said: saidSchema,
        models: z.optional(count),
        codecs: z.optional(count),
        passedOver: maybe(count, 'Links, and paths that lead out of the archive'),
        problems: z.optional(problems),
        problemCount: z.optional(count),
      }),
      'How the last import since the start of the box ended',
    ),
  }),
);

const key = {
  source,
  vendor: z.string(),
  model: z.string(),
  vendorName: z.string(),
  name: z.string(),
  description: z.optional(z.string()),
};

export const listedModelSchema = named(
  'ListedModel',
  z.object({
    ...key,
    regions: about(z.array(z.enum(REGION_NAMES)), 'Of those that are answered here'),
    hasCodec: z.boolean(),
  }),
);

export const modelsFoundSchema = named(
  'ModelsFound',
  z.object({
    items: about(z.array(listedModelSchema), 'The closest first'),
    total: about(count, 'That fit, with those that are not listed'),
  }),
);

export const modelSchema = named(
  'CatalogueModel',
  z.object({
    ...key,
    variants: z.array(
      z.object({
        firmware: z.optional(z.string()),
        region: z.enum(REGION_NAMES),
        macVersion: maybe(z.enum(MAC_VERSIONS), 'As it is spoken here; 1.0.3 where absent'),
        declaredMac: maybe(z.string(), 'As the collection says it'),
        regionalParameters: z.optional(z.string()),
        deviceClass: z.enum(['A', 'C']),
        supportsClassB: z.optional(z.boolean()),
        supportsJoin: about(z.boolean(), 'false: personalised'),
        rx1DelayS: z.optional(z.number()),
        rx1Offset: z.optional(z.number()),
        rx2DataRate: z.optional(z.number()),
        rx2Frequency: maybe(z.number(), 'Hz'),
        codec: maybe(z.string(), 'Name of its script in the catalogue'),
        profileId: maybe(z.number(), 'Of a TR005 code, beside the number of the vendor'),
      }),
    ),
    fields: maybe(
      z.record(z.string(), z.object({ name: z.optional(z.string()), unit: z.optional(z.string()) })),
      'Names of its values, where the collection declares them',
    ),
    codecs: about(
      z.array(
        z.object({
          name: z.string(),
          source: z.string(),
          examples: about(count, 'Downlinks its maker shows'),
        }),
      ),
      'Its scripts',
    ),
    licence: maybe(z.string(), 'Of the collection'),
  }),
);

export const takenModelSchema = named(
  'TakenModel',
  z.object({
    profile: about(z.string(), 'Name of the profile'),
    codec: z.string(),
    isNew: about(z.boolean(), 'false: it had been taken before'),
    notes: about(z.array(z.string()), 'What to know about it'),
    told: about(z.array(toldSchema), 'The notes, each piece by piece'),
  }),
);

export const catalogueImportBody = z.strictObject({ upload: about(text(100), 'Id of the upload') });

export const modelWishBody = z.strictObject({
  region: maybe(z.enum(REGION_NAMES), "The site's unless given"),
  firmware: maybe(text(40), 'The newest unless given'),
});

export type CatalogueView = z.infer<typeof catalogueSchema>;
export type ListedModelView = z.infer<typeof listedModelSchema>;
export type ModelsFoundView = z.infer<typeof modelsFoundSchema>;
export type ModelView = z.infer<typeof modelSchema>;
export type TakenModelView = z.infer<typeof takenModelSchema>;
