import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { limitOf, limitProperties } from '../../runtime/limit';
import { viewOf, withRecords } from './records';

const PAGE = 500;

export const description: INodeProperties[] = limitProperties({ operation: ['getAll'] });

export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const most = limitOf(this, itemIndex);
  return await withRecords(this, itemIndex, async (records, entity) => {
    const found: ReturnType<typeof viewOf>[] = [];
    for (let afterId: string | undefined; found.length < most; ) {
      const limit = Math.min(PAGE, most - found.length);
      const page = await records.list(entity, { limit, ...(afterId === undefined ? {} : { afterId }) });
      found.push(...page.map(viewOf));
      if (page.length < limit) break;
      afterId = page.at(-1)?.id;
    }
    return found;
  });
}
