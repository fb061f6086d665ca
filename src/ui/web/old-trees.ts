/**
 * Lets go of what a component drew before. Preact draws a component that asks for it into a copy of its vnode; the vnode it
 * had stays among the children its parent was made with, and with it the old tree. Where parts of a tree were kept, old trees
 * point to newer ones, so the first of them keeps all that follow: 100 kB a reading with 200 devices. Reported to Preact as
 * issues 4909 and 4910. A page that is drawn anew as a whole now and then
 * lets go of them too; the lists do so each second. The names are those of Preact's bundles.
 */
import { options, type VNode } from 'preact';

interface Drawn extends VNode {
  /** The component drawn, which knows the vnode it has. */
  readonly __c?: { readonly __v?: Drawn } | null;
  /** What was drawn below. */
  __k?: readonly unknown[] | null;
}

interface Hooks {
  /** A vnode is made; it has a component when it is the copy. */
  vnode?(made: Drawn): void;
  /** A tree is drawn. */
  __c?(drawn: Drawn, callbacks: unknown): void;
}

export function forgetOldTrees(): void {
  const hooks: Hooks = options;
  const { vnode: made, __c: drawn } = hooks;
  let replaced: Drawn | undefined;
  hooks.vnode = (vnode) => {
    if (vnode.__c) replaced = vnode.__c.__v;
    made?.(vnode);
  };
  hooks.__c = (vnode, callbacks) => {
    if (replaced && replaced !== vnode) replaced.__k = null;
    replaced = undefined;
    drawn?.(vnode, callbacks);
  };
}
