/** What a plan may be called, made of what somebody has typed: 'Erdgeschoß Süd' -> 'erdgeschoss-sud'. Pure. */
export function planName(text: string): string {
  return text
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 64)
    .replace(/^-+|-+$/g, '');
}
