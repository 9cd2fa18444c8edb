import { within, type Mutant } from './mutant';

const decide = within('decide');
const fields = within('merge/fields');
const list = within('merge/list');
const unit = within('merge/unit');
const value = within('merge/value');

/** Field by field: one side's change is taken, changes apart are decided by nobody but people. */
export const merge: readonly Mutant[] = [
  {
    name: 'missing-read-as-emptied-on-the-ledger',
    breaks: 'A field that the ledger has no opinion on was not emptied there',
    patches: [
      value(
        'if (ledger === undefined) ledger = this.firstMeeting ? null : base;',
        'if (ledger === undefined) ledger = null;',
      ),
    ],
  },
  {
    name: 'emptied-read-as-missing-on-the-app',
    breaks: 'A field that somebody emptied is emptied on the other side too',
    patches: [
      value(
        'if (app === undefined) app = this.firstMeeting ? null : base;',
        'if (app === undefined || app === null) app = this.firstMeeting ? null : base;',
      ),
    ],
  },
  {
    name: 'emptied-read-as-missing-on-the-ledger',
    breaks: 'A field that somebody emptied in the ledger is emptied in the app too',
    patches: [
      value(
        'if (ledger === undefined) ledger = this.firstMeeting ? null : base;',
        'if (ledger === undefined || ledger === null) ledger = this.firstMeeting ? null : base;',
      ),
    ],
  },
  {
    name: 'emptied-value-not-written',
    breaks: 'An emptied field is written to the side that still has it',
    patches: [decide('!(after === null && before === undefined),', 'after !== null,')],
  },
  {
    name: 'empty-side-wins-at-first-meeting',
    breaks: 'Where two records meet, an empty field takes what the other side has',
    patches: [value("return side === 'app' ? ledger : app;", "return side === 'app' ? app : ledger;")],
  },
  {
    name: 'ledger-wins-at-first-meeting',
    breaks: 'Where two records meet, different values are raised',
    patches: [
      value(
        "      return this.apart(spec, path, base, app, ledger, 'no_base');\n    }\n",
        '      return ledger;\n    }\n',
      ),
    ],
  },
  {
    name: 'app-overwrites-the-ledgers-edit',
    breaks: 'A field that only the ledger changed is taken from the ledger',
    patches: [
      value(
        "if (sameValue(app ?? null, base ?? null)) return this.taken(spec, path, 'ledger', base, app, ledger);",
        'if (sameValue(app ?? null, base ?? null)) return app;',
      ),
    ],
  },
  {
    name: 'both-changed-taken-from-the-app',
    breaks: 'A field that both sides changed is decided by policy or person',
    patches: [
      value(
        "return this.apart(spec, path, base, app, ledger, 'both_changed');\n  }\n\n  /** An empty",
        'return app;\n  }\n\n  /** An empty',
      ),
    ],
  },
  {
    name: 'amount-merged-without-its-quantity',
    breaks: 'Quantity, price and amount of a line are merged together or not at all',
    patches: [list('if (member.unit !== undefined) {', 'if (false) {')],
  },
  {
    name: 'unit-taken-from-the-wrong-side',
    breaks: 'Quantity, price and amount are taken from the side that changed them',
    patches: [
      unit(
        "chosen = takenUnit(values, members, lead, path, 'ledger', base, a, l);",
        "chosen = takenUnit(values, members, lead, path, 'app', base, a, l);",
      ),
    ],
  },
  {
    name: 'derived-totals-compared',
    breaks: 'What the ledger computes is taken from there and never in conflict',
    patches: [
      fields('if (spec.derived) return ledger !== undefined ? ledger : app !== undefined ? app : base;', ''),
    ],
  },
  {
    name: 'base-forgotten-with-a-removal',
    breaks: 'What was agreed on before a removal still tells what was emptied from what was never there',
    patches: [
      decide(
        'const known = base?.fields ?? null;',
        "const known = base?.state === 'live' ? base.fields : null;",
      ),
    ],
  },
];
