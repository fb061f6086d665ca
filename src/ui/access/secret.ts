/** Secrets the box makes itself: session ids, API tokens, claim codes. Only hashes of them are kept. */
import { createHash, randomBytes, randomInt } from 'node:crypto';

/** No letter or digit that looks like another one, and no vowel: 27 signs. */
const CLAIM_SIGNS = '23456789BCDFGHJKMNPQRSTVWXZ';
const TOKEN = /^wse_[\w-]{43}$/;

/** 256 random bits, base64url. */
export function newSessionId(): string {
  return randomBytes(32).toString('base64url');
}

/** 'wse_' and 256 random bits, base64url. */
export function newToken(): string {
  return `wse_${randomBytes(32).toString('base64url')}`;
}

export function looksLikeToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * SHA-256, base64url: enough for a secret of 256 random bits, which no one guesses. Looking a hash up in an index tells
 * by its time nothing that helps to find the secret.
 */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}

/** 'K7WQ-M3XT': 38 bits, for a person to type. Too few to be hashed like the others: hash it like a password. */
export function newClaimCode(): string {
  const sign = (): string => CLAIM_SIGNS[randomInt(CLAIM_SIGNS.length)] ?? '';
  const four = (): string => Array.from({ length: 4 }, sign).join('');
  return `${four()}-${four()}`;
}

/** The code as it is hashed, however it was typed. */
export function plainClaimCode(typed: string): string {
  return typed.toUpperCase().replace(/[\s-]/g, '');
}
