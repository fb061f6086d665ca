/**
 * Anything may come over the air or from a gateway: whole messages of random bytes, bent frames, and frames with the right
 * key whose commands make no sense. Nothing may throw, nothing may be sent that a gateway does not understand (the site
 * checks that), and a well-behaved device is served before and after.
 */

import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { encodeDownlinkTxAck } from '../../src/gateway/bridge/encode.ts';
import { TX_ACK_STATUSES } from '../../src/gateway/bridge/message.ts';
import { createSessionKeys } from '../../src/gateway/lorawan/crypto.ts';
import { encodeDataFrame } from '../../src/gateway/lorawan/encode.ts';
import { REGIONS } from '../../src/gateway/region/regions.ts';
import { REGION_NAMES } from '../../src/model/lorawan.ts';
import { createLorawanDevice } from '../support/lorawan-device.ts';
import { createNetworkSite, GATEWAY, type NetworkSite } from '../support/network-site.ts';

const GOOD = { devEui: '70b3d57ed0000001', joinEui: '70b3d57ed0000abc', appKey: 'ab'.repeat(16) };
const ODD = { devAddr: '01020304', nwkSKey: '11'.repeat(16), appSKey: '22'.repeat(16) };
const ODD_EUI = '70b3d57ed0000002';
const RUNS = 150;

let site: NetworkSite;
afterEach(async () => site.close());

const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const air = fc.record({
  frequency: fc.oneof(
    fc.constantFrom(868_100_000, 903_900_000, 923_200_000, 865_062_500),
    fc.nat(1_000_000_000),
  ),
  dataRate: fc.constantFrom('SF7BW125', 'SF12BW125', 'SF8BW500', 'SF7BW250', 'SF5BW125', 'SF12BW500'),
});
/** A device of ours that says whatever it likes. */
const oddFrame = fc.record({
  confirmed: fc.boolean(),
  fCtrl: fc.record({ adr: fc.boolean(), adrAckReq: fc.boolean(), ack: fc.boolean(), fPending: fc.boolean() }),
  fOpts: bytes(15),
  fPort: fc.option(fc.nat(255)),
  payload: bytes(60),
});

type Action =
  | { readonly kind: 'message'; readonly event: string; readonly payload: Uint8Array }
  | { readonly kind: 'raw'; readonly frame: Uint8Array }
  | { readonly kind: 'odd'; readonly frame: Odd }
  | { readonly kind: 'bent'; readonly frame: Odd; readonly at: number; readonly by: number }
  | { readonly kind: 'ack'; readonly downlinkId: number; readonly items: readonly number[] }
  | { readonly kind: 'order'; readonly size: number; readonly confirmed: boolean };
type Odd = typeof oddFrame extends fc.Arbitrary<infer Value> ? Value : never;

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({
    kind: fc.constant('message' as const),
    event: fc.constantFrom('event/up', 'event/ack', 'event/stats', 'state/conn', 'event/raw'),
    payload: bytes(120),
  }),
  fc.record({ kind: fc.constant('raw' as const), frame: fc.uint8Array({ minLength: 1, maxLength: 255 }) }),
  fc.record({ kind: fc.constant('odd' as const), frame: oddFrame }),
  fc.record({
    kind: fc.constant('bent' as const),
    frame: oddFrame,
    at: fc.nat(80),
    by: fc.integer({ min: 1, max: 255 }),
  }),
  fc.record({
    kind: fc.constant('ack' as const),
    downlinkId: fc.nat(0xffff_ffff),
    items: fc.array(fc.nat(TX_ACK_STATUSES.length - 1), { maxLength: 4 }),
  }),
  fc.record({ kind: fc.constant('order' as const), size: fc.nat(242), confirmed: fc.boolean() }),
);

test('whatever comes, nothing throws and a good device is served', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...REGION_NAMES),
      fc.array(fc.tuple(action, air), { minLength: 1, maxLength: 25 }),
      async (region, actions) => {
        site = createNetworkSite({ gateway: { region } });
        const { devEui, ...otaa } = GOOD;
        site.store().devices.put({ devEui, name: 'Good', codec: 'raw', origin: 'api', otaa });
        site.store().devices.put({ devEui: ODD_EUI, name: 'Odd', codec: 'cayenne', origin: 'api', abp: ODD });
        const keys = createSessionKeys(ODD.nwkSKey, ODD.appSKey);
        let fCnt = 0;
        const oddBytes = ({ fOpts, fPort, payload, ...frame }: Odd): Uint8Array =>
          encodeDataFrame(
            {
              ...{ direction: 'up', devAddr: ODD.devAddr, fCnt: fCnt++, ...frame, fPort },
              fOpts: fPort === 0 ? new Uint8Array(0) : fOpts,
              payload: fPort === null ? new Uint8Array(0) : payload,
            },
            keys,
          );
        const inbound = (event: string, payload: Uint8Array) =>
          site.gateway().receive({
            ...{ topic: `gateway/${GATEWAY}/${event}`, payload, qos: 1, retained: false },
            ack: () => {},
          });
        for (const [what, where] of actions) {
          if (what.kind === 'message') inbound(what.event, what.payload);
          else if (what.kind === 'raw') site.hear({ phyPayload: what.frame, ...where });
          else if (what.kind === 'odd') site.hear({ phyPayload: oddBytes(what.frame), ...where });
          else if (what.kind === 'bent') {
            const frame = oddBytes(what.frame);
            const at = what.at % frame.length;
            frame[at] = (frame[at] ?? 0) ^ what.by;
            site.hear({ phyPayload: frame, ...where });
          } else if (what.kind === 'ack') {
            const items = what.items.map((index) => TX_ACK_STATUSES[index] ?? 'OK');
            const ack = { gatewayId: GATEWAY, downlinkId: what.downlinkId, items };
            inbound('event/ack', encodeDownlinkTxAck(ack, 'protobuf'));
          } else {
            const data = '5a'.repeat(what.size);
            const order = { fPort: 7, data, confirmed: what.confirmed, retries: 1 };
            await site.gateway().downlinks.enqueue(ODD_EUI, order);
          }
          await site.pass(300);
        }
        await site.pass(5_000);
        const good = createLorawanDevice({ ...GOOD, region: REGIONS[region] });
        const [accept] = await site.exchange(good.joinRequest());
        expect(good.acceptJoin(accept?.items[0]?.phyPayload ?? new Uint8Array())).toBe(true);
        await site.pass(8_000);
        const [down] = await site.exchange(good.uplink({ confirmed: true }));
        expect(good.receive(down?.items[0]?.phyPayload ?? new Uint8Array())).toMatchObject({ ack: true });
        expect(site.refused()).not.toHaveProperty('not_storable');
        await site.close();
      },
    ),
    { numRuns: RUNS },
  );
}, 180_000);
