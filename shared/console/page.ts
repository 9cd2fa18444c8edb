import { createHash } from 'node:crypto';
import { Markup, markup, type Piece } from './markup';

/** A page as a browser gets it. */
export interface Page {
  status: number;
  html: string;
}

const STYLE = `
:root { color-scheme: light dark; --text: #1d2733; --soft: #5b6876; --line: #cdd5dd; --ground: #f4f6f8;
  --card: #fff; --strong: #1f6f54; --on-strong: #fff; --notice: #fff4d6; --notice-line: #c99a1a; --differs: #fdf0d5; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6ebf0; --soft: #a3b0bd; --line: #3d4a57; --ground: #141a20; --card: #1d252d;
    --strong: #5fd3a3; --on-strong: #10251c; --notice: #3a2f12; --notice-line: #d9ae3c; --differs: #3b3118; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 58rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
h1 { font-size: 1.4rem; line-height: 1.3; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 1.5rem 0 .5rem; }
h1, h2, p, dd, td, th, legend, label, li { overflow-wrap: anywhere; }
fieldset, .card { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; margin: 1rem 0; padding: 1rem; min-width: 0; }
legend { font-weight: 600; padding: 0 .35rem; }
dl.sides { display: grid; grid-template-columns: repeat(3, 1fr); gap: .75rem; margin: 0 0 .75rem; }
dl.sides.two { grid-template-columns: repeat(2, 1fr); }
dl.sides > div { border: 1px solid var(--line); border-radius: .375rem; padding: .5rem .75rem; min-width: 0; }
dt { color: var(--soft); font-size: .875rem; }
dd { margin: 0; font-weight: 600; white-space: pre-wrap; }
dl.plain { margin: .5rem 0 0; }
dl.plain > div { display: grid; grid-template-columns: minmax(8rem, 1fr) 2fr; gap: .75rem; padding: .25rem 0; }
dl.plain dd { font-weight: 400; }
.choice { display: flex; gap: .6rem; align-items: flex-start; padding: .4rem 0; min-height: 2.75rem; cursor: pointer; }
.choice input { width: 1.25rem; height: 1.25rem; margin: .15rem 0 0; flex: none; }
.choice span { min-width: 0; overflow-wrap: anywhere; }
.field { display: block; margin: .25rem 0 .5rem; }
.field > span { display: block; font-size: .875rem; color: var(--soft); }
input[type=text], input[type=date], select, textarea { width: 100%; max-width: 26rem; font: inherit; color: inherit;
  background: var(--card); border: 1px solid var(--soft); border-radius: .375rem; padding: .5rem .6rem; }
textarea { max-width: 100%; min-height: 4.5rem; }
.soft { color: var(--soft); }
.small { font-size: .875rem; }
.notice { background: var(--notice); border-left: .3rem solid var(--notice-line); border-radius: .375rem; padding: .75rem 1rem; margin: 1rem 0; }
.notice p { margin: 0; } .notice ul { margin: .25rem 0 0; padding-left: 1.25rem; }
table { width: 100%; border-collapse: collapse; background: var(--card); }
th, td { border: 1px solid var(--line); padding: .5rem .6rem; text-align: left; vertical-align: top; white-space: pre-wrap; }
td.differs { background: var(--differs); font-weight: 600; }
summary { cursor: pointer; padding: .5rem 0; font-weight: 600; }
button { font: inherit; font-weight: 600; border: 0; border-radius: .375rem; padding: .75rem 1.5rem; cursor: pointer;
  background: var(--strong); color: var(--on-strong); }
:focus-visible { outline: 3px solid var(--notice-line); outline-offset: 2px; }
@media (max-width: 40rem) {
  dl.sides, dl.sides.two, dl.plain > div { grid-template-columns: 1fr; gap: .5rem; }
  dl.plain > div { gap: 0; }
  table, tbody, tr, th, td { display: block; }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  tr { border: 1px solid var(--line); border-radius: .375rem; margin: .75rem 0; }
  th, td { border: 0; }
  td::before { content: attr(data-head); display: block; font-size: .875rem; font-weight: 400; color: var(--soft); }
  button { width: 100%; }
}
`;

/**
 * No script runs, nothing is loaded from anywhere, nothing frames the page, and its address, which is the key to it,
 * is kept from caches and from other sites. `same-origin` lets the browser name itself to us when it sends the form.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-Robots-Tag': 'noindex, nofollow',
  'Cross-Origin-Opener-Policy': 'same-origin',
};

const style = new Markup(`<style>${STYLE}</style>`);

export function page(status: number, title: string, body: Piece): Page {
  const whole = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
${style}
</head>
<body><main>${body}</main></body>
</html>
`;
  return { status, html: whole.text };
}
