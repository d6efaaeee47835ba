/** The board's one style sheet: five tones, one typeface of the reader's own machine, and room around things. */
import { enforcementStyle, environmentStyle } from './style/environment.ts'
import { figuresStyle } from './style/figures.ts'
import { lists } from './style/lists.ts'
import { plotStyle } from './style/plot.ts'

const base = `
:root{color-scheme:light dark;--paper:#fbfaf8;--card:#ffffff;--ink:#1d1c1a;--faint:#6d6a64;--line:#e4e0d8;--accent:#2b4f81;
--good:#2f7d4f;--busy:#5b6fa8;--asks:#b36b00;--bad:#b3362b;--quiet:#8a867e}
@media (prefers-color-scheme:dark){:root{--paper:#161614;--card:#1e1e1b;--ink:#ebe8e1;--faint:#a19d94;--line:#34322d;
--accent:#9dbce8;--good:#6fc08f;--busy:#9fb0e0;--asks:#e5a54b;--bad:#ef8377;--quiet:#8f8b82}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 ui-sans-serif,system-ui,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}
main,.top,.foot{max-width:76rem;margin:0 auto;padding:0 1.25rem}
a{color:var(--accent);text-decoration-color:color-mix(in srgb,currentColor 35%,transparent);text-underline-offset:.18em}
a:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
/* Read aloud, and shown by colour. */
.aloud{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem;z-index:1}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem 1rem;padding-top:1rem;padding-bottom:1rem}
.mark{display:inline-flex;align-items:center;gap:.5rem;font-weight:650;color:var(--ink);text-decoration:none}
.seal{width:1.35rem;height:1.35rem;fill:none;stroke:var(--accent);stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}
.top nav{display:flex;flex-wrap:wrap;gap:.2rem .5rem;flex:1;min-width:0}
.top nav a{color:var(--faint);text-decoration:none;overflow-wrap:anywhere}.top nav a:hover{color:var(--accent);text-decoration:underline}
.top nav a::before{content:"/";margin-right:.5rem;color:var(--line)}
.top nav a:last-child{color:var(--ink)}
@media (max-width:40rem){.top .mark{flex:1}.top nav{order:3;flex-basis:100%}.top nav a:first-child::before{display:none}}
.top form{display:flex;align-items:center;gap:.75rem;margin:0}.who{color:var(--faint)}
button,.button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:6px;padding:.25rem .75rem;cursor:pointer;text-decoration:none}
button:hover,.button:hover{border-color:var(--accent)}
.button.main{background:var(--accent);color:var(--paper);border-color:var(--accent);padding:.5rem 1.1rem;font-weight:600}
.foot{color:var(--faint);font-size:.85rem;padding-top:3rem;padding-bottom:2rem}
h1{font-size:1.6rem;line-height:1.25;letter-spacing:-.012em;margin:1.2rem 0 .4rem;overflow-wrap:anywhere}
h2{font-size:1.05rem;margin:2.4rem 0 .7rem;display:flex;align-items:baseline;gap:.6rem}
h2 .count{color:var(--faint);font-weight:400}
h3{font-size:.95rem;margin:1.2rem 0 .3rem}
p{margin:.4rem 0;max-width:48rem}
.lead{color:var(--faint);font-size:1rem}
.empty{color:var(--faint)}
code{font:.87em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:color-mix(in srgb,var(--ink) 6%,transparent);padding:.08em .32em;border-radius:4px;overflow-wrap:anywhere}
pre{font:.82rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;background:color-mix(in srgb,var(--ink) 4%,transparent);border-radius:8px;padding:.8rem 1rem;margin:.5rem 0;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere;max-height:36rem}
.badge{display:inline-block;font-size:.78rem;line-height:1.5;font-weight:600;white-space:nowrap;padding:.05rem .55rem;border-radius:99px;color:var(--tone);background:color-mix(in srgb,var(--tone) 13%,transparent)}
.good{--tone:var(--good)}.busy{--tone:var(--busy)}.asks{--tone:var(--asks)}.bad{--tone:var(--bad)}.quiet{--tone:var(--quiet)}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th{font-size:.8rem;font-weight:600;color:var(--faint);text-align:left;white-space:nowrap}
th,td{padding:.45rem .9rem .45rem 0;border-bottom:1px solid var(--line);vertical-align:top}
td.number,th.number{text-align:right}
dl.facts{display:grid;grid-template-columns:max-content 1fr;gap:.3rem 1.4rem;margin:1rem 0}
dl.facts dt{color:var(--faint)}dl.facts dd{margin:0;min-width:0;overflow-wrap:anywhere}
@media (max-width:40rem){dl.facts{grid-template-columns:1fr;gap:0}dl.facts dd{margin-bottom:.5rem}}
details>summary{cursor:pointer;color:var(--accent)}
.say{border-left:3px solid var(--tone);padding:.15rem 0 .15rem .9rem;margin:.9rem 0}
time{white-space:nowrap}
`

export const style: string = [base, lists, plotStyle, environmentStyle, enforcementStyle, figuresStyle]
  .join('\n')
  .trim()
