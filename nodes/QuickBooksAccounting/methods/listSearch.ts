import { noMeter } from '../../runtime/meter';
import { quickBooksCompany, quickBooksSide } from '../../runtime/quickBooks';
import { recordSearches } from '../../runtime/listSearch';

const PAGE = 200;

/** Records of the company, page by page. */
export const recordListSearch = recordSearches(async (context, entity, cursor) => {
  const side = quickBooksSide(context, await quickBooksCompany(context), noMeter);
  return await side.list(entity, { limit: PAGE, cursor });
});
