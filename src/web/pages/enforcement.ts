/** Whether the checks of a repository can be got past: its rules line by line, the proof, the watch, and incidents (A5). */
import { parseKey, type RepositoryName } from '../../core/ids.ts'
import { code, listed } from '../../core/sentences.ts'
import { type AsApp, inspectAsApp, inspectProof, inspectWatch } from '../../enforcement/asApp.ts'
import { doctorCommand, type Finding } from '../../enforcement/finding.ts'
import { badge, type Html, html, moment, sentence, type Tone } from '../html.ts'
import { paths } from '../paths.ts'

export interface Incident {
  subject: string
  atMs: number
  sentence: string
}

export interface EnforcementData {
  repository: RepositoryName
  /** Website address of the repository. */
  url: string
  read:
    | { ok: false; why: string }
    | {
        ok: true
        /** The sentence why the policy cannot be used, or null. */
        policy: string | null
        /** The default branch first. */
        branches: AsApp[]
        /** Patterns and names of protected branches that are not shown. */
        others: string[]
      }
  /** Newest first. */
  incidents: Incident[]
  /** Older ones are left out. */
  more: boolean
  /** The issue on which incidents stand, as far as is known. */
  issue: number | null
}

export function enforcementPage(data: EnforcementData): Html {
  const { read, repository } = data
  return html`<article class="enforcement">
    <h1>Enforcement</h1>
    <p class="says">${enforcementSummary(data)}</p>
    ${
      read.ok
        ? html`${read.branches.map((branch, at) => branchSection(branch, read.policy, at === 0))}${
            read.others.length > 0
              ? html`<p class="empty">${sentence(
                  `Policy also protects ${listed(read.others.map((name) => code(name)))}: ${code(doctorCommand(repository))} looks at the branches that this names.`,
                )}</p>`
              : ''
          }`
        : ''
    }
    ${incidentsSection(data)}
  </article>`
}

const states: Readonly<Record<Finding['state'], [Tone, string]>> = {
  green: ['good', 'holds'],
  amber: ['asks', 'not seen'],
  red: ['bad', 'does not hold'],
}

interface Row extends Finding {
  id: string
  title: string
  word?: string
  /** Enforcement rests on it. */
  proves?: boolean
  /** Told apart from the rest: one command shows it all. */
  unseen?: boolean
}

/** The lines of a branch, in the order in which people mend them. */
function rowsOf(branch: AsApp, policy: string | null): Row[] {
  const proof = inspectProof(branch)
  const lines = inspectAsApp(branch).map((line): Row => {
    if (line.id !== 'enforce' || policy === null)
      return { ...line, unseen: line.mend === doctorCommand(branch.repository) }
    return {
      ...line,
      state: 'red',
      sentence: policy,
      mend: 'Mend .github/countersign.yml; nothing passes until it can be read.',
    }
  })
  return [
    ...lines,
    { id: 'proof', title: 'Proof', ...proof, ...(proof.state === 'amber' ? { word: 'not proven' } : {}) },
    watchRow(branch, policy),
  ]
}

function watchRow(branch: AsApp, policy: string | null): Row {
  const watch: Finding =
    policy === null ? inspectWatch(branch) : { state: 'red', sentence: policy, mend: null }
  // In shadow mode the check is posted as neutral, and says what would have happened.
  const red = branch.enforce ? 'turned red' : 'would be red'
  const words = { green: 'nothing against', amber: 'waits', red } as const
  return { id: 'watch', title: 'countersign/gates now', ...watch, word: words[watch.state] }
}

/** What is hidden and a branch's own; the rest is the repository's, and told once. */
const ofBranch = new Set(['bypass', 'bypassed', 'classic'])

