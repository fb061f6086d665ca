/** Adds many items to a list: as arguments of `push` more than about 100 000 of them overflow the stack. */
export function append<Item>(list: Item[], items: readonly Item[]): void {
  for (const item of items) list.push(item);
}
