/** Which tiles a wall screen shows when not all of them fit: the abnormal stay, the others take turns. Pure. */

export interface Turn<T> {
  readonly shown: readonly T[];
  /** From 0; of how many there are, at least 1. */
  readonly turn: number;
  readonly turns: number;
}

/** `list`: the abnormal first, `abnormal` of them. At most half the room is theirs for good, or nothing else would be seen. `count` goes up by one a turn. */
export function turnOf<T>(list: readonly T[], abnormal: number, capacity: number, count: number): Turn<T> {
  if (list.length <= capacity) return { shown: list, turn: 0, turns: 1 };
  const kept = Math.min(abnormal, Math.floor(capacity / 2));
  const room = capacity - kept;
  const turns = Math.ceil((list.length - kept) / room);
  const turn = count % turns;
  const from = kept + turn * room;
  return { shown: [...list.slice(0, kept), ...list.slice(from, from + room)], turn, turns };
}
