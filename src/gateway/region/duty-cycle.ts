/**
 * The time each gateway was on the air in the last hour, by sub-band: what holds the duty cycle. Rolling minutes, of
 * which the oldest counts in full until all of it is an hour old, so that the sum is never too small.
 *
 * Invariants: memory is bounded (61 numbers a gateway and sub-band, a fixed number of gateways), and a gateway that has
 * sent within the hour is never forgotten: instead a new one is refused. Times are of a clock that does not go back.
 */
import type { DutyUse } from '../../model/status.ts';
import type { DutySubBand, Region } from './region.ts';

export interface DutyCycleQuestion {
  readonly gatewayId: string;
  readonly nowMs: number;
  /** Hertz. */
  readonly frequency: number;
}

export interface DutyCycle {
  /**
   * Whether a frame may be sent now without breaking the duty cycle. False as well on a frequency outside all sub-bands of
   * a region that has some. Always true in a region without.
   */
  canSend(question: DutyCycleQuestion & { readonly airtimeMs: number }): boolean;
  /** Books a frame that is sent. */
  record(entry: DutyCycleQuestion & { readonly airtimeMs: number }): void;
  /** Takes back what was booked and not sent (the gateway refused it). */
  undo(entry: DutyCycleQuestion & { readonly airtimeMs: number }): void;
  /** The used part of what is allowed, 0 to 1 (more if it was overdrawn); 0 where nothing is prescribed. */
  usedShare(question: DutyCycleQuestion): number;
  /** Of each sub-band the gateway has sent in within the hour. */
  uses(gatewayId: string, nowMs: number): DutyUse[];
}

const HOUR_MS = 3_600_000;
const SLOT_MS = 60_000;
/** An hour and the running minute. */
const SLOTS = HOUR_MS / SLOT_MS + 1;
const DEFAULT_MAX_GATEWAYS = 1_000;

interface Account {
  readonly slots: Float64Array;
  /** The newest slot's number since the epoch. */
  newest: number;
}

/** The sub-band a frequency lies in; undefined outside all of them. */
export function dutySubBand(region: Region, frequency: number): DutySubBand | undefined {
  return region.dutyCycle.find(({ fromHz, toHz }) => frequency >= fromHz && frequency < toHz);
}

/** An empty ledger. After a restart nothing is known of the hour before. */
export function createDutyCycle(region: Region, maxGateways = DEFAULT_MAX_GATEWAYS): DutyCycle {
  const accounts = new Map<string, Account>();
  const maxAccounts = maxGateways * Math.max(1, region.dutyCycle.length);

  function usedMs({ gatewayId, nowMs }: DutyCycleQuestion, band: DutySubBand): number {
    const account = accounts.get(keyOf(gatewayId, band));
    if (!account) return 0;
    advance(account, nowMs);
    return account.slots.reduce((sum, slot) => sum + slot, 0);
  }

  function book(
    { gatewayId, nowMs, frequency, airtimeMs }: Parameters<DutyCycle['record']>[0],
    sign: 1 | -1,
  ): void {
    const band = dutySubBand(region, frequency);
    if (!band) return;
    const key = keyOf(gatewayId, band);
    let account = accounts.get(key);
    if (!account) {
      if (sign < 0 || !hasRoom(nowMs)) return;
      account = { slots: new Float64Array(SLOTS), newest: slotOf(nowMs) };
      accounts.set(key, account);
    }
    advance(account, nowMs);
    const slot = account.newest % SLOTS;
    account.slots[slot] = Math.max(0, (account.slots[slot] ?? 0) + sign * airtimeMs);
  }

  function hasRoom(nowMs: number): boolean {
    if (accounts.size < maxAccounts) return true;
    for (const [key, account] of accounts) {
      advance(account, nowMs);
      if (account.slots.every((slot) => slot === 0)) accounts.delete(key);
    }
    return accounts.size < maxAccounts;
  }

  return {
    canSend(question) {
      if (region.dutyCycle.length === 0) return true;
      const band = dutySubBand(region, question.frequency);
      if (!band) return false;
      if (!accounts.has(keyOf(question.gatewayId, band)) && !hasRoom(question.nowMs)) return false;
      return usedMs(question, band) + question.airtimeMs <= band.share * HOUR_MS;
    },
    record: (entry) => book(entry, 1),
    undo: (entry) => book(entry, -1),
    usedShare(question) {
      const band = dutySubBand(region, question.frequency);
      return band ? usedMs(question, band) / (band.share * HOUR_MS) : 0;
    },
    uses: (gatewayId, nowMs) =>
      region.dutyCycle.flatMap((band) => {
        const { name, fromHz, toHz, share: allowed } = band;
        const used = usedMs({ gatewayId, nowMs, frequency: fromHz }, band) / (allowed * HOUR_MS);
        return used > 0 ? [{ band: name, fromHz, toHz, allowed, used }] : [];
      }),
  };
}

function keyOf(gatewayId: string, band: DutySubBand): string {
  return `${gatewayId} ${band.name}`;
}

function slotOf(nowMs: number): number {
  return Math.floor(nowMs / SLOT_MS);
}

/** Empties the slots that time has passed; a clock that went back changes nothing. */
function advance(account: Account, nowMs: number): void {
  const slot = slotOf(nowMs);
  const passed = Math.min(SLOTS, slot - account.newest);
  for (let step = 1; step <= passed; step++) account.slots[(account.newest + step) % SLOTS] = 0;
  account.newest = Math.max(account.newest, slot);
}
