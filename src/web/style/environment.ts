/** Rules for the page of an environment, and for lists of deployments. */
export const environmentStyle = `
.environment .faint{color:var(--faint)}
.environment .columns{display:grid;grid-template-columns:minmax(15rem,1fr) minmax(0,2.4fr);gap:0 3rem}
.environment .commit{font-size:1.1em}
.environment section p,.environment section ul{margin:.3rem 0}
.environment .steps{list-style:none;padding:0;margin:.4rem 0 1rem}
.history{list-style:none;padding:0;margin:0}
.history>li{padding:.55rem 0;border-top:1px solid var(--line)}
.history>li>p{margin:.1rem 0;overflow-wrap:anywhere}
.history .plots{margin:.75rem 0}
@media (max-width:48rem){.environment .columns{grid-template-columns:minmax(0,1fr)}}
`

/** Rules for the page of enforcement. */
export const enforcementStyle = `
.enforcement .mend{color:var(--faint)}
.clauses{list-style:none;margin:0;padding:0}
.clauses>li{display:grid;grid-template-columns:13rem 8rem minmax(0,1fr);gap:.1rem 1rem;align-items:baseline;padding:.4rem 0;border-bottom:1px solid var(--line)}
.clauses>li>.badge{justify-self:start}
.clauses>li>p{margin:0;max-width:none;overflow-wrap:anywhere}
@media (max-width:48rem){.clauses>li{grid-template-columns:minmax(0,1fr) auto}.clauses>li>p{grid-column:1/-1}}
`
