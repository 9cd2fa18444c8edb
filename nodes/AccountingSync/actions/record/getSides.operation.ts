import type { IExecuteFunctions, INodeProperties } from 'n8n-workflow';
import { ValidationError } from '../../../../shared/errors';
import { compareSides } from '../../../../shared/people/records';
import { shownState, shownTime } from '../../../../shared/people/shown';
import type { Connection, LinkSide, SideName, SideRecord } from '../../../../shared/ports';
import type { OpenStore } from '../../../../shared/store';
import { chosenConnection, connectionLocator } from '../../../runtime/connection';
import { locatorValue } from '../../../runtime/locator';
import { quickBooksCompany } from '../../../runtime/quickBooks';
import { withConnection } from '../../../runtime/run';
import { withStore } from '../../../runtime/store';
import { sidesOf } from '../sides';
import { chosenRecord, recordProperties } from './locator';

const show = { resource: ['record'], operation: ['getSides'] };

export const description: INodeProperties[] = [
  connectionLocator(show, 'That of the credential'),
  ...recordProperties(show),
];

/** One item: what each side says now, field by field. Reads the accounting tool once. */
export async function execute(this: IExecuteFunctions, itemIndex: number): Promise<object[]> {
  const company = await quickBooksCompany(this);
  return await withStore(this, async (store) =>
    withConnection(this, store, company, async ({ connection, ports }) => {
      await requireSame(store, connection, this.getNodeParameter('connection', itemIndex));
      const { link, title } = await chosenRecord(this, store, connection, itemIndex);
      const { labels, timeZone } = sidesOf(this, connection);
      const read = async ({ id }: LinkSide, side: SideName) =>
        id === null ? null : await ports.sides[side].read(link.entity, id);
      const [app, ledger] = [await read(link.app, 'app'), await read(link.ledger, 'ledger')];
      const fields = await compareSides(store, link, {
        app: app?.fields ?? null,
        ledger: ledger?.fields ?? null,
      });
      const differing = fields.filter(({ differs }) => differs).map(({ field }) => field);
      const sideOf = (side: SideName, record: SideRecord | null) => ({
        label: labels[side],
        id: link[side].id,
        state: shownState(record?.state ?? (link[side].id === null ? 'absent' : 'deleted')),
        changed: record?.lastChange ? shownTime(record.lastChange.at, timeZone) : null,
        changedBy: record?.lastChange?.by ?? null,
      });
      return [
        {
          summary: differing.length === 0 ? 'Both sides say the same' : `Different: ${differing.join(', ')}`,
          entity: link.entity,
          title,
          fields,
          app: sideOf('app', app),
          ledger: sideOf('ledger', ledger),
          base: link.base === null ? null : { state: shownState(link.base.state) },
          connectionName: connection.name,
          linkId: link.id,
          connectionId: connection.id,
        },
      ];
    }),
  );
}

/** The accounting tool is reached by the credential; another company's record is not there. */
async function requireSame(store: OpenStore, bound: Connection, locator: unknown): Promise<void> {
  if (locatorValue(locator).value === '') return;
  const chosen = await chosenConnection(store, locator);
  if (chosen.id === bound.id) return;
  throw new ValidationError(
    `The credential of this node is that of "${bound.name}", not of "${chosen.name}"`,
    {
      field: 'connection',
      nextStep: `Choose the credential of "${chosen.name}", or the connection "${bound.name}".`,
    },
  );
}
