/** Looking at a connection step by step: what was found at each, and what to do where it goes wrong. */
import type { Said, Told } from './said.ts';

export const CONNECTIONS = ['broker', 'influx', 'centre', 'mail'] as const;
export type ConnectionName = (typeof CONNECTIONS)[number];

export interface ConnectionStep {
  /** `name`: its address is found. `port`: somebody listens. `tls`: whose certificate. `login`. `read`, `write`: what it lets us. */
  readonly step: 'settings' | 'name' | 'port' | 'tls' | 'login' | 'read' | 'write';
  readonly isOk: boolean;
  readonly found: string;
  readonly hint?: string;
  /** Found and hint, for whoever says them in another language. */
  readonly said?: readonly Said[];
}

/** A step taken, with what it found. */
export function stepTaken(step: ConnectionStep['step'], isOk: boolean, told: Told): ConnectionStep {
  const { detail: found, hint, said } = told;
  return { step, isOk, found, ...(hint === undefined ? {} : { hint }), said };
}

/** The steps so far; those after one that went wrong are not taken. */
export interface ConnectionReport {
  readonly connection: ConnectionName;
  /** Host and port. */
  readonly server: string;
  readonly steps: readonly ConnectionStep[];
}

/** A step, told as it ends; one that is not ok ends the walk. */
export type TakeStep = () => Promise<readonly ConnectionStep[]>;

/** Takes one step after the other until one goes wrong. */
export async function walk(steps: readonly TakeStep[]): Promise<readonly ConnectionStep[]> {
  const taken: ConnectionStep[] = [];
  for (const step of steps) {
    taken.push(...(await step()));
    if (taken.some(({ isOk }) => !isOk)) break;
  }
  return taken;
}
