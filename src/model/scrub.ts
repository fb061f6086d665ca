/**
 * Takes secrets out of text that leaves the box to be looked at by others: the values that are known, however they are
 * written, and whatever looks like one. Rather too much than too little. Pure.
 */
const HIDDEN = '***';
/** A shorter value would be found everywhere. */
const SHORTEST = 4;

/** Every repetition has an end: a long hostile text takes no time. */
const NAMED =
  /(["']?(?:passw|passphrase|secret|token|api_?key|app_?key|s_?key|nwk_?key|gen_app_key|private_?key|credential|authorization|cookie|claim_?code)[\w.-]{0,40}["']?\s{0,3}[:=]\s{0,3})("(?:[^"\\]|\\.){0,8000}"?|'[^']{0,8000}'?|[^\s,;}\]]{5,8000})/gi;

const LOOKS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)/g, HIDDEN],
  [/\bwse_[\w-]{8,}/g, HIDDEN],
  [/\$(?:argon2\w*|scrypt|2[aby])\$[^\s"']+/g, HIDDEN],
  [/\beyJ[\w-]{1,4000}\.[\w-]{1,4000}\.[\w-]{0,4000}/g, HIDDEN],
  [/(:\/\/)[^\s/?#"'@]{1,500}@/g, `$1${HIDDEN}@`],
  [/([?&][^=&\s"']{0,40}?(?:token|passw|secret|key|code)[^=&\s"']{0,40}=)[^&\s"']*/gi, `$1${HIDDEN}`],
  [/\b(Bearer|Basic|Token|Digest)(\s+)[\w+/=.~-]{6,}/gi, `$1$2${HIDDEN}`],
  // A key of LoRaWAN, in one or as a list of bytes.
  [/(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])/gi, HIDDEN],
  [/(?<![0-9a-f])(?:[0-9a-f]{2}[ :-]){15}[0-9a-f]{2}(?![0-9a-f])/gi, HIDDEN],
];

/** Flags and counts that are only called like a secret. */
const HARMLESS = /^(?:true|false|null|\d{1,9}|"?\*+"?|"")$/;

/** `secrets` are values that are known to be some. */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const spellings = new Set(secrets.filter((secret) => secret.length >= SHORTEST).flatMap(spellingsOf));
  // The longest first: one may be part of another.
  const known = [...spellings].sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const secret of known) clean = clean.replaceAll(secret, HIDDEN);
    for (const [look, instead] of LOOKS) clean = clean.replace(look, instead);
    return clean.replace(NAMED, (whole, name: string, value: string) =>
      HARMLESS.test(value) ? whole : `${name}${value.startsWith('"') ? `"${HIDDEN}"` : HIDDEN}`,
    );
  };
}

function spellingsOf(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const base64 = btoa(String.fromCharCode(...bytes)).replace(/=+$/, '');
  return [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1), base64, hex];
}
