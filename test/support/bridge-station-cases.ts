/** What was said to the real Gateway Bridge by a Basics Station, and what each message means; see `bridge-cases.ts`. */
import type { DownlinkFrame, Modulation } from '../../src/gateway/bridge/message.ts';
import {
  AIR,
  DOWN_PAYLOAD,
  type DownlinkCase,
  delayed,
  GATEWAY_ID,
  item,
  lora,
  PHY_PAYLOAD,
  RECEPTION,
  type RecordedRegion,
  type UplinkCase,
} from './bridge-cases.ts';

const RCTX = 1;
const XTIME = 19_144_321_556_100;
const STATION_CONTEXT = (() => {
  const context = Buffer.alloc(16);
  context.writeBigUInt64BE(BigInt(RCTX), 0);
  context.writeBigUInt64BE(BigInt(XTIME), 8);
  return context.toString('base64');
})();

function upinfo({ hz, dr }: { readonly hz: number; readonly dr: number }): object {
  return {
    DR: dr,
    Freq: hz,
    upinfo: { rctx: RCTX, xtime: XTIME, gpstime: 0, rssi: -52, snr: 7.25, rxtime: 1_764_160_496.5 },
  };
}

function heardByStation(hz: number, dataRate: string, modulation: Modulation): UplinkCase['uplink'] {
  return {
    ...RECEPTION,
    frequency: hz,
    dataRate,
    modulation,
    context: STATION_CONTEXT,
    timeMs: 1_764_160_496_500,
  };
}

/** The fields of PHY_PAYLOAD, as a station takes it apart. */
const DATA_FRAME = {
  msgtype: 'updf',
  MHdr: 0x40,
  DevAddr: PHY_PAYLOAD.readInt32LE(1),
  FCtrl: 0x80,
  FCnt: 2,
  FOpts: '',
  FPort: 10,
  FRMPayload: '01020304',
  MIC: PHY_PAYLOAD.readInt32LE(13),
};

const JOIN_REQUEST = {
  msgtype: 'jreq',
  MHdr: 0,
  JoinEui: '70-B3-D5-7E-D0-00-0A-BC',
  DevEui: '70-B3-D5-7E-D0-00-00-01',
  DevNonce: 258,
  MIC: 67_305_985,
};

/** What a station of `region` hears. */
export function stationUplinks(region: RecordedRegion): UplinkCase[] {
  const { up } = AIR[region];
  const heard = heardByStation(up.hz, `SF${up.sf}BW${up.khz}`, lora(up, false));
  const uplinks: UplinkCase[] = [
    { name: `up ${region} LoRa`, said: { ...DATA_FRAME, ...upinfo(up) }, uplink: heard },
    {
      name: `up ${region} join request`,
      said: { ...JOIN_REQUEST, ...upinfo(up) },
      uplink: {
        ...heard,
        phyPayload: Buffer.from('00bc0a00d07ed5b370010000d07ed5b370020101020304', 'hex'),
      },
    },
  ];
  if (region !== 'EU868') return uplinks;
  const fsk = { hz: 868_800_000, dr: 7 };
  return uplinks.concat({
    name: 'up FSK',
    said: { ...DATA_FRAME, ...upinfo(fsk) },
    uplink: heardByStation(fsk.hz, 'FSK50000', { kind: 'fsk', datarate: 50_000, frequencyDeviation: 0 }),
  });
}

/** What a station of `region` is told to send. `MuxTime` is the bridge's clock and left out. */
export function stationDownlinks(region: RecordedRegion): DownlinkCase[] {
  const { rx1, rx2, power } = AIR[region];
  const dnmsg = {
    msgtype: 'dnmsg',
    DevEui: '01-01-01-01-01-01-01-01',
    pdu: DOWN_PAYLOAD.toString('hex'),
    priority: 1,
  };
  const classA: DownlinkFrame = {
    gatewayId: GATEWAY_ID,
    downlinkId: 894_104_480,
    items: [
      item(rx1, power, delayed(1_000), STATION_CONTEXT),
      item(rx2, power, delayed(2_000), STATION_CONTEXT),
    ],
  };
  const classC: DownlinkFrame = {
    gatewayId: GATEWAY_ID,
    downlinkId: 894_104_481,
    items: [item(rx2, power, { kind: 'immediately' }, '')],
  };
  return [
    {
      name: `down ${region}`,
      frame: classA,
      told: [
        {
          ...dnmsg,
          dC: 0,
          diid: classA.downlinkId,
          RxDelay: 1,
          RX1DR: rx1.dr,
          RX1Freq: rx1.hz,
          RX2DR: rx2.dr,
          RX2Freq: rx2.hz,
          xtime: XTIME,
          rctx: RCTX,
        },
      ],
    },
    {
      name: `down ${region} at once`,
      frame: classC,
      told: [{ ...dnmsg, dC: 2, diid: classC.downlinkId, RX2DR: rx2.dr, RX2Freq: rx2.hz }],
    },
  ];
}
