/** Which MQTT version is tried next and how long it is waited for, as connections end in all ways. */
import { describe, expect, it } from 'vitest';
import { type Attempts, createAttempts, STEADY_MS } from '../../../src/gateway/mqtt/attempts.ts';
import { createTestWorld } from '../../support/world.ts';

const start = (protocol: 'auto' | '5' | '3.1.1' = 'auto') => {
  const world = createTestWorld();
  return { world, attempts: createAttempts(protocol, world) };
};

function hangUp(attempts: Attempts): void {
  attempts.opened();
  expect(attempts.ended()).toBe('unanswered');
}

function live(attempts: Attempts): void {
  attempts.opened();
  attempts.letIn();
  expect(attempts.ended()).toBe('let_in');
}

describe('V5: the MQTT version of the next connection', () => {
  it('V5: auto tries 3.1.1 when 5 is hung up on twice, and 5 again when that is no better', () => {
    const { attempts } = start();
    const versions = Array.from({ length: 7 }, () => {
      const version = attempts.version();
      hangUp(attempts);
      return version;
    });
    expect(versions).toEqual([5, 5, 4, 5, 5, 4, 5]);
  });

  it('V5: a broker that is away says nothing about versions', () => {
    const { attempts } = start();
    for (let n = 0; n < 9; n++) {
      expect(attempts.version()).toBe(5);
      expect(attempts.ended()).toBe('unreachable');
    }
  });

  it('V5: 3.1.1 that was guessed is not kept: 5 has another try after each connection, one where it failed before', () => {
    const { attempts } = start();
    hangUp(attempts);
    hangUp(attempts);
    live(attempts);
    expect(attempts.version()).toBe(5);
    hangUp(attempts);
    expect(attempts.version()).toBe(4);
    live(attempts);
    expect(attempts.version()).toBe(5);
    live(attempts);
    // It speaks 5 after all: the broker was only starting.
    hangUp(attempts);
    expect(attempts.version()).toBe(5);
  });

  it('V5: a version that was refused in words stays refused, and one that was set is kept', () => {
    const { attempts } = start();
    attempts.opened();
    attempts.versionRefused();
    attempts.ended();
    live(attempts);
    hangUp(attempts);
    hangUp(attempts);
    expect(attempts.version()).toBe(4);
    for (const protocol of ['5', '3.1.1'] as const) {
      const { attempts: fixed } = start(protocol);
      const before = fixed.version();
      for (let n = 0; n < 4; n++) hangUp(fixed);
      fixed.versionRefused();
      expect(fixed.version()).toBe(before);
    }
  });
});

describe('B: how long to wait for the next connection', () => {
  it('B: short lives in a row are unsteady and are waited for ever longer, up to half a minute', () => {
    const { attempts } = start();
    const waits: number[] = [];
    for (let n = 0; n < 12; n++) {
      live(attempts);
      expect(attempts.isUnsteady()).toBe(n >= 2);
      waits.push(attempts.delayMs());
    }
    expect(waits[0]).toBeLessThanOrEqual(500);
    expect(waits.at(-1)).toBeGreaterThanOrEqual(15_000);
    expect(waits.at(-1)).toBeLessThanOrEqual(30_000);
  });

  it('B: a connection that lasts ends it, and the wait after it is short', () => {
    const { attempts, world } = start();
    for (let n = 0; n < 5; n++) live(attempts);
    attempts.opened();
    attempts.letIn();
    world.advance(STEADY_MS);
    attempts.steady();
    expect(attempts.isUnsteady()).toBe(false);
    attempts.ended();
    expect(attempts.isUnsteady()).toBe(false);
    expect(attempts.delayMs()).toBeLessThanOrEqual(500);
  });

  it('S3: a broker that is away is tried every few seconds, so that little passes before we are back', () => {
    const { attempts } = start();
    for (let n = 0; n < 20; n++) attempts.ended();
    expect(attempts.delayMs()).toBeGreaterThanOrEqual(2_500);
    expect(attempts.delayMs()).toBeLessThanOrEqual(5_000);
  });
});
