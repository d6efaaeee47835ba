/** Rules for rows of things on their way: tasks, pull requests, environments, and the track of phases. */
export const lists = `
.rows{list-style:none;margin:0;padding:0;display:grid;gap:.6rem}
.row{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.75rem 1rem;display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.35rem 1rem}
.row .name{font-weight:600;overflow-wrap:anywhere}.row .name a{color:var(--ink);text-decoration:none}.row .name a:hover{text-decoration:underline}
.row .number{color:var(--faint);font-weight:400;margin-right:.35rem}
.row .what{grid-column:1/-1;color:var(--faint);margin:0;max-width:none}
.row .track,.row .chips{grid-column:1/-1}
.row .side{text-align:right;white-space:nowrap}
.meta{color:var(--faint);font-size:.85rem;display:flex;flex-wrap:wrap;gap:.1rem .9rem;grid-column:1/-1}
.chips{display:flex;flex-wrap:wrap;gap:.35rem}
.track{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem;margin:.15rem 0;padding:0}
.track li{flex:1 1 5.2rem;min-width:0;border-top:4px solid color-mix(in srgb,var(--tone) 80%,transparent);padding-top:.2rem;font-size:.76rem;color:var(--faint);overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.track li.quiet{border-top-color:var(--line)}.track li.now{color:var(--ink);font-weight:600}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.6rem;list-style:none;padding:0;margin:0}
.gates td:first-child{white-space:nowrap}
.gate-off td{color:var(--faint)}
.session{border-top:1px solid var(--line);padding:.8rem 0}
.session header{display:flex;flex-wrap:wrap;gap:.2rem .9rem;align-items:baseline}
.session header strong{font-size:1rem}
.objections{margin:.4rem 0;padding-left:1.2rem}.objections li{margin:.25rem 0}
.hero{max-width:40rem;margin:12vh auto;text-align:center}.hero .lead{margin:.8rem auto 1.8rem}
.hero .seal{width:3.4rem;height:3.4rem}
.sub{display:flex;flex-wrap:wrap;gap:.3rem 1.4rem;margin:.6rem 0 0}
`
