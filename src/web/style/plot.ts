/** Rules for plots: thin strokes, no box, lines that carry their own names. */
export const plotStyle = `
.plots{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:1rem 2rem}
.plot{margin:0;max-width:32rem}
.plot figcaption{display:flex;align-items:baseline;gap:.5em}
.plot .faint{color:var(--faint);font-size:.85em}
.plot .drawing{display:block;width:100%;height:auto;font-size:10px;font-variant-numeric:tabular-nums}
.plot path,.plot line{fill:none;stroke-width:1;vector-effect:non-scaling-stroke}
.plot .axis{stroke:var(--line)}
.plot .tick{fill:var(--faint)}
.plot .line{stroke:var(--ink);stroke-width:1.1;stroke-linejoin:round}
.plot .dots{stroke:var(--ink);stroke-width:3;stroke-linecap:round}
.plot .dots.over{stroke:var(--bad);stroke-width:4.5}
.plot .silent{stroke:var(--asks);stroke-width:1.5}
.plot .before{stroke:var(--quiet);stroke-dasharray:3 3}
.plot .limit{stroke:var(--asks)}
.plot .ceiling{stroke:var(--bad)}
.plot .name{stroke:none}
.plot .name.before{fill:var(--faint)}
.plot .name.limit{fill:var(--asks)}
.plot .name.ceiling{fill:var(--bad)}
.plot .last{fill:var(--ink);font-weight:600;stroke:var(--paper);stroke-width:3;paint-order:stroke}
.plot .last.over{fill:var(--bad)}
.plot details{font-size:.85em;color:var(--faint)}
.plot details .scroll{max-height:16rem;overflow:auto}
.plot details table{width:auto}
`
