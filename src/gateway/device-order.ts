/**
 * Keeps what comes of one device in its order while a frame of it waits for its codec. Nothing waits where no codec is
 * asked in another thread, and no device waits for another.
 */

export interface DeviceOrder {
  /** Calls `task` with `value`: at once if it is there and nothing of the device waits, else in its turn. */
  run<T>(device: string, value: T | Promise<T>, task: (value: T) => void): void;
  /** Resolves when nothing waits. */
  idle(): Promise<void>;
}

export function createDeviceOrder(): DeviceOrder {
  const tails = new Map<string, Promise<void>>();
  return {
    run(device, value, task) {
      const before = tails.get(device);
      if (!before && !(value instanceof Promise)) return task(value);
      const tail = (before ?? Promise.resolve())
        .then(() => value)
        .then(task)
        .finally(() => {
          if (tails.get(device) === tail) tails.delete(device);
        });
      tails.set(device, tail);
    },
    async idle() {
      while (tails.size > 0) await Promise.all(tails.values());
    },
  };
}
