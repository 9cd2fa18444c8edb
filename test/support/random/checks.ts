import type { AuditRow, Link, SideName } from '../../../shared/ports';
import { entityNamed } from '../../../shared/schema/entities';
import type { Fields } from '../../../shared/schema/entity';
import type { Stored } from '../memorySide';
import type { Edit } from './ledgerOfEdits';
import { linesOf, markerOf, entitiesInPlay, scalarsOf, valueAt } from './people';
import { CONNECTION, type World } from './world';

/** Everything known of one pair at quiescence. */
interface Seen {
  entity: string;
  marker: string;
  live: Record<SideName, Stored[]>;
  all: Record<SideName, Stored[]>;
  links: Link[];
  /** A conflict, dead letter or waiting event speaks of it. */
  excused: boolean;
  decided: string[];
}

/** What must hold when nothing moves any more; each broken rule is one line. */
export async function broken(world: World): Promise<string[]> {
  const faults: string[] = [];
  const audit = await auditOf(world);
  const links = await world.store.links.list(CONNECTION, { limit: 1_000 });
  const excused = await excusedLinks(world);
  const chain = await world.store.audit.verify(CONNECTION);
  if (chain.brokenAt !== null) faults.push(`audit chain broken at ${chain.brokenAt}`);
  const counts = await world.store.queue.counts(CONNECTION);
  if (counts.pending > 0) faults.push(`${counts.pending} events still pending`);
  const conflicts = await world.openConflicts();
  if (conflicts.length === 0 && counts.dead === 0 && counts.held > 0)
    faults.push(`${counts.held} events held for no conflict`);
  if (conflicts.length === 0 && counts.dead === 0 && counts.waiting > 0)
    faults.push(`${counts.waiting} events wait for nothing`);
  for (const entity of entitiesInPlay) {
    for (const marker of world.edits.markers) {
      const seen = sightOf(world, entity, marker, links, excused, audit);
      if (seen.all.app.length + seen.all.ledger.length === 0) continue;
      faults.push(...checkPair(world, seen));
    }
  }
  return faults;
}

function sightOf(
  world: World,
  entity: string,
  marker: string,
  links: readonly Link[],
  excused: ReadonlySet<string>,
  audit: readonly AuditRow[],
): Seen {
  const of = (side: SideName) =>
    world[side].all(entity).filter((record) => markerOf(entity, record.fields) === marker);
  const all = { app: of('app'), ledger: of('ledger') };
  const isLive = (record: Stored) => record.state === 'live' && record.fields['active'] !== false;
  const mine = links.filter(
    (link) =>
      link.entity === entity &&
      (all.app.some((record) => record.id === link.app.id) ||
        all.ledger.some((record) => record.id === link.ledger.id)),
  );
  const ids = new Set(mine.map((link) => link.id));
  const rows = audit.filter((row) => row.linkId !== null && ids.has(row.linkId));
  return {
    entity,
    marker,
    all,
    live: { app: all.app.filter(isLive), ledger: all.ledger.filter(isLive) },
    links: mine,
    excused: mine.some((link) => excused.has(link.id)),
    decided: rows
      .flatMap(({ detail }) => [detail['decisions'] ?? [], detail['maybeDecided'] ?? []].flat())
      .map((decision) => decision as { path: string; by: string })
      .filter((decision) => decision.by !== 'edit')
      .map((decision) => decision.path),
  };
}

function checkPair(world: World, seen: Seen): string[] {
  const name = `${seen.entity} ${seen.marker}`;
  const { live } = seen;
  if (live.app.length > 1 || live.ledger.length > 1)
    return [`${name}: ${live.app.length} in the app, ${live.ledger.length} in the ledger`];
  if (seen.excused) return [];
  const [app, ledger] = [live.app[0], live.ledger[0]];
  if (!app && !ledger) return lostWithRemoval(world, seen);
  if (!app || !ledger) {
    const only = app ? 'app' : 'ledger';
    return [`${name}: live in the ${only} only, and nothing says why`];
  }
  const linked = seen.links.some((link) => link.app.id === app.id && link.ledger.id === ledger.id);
  const faults = linked ? [] : [`${name}: not linked`];
  return [...faults, ...differences(world, seen, app, ledger), ...lostEdits(world, seen, app.fields)].map(
    (fault) => (fault.startsWith(name) ? fault : `${name}: ${fault}`),
  );
}

function differences(world: World, seen: Seen, app: Stored, ledger: Stored): string[] {
  const faults: string[] = [];
  for (const spec of entityNamed(seen.entity).fields) {
    if (spec.kind === 'list' || spec.kind === 'reference') continue;
    if (world.variant.noNotes && spec.name === 'notes') continue;
    const [a, l] = [flat(app.fields[spec.name]), flat(ledger.fields[spec.name])];
    if (a !== l && !(spec.name === 'active')) faults.push(`${spec.name} differs: app ${a}, ledger ${l}`);
  }
  const say = (fields: Fields) =>
    linesOf(fields)
      .map((line) => `${String(line['description'])}=${String(line['amount'])}`)
      .join(' ');
  if (say(app.fields) !== say(ledger.fields))
    faults.push(`lines differ: app [${say(app.fields)}], ledger [${say(ledger.fields)}]`);
  return faults;
}

