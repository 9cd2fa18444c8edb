import type { SideName } from '../../../shared/ports';
import type { Step } from '../schedule/steps';
import type { Profile } from '../twin/profile';
import { entitiesInPlay, type EntityInPlay } from '../world/entities';
import {
  add,
  decideFor,
  edit,
  hearAll,
  hearFrom,
  line,
  lineWays,
  merge,
  policyFor,
  refer,
  remove,
  unpay,
} from './moves';

/** One way in which the engine comes to write: what leads up to it, and what provokes it. */
export interface WritePath {
  name: string;
  entity: EntityInPlay;
  /** Steps without a fault; everything is in step again after each group. */
  prelude: readonly (readonly Step[])[];
  /** What makes the next run write, up to its notifications. */
  provoke: readonly Step[];
  /** Which fields people like here (`Variant.taste`). */
  taste: number;
  /** What the ledger does here besides what its profile says. */
  ledger?: Partial<Profile>;
  /** Where it is another path than all others; everywhere when absent. */
  isDistinct?: (ledger: Profile) => boolean;
}

const SIDES = ['app', 'ledger'] as const;
const other = (side: SideName): SideName => (side === 'app' ? 'ledger' : 'app');

/** Every field is filled in, the first few are edited. */
const FIRST_FIELDS = 0;
/** Phones, addresses and descriptions are edited, among them what a ledger writes its own way. */
const LATER_FIELDS = 6;

/** What has to be there before a record of that kind. */
const NEEDS: Readonly<Record<EntityInPlay, readonly EntityInPlay[]>> = {
  customer: [],
  item: [],
  invoice: ['customer'],
  credit_note: ['customer'],
  payment: ['customer', 'invoice'],
};

/** Where a record stands among those of a side once it is there with all that it needs. */
const pickOf = (entity: EntityInPlay): number => NEEDS[entity].length;
const needsOf = (side: SideName, entity: EntityInPlay): Step[] =>
  NEEDS[entity].map((each) => add(side, each));
const recordOf = (side: SideName, entity: EntityInPlay): Step[] => [
  ...needsOf(side, entity),
  add(side, entity),
];

type Told = Omit<WritePath, 'taste' | 'provoke' | 'entity'> & { provoke: readonly Step[]; taste?: number };

/** Everything that happened is heard of before the run. */
const path = (entity: EntityInPlay, { provoke, taste = FIRST_FIELDS, ...rest }: Told): WritePath => ({
  ...rest,
  entity,
  taste,
  provoke: [...provoke, hearAll],
});

const creates = (entity: EntityInPlay): WritePath[] =>
  SIDES.map((side) =>
    path(entity, {
      name: `create in the ${other(side)}`,
      prelude: [needsOf(side, entity)],
      provoke: [add(side, entity)],
    }),
  );

const updates = (entity: EntityInPlay): WritePath[] => {
  const at = pickOf(entity);
  return [
    ...SIDES.map((side) =>
      path(entity, {
        name: `update ${side} -> ${other(side)}`,
        prelude: [recordOf('app', entity)],
        provoke: [edit(side, at, 1)],
      }),
    ),
    path(entity, {
      name: 'both sides edited, each another field',
      prelude: [recordOf('app', entity)],
      provoke: [edit('app', at, 1), edit('ledger', at, 2)],
    }),
    path(entity, {
      name: 'emptied in the app, edited in the ledger',
      prelude: [recordOf('ledger', entity)],
      provoke: [edit('app', at, 2, true), edit('ledger', at, 1)],
    }),
  ];
};

/** Both sides moved the same field apart. */
const apart = (at: number): Step[] => [edit('app', at, 1), edit('ledger', at, 1)];

const decisions = (entity: EntityInPlay): WritePath[] => {
  const at = pickOf(entity);
  return [
    ...SIDES.map((side) =>
      path(entity, {
        name: `edited apart, the policy says ${side}`,
        prelude: [[...recordOf('app', entity), policyFor(side)]],
        provoke: apart(at),
      }),
    ),
    path(entity, {
      name: 'edited apart, somebody is asked',
      prelude: [recordOf('app', entity)],
      provoke: apart(at),
    }),
    ...(['app', 'ledger', 'typed'] as const).map((winner) =>
      path(entity, {
        name: `edited apart, decided for ${winner === 'typed' ? 'another value' : winner}`,
        prelude: [recordOf('app', entity), apart(at)],
        provoke: [decideFor(winner)],
      }),
    ),
  ];
};

/** The modes that people of a side have; those that it does not know fall on one that it knows. */
const MODES = { delete: 0, void: 1 } as const;

const removals = (entity: EntityInPlay): WritePath[] =>
  SIDES.flatMap((side) =>
    (['delete', 'void'] as const).map((mode) =>
      path(entity, {
        name: `${mode} in the ${side}`,
        prelude: [recordOf('app', entity)],
        provoke: [remove(side, MODES[mode])],
        isDistinct: (ledger) =>
          mode === 'delete' || side === 'app' || (ledger.entities[entity]?.remove.length ?? 0) > 1,
      }),
    ),
  );

