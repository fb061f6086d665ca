/**
 * The certificate the pages are served with. `files`: the operator's, read again when they change. `self`: made here, kept
 * in the store's folder (`tls.pem`, 0600, key and certificate together so that they always fit), made anew with the same
 * key when an address of the box is not in it or its time runs out. Unusable files are told and the self-made one serves.
 */

import { X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { World } from '../model/world.ts';
import { covers, fingerprintOf, type KeyAndCertificate, selfSigned } from './certificate.ts';

const DAY_MS = 86_400_000;
const BEGIN = '-----BEGIN CERTIFICATE-----';
/** Apple's systems refuse certificates valid for more than 825 days, whoever made them. */
const VALID_MS = 820 * DAY_MS;
const RENEW_MS = 60 * DAY_MS;
/** A clock before this is wrong: what it says is not written into a certificate, and judges none. */
const PLAUSIBLE_MS = Date.UTC(2026, 0, 1);
/** How often, at most, connections lead to a look at the files or the addresses. */
const LOOK_MS = 60_000;
/** Addresses taken into the certificate, so that a machine with many bridges does not make a huge one. */
const MAX_HOSTS = 64;

export interface TlsOptions {
  /** Where the self-made one is kept. */
  readonly dir: string;
  /** The operator's files, PEM. */
  readonly files?: { readonly cert: string; readonly key: string };
  /** Host names beside the machine's own. */
  readonly names: readonly string[];
  readonly world: World;
  /** The addresses of the box; asks the system if not given. */
  readonly addresses?: () => readonly string[];
}

export interface CertificateSource {
  current(): KeyAndCertificate;
  /** Looks whether another one is to be used, at most once a minute; true when `current` has changed. */
  refresh(): boolean;
  /** SHA-256 of the certificate, 'AB:CD:…'. */
  fingerprint(): string;
}

/** Reads or makes the certificate. Throws only when there is none and none can be kept. */
export function createCertificateSource(options: TlsOptions): CertificateSource {
  const { world, files } = options;
  const { clock, logger } = world;
  let seen = files && stamp(files);
  let used = (files && readFiles(files, world)) ?? ownCertificate(options);
  let lookedMs = clock.monotonicMs();
  tell();

  function tell(): void {
    const { validTo, subjectAltName } = new X509Certificate(used.cert);
    logger.info('tls.certificate', { fingerprint: fingerprintOf(used.cert), validTo, names: subjectAltName });
  }

  /** What should be used now; the same object when nothing changed. */
  function wanted(): KeyAndCertificate {
    if (!files) return ownCertificate(options, used);
    const now = stamp(files);
    if (now === seen) return used;
    seen = now;
    return readFiles(files, world) ?? used;
  }

  return {
    current: () => used,
    fingerprint: () => fingerprintOf(used.cert),
    refresh() {
      if (clock.monotonicMs() - lookedMs < LOOK_MS) return false;
      lookedMs = clock.monotonicMs();
      try {
        const next = wanted();
        if (next.cert === used.cert) return false;
        used = next;
      } catch (error) {
        logger.error('tls.not_renewed', { error: String(error) });
        return false;
      }
      tell();
      return true;
    },
  };
}

/**
 * Fingerprint of the certificate a box with these settings shows, read beside it; undefined while there is none.
 * `certFile`: the operator's, if one is set.
 */
export function fingerprintBeside(dir: string, certFile: string | undefined): string | undefined {
  try {
    const text = readFileSync(certFile ?? ownFile(dir), 'utf8');
    return fingerprintOf(text.slice(text.indexOf(BEGIN)));
  } catch {
    return undefined;
  }
}

/** Changes when one of the files does. */
function stamp({ cert, key }: { readonly cert: string; readonly key: string }): string {
  const times = [cert, key].map((file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  return times.join(' ');
}

function readFiles(
  files: { readonly cert: string; readonly key: string },
  { logger }: World,
): KeyAndCertificate | undefined {
  try {
    const read = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') };
    // Throws when they do not belong together, before a browser finds out.
    createSecureContext(read);
    return read;
  } catch (error) {
    const hint =
      'check that both are PEM, belong together and may be read; they are looked at again when they change';
    logger.error('tls.files_unusable', { ...files, error: String(error), hint });
    return undefined;
  }
}

/** The kept one while it is good, else a new one, which is kept. */
function ownCertificate(options: TlsOptions, known = readOwn(options)): KeyAndCertificate {
  const { dir, world, names } = options;
  const nowMs = world.clock.nowMs();
  const addresses = options.addresses?.() ?? systemAddresses();
  const hosts = [...new Set([...names, ...ownNames(), ...addresses])].slice(0, MAX_HOSTS);
  if (known && isTimely(known.cert, nowMs) && covers(known.cert, hosts)) return known;
  const fromMs = Math.max(nowMs, PLAUSIBLE_MS) - DAY_MS;
  const request = {
    commonName: `WebSCADA Edge ${hostname()}`,
    hosts,
    notBeforeMs: fromMs,
    notAfterMs: fromMs + VALID_MS,
  };
  const made = selfSigned(request, known?.key);
  keep(ownFile(dir), made.key + made.cert);
  return made;
}

function ownFile(dir: string): string {
  return join(dir, 'tls.pem');
}

/** The certificate kept, undefined when there is none or it is damaged. */
function readOwn({ dir }: TlsOptions): KeyAndCertificate | undefined {
  try {
    const text = readFileSync(ownFile(dir), 'utf8');
    const begin = text.indexOf(BEGIN);
    const read = { key: text.slice(0, begin), cert: text.slice(begin) };
    createSecureContext(read);
    return read;
  } catch {
    return undefined;
  }
}

/** Replaces the file whole, readable by the owner alone. */
function keep(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o750 });
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  chmodSync(`${file}.new`, 0o600);
  renameSync(`${file}.new`, file);
}

function isTimely(cert: string, nowMs: number): boolean {
  if (nowMs < PLAUSIBLE_MS) return true;
  const { validFrom, validTo } = new X509Certificate(cert);
  return nowMs >= Date.parse(validFrom) && nowMs < Date.parse(validTo) - RENEW_MS;
}

/** The names the machine is known by on its network. */
export function ownNames(): string[] {
  const name = hostname().toLowerCase();
  const known = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(name)
    ? [name, ...(name.includes('.') ? [] : [`${name}.local`])]
    : [];
  return ['localhost', ...known];
}

/** Loopback first, so that many interfaces do not push it out; without link-local IPv6 addresses, which browsers do not take. */
function systemAddresses(): string[] {
  const found = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const others = found.filter(({ address, internal }) => !internal && !address.startsWith('fe80:'));
  return ['127.0.0.1', '::1', ...others.map(({ address }) => address).sort()];
}
