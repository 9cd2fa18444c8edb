import type { SideName } from '../../shared/ports';
import { brokenBy, invariants, onceLookedAtAgain } from './invariants';
import { ignoredChoices, speaksOfNow, type Decided } from './invariants/resolutions';
import type { Violation } from './violation';
import { CONNECTION } from './world/connection';
import type { World } from './world/world';

/** How people decide, round after round: by chance first, then for one side, and then for the other. */
const ROUNDS: readonly (SideName | null)[] = [...Array<null>(6).fill(null), 'ledger', 'ledger', 'app', 'app'];

/** Somebody decides whatever is open and replays the dead letters: then everything is in step. */
export async function decideEverything(world: World): Promise<Violation[]> {
  world.say('--- decides everything');
  const all: Decided[] = [];
  for (const [round, always] of ROUNDS.entries()) {
    const open = await world.openConflicts();
    const decided: Decided[] = [];
    for (const [i, conflict] of open.entries()) {
      const isCurrent = await speaksOfNow(world, conflict);
      const choices = await world.resolve(conflict, round * 100 + i, always);
      if (choices && isCurrent) decided.push({ conflict, choices });
    }
    const { dead } = await world.store.queue.counts(CONNECTION);
    if (open.length + dead === 0) return await lookAgain(world, all);
    if (dead > 0) await world.take({ step: 'sweep', who: 'replay' });
    if (!(await world.settleDown(true))) return restless('deciding everything');
    const ignored = await ignoredChoices(world, decided);
    if (ignored.length > 0) return ignored;
    all.push(...decided);
  }
  // A dead letter may well wait for somebody to correct the record.
  const open = (await world.openConflicts()).filter(({ entity }) => !isFixed(world, entity));
  if (open.length === 0) return await lookAgain(world, all);
  const asked = open.map(({ entity, title, fields }) => `${entity} ${title} ${fields[0]?.path ?? ''}`);
  return [
    {
      invariant: 'nothing stuck',
      message: `however it is decided, this stays open: ${asked.join(', ')}`,
    },
  ];
}

/** What neither side can change stays as it is, whatever anybody says. */
const isFixed = ({ variant: { app, ledger } }: World, entity: string): boolean =>
  !app.entities[entity]?.update && !ledger.entities[entity]?.update;

/** What was decided stays decided when everything is looked at once more. */
async function lookAgain(world: World, decided: readonly Decided[]): Promise<Violation[]> {
  if (!(await world.lookAtAll())) return restless('another look');
  // What was made anew in this very look has a new name, which others may have been written before.
  if ((await world.hasFormerRecords()) && !(await world.lookAtAll())) return restless('yet another look');
  const keys = decided.flatMap(({ conflict, choices }) =>
    Object.keys(choices).map((path) => `${conflict.linkId} ${path}`),
  );
  const again = (await world.openConflicts())
    .filter(({ entity }) => !isFixed(world, entity))
    .filter(({ linkId, fields }) => fields.some(({ path }) => keys.includes(`${linkId} ${path}`)));
  return [
    ...(await brokenBy(world, 'after decisions', { ...invariants, ...onceLookedAtAgain })),
    ...again.map(({ entity, title, fields }) => ({
      invariant: 'asked with reason',
      message: `${entity} ${title}: ${fields.map(({ path }) => path).join(', ')} is asked about again`,
    })),
  ];
}

/** What is broken where nothing ever comes to rest. */
export const restless = (when: string): Violation[] => [
  { invariant: 'nothing stuck', message: `work goes on and on after ${when}` },
];
