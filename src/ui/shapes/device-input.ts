/** What is said of a device when it is declared or changed. Keys only ever come in. */
import * as z from 'zod/mini';
import { MAX_AREA, MAX_NOTES } from '../../model/device.ts';
import { MAC_VERSIONS, REGION_NAMES } from '../../model/lorawan.ts';
import { manyLines } from '../../model/text.ts';
import { maybe } from './describe.ts';
import { hex, raw, text, whole } from './inputs.ts';
import { saying } from './told.ts';

const key = z.optional(
  hex(32).check(z.meta({ writeOnly: true, description: 'Secret; may be left out to keep the one known' })),
);

const link = z.strictObject({
  region: z.optional(z.enum(REGION_NAMES)),
  macVersion: z.optional(z.enum(MAC_VERSIONS)),
  deviceClass: z.optional(z.enum(['A', 'C'])),
  adr: z.optional(z.boolean()),
  rx1DelayS: z.optional(whole(1, 15)),
  allowCounterReset: z.optional(z.boolean()),
});

const activationFields = {
  devAddr: maybe(hex(8), 'Of a personalised device; most significant byte first'),
  nwkSKey: key,
  appSKey: key,
  joinEui: maybe(hex(16), 'Of a device that joins over the air (AppEUI before 1.0.4)'),
  appKey: key,
  keyMissing: maybe(z.boolean(), 'true: it joins, its key comes later; until then it is not let in'),
};

const area = maybe(z.nullable(text(MAX_AREA)), 'Where it is; null for nowhere, as it is where left out');

const deviceFields = {
  name: text(100),
  codec: raw(64, "cayenne where left out; with a profile raw, which is the profile's"),
  ...activationFields,
  profile: maybe(text(100), 'Name of its profile'),
  link: maybe(link, 'Where it differs from its profile'),
  area,
  notes: maybe(
    z.nullable(z.string().check(z.overwrite(manyLines), z.maxLength(MAX_NOTES))),
    'What people here wrote down of it; null for nothing, as they are where left out',
  ),
};

export const oneWay = z.refine<{ devAddr?: string | undefined; joinEui?: string | undefined }>(
  ({ devAddr, joinEui }) => (devAddr === undefined) !== (joinEui === undefined),
  {
    path: ['joinEui'],
    ...saying('given.oneWay'),
  },
);

/** Whether `oneWay` is asked for depends on the device: one of ChirpStack's has no keys here. */
export const devicePut = z.strictObject(deviceFields);
export const devicePost = z.strictObject({ devEui: hex(16), ...deviceFields }).check(oneWay);

export type DeviceInput = z.output<typeof devicePut>;

/** Another device in the place of one. */
export const replacementPost = z.strictObject({ devEui: hex(16), ...activationFields }).check(oneWay);

/** Devices in one request. */
const MAX_CHANGES = 1_000;

/** The same for several devices at once. */
export const changesPost = z
  .strictObject({
    devices: z
      .array(
        z.strictObject({
          devEui: hex(16),
          revision: raw(40, 'As it was looked at; one that is another by now is left alone'),
        }),
      )
      .check(z.minLength(1), z.maxLength(MAX_CHANGES)),
    area,
    profile: maybe(z.nullable(text(100)), 'Name of a profile; null for none'),
    codec: raw(64, "Name of a codec; raw is the profile's"),
    remove: maybe(z.literal(true), 'They are forgotten; their readings stay'),
  })
  .check(
    z.refine(
      ({ remove, ...rest }) =>
        (remove === true) !== [rest.area, rest.profile, rest.codec].some((one) => one !== undefined),
      { path: ['remove'], ...saying('given.setOrRemove') },
    ),
  );

export type ChangesInput = z.output<typeof changesPost>;
