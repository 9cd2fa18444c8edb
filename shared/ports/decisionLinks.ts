import type { Actor, Resolution } from './rows';

/** A link that lets one person decide one conflict, once. Its token is nowhere but in the message it was sent with. */
export interface DecisionLink {
  conflictId: string;
  connectionId: string;
  /** Of the record. */
  linkId: string;
  /** The state of the conflict that the person was told of. */
  seenRefreshedAt: number;
  /** Whom it was made for, as people write it: a name, an e-mail address. */
  person: string;
  createdAt: number;
  expiresAt: number;
}

export type FoundLink =
  | { kind: 'open'; link: DecisionLink }
  /** Its person has decided with it. */
  | { kind: 'used'; link: DecisionLink; usedAt: number }
  | { kind: 'expired'; link: DecisionLink }
  /** The same person was sent a newer one for the same conflict. */
  | { kind: 'superseded'; link: DecisionLink }
  /** Made up, changed on its way, or removed long after its time. */
  | { kind: 'unknown' };

export interface DecisionLinkStore {
  /**
   * Only a hash of the token is stored. An earlier link of the person for the conflict is superseded. NotFoundError,
   * or StaleVersionError where there is nothing left to decide.
   */
  create(
    link: { token: string; conflictId: string; person: string; expiresAt: number },
    act: { now: number; by: Actor },
  ): Promise<DecisionLink>;
  /** What a link is good for. Looking at it does not use it. */
  look(token: string, now: number): Promise<FoundLink>;
  /**
   * Uses the link and records the decision, both or neither. ValidationError where the link is no longer good;
   * StaleVersionError as `ConflictStore.resolve`, and then it can still be used.
   */
  use(token: string, resolution: Resolution, seenRefreshedAt: number): Promise<void>;
  /** The address that links lead to; null while no workflow serves it. */
  page(): Promise<string | null>;
  setPage(url: string, now: number): Promise<void>;
  /** Forgets the address, unless another one was set since. */
  clearPage(url: string): Promise<void>;
}
