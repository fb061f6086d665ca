/**
 * The certificate the pages are served with. `files`: the operator's, read again when they change. `self`: made here, kept
 * in the store's folder (`tls.pem`, 0600, key and certificate together so that they always fit), made anew with the same
 * key when an address of the box is not in it or its time runs out. Unusable files are told and the self-made one serves.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createSecureContext } from 'node:tls';
import { readInTime } from '../files/read-file.ts';
import { replaceFile } from '../files/replace-file.ts';
import type { Part, World } from '../model/world.ts';
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
/** Of the keys certificate.ts makes. */
const OWN_CURVE = 'prime256v1';
const FILES_HINT =
  'check that both are PEM, belong together and may be read; they are looked at again when they change';

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

export interface CertificateSource extends Part {
  /** Before `start` a self-made one. */
  current(): KeyAndCertificate;
  /** Looks whether another one is to be used, at most once a minute; true when `current` has changed. Never rejects. */
  refresh(): Promise<boolean>;
  /** SHA-256 of the certificate, 'AB:CD:…'. */
  fingerprint(): string;
}

/** `start` reads the operator's files, which may take as long as a file system that hangs is waited for. */
export function createCertificateSource(options: TlsOptions): CertificateSource {
  const { world, files } = options;
  const { clock, logger } = world;
  let own = files ? undefined : ownCertificate(options);
  let used = own;
  /** What the operator's files were when they were looked at last, or why they could not be. */
  let seen: string | undefined;
  let lookedMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<boolean> | undefined;

  /** What should be used now; the same object when nothing changed. */
  async function wanted(): Promise<KeyAndCertificate> {
    if (files) {
      const found = await readFiles(files, world);
      const news = 'problem' in found ? found.problem : found.key + found.cert;
      const isNew = news !== seen;
      seen = news;
      if (!('problem' in found)) return isNew ? found : (used ?? found);
      if (isNew) logger.error('tls.files_unusable', { ...files, error: found.problem, hint: FILES_HINT });
      if (used && used !== own) return used;
    }
    own = ownCertificate(options, own);
    return own;
  }

  /** Whether `current` has changed. */
  async function look(): Promise<boolean> {
    lookedMs = clock.monotonicMs();
    try {
      const next = await wanted();
      if (next.cert === used?.cert) return false;
      used = next;
    } catch (error) {
      logger.error('tls.not_renewed', { error: String(error) });
      return false;
    }
    return true;
  }

  function tell(): void {
    const { cert } = current();
    const { validTo, subjectAltName } = new X509Certificate(cert);
    logger.info('tls.certificate', { fingerprint: fingerprintOf(cert), validTo, names: subjectAltName });
  }

  function current(): KeyAndCertificate {
    if (used) return used;
    own = ownCertificate(options);
    used = own;
    return own;
  }

  return {
    current,
    fingerprint: () => fingerprintOf(current().cert),
    async start() {
      await look();
      tell();
    },
    async stop() {},
    refresh() {
      if (looking || clock.monotonicMs() - lookedMs < LOOK_MS) return looking ?? Promise.resolve(false);
      looking = look().then((changed) => {
        looking = undefined;
        if (changed) tell();
        return changed;
      });
      return looking;
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

type Found = KeyAndCertificate | { readonly problem: string };

async function readFiles(
  files: { readonly cert: string; readonly key: string },
  { clock }: World,
): Promise<Found> {
  try {
    const cert = (await readInTime(files.cert, clock)).toString();
    const found = { cert, key: (await readInTime(files.key, clock)).toString() };
    check(found);
    return found;
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

/** Throws when the two are none or do not belong together, before a browser finds out. */
function check({ cert, key }: KeyAndCertificate): void {
  createSecureContext({ cert, key });
  // Empty ones it lets pass.
  if (!new X509Certificate(cert).checkPrivateKey(createPrivateKey(key)))
    throw new Error('the key is not that of the certificate');
}

/** The kept one while it is good, else a new one, which is kept; where that cannot be, it lasts as long as the process. */
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
  const made = selfSigned(request, known && isOurKind(known.key) ? known.key : undefined);
  const file = ownFile(dir);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o750 });
    replaceFile(file, made.key + made.cert, { formerDraft: true });
  } catch (error) {
    const hint = 'the next start makes another one: see that the file can be written';
    world.logger.error('tls.not_kept', { file, error: String(error), hint });
  }
  return made;
}

/** What is kept may be somebody's own, with a key of another kind. */
function isOurKind(key: string): boolean {
  return createPrivateKey(key).asymmetricKeyDetails?.namedCurve === OWN_CURVE;
}

function ownFile(dir: string): string {
  return join(dir, 'tls.pem');
}

/** The certificate kept, undefined when there is none, or none that can be used, which is told. */
function readOwn({ dir, world }: TlsOptions): KeyAndCertificate | undefined {
  const file = ownFile(dir);
  try {
    const stat = statSync(file, { throwIfNoEntry: false });
    if (!stat) return undefined;
    if (!stat.isFile()) throw new Error('it is not a regular file');
    const text = readFileSync(file, 'utf8');
    const begin = text.indexOf(BEGIN);
    const read = { key: text.slice(0, begin), cert: text.slice(begin) };
    check(read);
    return read;
  } catch (error) {
    const hint =
      'a new one is made, with another fingerprint: browsers ask again whether it is to be trusted';
    const problem = error instanceof Error ? error.message : String(error);
    world.logger.warn('tls.own_unusable', { file, error: problem, hint });
    return undefined;
  }
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
