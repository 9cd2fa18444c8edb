import { entities } from '../../shared/schema/entities';

/** `lines[3].amount` is shown as `Lines`. */
export function fieldLabelOf(entity: string, path: string): string {
  const name = /^[^.[]+/.exec(path)?.[0];
  const definition = entities.find((candidate) => candidate.name === entity);
  return definition?.fields.find((spec) => spec.name === name)?.label ?? 'Record';
}
