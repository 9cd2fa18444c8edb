import { within, type Mutant } from './mutant';

const decide = within('decide');
const views = within('views');
const write = within('write');

/** What is removed here is removed there, unless somebody still works with it. */
export const removals: readonly Mutant[] = [
  {
    name: 'removal-wins-over-edit',
    breaks: 'A record removed here and edited there is raised',
    patches: [decide('&& !edited && !settledBefore && !inDoubt;', '&& !settledBefore && !inDoubt;')],
  },
  {
    name: 'restored-record-removed-again',
    breaks: 'A removal is carried over once',
    patches: [decide('&& !edited && !settledBefore && !inDoubt;', '&& !edited && !inDoubt;')],
  },
  {
    name: 'void-treated-as-delete',
    breaks: 'A voided record is voided on the other side, never deleted',
    patches: [
      decide("if (state === 'voided' && capability.remove.includes('void')) return 'void';", ''),
      decide("if (state === 'deleted' && capability.remove", 'if (capability.remove'),
    ],
  },
  {
    name: 'deleted-taken-for-never-there',
    breaks: 'A record that somebody deleted is not made again',
    patches: [
      views("const state = link[side].id === null ? 'absent' : 'deleted';", "const state = 'absent';"),
    ],
  },
  {
    name: 'removal-forced-through',
    breaks: 'A removal is carried out on the state it was decided for',
    patches: [
      write(
        'return target.remove(work.entity.name, current, write.operation, options);',
        'return target.read(work.entity.name, current.id).then((fresh) => target.remove(work.entity.name, fresh ?? current, write.operation, options));',
      ),
    ],
  },
  {
    name: 'voided-record-created',
    breaks: 'A record that was voided before the other side had it is not made there',
    patches: [decide("if (view.state !== 'live') return { kind: 'gone', agreed: null };", '')],
  },
  {
    name: 'removal-conflict-decided-for-the-remover',
    breaks: 'Nobody but people decides a removal against an edit',
    patches: [
      decide(
        "'winner' in verdict ? verdict.winner : 'raise';\n  if (winner === remover",
        "'winner' in verdict && verdict.winner !== 'raise' ? verdict.winner : remover;\n  if (winner === remover",
      ),
    ],
  },
];
