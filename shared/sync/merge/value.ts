import type { FieldConflict, SideName } from '../../ports';
import type { FieldSpec, FieldValue } from '../../schema/entity';
import { sameValue } from '../compare';
import type { FieldDecision, MergeRules } from './rules';

/** Merges single values, and gathers what was decided and what is to be asked. */
export class ValueMerger {
  readonly decisions: FieldDecision[] = [];
  readonly conflicts: FieldConflict[] = [];

  constructor(
    /** Two records meet for the first time: there is no base. */
    readonly firstMeeting: boolean,
    readonly rules: MergeRules,
  ) {}

  value(spec: FieldSpec, path: string, base: FieldValue, app: FieldValue, ledger: FieldValue): FieldValue {
    const silent = { app: app === undefined, ledger: ledger === undefined };
    if (app === undefined) app = this.firstMeeting ? null : base;
    if (ledger === undefined) ledger = this.firstMeeting ? null : base;
    if (sameValue(app ?? null, ledger ?? null)) return this.agreed(path, base, app);
    if (this.firstMeeting) {
      if (app === null || app === undefined)
        return this.filledIn(spec, path, 'app', app, ledger, !silent.app);
      if (ledger === null || ledger === undefined)
        return this.filledIn(spec, path, 'ledger', app, ledger, !silent.ledger);
      return this.apart(spec, path, base, app, ledger, 'no_base');
    }
    if (sameValue(app ?? null, base ?? null)) return this.taken(spec, path, 'ledger', base, app, ledger);
    if (sameValue(ledger ?? null, base ?? null)) return this.taken(spec, path, 'app', base, app, ledger);
    return this.apart(spec, path, base, app, ledger, 'both_changed');
  }

  /** An empty field takes what the other side has; one that cannot would look emptied ever after. */
  private filledIn(
    spec: FieldSpec,
    path: string,
    side: SideName,
    app: FieldValue,
    ledger: FieldValue,
    saysEmpty: boolean,
  ): FieldValue {
    if (this.isDecided(path, spec)) return this.apart(spec, path, undefined, app, ledger, 'no_base');
    if (this.rules.refusal(side, spec) === 'not_writable')
      return this.apart(spec, path, undefined, app, ledger, 'not_writable');
    // One of them may be made from the other as it was, and what is empty emptied since.
    if (this.rules.isOpen(path)) return this.apart(spec, path, undefined, app, ledger, 'no_base');
    if (saysEmpty && this.rules.uncertain !== null)
      return this.apart(spec, path, undefined, app, ledger, 'uncertain_write');
    return side === 'app' ? ledger : app;
  }

  private agreed(path: string, base: FieldValue, value: FieldValue): FieldValue {
    if (!this.firstMeeting && !sameValue(base ?? null, value ?? null)) {
      this.decisions.push({ path, from: 'agreed', by: 'edit', before: base, after: value });
    }
    return value;
  }

  /** One side changed the field; the other takes it if it can. */
  taken(
    spec: FieldSpec,
    path: string,
    from: SideName,
    base: FieldValue,
    app: FieldValue,
    ledger: FieldValue,
  ): FieldValue {
    // Somebody was asked about this very change (it was doubtful, or did not hold): their word counts.
    if (this.isDecided(path, spec)) return this.apart(spec, path, base, app, ledger, 'both_changed');
    const refusal = this.rules.refusal(from === 'app' ? 'ledger' : 'app', spec);
    if (this.rules.isOpen(path)) return this.apart(spec, path, base, app, ledger, refusal ?? 'no_base');
    // What is set once may still be set: a currency that the ledger chose on create, say.
    const isFirstValue = refusal === 'immutable' && (base ?? null) === null;
    if (refusal && !isFirstValue) return this.apart(spec, path, base, app, ledger, refusal);
    const after = from === 'app' ? app : ledger;
    this.decisions.push({ path, from, by: 'edit', before: base, after });
    return after;
  }

  /** Whether somebody has chosen for this very field. */
  isDecided(path: string, spec: FieldSpec): boolean {
    return this.rules.verdict(path, spec.path).by === 'resolution';
  }

  /** Both sides changed it, or nothing was ever agreed: the verdict decides, or somebody is asked. */
  apart(
    spec: FieldSpec,
    path: string,
    base: FieldValue,
    app: FieldValue,
    ledger: FieldValue,
    reason: FieldConflict['reason'],
  ): FieldValue {
    const verdict = this.rules.verdict(path, spec.path);
    if ('value' in verdict) {
      const refusal = this.refusalOfTyped(spec, verdict.value, app, ledger);
      if (refusal) {
        this.conflicts.push({ path, label: spec.label, base, app, ledger, reason: refusal });
        return base;
      }
      this.decisions.push({ path, from: 'typed', by: 'resolution', before: base, after: verdict.value });
      return verdict.value;
    }
    const { winner, by } = verdict;
    const refusal = winner === 'raise' ? null : this.rules.refusal(winner === 'app' ? 'ledger' : 'app', spec);
    if (winner !== 'raise' && !refusal) {
      // The winner may have nothing there: then that is what both get.
      const after = (winner === 'app' ? app : ledger) ?? null;
      this.decisions.push({ path, from: winner, by, before: base, after });
      return after;
    }
    // Whoever has chosen what cannot be written is told so, not asked the same again.
    this.conflicts.push({ path, label: spec.label, base, app, ledger, reason: refusal ?? reason });
    return base;
  }

  /** A value that somebody typed has to fit both sides, or it would be undone by the one that cannot take it. */
  private refusalOfTyped(spec: FieldSpec, value: FieldValue, app: FieldValue, ledger: FieldValue) {
    const refusalOf = (side: SideName, has: FieldValue) =>
      sameValue(has ?? null, value ?? null) ? null : this.rules.refusal(side, spec);
    return refusalOf('app', app) ?? refusalOf('ledger', ledger);
  }
}
