import type { INodeListSearchItems, INodeProperties } from 'n8n-workflow';
import { NotFoundError, ValidationError } from '../../../../shared/errors';
import { namesOf } from '../../../../shared/people/names';
import { choicesIn } from '../../../../shared/people/nearest';
import type { Link, PolicyScope } from '../../../../shared/ports';
import { entities } from '../../../../shared/schema/entities';
import type { OpenStore } from '../../../../shared/store';
import { locatorValue } from '../../../runtime/locator';

const PAGE = 200;

/** Entities whose records documents belong to, as their schemas say. */
const PARTIES = [
  ...new Set(
    entities.flatMap(
      ({ fields, counterparty }) => fields.find(({ name }) => name === counterparty)?.references ?? [],
    ),
  ),
];

/** Chooses the customer whose documents a rule is about. */
export const partyLocator = (show: Record<string, string[]>): INodeProperties => ({
  displayName: 'Customer',
  name: 'customer',
  type: 'resourceLocator',
  default: { mode: 'list', value: '' },
  description: 'Only for the documents of this customer. Leave empty for those of all.',
  displayOptions: { show },
  modes: [
    {
      displayName: 'From List',
      name: 'list',
      type: 'list',
      placeholder: 'All customers',
      typeOptions: {
        searchListMethod: 'searchParties',
        searchable: true,
        skipCredentialsCheckInRLC: true,
      },
    },
    { displayName: 'By Name', name: 'name', type: 'string', placeholder: 'e.g. Cool Cars' },
    { displayName: 'By ID', name: 'id', type: 'string', placeholder: 'e.g. 58' },
  ],
});

export interface Party {
  link: Link;
  name: string;
}

/** Those that both sides have, page by page. */
async function* partiesOf(store: OpenStore, connectionId: string): AsyncGenerator<Party[]> {
  for (const entity of PARTIES) {
    let afterId: string | undefined;
    while (true) {
      const after = afterId === undefined ? {} : { afterId };
      const page = await store.links.list(connectionId, { entity, limit: PAGE, ...after });
      const paired = page.filter(isPaired);
      const names = await namesOf(
        store,
        connectionId,
        paired.map(({ id }) => id),
      );
      yield paired.map((link) => ({ link, name: names.get(link.id) ?? link.ledger.id ?? link.id }));
      if (page.length < PAGE) break;
      afterId = page.at(-1)?.id;
    }
  }
}

const isPaired = ({ app, ledger, base }: Link): boolean =>
  app.id !== null && ledger.id !== null && base?.state === 'live';

/** Records shown at once in a list; a search finds the others. */
const SHOWN = 100;

export async function partiesLike(
  store: OpenStore,
  connectionId: string,
  filter: string | undefined,
): Promise<INodeListSearchItems[]> {
  const wanted = filter?.toLowerCase() ?? '';
  const found: Party[] = [];
  for await (const page of partiesOf(store, connectionId)) {
    found.push(
      ...page.filter(({ name, link }) => name.toLowerCase().includes(wanted) || link.ledger.id === filter),
    );
    if (found.length >= SHOWN) break;
  }
  return found
    .slice(0, SHOWN)
    .map(({ name, link }) => ({ name, value: link.id }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

/** The link of the party that a locator names; null where it names none. */
export async function chosenParty(
  store: OpenStore,
  { connectionId }: Pick<PolicyScope, 'connectionId'>,
  locator: unknown,
): Promise<string | null> {
  const { mode, value } = locatorValue(locator);
  if (value === '') return null;
  const byId = mode === 'name' ? null : await partyById(store, connectionId, value);
  return (byId ?? (await partyByName(store, connectionId, value))).id;
}

async function partyById(store: OpenStore, connectionId: string, id: string): Promise<Link | null> {
  const link = await store.links.get(id);
  if (link?.connectionId === connectionId && PARTIES.includes(link.entity)) return link;
  for (const entity of PARTIES) {
    for (const side of ['ledger', 'app'] as const) {
      const found = (await store.links.bySide(connectionId, entity, side, [id])).get(id);
      if (found && isPaired(found)) return found;
    }
  }
  return null;
}

async function partyByName(store: OpenStore, connectionId: string, wanted: string): Promise<Link> {
  const named: Party[] = [];
  const names: string[] = [];
  for await (const page of partiesOf(store, connectionId)) {
    names.push(...page.map(({ name }) => name));
    named.push(...page.filter(({ name }) => name.toLowerCase() === wanted.toLowerCase()));
  }
  const [only, another] = named;
  if (only && !another) return only.link;
  if (another) {
    const ids = named.map(({ link }) => link.ledger.id).join(', ');
    throw new ValidationError(`${named.length} customers are called "${wanted}"`, {
      field: 'customer',
      nextStep: `Give the ID that the accounting tool has for the one that is meant: ${ids}.`,
    });
  }
  throw new NotFoundError(`There is no customer "${wanted}" that both sides have`, {
    field: 'customer',
    nextStep: choicesIn(wanted, names.sort()),
  });
}
