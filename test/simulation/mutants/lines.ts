import { within, type Mutant } from './mutant';

const inLines = within('lines');
const list = within('merge/list');
const order = within('merge/order');
const views = within('views');
const write = within('write');

const line = {
  position: 'strangers.length * free.length > MAX_PAIRS',
  alike: 'free.takeAgreeing(stranger)',
};

/** A line is the same line on both sides, however its ids change. */
export const lines: readonly Mutant[] = [
  {
    name: 'lines-paired-by-place-only',
    breaks: 'Lines are recognised by what they say, not by their place',
    patches: [inLines(line.alike, 'undefined'), inLines(line.position, 'true')],
  },
  {
    name: 'new-lines-not-paired',
    breaks: 'The same lines on two records that meet are the same lines',
    patches: [
      views(
        'const paired = pairNewLines(entity, base?.fields ?? null, app.view.fields, ledger.view.fields);',
        'const paired = ledger.view.fields;',
      ),
    ],
  },
  {
    name: 'ids-of-new-lines-not-learned',
    breaks: 'The ids that a side gave new lines are learned from its answer',
    patches: [
      write("const fields = adoptLines(entity, agreed.fields, keyed, 'place');", 'const fields = keyed;'),
    ],
  },
  {
    name: 'line-table-of-the-other-side',
    breaks: 'A line is sent under the id that this very side gave it',
    patches: [
      inLines(
        'const ids = new Map(lines.map((line) => [line.key, line[side]]));',
        'const ids = new Map(lines.map((line) => [line.key, line.app ?? line.ledger]));',
      ),
    ],
  },
  {
    name: 'line-ids-of-the-predecessor-kept',
    breaks: 'A record made anew names its lines anew',
    patches: [write('    link.lines = withoutIds(link.lines, side);\n', '')],
  },
  {
    name: 'removed-line-comes-back',
    breaks: 'A line that one side removed is removed on the other, not added again',
    patches: [
      list(
        "const remover: SideName = app ? 'ledger' : 'app';",
        "const remover: SideName = app ? 'app' : 'ledger';",
      ),
    ],
  },
  {
    name: 'edited-line-lost-to-its-removal',
    breaks: 'A line removed here and edited there is raised',
    patches: [list('if (!sameElement(spec, base, fill(spec.members, base, kept, false))) {', 'if (false) {')],
  },
  {
    name: 'new-line-of-one-side-dropped',
    breaks: 'A line that only one side added is added on the other',
    patches: [
      list(
        ': (this.values.taken(spec, path, keeper, undefined, app, ledger) as Fields | undefined);',
        ': undefined;',
      ),
    ],
  },
  {
    name: 'line-order-of-the-ledger-ignored',
    breaks: 'The order of the side that moved lines is taken',
    patches: [order("else if (a === b) first = 'ledger';", '')],
  },
  {
    name: 'lines-lost-in-the-new-order',
    breaks: 'Lines that only one side has survive a new order of the other',
    patches: [order('return interleave(backbone, other);', 'return backbone;')],
  },
  {
    name: 'line-order-not-compared',
    breaks: 'The order of lines is part of the record',
    patches: [within('diff')('if (spec.ordered) diffOrder(', 'if (!spec.ordered) diffOrder(')],
  },
];
