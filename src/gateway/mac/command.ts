/**
 * The MAC commands of LoRaWAN 1.0.x (§5): what device and network tell each other about the link. 'Req' asks, 'Ans'
 * answers, and either side may ask; a command's number (CID) is the same for a question and its answer.
 */

/** From a device. */
export type UplinkCommand =
  | { readonly kind: 'LinkCheckReq' }
  | {
      readonly kind: 'LinkADRAns';
      readonly powerOk: boolean;
      readonly dataRateOk: boolean;
      readonly channelMaskOk: boolean;
    }
  | { readonly kind: 'DutyCycleAns' }
  | {
      readonly kind: 'RXParamSetupAns';
      readonly rx1OffsetOk: boolean;
      readonly rx2DataRateOk: boolean;
      readonly channelOk: boolean;
    }
  | {
      readonly kind: 'DevStatusAns';
      /** 0 external power, 1 to 254 empty to full, 255 not known. */
      readonly battery: number;
      /** dB of SNR of the last DevStatusReq heard, -32 to 31. */
      readonly margin: number;
    }
  | { readonly kind: 'NewChannelAns'; readonly dataRatesOk: boolean; readonly frequencyOk: boolean }
  | { readonly kind: 'RXTimingSetupAns' }
  | { readonly kind: 'TxParamSetupAns' }
  | { readonly kind: 'DlChannelAns'; readonly channelExists: boolean; readonly frequencyOk: boolean }
  | { readonly kind: 'DeviceTimeReq' };

export interface LinkAdrReq {
  readonly kind: 'LinkADRReq';
  /** 0 to 15; 15 means "as it is" (1.0.4). */
  readonly dataRate: number;
  /** Index 0 to 15; 15 likewise. */
  readonly txPowerIndex: number;
  /** 16 bits; what they mean is said by `control`: see region/mask.ts. */
  readonly mask: number;
  /** ChMaskCntl, 0 to 7. */
  readonly control: number;
  /** How often each uplink is sent, 1 to 15; 0 means the default. */
  readonly nbTrans: number;
}

export interface NewChannelReq {
  readonly kind: 'NewChannelReq';
  readonly index: number;
  /** Hertz, a multiple of 100; 0 removes the channel. */
  readonly frequency: number;
  readonly minDataRate: number;
  readonly maxDataRate: number;
}

/** To a device. */
export type DownlinkCommand =
  | {
      readonly kind: 'LinkCheckAns';
      /** dB above what is just received, 0 to 254. */
      readonly marginDb: number;
      readonly gatewayCount: number;
    }
  | LinkAdrReq
  | {
      readonly kind: 'DutyCycleReq';
      /** A device may be on the air 1/2^n of the time, n 0 to 15. */
      readonly exponent: number;
    }
  | {
      readonly kind: 'RXParamSetupReq';
      readonly rx1Offset: number;
      readonly rx2DataRate: number;
      /** Hertz, a multiple of 100. */
      readonly frequency: number;
    }
  | { readonly kind: 'DevStatusReq' }
  | NewChannelReq
  | { readonly kind: 'RXTimingSetupReq' /** Seconds, 1 to 15. */; readonly delayS: number }
  | {
      readonly kind: 'TxParamSetupReq';
      readonly downlinkDwell: boolean;
      readonly uplinkDwell: boolean;
      /** See MAX_EIRPS in region/power.ts. */
      readonly maxEirpIndex: number;
    }
  | {
      readonly kind: 'DlChannelReq';
      readonly index: number;
      /** Hertz, a multiple of 100: where the device listens after an uplink on this channel. */
      readonly frequency: number;
    }
  | {
      readonly kind: 'DeviceTimeAns';
      /** Since 1980-01-06T00:00:00 GPS time. */
      readonly gpsSeconds: number;
      /** In 1/256 s. */
      readonly fraction: number;
    };

/** A command to a device that it answers. */
export type Request = Extract<DownlinkCommand, { readonly kind: `${string}Req` }>;
export type UplinkKind = UplinkCommand['kind'];
export type DownlinkKind = DownlinkCommand['kind'];

export const UPLINK_CID: Readonly<Record<UplinkKind, number>> = {
  LinkCheckReq: 0x02,
  LinkADRAns: 0x03,
  DutyCycleAns: 0x04,
  RXParamSetupAns: 0x05,
  DevStatusAns: 0x06,
  NewChannelAns: 0x07,
  RXTimingSetupAns: 0x08,
  TxParamSetupAns: 0x09,
  DlChannelAns: 0x0a,
  DeviceTimeReq: 0x0d,
};

export const DOWNLINK_CID: Readonly<Record<DownlinkKind, number>> = {
  LinkCheckAns: 0x02,
  LinkADRReq: 0x03,
  DutyCycleReq: 0x04,
  RXParamSetupReq: 0x05,
  DevStatusReq: 0x06,
  NewChannelReq: 0x07,
  RXTimingSetupReq: 0x08,
  TxParamSetupReq: 0x09,
  DlChannelReq: 0x0a,
  DeviceTimeAns: 0x0d,
};

/** Bytes with the CID. */
export const UPLINK_BYTES: Readonly<Record<UplinkKind, number>> = {
  LinkCheckReq: 1,
  LinkADRAns: 2,
  DutyCycleAns: 1,
  RXParamSetupAns: 2,
  DevStatusAns: 3,
  NewChannelAns: 2,
  RXTimingSetupAns: 1,
  TxParamSetupAns: 1,
  DlChannelAns: 2,
  DeviceTimeReq: 1,
};

/** Bytes with the CID. */
export const DOWNLINK_BYTES: Readonly<Record<DownlinkKind, number>> = {
  LinkCheckAns: 3,
  LinkADRReq: 5,
  DutyCycleReq: 2,
  RXParamSetupReq: 5,
  DevStatusReq: 1,
  NewChannelReq: 6,
  RXTimingSetupReq: 2,
  TxParamSetupReq: 2,
  DlChannelReq: 5,
  DeviceTimeAns: 6,
};

/** Whether a command asks for an answer. */
export function isRequest(command: DownlinkCommand): command is Request {
  return command.kind !== 'LinkCheckAns' && command.kind !== 'DeviceTimeAns';
}
