import type { RecordState, SideName } from '../../../shared/ports';
import type { Stored } from '../twin/table';
import type { Panorama, Sight } from './sight';

/** Invariant 2, of removals: what somebody removed stays removed, and void is not delete. */
export function removalsKept({ world, sights }: Panorama): string[] {
  const { app, ledger } = world.variant;
  // A hash of what it says is the same once it is back: whether a lost removal has ever landed nobody can tell.
  const showsReturns = app.versions !== 'hash' && ledger.versions !== 'hash';
  return sights.flatMap((sight) => {
    const { entity, history, excused, decided, all } = sight;
    const isPlain =
      history.removals.length === 1 &&
      history.reopenings < (showsReturns ? 2 : 1) &&
      !history.isTwin &&
      !excused &&
      !decided.some((path) => path === '$state' || path === 'active');
    // Copies that people or lost answers have made are another matter.
    if (!isPlain || all.app.length !== 1 || all.ledger.length !== 1) return [];
    return (history.reopenings === 0 ? undone(sight) : removedAgain(sight)).map(
      (fault) => `${entity} ${history.marker}: ${fault}`,
    );
  });
}

/** What was brought back once everybody had heard of its removal is not removed again. */
function removedAgain({ all }: Sight): string[] {
  const [app, ledger] = [all.app[0], all.ledger[0]] as [Stored, Stored];
  return stateOf(app) === 'live' || stateOf(ledger) === 'live' ? [] : ['was brought back and is gone again'];
}

function undone({ history, all }: Sight): string[] {
  const side = history.removals[0]?.side as SideName;
  const [removed, other] = [all[side][0], all[side === 'app' ? 'ledger' : 'app'][0]] as [Stored, Stored];
  const [here, there] = [stateOf(removed), stateOf(other)];
  if (here === 'live') return [`was removed in the ${side} and is back`];
  if (there === 'live') return [];
  // What cannot be voided is made inactive, never deleted.
  const isDeleted = (state: string) => state === 'deleted';
  const isKept = here === 'archived' || there === 'archived' || isDeleted(here) === isDeleted(there);
  return isKept ? [] : [`is ${here} in the ${side} and ${there} on the other side`];
}

const stateOf = (record: Stored): RecordState | 'archived' =>
  record.state === 'live' && record.fields['active'] === false ? 'archived' : record.state;
