/**
 * A self-made TLS certificate: ECDSA P-256, X.509 version 3, valid for the names and addresses of the box. The few kinds
 * of DER it is made of (ITU-T X.690) are written here, so that no openssl is needed where the box runs.
 */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';

export interface CertificateRequest {
  /** Shown by browsers as the owner. */
  readonly commonName: string;
  /** Host names and IP addresses. */
  readonly hosts: readonly string[];
  /** Epoch milliseconds, whole seconds count. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** PEM. */
export interface KeyAndCertificate {
  readonly cert: string;
  readonly key: string;
}

const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

/** Makes a certificate signed with its own key: `key` (PEM, P-256), or a new one. */
export function selfSigned(request: CertificateRequest, key = newKey()): KeyAndCertificate {
  const privateKey = createPrivateKey(key);
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const algorithm = sequence(oid(OID.ecdsaWithSha256));
  const name = sequence(tlv(0x31, sequence(oid(OID.commonName), utf8(request.commonName.slice(0, 64)))));
  const toBeSigned = sequence(
    tlv(0xa0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    algorithm,
    name,
    sequence(time(request.notBeforeMs), time(request.notAfterMs)),
    name,
    publicKey,
    tlv(0xa3, sequence(...extensions(request.hosts, publicKey))),
  );
  const der = sequence(toBeSigned, algorithm, bitString(sign('sha256', toBeSigned, privateKey)));
  const lines = der.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return { cert: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`, key };
}

/** A private key, PKCS #8 as PEM. */
function newKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;
}

/** SHA-256 of the (first) certificate in `pem`, 'AB:CD:…', as browsers show it. */
export function fingerprintOf(pem: string): string {
  return new X509Certificate(pem).fingerprint256;
}

/** Whether the certificate names every one of `hosts`. */
export function covers(pem: string, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(pem);
  const names = new Set(certificate.subjectAltName?.split(', '));
  return hosts.every((host) =>
    isIP(host) ? certificate.checkIP(host) !== undefined : names.has(`DNS:${host}`),
  );
}

/** Not for signing others, for TLS servers only, for these hosts. */
function extensions(hosts: readonly string[], publicKey: Buffer): Buffer[] {
  // The key itself is a bit string of 65 bytes at the end of the SPKI.
  const keyId = createHash('sha1').update(publicKey.subarray(-65)).digest();
  const names = hosts.map((host) =>
    isIP(host) ? tlv(0x87, addressBytes(host)) : tlv(0x82, Buffer.from(host, 'latin1')),
  );
  const digitalSignature = tlv(0x03, Buffer.from([7, 0x80]));
  return [
    extension(OID.basicConstraints, true, sequence()),
    extension(OID.keyUsage, true, digitalSignature),
    extension(OID.extendedKeyUsage, false, sequence(oid(OID.serverAuth))),
    extension(OID.subjectKeyId, false, octets(keyId)),
    extension(OID.subjectAltName, false, sequence(...names)),
  ];
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [tlv(0x01, Buffer.from([0xff]))] : []), octets(value));
}

/** 4 or 16 bytes in network order. */
function addressBytes(address: string): Buffer {
  if (!isIPv6(address)) return Buffer.from(address.split('.').map(Number));
  // URL spells any IPv6 address, also one with a dotted end, in hex groups.
  const plain = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = '', tail] = plain.split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [left, right] = [groups(head), groups(tail ?? '')];
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

/** Tag, length, value: lengths of 128 and more take further bytes. */
function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const value = Buffer.concat(parts);
  if (value.length < 128) return Buffer.concat([Buffer.from([tag, value.length]), value]);
  const hex = value.length.toString(16);
  const length = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, value]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return tlv(0x30, ...parts);
}

function octets(value: Buffer): Buffer {
  return tlv(0x04, value);
}

function bitString(value: Buffer): Buffer {
  return tlv(0x03, Buffer.from([0]), value);
}

function utf8(text: string): Buffer {
  return tlv(0x0c, Buffer.from(text));
}

/** A positive whole number: no zero byte in front but the one that keeps it positive. */
function integer(bytes: Buffer): Buffer {
  const first = bytes.findIndex((byte) => byte !== 0);
  const short = bytes.subarray(first < 0 ? bytes.length - 1 : first);
  return tlv(0x02, (short[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), short]) : short);
}

/** UTCTime until 2049, GeneralizedTime from then on (RFC 5280 4.1.2.5). */
function time(timeMs: number): Buffer {
  const digits = `${new Date(timeMs).toISOString().replace(/[-:T]|\.\d+/g, '')}`;
  return digits < '2050' ? tlv(0x17, Buffer.from(digits.slice(2))) : tlv(0x18, Buffer.from(digits));
}

/** '1.2.840…': seven bits a byte, the first two numbers together. */
function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return tlv(0x06, ...[first * 40 + second, ...rest].map(base128));
}

function base128(value: number): Buffer {
  const bytes = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return Buffer.from(bytes);
}
