/** What a table holds itself under a name that somebody gave: a field, a device or a unit may be called 'constructor'. */
export function ownOf<T>(table: Readonly<Record<string, T>> | undefined, key: string): T | undefined {
  return table !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;
}
