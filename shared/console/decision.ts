import { toSyncError, ValidationError } from '../errors';
import { makeRules } from '../people/always';
import { decideConflict, questionFor, type DecidingStore, type Over, type Sides } from '../people/decide';
import type { Answers } from '../people/answers';
import type { Question } from '../people/question';
import { shownTime } from '../people/shown';
import type {
  Actor,
  Connection,
  ConnectionStore,
  DecisionLink,
  DecisionLinkStore,
  FoundLink,
  PolicyStore,
} from '../ports';
import { entityNamed } from '../schema/entities';
import { storable } from '../schema/text';
import { changesSince, readDecision, type DecisionForm } from './decisionForm';
import { endPage } from './endPage';
import type { Page } from './page';
import { questionPage } from './questionPage';

/** What the page needs. */
export interface DecisionContext {
  store: DecidingStore & {
    connections: Pick<ConnectionStore, 'get'>;
    decisionLinks: Pick<DecisionLinkStore, 'look' | 'use'>;
    policies: Pick<PolicyStore, 'load' | 'set'>;
  };
  sidesOf(connection: Connection): Sides;
  /** Who serves the page. */
  by: Actor;
  timeZone: string;
  now: number;
}

export interface LinkRequest {
  token: string;
  /** Who is signed in, where somebody in front of the page says so; null where nobody has to be. */
  signedIn: string | null;
}

/** A decision that was taken, and what its workflow is told. */
export interface Taken {
  connection: Connection;
  question: Question;
  answers: Answers;
  /** What became of the rules that were wished for, in a sentence each. */
  rules: string[];
  decidedBy: string;
  note: string;
}

/** Whether a text can be a token at all. */
export const isToken = (text: string): boolean => /^[\w-]{43}$/.test(text);

/** The page behind a link. Changes nothing: programs that read mail follow every link in it. */
export async function showDecision(context: DecisionContext, request: LinkRequest): Promise<Page> {
  const opened = await openLink(context, request);
  if ('page' in opened) return opened.page;
  const { link, sides } = opened;
  const found = await questionFor(context.store, link.conflictId, sides);
  if (found.kind === 'over') return overPage(found, context);
  const { question } = found;
  const isSince = question.refreshedAt !== link.seenRefreshedAt;
  const text = `${changedSide(question)} since this link was made. This is how it stands now.`;
  return questionPage(question, {
    ...askedOf(link, context),
    ...(isSince ? { notice: { text, details: [] } } : {}),
  });
}

const changedSide = ({ entity }: Question): string =>
  `This ${entityNamed(entity).label.toLowerCase()} has changed`;

/** Takes the decision of a form, if it is one. */
export async function takeDecision(
  context: DecisionContext,
  request: LinkRequest,
  body: unknown,
): Promise<{ page: Page; taken: Taken | null }> {
  const opened = await openLink(context, request);
  if ('page' in opened) return { page: opened.page, taken: null };
  const { link, sides, connection } = opened;
  const form = readDecision(body);
  const note = storable(form.note);
  const { store, by, now } = context;
  const decided = await settledByLink(context, request, async () =>
    decideConflict(
      {
        ...store,
        conflicts: {
          get: async (id) => await store.conflicts.get(id),
          resolve: async (_id, resolution, seen) =>
            await store.decisionLinks.use(request.token, resolution, seen),
        },
      },
      sides,
      {
        conflictId: link.conflictId,
        seenRefreshedAt: form.seenRefreshedAt,
        answers: form.answers,
        by,
        decidedBy: link.person,
        ...(note === '' ? {} : { note }),
        now,
      },
    ),
  );
  if ('page' in decided) return { page: decided.page, taken: null };
  const asked = { ...askedOf(link, context), ...form, note };
  switch (decided.kind) {
    case 'over':
      return { page: overPage(decided, context), taken: null };
    case 'changed':
      return { page: changedPage(decided.question, asked, form), taken: null };
    case 'refused':
      return {
        page: questionPage(decided.question, { ...asked, issues: decided.issues, status: 422 }),
        taken: null,
      };
    case 'decided': {
      const { question } = decided;
      const { answers, always } = form;
      const decidedBy = link.person;
      const wish = { connection, sides, question, answers, always, by, decidedBy, now };
      const rules = await makeRules(store, wish);
      const taken = { connection, question, answers, rules, decidedBy, note };
      return { page: decidedPage(taken, sides), taken };
    }
  }
}

/** Somebody may have used the link in between. */
async function settledByLink<T>(
  context: DecisionContext,
  request: LinkRequest,
  decide: () => Promise<T>,
): Promise<T | { page: Page }> {
  try {
    return await decide();
  } catch (error) {
    const failure = toSyncError(error);
    if (!(failure instanceof ValidationError)) throw failure;
    const opened = await openLink(context, request);
    if ('page' in opened) return opened;
    throw failure;
  }
}

interface Opened {
  link: DecisionLink;
  connection: Connection;
  sides: Sides;
}

