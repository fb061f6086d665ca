/**
 * Onboarding QR codes of the LoRa Alliance's recommendation TR005 and its two drafts. They identify a device and its make
 * but hold no key: that comes from the device maker.
 *
 *     LW:D0:JoinEUI:DevEUI:VVVVMMMM[:Oowner token][:Sserial number][:Pproprietary][:Cchecksum]
 *     URN:DEV:LW:JoinEUI_DevEUI_VVVVMMMM[_Vowner token][_S…][_P…]           draft 3
 *     URN:LW:DP:JoinEUI:DevEUI:VVVVMMMM[:%Vowner token%S…%P…]               draft 2
 */
import { type SaidKey, type Told, tell } from '../model/said.ts';
import { cut } from '../model/text.ts';
import { type OnboardingEntry, readHex } from './entry.ts';

/** Characters; the largest QR code that a phone reads off a label has fewer. */
const MAX_CODE_CHARS = 1024;

export interface OnboardingCode {
  readonly format: 'tr005' | 'tr005-draft-3' | 'tr005-draft-2';
  /** 16 lower-case hex digits. */
  readonly joinEui: string;
  readonly devEui: string;
  /** 4 lower-case hex digits each: who made it, by the Alliance's list, and which of its models it is. */
  readonly vendorId: string;
  readonly modelId: string;
  /** Proof of ownership for a join server; not needed here. */
  readonly ownerToken?: string;
  readonly serialNumber?: string;
  readonly proprietary?: string;
  /** As printed; TR005 leaves its algorithm to the maker, so it is not verified. */
  readonly checksum?: string;
}

export type ScannedCode =
  | { readonly code: OnboardingCode; readonly entry: OnboardingEntry; readonly problem?: undefined }
  | { readonly code?: undefined; readonly problem: Told };

/** Reads what a scanner made of a QR code. The entry's identity is captured, its key is missing. Never throws. */
export function readOnboardingCode(scanned: string): ScannedCode {
  if (scanned.length > MAX_CODE_CHARS) return { problem: tell('code.long', { limit: MAX_CODE_CHARS }) };
  const text = scanned.trim();
  const parts = split(text);
  if ('said' in parts) return { problem: parts };
  const { format, identity, extensions } = parts;
  const [join = '', dev = '', profile = ''] = identity;
  const joinEui = identifier(join, 16);
  const devEui = identifier(dev, 16);
  const profileId = identifier(profile, 8);
  if (!joinEui) return { problem: wanted('code.joinEui', join) };
  if (!devEui) return { problem: wanted('code.devEui', dev) };
  if (!profileId) return { problem: wanted('code.profile', profile) };
  const read = readExtensions(format, extensions);
  if ('said' in read) return { problem: read };
  const code = {
    format,
    joinEui,
    devEui,
    vendorId: profileId.slice(0, 4),
    modelId: profileId.slice(4),
    ...read,
  };
  const { serialNumber } = read;
  const serial = serialNumber === undefined ? {} : { serialNumber };
  return { code, entry: { devEui, joinEui, name: devEui, ...serial, missing: 'key' } };
}

interface Parts {
  readonly format: OnboardingCode['format'];
  readonly identity: readonly string[];
  readonly extensions: readonly string[];
}

function split(text: string): Parts | Told {
  const upper = text.slice(0, 11).toUpperCase();
  if (upper.startsWith('LW:')) {
    const [, schema = '', ...rest] = text.split(':');
    if (schema.toUpperCase() !== 'D0') return wanted('code.schema', schema);
    return { format: 'tr005', identity: rest.slice(0, 3), extensions: rest.slice(3) };
  }
  if (upper.startsWith('URN:DEV:LW:')) {
    const rest = text.slice(11).split('_');
    return { format: 'tr005-draft-3', identity: rest.slice(0, 3), extensions: rest.slice(3) };
  }
  if (upper.startsWith('URN:LW:DP:')) {
    const rest = text.slice(10).split(':');
    const extensions = rest.slice(3).join(':').split('%');
    return { format: 'tr005-draft-2', identity: rest.slice(0, 3), extensions };
  }
  return tell('code.unknown');
}

/** A TR005 code has no separators inside an identifier. */
function identifier(text: string, digits: number): string | undefined {
  return text.length === digits ? readHex(text, digits) : undefined;
}

type Extensions = Pick<OnboardingCode, 'ownerToken' | 'serialNumber' | 'proprietary' | 'checksum'>;

function readExtensions(format: OnboardingCode['format'], extensions: readonly string[]): Extensions | Told {
  const names: Readonly<Record<string, keyof Extensions>> = {
    [format === 'tr005' ? 'O' : 'V']: 'ownerToken',
    S: 'serialNumber',
    P: 'proprietary',
    C: 'checksum',
  };
  const found: { -readonly [K in keyof Extensions]: Extensions[K] } = {};
  for (const extension of extensions) {
    if (extension === '') continue;
    const name = Object.hasOwn(names, extension.charAt(0)) ? names[extension.charAt(0)] : undefined;
    // Later editions may add some, and a reader is to skip what it does not know.
    if (name === undefined) continue;
    if (found[name] !== undefined) return tell('code.twice', { extension: extension.charAt(0) });
    if (extension.length === 1) return tell('code.empty', { extension });
    found[name] = extension.slice(1);
  }
  return found;
}

/** Where there is nothing, the English has a word of its own for it. */
function wanted(key: SaidKey, text: string): Told {
  const shown = JSON.stringify(cut(text, 40));
  const { detail } = tell(key, { found: text === '' ? 'missing' : shown });
  return { detail, said: tell(key, { found: shown }).said };
}
