import type { Over } from '../../../../shared/people/decide';
import type { Question } from '../../../../shared/people/question';
import { shownTime } from '../../../../shared/people/shown';
import type { Connection } from '../../../../shared/ports';
import { conflictName } from './locator';

/** A question as an item: what people look for comes first, the identifiers close it. */
export function questionView(question: Question, connection: Connection) {
  const { conflictId, refreshedAt, linkId, entity, title, heading, explanation, openedAt } = question;
  const { sides, rows, lines, unchanged } = question;
  return {
    heading,
    explanation,
    status: 'open',
    entity,
    title,
    fields: rows,
    lines,
    unchanged,
    sides,
    openedAt: new Date(openedAt).toISOString(),
    version: String(refreshedAt),
    connectionName: connection.name,
    conflictId,
    linkId,
    connectionId: connection.id,
  };
}

/** What became of a conflict that nobody is asked about any more, as a sentence. */
export function overSentence(over: Over, timeZone: string): string {
  const when = over.at === null ? '' : ` on ${shownTime(over.at, timeZone)}`;
  const name = conflictName(over);
  if (over.how === 'decided') {
    const by = over.by === null ? '' : ` by ${over.by}`;
    return `${name} was decided${by}${when} already. Nothing was changed now.`;
  }
  const why = over.reason === null ? '' : `: ${over.reason}`;
  return `${name} was settled${when}${why}. There is nothing left to decide.`;
}
