/** All regions, and how people and other servers write their names. */
import type { RegionName } from '../../model/lorawan.ts';
import { AS923, AS923_2, AS923_3, AS923_4 } from './as923.ts';
import { AU915 } from './au915.ts';
import { subBandCount } from './channels.ts';
import { CN470 } from './cn470.ts';
import { EU433 } from './eu433.ts';
import { EU868 } from './eu868.ts';
import { IN865 } from './in865.ts';
import { KR920 } from './kr920.ts';
import type { Region } from './region.ts';
import { RU864 } from './ru864.ts';
import { US915 } from './us915.ts';

export const REGIONS: Readonly<Record<RegionName, Region>> = {
  EU868,
  US915,
  AU915,
  AS923,
  'AS923-2': AS923_2,
  'AS923-3': AS923_3,
  'AS923-4': AS923_4,
  IN865,
  KR920,
  RU864,
  EU433,
  CN470,
};

export interface RegionChoice {
  readonly region: Region;
  /** Counted from 0; only where the name says one. */
  readonly subBand?: number;
}

const BY_WORD = new Map(Object.values(REGIONS).map((region) => [region.name.toLowerCase(), region]));

/**
 * The region a name stands for, in any case and with '_' for '-': 'EU868', 'as923_2', and with a sub-band as ChirpStack
 * counts them 'us915_1' (channels 8 to 15 and 65). undefined for a name that is none.
 */
export function findRegion(name: string): RegionChoice | undefined {
  const word = name.trim().toLowerCase().replaceAll('_', '-');
  const region = BY_WORD.get(word);
  if (region) return { region };
  const [, stem = '', digit = ''] = /^([a-z0-9]+)-(\d|[1-9]\d)$/.exec(word) ?? [];
  const banded = BY_WORD.get(stem);
  if (stem === 'as923' && digit === '1') return { region: AS923 };
  if (!banded || Number(digit) >= subBandCount(banded)) return undefined;
  return { region: banded, subBand: Number(digit) };
}
