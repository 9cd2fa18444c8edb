import type { CallKind } from '../schedule/steps';

type Method = (...args: unknown[]) => Promise<unknown>;

/** A call that somebody makes to a port; only `make` makes it. */
export interface Call {
  kind: CallKind;
  /** `queue.settle`, `ledger.create`. */
  name: string;
  target: object;
  method: Method;
  args: unknown[];
}

export const make = ({ target, method, args }: Call): Promise<unknown> => method.apply(target, args);

/** Lets a call through, or not: never, late, or and then fail. */
export type Gate = (call: Call) => Promise<unknown>;

interface Gated {
  target: object;
  gate: Gate;
}

/** Gated methods by the class of what they guard and the name it goes by: made once, used by every worker. */
const guards = new WeakMap<object, Map<string, object>>();

/** The same port with every call going through the gate. `kindOf` says null for what is no call to the port. */
export function gated<T extends object>(
  target: T,
  prefix: string,
  gate: Gate,
  kindOf: (name: string) => CallKind | null,
): T {
  const prototype = Object.getPrototypeOf(target) as object;
  // An object without a class of its own has its methods in itself.
  const owner = prototype === Object.prototype ? target : prototype;
  let known = guards.get(owner);
  if (!known) guards.set(owner, (known = new Map()));
  let guard = known.get(prefix);
  if (!guard) known.set(prefix, (guard = guardOf(owner, prefix, kindOf)));
  return Object.assign(Object.create(guard) as T, { target, gate });
}

function guardOf(owner: object, prefix: string, kindOf: (name: string) => CallKind | null): object {
  const guard: Record<string, unknown> = {};
  for (const name of Object.getOwnPropertyNames(owner)) {
    const { value: method } = Object.getOwnPropertyDescriptor(owner, name) as { value?: Method };
    const kind = kindOf(name);
    if (name === 'constructor' || typeof method !== 'function' || kind === null) continue;
    const label = `${prefix}.${name}`;
    guard[name] = function (this: Gated, ...args: unknown[]) {
      return this.gate({ kind, name: label, target: this.target, method, args });
    };
  }
  return guard;
}

const SIDE: Readonly<Record<string, CallKind>> = {
  read: 'read',
  readMany: 'read',
  find: 'read',
  list: 'read',
  create: 'write',
  update: 'write',
  remove: 'write',
};

export const sideKind = (name: string): CallKind | null => SIDE[name] ?? null;
export const storeKind = (): CallKind => 'store';
