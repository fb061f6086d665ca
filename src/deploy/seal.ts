/**
 * Seals a value as the Sealed Secrets controller opens it: a fresh AES-256-GCM key, itself encrypted with the cluster's RSA
 * certificate under the label namespace/name, so that the value opens nowhere else. Layout: 2 bytes length, key, value.
 */
import { constants, createCipheriv, publicEncrypt, randomBytes, X509Certificate } from 'node:crypto';
import type { Seal } from './secret-forms.ts';

/** The sealing function for a certificate in PEM, or undefined when the text is none with an RSA key. */
export function createSeal(certificate: string): Seal | undefined {
  let key: X509Certificate['publicKey'];
  try {
    key = new X509Certificate(certificate).publicKey;
  } catch {
    return undefined;
  }
  if (key.asymmetricKeyType !== 'rsa') return undefined;
  return (namespace, name, value) => {
    const sessionKey = randomBytes(32);
    const wrapped = publicEncrypt(
      {
        key,
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash: 'sha256',
        oaepLabel: Buffer.from(`${namespace}/${name}`),
      },
      sessionKey,
    );
    // A nonce of zeros is right here: every session key is used once.
    const cipher = createCipheriv('aes-256-gcm', sessionKey, Buffer.alloc(12));
    const sealed = Buffer.concat([cipher.update(value, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    const length = Buffer.alloc(2);
    length.writeUInt16BE(wrapped.length);
    return Buffer.concat([length, wrapped, sealed]).toString('base64');
  };
}