/** A link that is good for something, or the page that says why it is not. */
async function openLink(
  context: DecisionContext,
  { token, signedIn }: LinkRequest,
): Promise<Opened | { page: Page }> {
  const { store, now } = context;
  const found = isToken(token) ? await store.decisionLinks.look(token, now) : UNKNOWN;
  if (found.kind === 'unknown') return { page: unknownPage };
  const { link } = found;
  if (signedIn !== null && !isSame(signedIn, link.person)) return { page: otherPersonPage(link, signedIn) };
  if (found.kind !== 'open') return { page: await spentPage(found, context) };
  const connection = await store.connections.get(link.connectionId);
  if (!connection) return { page: unknownPage };
  return { link, connection, sides: context.sidesOf(connection) };
}

const UNKNOWN: FoundLink = { kind: 'unknown' };

const isSame = (one: string, other: string): boolean =>
  one.trim().toLowerCase() === other.trim().toLowerCase();

const askedOf = ({ person, expiresAt }: DecisionLink, { timeZone }: DecisionContext) => ({
  person,
  until: shownTime(expiresAt, timeZone),
});

const NOTHING = 'Nothing was changed.';

export const unknownPage: Page = endPage(404, 'This link leads nowhere', [
  'It is not complete, it was changed on its way, or it is so old that it was removed.',
  'Open the link in your message once more, or ask for a new one.',
  NOTHING,
]);

export const tooManyPage: Page = endPage(429, 'Too many tries', [
  'Many links that lead nowhere were opened from your network. Try again in a minute.',
]);

export const strangePage: Page = endPage(403, 'This was not sent from our page', [
  'Open the link in your message and save your decision there.',
  NOTHING,
]);

export const troublePage: Page = endPage(503, 'The decision page cannot be shown right now', [
  'Nothing was saved. Try again in a minute; if it stays like this, tell whoever looks after n8n.',
]);

const otherPersonPage = ({ person }: DecisionLink, signedIn: string): Page =>
  endPage(403, 'This link was made for somebody else', [
    signedIn === ''
      ? `It was made for ${person}, and nobody is signed in.`
      : `It was made for ${person}, and you are signed in as ${signedIn}.`,
    'Ask for a link of your own.',
    NOTHING,
  ]);

async function spentPage(
  found: Exclude<FoundLink, { kind: 'unknown' | 'open' }>,
  context: DecisionContext,
): Promise<Page> {
  const { link } = found;
  const title = await titleOf(context, link.conflictId);
  switch (found.kind) {
    case 'used':
      return endPage(410, `${title} is decided`, [
        `${link.person} decided it with this link on ${shownTime(found.usedAt, context.timeZone)}.`,
        'A link can be used once. Nothing was changed now.',
      ]);
    case 'expired':
      return endPage(410, 'This link has expired', [
        `It was good until ${shownTime(link.expiresAt, context.timeZone)}. ${title} may still wait for a decision: ask for a new link.`,
        NOTHING,
      ]);
    case 'superseded':
      return endPage(410, 'There is a newer link', [
        `${link.person} was sent another link about ${title} since. Open the newest message.`,
        NOTHING,
      ]);
  }
}

async function titleOf({ store }: DecisionContext, conflictId: string): Promise<string> {
  const conflict = await store.conflicts.get(conflictId);
  return conflict ? nameOf(conflict) : 'The record';
}

const nameOf = ({ entity, title }: { entity: string; title: string }): string =>
  `${entityNamed(entity).label} ${title}`;

function overPage(over: Over, { timeZone }: DecisionContext): Page {
  const { how, by, at, reason } = over;
  const when = at === null ? '' : ` on ${shownTime(at, timeZone)}`;
  return how === 'decided'
    ? endPage(410, `${nameOf(over)} is decided`, [
        `${by ?? 'Somebody else'} decided it${when}.`,
        'Nothing was changed now.',
      ])
    : endPage(410, `${nameOf(over)} needs no decision any more`, [
        `It was settled${when}${reason === null ? '' : `: ${reason}`}.`,
        'Nothing was changed now.',
      ]);
}

function changedPage(
  question: Question,
  asked: Omit<Parameters<typeof questionPage>[1], 'notice' | 'status'>,
  form: DecisionForm,
): Page {
  const text = `${changedSide(question)} while you looked. Nothing was saved, and your choices are still there: please look again, then save.`;
  return questionPage(question, {
    ...asked,
    notice: { text, details: changesSince(question, form) },
    status: 409,
  });
}

function decidedPage({ question, answers, rules }: Taken, { labels }: Sides): Page {
  const facts = answersOf(question, answers).map(({ label, answer }) => ({ label, value: answer }));
  return endPage(
    200,
    'Your decision is saved',
    [
      question.heading,
      `${labels.app} and ${labels.ledger} are brought in sync now. You can close this page.`,
      ...rules,
    ],
    facts,
  );
}

/** What was answered, as it read on the page. */
export function answersOf({ rows }: Question, answers: Answers): { label: string; answer: string }[] {
  return rows.map(({ key, label, answers: possible }) => {
    const given = answers[key];
    if (given?.id === 'value') return { label, answer: given.value ?? '' };
    return { label, answer: possible.find(({ id }) => id === given?.id)?.label ?? 'Later' };
  });
}
