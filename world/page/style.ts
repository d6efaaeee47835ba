/** The pages' one style sheet, and the policy that lets a browser use nothing but it. */
import { createHash } from 'node:crypto'

export const STYLE = `
:root { color-scheme: light dark; --text: #1f2328; --soft: #59636e; --line: #d1d9e0; --back: #fff; --panel: #f6f8fa;
  --blue: #0969da; --green: #1a7f37; --red: #d1242f; --amber: #9a6700; --violet: #8250df;
  --green-back: #dafbe1; --red-back: #ffebe9; --amber-back: #fff8c5; --blue-back: #ddf4ff; --violet-back: #fbefff; }
@media (prefers-color-scheme: dark) { :root { --text: #e6edf3; --soft: #9198a1; --line: #3d444d; --back: #0d1117; --panel: #151b23;
  --blue: #4493f8; --green: #3fb950; --red: #f85149; --amber: #d29922; --violet: #ab7df8;
  --green-back: #12261e; --red-back: #2d1418; --amber-back: #272115; --blue-back: #121d2f; --violet-back: #211830; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--text); font: 16px/1.55 system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
a { color: var(--blue); text-decoration: none; } a:hover { text-decoration: underline; }
header.top { background: var(--panel); border-bottom: 1px solid var(--line); padding: .6rem 1.5rem; display: flex; flex-wrap: wrap; gap: .4rem 1.5rem; align-items: center; }
header.top .where { font-weight: 600; } header.top .what { color: var(--soft); font-size: .85rem; }
nav.people { margin-left: auto; display: flex; flex-wrap: wrap; gap: .35rem; align-items: center; font-size: .9rem; color: var(--soft); }
nav.people a { border: 1px solid var(--line); border-radius: 99px; padding: .1rem .7rem; background: var(--back); color: var(--text); }
nav.people a[aria-current] { background: var(--blue); border-color: var(--blue); color: #fff; font-weight: 600; }
main { max-width: 72rem; margin: 0 auto; padding: 1.5rem; display: grid; grid-template-columns: minmax(0, 1fr) 15rem; gap: 0 2rem; }
main > .wide { grid-column: 1 / -1; }
@media (max-width: 56rem) { main { grid-template-columns: minmax(0, 1fr); } }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem; font-weight: 600; } h1 .number { color: var(--soft); font-weight: 300; }
h2 { font-size: 1.15rem; margin: 2rem 0 .6rem; } h3, h4, h5, h6 { font-size: 1rem; margin: 1rem 0 .3rem; }
.soft { color: var(--soft); } .small { font-size: .875rem; } p { margin: .4rem 0; }
.state, .pill { display: inline-block; border-radius: 99px; padding: .1rem .75rem; font-weight: 600; font-size: .85rem; white-space: nowrap; border: 1px solid transparent; }
.green { color: var(--green); background: var(--green-back); border-color: var(--green); } .red { color: var(--red); background: var(--red-back); border-color: var(--red); }
.amber { color: var(--amber); background: var(--amber-back); border-color: var(--amber); } .blue { color: var(--blue); background: var(--blue-back); border-color: var(--blue); }
.violet { color: var(--violet); background: var(--violet-back); border-color: var(--violet); } .grey { color: var(--soft); background: var(--panel); border-color: var(--line); }
.notice { border: 1px solid; border-radius: 6px; padding: .6rem 1rem; margin-bottom: 1rem; font-weight: 500; }
table { border-collapse: collapse; } table.checks, table.list { width: 100%; border: 1px solid var(--line); border-radius: 6px; border-collapse: separate; border-spacing: 0; overflow: hidden; }
table.checks > tbody + tbody > tr:first-child > td, table.list tr + tr td { border-top: 1px solid var(--line); }
table.checks > tbody > tr > td, table.list td { padding: .6rem .9rem; vertical-align: top; } table.checks td.told { padding-top: 0; }
td.state-cell { width: 1%; } table.checks tr:first-child td.name { font-weight: 600; } table.checks td.name .small, table.checks .title { font-weight: 400; color: var(--soft); }
table.list td:last-child { width: 1%; white-space: nowrap; text-align: right; } main > div > article:first-child { margin-top: 1rem; } form + details { margin-top: 1.2rem; }
table.text td, table.text th { border: 1px solid var(--line); padding: .25rem .6rem; text-align: left; vertical-align: top; font-size: .925rem; }
form.inline { display: inline; } .buttons { display: flex; flex-wrap: wrap; gap: .5rem; margin-top: .5rem; align-items: center; }
button { font: inherit; font-weight: 600; font-size: .925rem; padding: .4rem 1rem; border-radius: 6px; border: 1px solid var(--line); background: var(--panel); color: var(--text); cursor: pointer; }
button:hover { border-color: var(--soft); } button:focus-visible, a:focus-visible, textarea:focus-visible, input:focus-visible, summary:focus-visible { outline: 2px solid var(--blue); outline-offset: 2px; }
button.primary { background: #1f883d; border-color: #1f883d; color: #fff; } button.primary:hover { background: #1a7f37; }
button.danger { color: var(--red); } button.small { padding: 0 .5rem; font-size: .8rem; font-weight: 400; }
.card { border: 1px solid var(--line); border-radius: 6px; margin: 0 0 1rem; } .card > .by { background: var(--panel); border-bottom: 1px solid var(--line); padding: .45rem .9rem; font-size: .9rem; border-radius: 6px 6px 0 0; }
.card > .body { padding: .5rem .9rem; overflow-wrap: anywhere; } .card.event { border-style: dashed; } .card.app > .by { background: var(--blue-back); }
pre { background: var(--panel); border-radius: 6px; padding: .7rem .9rem; overflow-x: auto; font-size: .85rem; line-height: 1.45; margin: .5rem 0; }
code, pre { font-family: ui-monospace, "SFMono-Regular", "DejaVu Sans Mono", monospace; } :not(pre) > code { background: var(--panel); border-radius: 4px; padding: .1em .35em; font-size: .87em; }
pre .add { color: var(--green); } pre .del { color: var(--red); } pre .hunk { color: var(--violet); }
blockquote { margin: .4rem 0; padding: 0 .9rem; border-left: 4px solid var(--line); color: var(--soft); } ul, ol { margin: .3rem 0; padding-left: 1.6rem; } .nested { margin-left: 1.4rem; list-style: circle; }
details > summary { cursor: pointer; } textarea, input[type=text] { width: 100%; font: inherit; padding: .5rem .7rem; border: 1px solid var(--line); border-radius: 6px; background: var(--back); color: var(--text); }
textarea { min-height: 6rem; } aside h2 { margin: 1.2rem 0 .3rem; font-size: .85rem; color: var(--soft); } aside h2:first-child { margin-top: 1.2rem; } aside { font-size: .9rem; }
.label { display: inline-block; border: 1px solid var(--line); border-radius: 99px; padding: .05rem .6rem; font-size: .8rem; font-weight: 500; background: var(--panel); margin: 0 .3rem .3rem 0; }
`

const hash = createHash('sha256').update(STYLE).digest('base64')

/** Nothing but this style, forms to the same site and these others, no script, no image, no frame (T37). */
export const policy = (formsTo: string[]) =>
  `default-src 'none'; style-src 'sha256-${hash}'; form-action ${["'self'", ...formsTo].join(' ')}; base-uri 'none'; frame-ancestors 'none'`
