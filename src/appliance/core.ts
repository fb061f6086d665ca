/** What every part of the appliance is made from. */

import type { Timekeeper } from '../clock/timekeeper.ts';
import type { Config } from '../config/schema.ts';
import type { CuttableLines } from '../model/line.ts';
import type { ReasonCounters } from '../model/reason-counters.ts';
import type { World } from '../model/world.ts';
import type { SiteTracing } from '../ops/tracing/tracing.ts';
import type { Store } from '../store/contract.ts';

export interface Core {
  readonly config: Config;
  readonly world: World;
  readonly store: Store;
  /** To other servers; a rehearsal may cut them. */
  readonly lines: CuttableLines;
  readonly timekeeper: Timekeeper;
  /** What was refused at the gate, by reason. */
  readonly refused: ReasonCounters;
  /** Where frames are traced. */
  readonly tracing: SiteTracing | undefined;
}
