/** Names of the keys that carried exports use at the centre. */

export function keysKey(prefix: string): string {
  return `${prefix}:export-keys`;
}

export function importsKey(prefix: string, site: string): string {
  return `${prefix}:{${site}}:imports`;
}
