import { AppRecords } from '../../../shared/app/records';
import { systemRandom } from '../../../shared/system';
import { clockOf } from '../../runtime/clock';
import { chosenConnection } from '../../runtime/connection';
import { recordSearches } from '../../runtime/listSearch';
import { withStore } from '../../runtime/store';

const PAGE = 200;

/** Records of the chosen connection that are neither voided nor deleted. */
export const recordListSearch = recordSearches(async (context, entity, cursor) => {
  const locator = context.getCurrentNodeParameter('connection');
  return await withStore(context, async (store) => {
    const { id: connectionId } = await chosenConnection(store, locator);
    const records = new AppRecords({ store, connectionId, clock: clockOf(store), random: systemRandom });
    const page = await records.list(entity, { limit: PAGE, ...(cursor === null ? {} : { afterId: cursor }) });
    const next = page.length === PAGE ? (page.at(-1)?.id ?? null) : null;
    return { records: page.filter(({ state }) => state === 'live'), next };
  });
});
