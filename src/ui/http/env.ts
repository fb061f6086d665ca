/** What goes with a request through the web server: the connection it came by, and what is found out about it on the way. */
import type { AuditValue } from '../../model/audit.ts';
import type { AccessRule, Caller } from '../access/access-rule.ts';
import type { Client } from '../access/client.ts';
import type { Bodies } from './body.ts';
import type { Outbox, Recipient } from './outbox.ts';

/** The other end of the connection. */
export interface Peer extends Recipient {
  /** IP address; '' where there is none. */
  readonly address: string;
  readonly tls: boolean;
  /** Whether more of the body is on its way than is worth waiting for. */
  isSending(): boolean;
  isGone(): boolean;
  /** Ends the connection at once. */
  cut(): void;
}

export interface Env {
  Bindings: {
    readonly peer: Peer;
    /** Who asks, where it is a part of the box itself; no connection sets this. */
    readonly caller?: Caller;
  };
  Variables: {
    /** Who asks, behind the proxies the operator trusts. */
    client: Client;
    caller: Caller;
    /** Throws the problem unless the caller may. */
    authorize: (rule: AccessRule) => void;
    /** The rule of the route under way. */
    rule: AccessRule;
    /** The operation under way. */
    operation?: { readonly name: string; readonly audited?: boolean };
    /** Adds to what the audit trail says of this request; never a secret. */
    tell: (detail: Readonly<Record<string, AuditValue>>) => void;
    bodies: Bodies;
    /** For pages of long lists. */
    outbox: Outbox;
    /** Counts what a caller has sent, bytes. */
    spend: (bytes: number) => void;
  };
}