const flat = (value: unknown): string => {
  if (typeof value !== 'object' || value === null) return String(value ?? null);
  const members = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return members.length === 0 ? 'null' : JSON.stringify(members.sort());
};

const low = (value: string | null | undefined) => value?.toLowerCase() ?? null;

/** Edits that are neither there nor seen and replaced by somebody nor decided on. */
function lostEdits(world: World, seen: Seen, fields: Fields): string[] {
  const faults: string[] = [];
  // A copy that was deleted before anybody heard of it leaves no trace to find, and is made again.
  if (seen.all.app.length > 1 || seen.all.ledger.length > 1) return [];
  const isTwin = world.edits.twins.has(seen.marker);
  if (isTwin && world.edits.removals.some((removal) => removal.marker === seen.marker)) return [];
  const edits = world.edits.edits.filter((edit) => edit.marker === seen.marker);
  for (const path of scalarsOf(seen.entity)) {
    if (world.variant.noNotes && path === 'notes') continue;
    if (seen.decided.some((decided) => decided === path || decided === '$state')) continue;
    const final = low(valueAt(fields, path));
    const here = edits.filter((edit) => edit.path === path);
    // What was emptied is lost when it is back; somebody else's new value may stand in its place.
    const mayBeLost = (edit: Edit) =>
      edit.value === null ? !isTwin && low(edit.saw) === final && final !== null : low(edit.value) !== final;
    if (final !== null && !here.some((edit) => low(edit.value) === final) && !world.typed.has(final))
      faults.push(`${path} is ${final}, which nobody entered`);
    for (const edit of here.filter(mayBeLost)) {
      const replaced = here.some(
        (other) =>
          other !== edit &&
          other.at >= edit.at &&
          other.saw !== undefined &&
          low(other.saw) === low(edit.value),
      );
      if (!replaced) faults.push(`${path}: ${edit.side}'s ${edit.value} is lost, it is ${final}`);
    }
  }
  if (seen.entity === 'invoice') faults.push(...lostLines(seen, edits, fields));
  return faults;
}

function lostLines(seen: Seen, edits: World['edits']['edits'], fields: Fields): string[] {
  const faults: string[] = [];
  const lines = linesOf(fields);
  for (const line of lines) {
    const [text, amount] = [String(line['description']), String(line['amount'])];
    if (seen.decided.some((decided) => decided.startsWith('lines'))) continue;
    if (text.split('.')[0] !== amount.split('.')[0]) faults.push(`line ${text} has the amount ${amount}`);
  }
  for (const [path, name] of [
    ['line.description', 'description'],
    ['line.amount', 'amount'],
  ] as const) {
    const final = lines.map((line) => String(line[name]));
    if (new Set(final).size < final.length) faults.push(`a line is there twice: ${final.join(' ')}`);
    if (seen.decided.some((decided) => decided.startsWith('lines') || decided === '$state')) continue;
    const here = edits.filter((edit) => edit.path === path);
    for (const edit of here) {
      if (edit.value === null) {
        if (final.includes(edit.saw as string)) faults.push(`${path} ${edit.saw} was removed and is back`);
        continue;
      }
      const replaced = here.some((other) => other.saw === edit.value);
      if (!final.includes(edit.value) && !replaced) faults.push(`${path} ${edit.value} is lost`);
      if (final.includes(edit.value) && replaced)
        faults.push(`${path} ${edit.value} was replaced and is back`);
    }
  }
  return faults;
}

/** A record that is gone takes along only what its remover saw. */
function lostWithRemoval(world: World, seen: Seen): string[] {
  const name = `${seen.entity} ${seen.marker}`;
  const removals = world.edits.removals.filter((removal) => removal.marker === seen.marker);
  if (removals.length === 0) return [`${name}: gone, and nobody removed it`];
  if (removals.length > 1 || seen.decided.length > 0) return [];
  const saw = (removals[0] as (typeof removals)[0]).saw;
  const edits = world.edits.edits.filter((edit) => edit.marker === seen.marker);
  return edits
    .filter((edit) => edit.value !== null)
    .filter((edit) => ![...saw].some((text) => low(text) === low(`${edit.path}=${edit.value}`)))
    .filter((edit) => !edits.some((o) => o.path === edit.path && low(o.saw) === low(edit.value)))
    .map(
      (edit) => `${name}: gone with ${edit.side}'s ${edit.path} ${edit.value}, which the remover never saw`,
    );
}

async function excusedLinks(world: World): Promise<Set<string>> {
  const conflicts = await world.openConflicts();
  const dead = await world.store.queue.list({ connectionId: CONNECTION, status: 'dead', limit: 500 });
  const waiting = await world.store.queue.list({ connectionId: CONNECTION, status: 'waiting', limit: 500 });
  return new Set([
    ...conflicts.map((conflict) => conflict.linkId),
    ...[...dead, ...waiting].map((event) => event.linkId),
  ]);
}

async function auditOf(world: World): Promise<AuditRow[]> {
  return await world.store.audit.list(CONNECTION, { limit: 10_000 });
}
