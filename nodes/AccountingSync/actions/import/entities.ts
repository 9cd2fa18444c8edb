import type { INodeProperties } from 'n8n-workflow';
import { entities } from '../../../../shared/schema/entities';

/** Which kinds of records an import is about. */
export const entitiesChoice = (show: Record<string, string[]>): INodeProperties => ({
  displayName: 'Entities',
  name: 'entities',
  type: 'multiOptions',
  options: entities
    .map(({ plural, name }) => ({ name: plural, value: name }))
    .sort((a, b) => a.name.localeCompare(b.name)),
  default: [],
  hint: 'Choose none to import all that the connection keeps in sync',
  description: 'Which kinds of records are imported',
  displayOptions: { show },
});
