/** Rules for the figures: headlines in a grid, bars that compare rows, two tables side by side where there is room. */
export const figuresStyle = `
nav.sub [aria-current]{color:var(--ink);font-weight:600;text-decoration:none}
.headlines{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,20rem),1fr));gap:.6rem;margin:1.2rem 0 0}
.headline{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.75rem 1rem}
.headline dt a{color:var(--faint);text-decoration:none;font-size:.85rem}.headline dt a:hover{text-decoration:underline}
.headline dd{margin:0}.headline strong{display:block;font-size:1.55rem;line-height:1.35;font-weight:600;font-variant-numeric:tabular-nums}
.headline span{display:block;color:var(--faint);font-size:.82rem;line-height:1.4}
.figure h2{scroll-margin-top:1rem}
.figure .lead,.figure details{margin:.1rem 0 .5rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:.4rem 2.2rem}.pair>div{min-width:0}
.figure small{color:var(--faint);font-size:.82em}
.share{display:inline-flex;align-items:center;gap:.6rem;white-space:nowrap}
.bar{--tone:var(--accent);display:inline-block;width:5.5rem;height:.5rem;vertical-align:middle}
.bar.good{--tone:var(--good)}.bar.asks{--tone:var(--asks)}.bar.bad{--tone:var(--bad)}
.bar .whole{fill:var(--line)}.bar .part{fill:var(--tone)}.bar .beside{fill:var(--quiet)}
.none{color:var(--faint)}
`
