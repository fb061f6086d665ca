/**
 * Keeps what comes of one device in its order while a frame of it waits for its codec. Nothing waits where no codec is
 * asked in another thread, and no device waits for another.
 */

export interface DeviceOrder {
  /** `value` in the device's turn: as it is where nothing of the device waits and it is there, else a promise of it. */
  turn<T>(device: string, value: T | Promise<T>): T | Promise<T>;
  /** Resolves when nothing waits. */
  idle(): Promise<void>;
}

export function createDeviceOrder(): DeviceOrder {
  const tails = new Map<string, Promise<unknown>>();
  return {
    turn(device, value) {
      const before = tails.get(device);
      if (!before && !(value instanceof Promise)) return value;
      // Whoever awaits a turn goes on before the next one resolves, since the next hangs on this one.
      const turn = (before ?? Promise.resolve()).then(() => value);
      tails.set(device, turn);
      void turn.finally(() => {
        if (tails.get(device) === turn) tails.delete(device);
      });
      return turn;
    },
    async idle() {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}
