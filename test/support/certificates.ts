/** A certificate authority and certificates of its making, for tests that speak TLS; made by openssl in `folder`. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { findServer } from './process.ts';

export interface MadeCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM texts. */
  readonly cert: string;
  readonly key: string;
}

/** Makes the authority at once; `issue` makes a certificate for `name` (a host, an address, or a client's name). */
export function createAuthority(folder: string): {
  readonly caFile: string;
  readonly ca: string;
  issue(name: string): MadeCertificate;
} {
  const file = (name: string) => join(folder, name);
  const read = (name: string) => readFileSync(file(name), 'utf8');
  const make = (...args: string[]) => {
    const shared = [
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
    ];
    execFileSync(findServer('openssl') ?? 'openssl', [...shared, ...args], { cwd: folder, stdio: 'ignore' });
  };
  make('-subj', '/CN=ca', '-keyout', 'ca.key', '-out', 'ca.pem');
  return {
    caFile: file('ca.pem'),
    ca: read('ca.pem'),
    issue(name) {
      const signed = [
        '-CA',
        'ca.pem',
        '-CAkey',
        'ca.key',
        '-addext',
        `subjectAltName=${isIP(name) ? 'IP' : 'DNS'}:${name}`,
      ];
      make('-subj', `/CN=${name}`, ...signed, '-keyout', `${name}.key`, '-out', `${name}.pem`);
      return {
        certFile: file(`${name}.pem`),
        keyFile: file(`${name}.key`),
        cert: read(`${name}.pem`),
        key: read(`${name}.key`),
      };
    },
  };
}