function branchSection(branch: AsApp, policy: string | null, first: boolean): Html {
  const rows = rowsOf(branch, policy)
  const shown = rows.filter(({ unseen }) => !unseen)
  const unseen = rows.filter((row) => row.unseen && (first || ofBranch.has(row.id)))
  return html`<section><h2>${branch.branch} <span class="count">${branch.mode} mode</span></h2>
    <ul class="clauses">${shown.map(
      (row) =>
        html`<li>${head(row)}<p>${sentence(row.sentence)}${
          row.mend === null ? '' : html` <span class="mend">${mending(row.mend, branch.url)}</span>`
        }</p></li>`,
    )}</ul>
    <h3>What GitHub shows only to an administrator</h3>
    <p class="empty">${sentence(`${code(doctorCommand(branch.repository))} looks at it, says what mends it, and records the proof.`)}</p>
    <ul class="clauses">${unseen.map((row) => html`<li>${head(row)}<p>${sentence(row.sentence)}</p></li>`)}</ul></section>`
}

function head({ title, state, word }: Row): Html {
  const [tone, usual] = states[state]
  return html`<span class="clause">${title}</span> ${badge(tone, word ?? usual)}`
}

/** A command as code, an address of the repository's own as a link. */
function mending(mend: string, url: string): Html {
  if (mend.startsWith('npm run ')) return html`Run ${sentence(code(mend))}`
  const at = mend.indexOf(`${url}/`)
  if (at < 0) return sentence(mend)
  const address = /^[^\s,;]*[^\s,;.]/.exec(mend.slice(at))?.[0] ?? ''
  return html`${sentence(mend.slice(0, at))}<a href="${address}">${address}</a>${sentence(mend.slice(at + address.length))}`
}

/** For the repository's own page: a badge and one sentence, the worst first. */
export function enforcementSummary({ read }: EnforcementData): Html {
  const told = (tone: Tone, word: string, text: string) => html`${badge(tone, word)} ${sentence(text)}`
  if (!read.ok) return told('asks', 'could not be read', read.why)
  const all = read.branches.map((branch) => ({ branch, rows: rowsOf(branch, read.policy) }))
  const rows = all.flatMap((one) => one.rows)
  const red = rows.filter(({ state }) => state === 'red')
  const [first] = red
  const held = red.find(({ id }) => id === 'watch') ?? red.find(({ proves }) => proves)
  if (held) return told('bad', 'not enforced', held.sentence)
  if (first) return told('asks', 'to mend', first.sentence)
  const unread = all.find(({ branch }) => branch.rules === 'unknown')
  if (unread)
    return told(
      'asks',
      'could not be read',
      `The rules in force on ${code(unread.branch.branch)} could not be read.`,
    )
  const unproven = rows.find(({ id, state }) => id === 'proof' && state === 'amber')
  if (unproven) return told('asks', 'not proven', `The rules require the checks. ${unproven.sentence}`)
  const proven = rows.find(({ id }) => id === 'proof')
  return told('good', 'enforced', `The rules require the checks. ${proven?.sentence ?? ''}`)
}

function incidentsSection({ repository, url, incidents, more, issue }: EnforcementData): Html {
  const where =
    issue === null
      ? html`on the repository's incident issue`
      : html`on <a href="${url}/issues/${issue}">the incident issue, #${issue}</a>`
  return html`<section><h2>Incidents</h2>
    ${
      incidents.length === 0
        ? html`<p class="empty">None is on record.</p>`
        : html`<ol class="history" reversed>${incidents.map((one) => incident(repository, one))}</ol>`
    }
    ${more ? html`<p class="empty">Older ones are not shown.</p>` : ''}
    <p class="empty">Each is reported ${where}; a push past pull requests only there.</p></section>`
}

/** That of a rollout is a page of its own: its first line says what happened. */
function incident(repository: RepositoryName, { subject, atMs, sentence: text }: Incident): Html {
  return html`<li><p>${moment(atMs)} ${subjectLink(repository, subject)}</p><p>${sentence(text.split('\n')[0] ?? '')}</p></li>`
}

function subjectLink(repository: RepositoryName, key: string): Html {
  const subject = parseKey(key)
  if (subject?.kind === 'pull')
    return html`<a href="${paths.pull(repository, subject.number)}">#${subject.number}</a>`
  if (subject?.kind === 'task')
    return html`<a href="${paths.task(repository, subject.issue)}">#${subject.issue}</a>`
  if (subject?.kind === 'rollout')
    return html`<a href="${paths.environment(repository, subject.environment)}">${subject.environment}</a>`
  return html`${key}`
}
