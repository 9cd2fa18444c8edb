/** One promise that turned out false. */
export interface Violation {
  invariant: string;
  message: string;
}

/** With the seed of the schedule that showed it. */
export interface FoundViolation extends Violation {
  token: string;
}
