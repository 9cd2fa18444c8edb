import { escapeControls } from '../schema/text';

/** Markup that may stand in a page as it is: made by `markup` only. */
export class Markup {
  constructor(readonly text: string) {}
}

export type Piece = Markup | string | number | null | readonly Piece[];

/** Whatever is put into it is text, of an element or of a quoted attribute, unless it is markup of ours. */
export function markup(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  let text = parts[0] ?? '';
  pieces.forEach((piece, index) => {
    const before = parts[index] ?? '';
    // What a form sends back has to come back as it was; what people read must not read otherwise than it is.
    text += rendered(piece, before.endsWith('="') ? escaped : shown) + (parts[index + 1] ?? '');
  });
  return new Markup(text);
}

function rendered(piece: Piece, asText: (text: string) => string): string {
  if (piece === null) return '';
  if (piece instanceof Markup) return piece.text;
  if (typeof piece === 'object') return piece.map((one) => rendered(one, asText)).join('');
  return asText(String(piece));
}

const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Line breaks stay. Other control characters and marks of direction are shown instead of being carried out. */
const shown = (text: string): string => escaped(text.split('\n').map(escapeControls).join('\n'));
