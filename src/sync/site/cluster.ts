/**
 * A Redis Cluster behind the same port as one server: a command goes to the node that took the one before, and from there to
 * where the cluster sends it (MOVED for good, ASK for this once). Nothing is remembered of slots and nothing is sent again
 * after a break: whoever uses this asks the stream anyway, so a shard that failed over is just another node.
 */

import { tell } from '../../model/said.ts';
import { CentreFault } from './fault.ts';
import type { Client } from './redis-client.ts';

/** A slot that moves names two nodes in turn; more is a cluster that contradicts itself. */
const MAX_REDIRECTIONS = 8;
const MAX_CONNECTIONS = 8;

/** Opens a connection to one node, 'host:port', logged in. Rejects with a CentreFault. */
export type OpenNode = (address: string) => Promise<Client>;

interface ClusterState {
  readonly open: OpenNode;
  /** By address, oldest first. */
  readonly connections: Map<string, Client>;
  readonly listeners: (() => void)[];
  current: Client;
  /** The node that took the last write: WAIT is its alone. */
  lastUsed: Client;
  isOver: boolean;
  /** Carried by connections that are given up. */
  bytesBefore: number;
}

/** A client of the cluster that the first of `nodes` to answer belongs to; `attempt` decides which is asked first. */
export async function openCluster(
  nodes: readonly string[],
  attempt: number,
  open: OpenNode,
): Promise<Client> {
  let fault: unknown;
  for (let i = 0; i < nodes.length; i++) {
    const address = nodes[(attempt + i) % nodes.length] ?? '';
    try {
      const first = await open(address);
      const state: ClusterState = {
        open,
        connections: new Map(),
        listeners: [],
        current: first,
        lastUsed: first,
        isOver: false,
        bytesBefore: 0,
      };
      keep(state, address, first);
      return clientOf(state);
    } catch (error) {
      fault = error;
    }
  }
  throw fault;
}

function clientOf(state: ClusterState): Client {
  return {
    call: (command, ...args) => follow(state, (node) => node.call(command, ...args), command === 'WAIT'),
    callForBytes: (command, ...args) => follow(state, (node) => node.callForBytes(command, ...args)),
    run: (script, key, args) =>
      follow(state, (node, isAsking) =>
        // ASKING holds for one command, so there is no second try with the text.
        isAsking ? node.call('EVAL', script.lua, 1, key, ...args) : node.run(script, key, args),
      ),
    onEnd: (listener) => void state.listeners.push(listener),
    reason: () => state.current.reason(),
    bytes: () => [...state.connections.values()].reduce((sum, each) => sum + each.bytes(), state.bytesBefore),
    close() {
      state.isOver = true;
      for (const connection of state.connections.values()) connection.close();
    },
  };
}

type Send = (node: Client, isAsking: boolean) => Promise<unknown>;

async function follow(state: ClusterState, send: Send, toLastUsed = false): Promise<unknown> {
  let node = toLastUsed ? state.lastUsed : state.current;
  let isAsking = false;
  for (let hop = 0; hop < MAX_REDIRECTIONS; hop++) {
    try {
      if (isAsking) await node.call('ASKING');
      const answer = await send(node, isAsking);
      state.lastUsed = node;
      return answer;
    } catch (error) {
      const redirect = error instanceof CentreFault ? error.redirect : undefined;
      if (!redirect) throw error;
      node = await connectionTo(state, redirect.address);
      isAsking = redirect.isAsk;
      if (!isAsking) state.current = node;
    }
  }
  throw new CentreFault('TRYAGAIN', tell('centre.circles'));
}

async function connectionTo(state: ClusterState, address: string): Promise<Client> {
  const known = state.connections.get(address);
  if (known) return known;
  const opened = await state.open(address);
  if (state.isOver) opened.close();
  keep(state, address, opened);
  return opened;
}

function keep(state: ClusterState, address: string, connection: Client): void {
  const { connections } = state;
  for (const [other, given] of connections) {
    if (connections.size < MAX_CONNECTIONS) break;
    connections.delete(other);
    state.bytesBefore += given.bytes();
    given.close();
  }
  connections.set(address, connection);
  connection.onEnd(() => {
    if (connections.get(address) === connection) {
      connections.delete(address);
      state.bytesBefore += connection.bytes();
    }
    if (state.isOver || state.current !== connection) return;
    for (const listener of state.listeners) listener();
  });
}