const removalsAgainstEdits = (entity: EntityInPlay): WritePath[] => {
  const at = pickOf(entity);
  return SIDES.flatMap((remover) => {
    const against = [remove(remover, MODES.delete), edit(other(remover), at, 1)];
    return SIDES.flatMap((winner) => [
      path(entity, {
        name: `deleted in the ${remover} against an edit, decided for ${winner}`,
        prelude: [recordOf('app', entity), against],
        provoke: [decideFor(winner)],
      }),
      path(entity, {
        name: `deleted in the ${remover} against an edit, the policy says ${winner}`,
        prelude: [[...recordOf('app', entity), policyFor(winner)]],
        provoke: against,
      }),
    ]);
  });
};

const linePaths = (entity: EntityInPlay): WritePath[] => [
  ...SIDES.flatMap((side) =>
    lineWays.map((way) =>
      path(entity, {
        name: `line ${way} in the ${side}`,
        prelude: [[add('app', 'item'), ...recordOf('app', entity)]],
        provoke: [line(side, way, 1)],
      }),
    ),
  ),
  path(entity, {
    name: 'each side edits another line',
    prelude: [recordOf('app', entity)],
    provoke: [line('app', 'described', 0), line('ledger', 'priced', 2)],
  }),
  path(entity, {
    name: 'each side adds a line',
    prelude: [recordOf('app', entity)],
    provoke: [line('app', 'added', 0), line('ledger', 'added', 3)],
  }),
  path(entity, {
    name: 'a line removed in the app, another edited in the ledger',
    prelude: [recordOf('ledger', entity)],
    provoke: [line('app', 'removed', 0), line('ledger', 'described', 2)],
  }),
  path(entity, {
    name: 'lines moved in the ledger, one edited in the app',
    prelude: [recordOf('ledger', entity)],
    provoke: [line('ledger', 'moved', 0), line('app', 'priced', 1)],
  }),
];

/** The customer has not been heard of when its document is. */
const dependencies = (entity: EntityInPlay): WritePath[] =>
  SIDES.map((side) => ({
    name: `create in the ${other(side)} before what it needs`,
    entity,
    prelude: [],
    provoke: [...recordOf(side, entity), hearFrom(pickOf(entity))],
    taste: FIRST_FIELDS,
  }));

const adoptions = (entity: EntityInPlay): WritePath[] =>
  SIDES.map((side) =>
    path(entity, {
      name: `entered on both sides, first in the ${side}`,
      prelude: [needsOf('app', entity)],
      provoke: [add(side, entity, true)],
    }),
  );

const merges: WritePath[] = SIDES.map((side) =>
  path('customer', {
    name: `merged in the ${side}`,
    prelude: [[add('app', 'customer'), add('app', 'invoice'), add('app', 'customer')]],
    provoke: [merge(side)],
  }),
);

const references: WritePath[] = [
  ...SIDES.map((side) =>
    path('invoice', {
      name: `given another customer in the ${side}`,
      prelude: [[...recordOf('app', 'invoice'), add('app', 'customer')]],
      provoke: [refer(side, 1)],
    }),
  ),
  path('payment', {
    name: 'taken back from its document in the app',
    prelude: [recordOf('app', 'payment')],
    provoke: [unpay('app')],
  }),
];

/** Fields by their number among those that people like at that taste. */
const normalizing = (entity: EntityInPlay, field: number): WritePath[] =>
  SIDES.map((side) =>
    path(entity, {
      name: `update ${side} -> ${other(side)}, written by the ledger in its own way`,
      prelude: [recordOf('app', entity)],
      provoke: [edit(side, pickOf(entity), field), edit(other(side), pickOf(entity), field + 1)],
      taste: LATER_FIELDS,
      ledger: { normalizes: true },
    }),
  );

/**
 * Everything that makes the engine write. What is decided, and what becomes of lines, is the same for all entities
 * of a kind: a list, a form, a payment.
 */
export const writePaths: readonly WritePath[] = [
  ...entitiesInPlay.flatMap((entity) => [
    ...creates(entity),
    ...updates(entity),
    ...removals(entity),
    ...(NEEDS[entity].length > 0 ? dependencies(entity) : []),
  ]),
  ...(['customer', 'invoice', 'payment'] as const).flatMap(decisions),
  ...(['customer', 'invoice', 'payment'] as const).flatMap(removalsAgainstEdits),
  ...linePaths('invoice'),
  ...(['customer', 'item', 'invoice', 'credit_note'] as const).flatMap(adoptions),
  ...merges,
  ...references,
  ...normalizing('customer', 1),
  ...normalizing('item', 1),
];

/** Those that a ledger has the entities for. */
export const pathsOf = (profile: Profile): WritePath[] =>
  writePaths.filter(
    ({ entity, isDistinct }) => profile.entities[entity] !== undefined && isDistinct?.(profile) !== false,
  );
