import { markup, type Markup } from './markup';
import { page, type Page } from './page';

interface Fact {
  label: string;
  value: string;
}

/** A page that says how things stand, and that there is nothing more to do on it. */
export function endPage(
  status: number,
  title: string,
  sentences: readonly string[],
  facts: readonly Fact[] = [],
): Page {
  const told = sentences.map((text) => markup`<p>${text}</p>`);
  return page(status, title, markup`<div class="card"><h1>${title}</h1>${told}${factsOf(facts)}</div>`);
}

function factsOf(facts: readonly Fact[]): Markup | null {
  if (facts.length === 0) return null;
  const pairs = facts.map(({ label, value }) => markup`<div><dt>${label}</dt><dd>${value}</dd></div>`);
  return markup`<dl class="plain">${pairs}</dl>`;
}
