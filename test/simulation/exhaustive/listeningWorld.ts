import type { CallKind, FaultKind } from '../schedule/steps';
import { World } from '../world/world';

/** One await of a worker. */
export interface Call {
  kind: CallKind;
  /** `queue.claim`, `ledger.update`. */
  name: string;
}

/** A world that notes where faults have struck. */
export class ListeningWorld extends World {
  readonly struck: Call[] = [];

  override fired(kind: FaultKind, call: CallKind, name: string): void {
    this.struck.push({ kind: call, name });
    if (kind === 'meanwhile') this.say(`.. ${name}`);
    else super.fired(kind, call, name);
  }
}
