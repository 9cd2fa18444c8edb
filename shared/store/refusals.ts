import { NotFoundError, StaleVersionError, ValidationError } from '../errors';
import type { Connection, FoundLink } from '../ports';

/** What a store refuses, in the words of every store. */

const MOST_NAMED = 10;

export function noDeadLetters(ids: readonly string[]): NotFoundError {
  const more = ids.length > MOST_NAMED ? ` and ${ids.length - MOST_NAMED} more` : '';
  const named =
    ids
      .slice(0, MOST_NAMED)
      .map((id) => `"${id}"`)
      .join(', ') + more;
  return new NotFoundError(
    ids.length === 1
      ? `${named} is not a failed event of this connection; nothing was replayed`
      : `${named} are not failed events of this connection; nothing was replayed`,
    { nextStep: 'Take the IDs from Event: Get Many of the same connection, status Failed.' },
  );
}

export const otherAddress = ({ name, binding }: Connection): ValidationError =>
  new ValidationError(`"${name}" is at ${binding.baseUrl}, and the credential is for another address`, {
    nextStep: 'Choose a credential for that address; a company at another one needs a connection of its own.',
  });

export const reboundMeanwhile = ({ name }: Connection): StaleVersionError =>
  new StaleVersionError(`The credential of "${name}" was changed by somebody else at the same moment`, {
    nextStep: 'Look at the connection, then try again.',
  });

const SPENT: Readonly<Record<Exclude<FoundLink['kind'], 'open'>, string>> = {
  used: 'has been used already',
  expired: 'has expired',
  superseded: 'was replaced by a newer one',
  unknown: 'is not known',
};

export const linkNotUsable = ({ kind }: { kind: Exclude<FoundLink['kind'], 'open'> }): ValidationError =>
  new ValidationError(`The link ${SPENT[kind]}`, { nextStep: 'Ask for a new link.' });
