/** How a modulation is written: the name of its data rate, and code rates in each spelling. */
import { dataRateName } from '../lorawan/datarate.ts';
import type { CodeRate, Modulation } from './message.ts';

/** [our name and version 3's, name in version 4's JSON]; by number on the wire. */
const CODE_RATES: readonly (readonly [CodeRate, string] | undefined)[] = [
  undefined,
  ['4/5', 'CR_4_5'],
  ['4/6', 'CR_4_6'],
  ['4/7', 'CR_4_7'],
  ['4/8', 'CR_4_8'],
  ['3/8', 'CR_3_8'],
  ['2/6', 'CR_2_6'],
  ['1/4', 'CR_1_4'],
  ['1/6', 'CR_1_6'],
  ['5/6', 'CR_5_6'],
  ['4/5LI', 'CR_LI_4_5'],
  ['4/6LI', 'CR_LI_4_6'],
  ['4/8LI', 'CR_LI_4_8'],
];

const byName = new Map<string, CodeRate>();
const numbers = new Map<CodeRate, number>();
const names = new Map<CodeRate, string>();
for (const [number, entry] of CODE_RATES.entries()) {
  if (!entry) continue;
  const [codeRate, name] = entry;
  byName.set(codeRate, codeRate).set(name, codeRate);
  numbers.set(codeRate, number);
  names.set(codeRate, name);
}

/** undefined for 0 (CR_UNDEFINED) and numbers we do not know. */
export function codeRateOfNumber(number: number): CodeRate | undefined {
  return CODE_RATES[number]?.[0];
}

/** Takes '4/5' as well as 'CR_4_5'. */
export function codeRateOfName(name: string): CodeRate | undefined {
  return byName.get(name);
}

export function codeRateNumber(codeRate: CodeRate | undefined): number {
  return codeRate === undefined ? 0 : (numbers.get(codeRate) ?? 0);
}

/** 'CR_4_5'; 'CR_UNDEFINED' without a code rate. */
export function codeRateName(codeRate: CodeRate | undefined): string {
  return (codeRate !== undefined && names.get(codeRate)) || 'CR_UNDEFINED';
}

export function loraModulation(
  spreadingFactor: number,
  bandwidth: number,
  codeRate: CodeRate | undefined,
  polarizationInversion: boolean,
): Modulation {
  return codeRate === undefined
    ? { kind: 'lora', spreadingFactor, bandwidth, polarizationInversion }
    : { kind: 'lora', spreadingFactor, bandwidth, codeRate, polarizationInversion };
}

export function fskModulation(datarate: number, frequencyDeviation: number): Modulation {
  return { kind: 'fsk', datarate, frequencyDeviation };
}

export function lrFhssModulation(
  operatingChannelWidth: number,
  codeRate: CodeRate | undefined,
  gridSteps: number,
): Modulation {
  return codeRate === undefined
    ? { kind: 'lr_fhss', operatingChannelWidth, gridSteps }
    : { kind: 'lr_fhss', operatingChannelWidth, codeRate, gridSteps };
}

/** 'SF7BW125', 'FSK50000', 'LRFHSS137CR2/6'; undefined for a modulation that no radio sends. */
export function plausibleDataRate(modulation: Modulation): string | undefined {
  switch (modulation.kind) {
    case 'lora': {
      const { spreadingFactor, bandwidth } = modulation;
      const possible =
        spreadingFactor >= 5 && spreadingFactor <= 12 && bandwidth >= 7_000 && bandwidth <= 2_000_000;
      return possible ? dataRateName(modulation) : undefined;
    }
    case 'fsk': {
      const { datarate: bitrate } = modulation;
      return bitrate > 0 ? dataRateName({ kind: 'fsk', bitrate }) : undefined;
    }
    case 'lr_fhss': {
      const { operatingChannelWidth, codeRate = '?' } = modulation;
      return operatingChannelWidth > 0
        ? dataRateName({ kind: 'lr_fhss', operatingChannelWidth, codeRate })
        : undefined;
    }
  }
}

/** Widths that are no whole kHz, by their name in a data rate. */
const WIDTHS: Readonly<Record<string, number>> = { 203: 203_125, 406: 406_250, 812: 812_500 };

/** What an uplink of that name is sent with, code rate 4/5; undefined for names other than 'SF7BW125' and 'FSK50000'. */
export function modulationOfDataRate(name: string): Modulation | undefined {
  const [, spreadingFactor, width = ''] = /^SF(\d{1,2})BW(\d{1,4})$/.exec(name) ?? [];
  const lora = loraModulation(Number(spreadingFactor), WIDTHS[width] ?? Number(width) * 1_000, '4/5', false);
  if (spreadingFactor !== undefined) return plausibleDataRate(lora) === undefined ? undefined : lora;
  const [, bitrate] = /^FSK(\d{1,6})$/.exec(name) ?? [];
  return bitrate === undefined ? undefined : fskModulation(Number(bitrate), Number(bitrate) / 2);
}
