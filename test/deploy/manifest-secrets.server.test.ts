/** Secrets of a site: in no object but those made for them, and sealed so that only the key of the cluster opens them. */
import { execFileSync } from 'node:child_process';
import { createDecipheriv, createPrivateKey, privateDecrypt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { customProblems } from '../../src/deploy/custom.ts';
import { createSeal } from '../../src/deploy/seal.ts';
import { ELSEWHERE, EVERYTHING, objectsOf, VALUES } from '../support/manifest-sites.ts';
import { describeWith } from '../support/process.ts';

describe('secrets', () => {
  test('are in no object but those made for them', () => {
    const objects = objectsOf({ ...EVERYTHING, secrets: { form: 'plain' } });
    const open = JSON.stringify(objects.filter(({ kind }) => kind !== 'Secret'));
    for (const value of ['bridge-pass', 'admin-pass', 'centre-pass']) expect(open).not.toContain(value);
  });

  test('a text that is no certificate seals nothing', () => {
    expect(createSeal('-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n')).toBeUndefined();
  });
});

describeWith(['openssl'], 'sealed secrets', () => {
  test('sealed, open with the key of the cluster under their own name only', () => {
    const args = 'req -x509 -newkey rsa:2048 -nodes -subj /CN=sealer -days 1 -keyout - -out -'.split(' ');
    const pem = execFileSync('openssl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    const privateKey = createPrivateKey(pem);
    const seal = createSeal(pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')));
    if (!seal) throw new Error('the certificate was refused');
    const sealed = Buffer.from(seal('hill', 'webscada-edge', 'swordfish'), 'base64');
    const length = sealed.readUInt16BE(0);
    const key = (name: string): Buffer =>
      privateDecrypt(
        { key: privateKey, oaepHash: 'sha256', oaepLabel: Buffer.from(name) },
        sealed.subarray(2, 2 + length),
      );
    const decipher = createDecipheriv('aes-256-gcm', key('hill/webscada-edge'), Buffer.alloc(12));
    decipher.setAuthTag(sealed.subarray(-16));
    expect(
      decipher.update(sealed.subarray(2 + length, -16), undefined, 'utf8') + decipher.final('utf8'),
    ).toBe('swordfish');
    expect(() => key('hill/other')).toThrow();
    const objects = objectsOf(ELSEWHERE, { sealed: { values: VALUES, seal } });
    const made = objects.filter(({ kind }) => kind === 'SealedSecret');
    expect(new Set(made.map(({ metadata }) => metadata.name))).toEqual(new Set(['webscada-edge']));
    for (const object of objects) expect(customProblems(object) ?? []).toEqual([]);
  });
});
