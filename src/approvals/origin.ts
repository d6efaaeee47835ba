/** Origin: whether a pull request is a person's or an agent's, with the evidence that says so (A6). */
import { type Account, hasRole, type Standing } from '../core/account.ts'
import type { CommitBody } from '../core/evidence.ts'
import { type Fact, type FactBody, factsOf } from '../core/facts.ts'
import { code, listed, person } from '../core/sentences.ts'
import type { AppIdentity, Known } from '../core/snapshot/common.ts'
import type { CommitPeople, PullReading } from '../core/snapshot/pull.ts'
import type { AgentsSettings } from './settings.ts'
import { agentAccounts, agentBranches, agentTrailers, neutralCommitters } from './wellKnown.ts'

type Evidence = Extract<FactBody, { kind: 'origin.evidence' }>

export interface OriginInput {
  app: AppIdentity
  agents: AgentsSettings
  pull: PullReading
  commits: Known<CommitPeople[]>
  /** From git; null while they are being read. */
  gitCommits: CommitBody[] | null
  pushers: Known<{ sha: string; by: Account }[]>
  people: ReadonlyMap<number, Standing>
  facts: readonly Fact[]
  /** True when the ledger issued a plan for this pull request. */
  ownTask: boolean
}

export interface Origin {
  /** `unclear` is treated as an agent's and waits: something could not be read yet. */
  kind: 'person' | 'agent' | 'unclear'
  sentence: string
  /** Evidence seen now that no fact records yet; it stays once recorded. */
  fresh: Evidence[]
}

/** Most pieces of evidence that one pull request keeps; one is enough, the rest is for the reader. */
const maximumEvidence = 20

/** Judge the origin. Anything that is not fully a person's is an agent's; a failed look-up is `unclear` (S9). */
export function judgeOrigin(input: OriginInput): Origin {
  const recorded = factsOf(input.facts, 'origin.evidence').map((fact) => fact.body)
  const known = new Set(recorded.map((one) => one.detail))
  const seen = [...accountEvidence(input), ...commitEvidence(input), ...markEvidence(input)]
  const fresh: Evidence[] = []
  for (const one of seen) {
    if (known.has(one.detail) || recorded.length + fresh.length >= maximumEvidence) continue
    known.add(one.detail)
    fresh.push(one)
  }
  const all = [...recorded, ...fresh]
  if (all.length > 0)
    return {
      kind: 'agent',
      sentence: `An agent's pull request: ${listed(
        all.map((one) => one.detail),
        2,
      )}.`,
      fresh,
    }
  const unresolved = unresolvedPeople(input)
  if (unresolved.unclear) return { kind: 'unclear', sentence: unresolved.unclear, fresh }
  if (unresolved.lacking.length > 0)
    return {
      kind: 'agent',
      sentence: `Treated as an agent's pull request: ${listed(unresolved.lacking, 3)}. Only people with write access count as its authors (A6).`,
      fresh,
    }
  return {
    kind: 'person',
    sentence: `It is a person's: its author and everyone who wrote or pushed its commits have write access, and nothing points to an agent.`,
    fresh,
  }
}

function evidence(source: Evidence['source'], detail: string): Evidence {
  return { kind: 'origin.evidence', source, detail: detail.slice(0, 4000) }
}

/** Whether an account is an agent's, as far as the account alone tells; `agents` is null where policy cannot be used. */
export function isAgentAccount(
  app: OriginInput['app'],
  agents: OriginInput['agents'] | null,
  account: Account,
): boolean {
  return agentWords({ app, agents: agents ?? { accounts: [] } }, account) !== null
}

type Named = Pick<OriginInput, 'app'> & { agents: Pick<OriginInput['agents'], 'accounts'> }

/** Why an account is an agent's, or null. Identity is the numeric id; a login is only a second way to say yes. */
function agentWords({ app, agents }: Named, account: Account): string | null {
  if (account.id === app.bot.id || account.id === app.drafterBot?.id) return 'Countersign itself'
  if (account.type !== 'User') return `${person(account)}, which is not a person's account`
  const login = account.login.toLowerCase()
  const named = agentAccounts.find((one) => one.id === account.id || one.login === login)
  if (named) return `${person(account)} (${named.name})`
  const listedInPolicy = agents.accounts.some((one) =>
    typeof one === 'number' ? one === account.id : one.toLowerCase() === login,
  )
  return listedInPolicy ? `${person(account)}, an agent's account by policy` : null
}

function accountEvidence(input: OriginInput): Evidence[] {
  const found: Evidence[] = []
  if (input.ownTask) found.push(evidence('app', 'Countersign drafted it for a delegated issue'))
  const author = agentWords(input, input.pull.author)
  if (author) found.push(evidence('account', `it was opened by ${author}`))
  if (input.pull.viaApp !== null)
    found.push(evidence('app', `it was opened through the App ${input.pull.viaApp}`))
  const pushers = new Map((input.pushers === 'unknown' ? [] : input.pushers).map(({ by }) => [by.id, by]))
  for (const by of pushers.values()) {
    const words = agentWords(input, by)
    if (words) found.push(evidence('account', `commits were pushed by ${words}`))
  }
  return found
}

function commitEvidence(input: OriginInput): Evidence[] {
  const found: Evidence[] = []
  for (const commit of input.commits === 'unknown' ? [] : input.commits) {
    for (const account of [...commit.authors, commit.committer]) {
      const words = account && !isNeutral(account) && agentWords(input, account)
      if (words) found.push(evidence('commit', `commit ${commit.sha.slice(0, 8)} was written by ${words}`))
    }
    // An address that belongs to nobody could be anyone's; rewriting the commit later does not undo it.
    if (commit.authors.includes(null))
      found.push(
        evidence('unresolved', `an author of commit ${commit.sha.slice(0, 8)} belongs to no account`),
      )
  }
  const marks = [...agentTrailers, ...input.agents.trailers.map((text) => text.toLowerCase())]
  for (const commit of input.gitCommits ?? []) {
    const text =
      `${commit.authorName} <${commit.authorEmail}>\n${commit.committerName} <${commit.committerEmail}>\n${trailerLines(commit.message)}`.toLowerCase()
    const mark = marks.find((one) => text.includes(one))
    if (mark)
      found.push(evidence('trailer', `commit ${commit.sha.slice(0, 8)} carries the mark ${code(mark)}`))
  }
  return found
}

/** As lenient as what writes and reads trailers: a blank before them or around their colon, and digits in their names. */
const trailer = /^\s{0,8}[A-Za-z][A-Za-z0-9-]{1,60}\s{0,4}:/
const credit = /^\s{0,8}[A-Za-z-]{1,40}-by\s{0,4}:/i

/**
 * Lines of a message that read as trailers or as an agent's signature. A subject reads like one as well (`fix: ...`), and
 * what it is about says nothing of who wrote it, unless it credits somebody.
 */
function trailerLines(message: string): string {
  return message
    .split(/\r?\n/)
    .filter(
      (line, index) => (index === 0 ? credit : trailer).test(line) || /generated (?:with|by)/i.test(line),
    )
    .join('\n')
}

function markEvidence({ pull, agents }: OriginInput): Evidence[] {
  const found: Evidence[] = []
  const ref = pull.head.ref.toLowerCase()
  const prefix = [...agentBranches, ...agents.branches.map((text) => text.toLowerCase())].find((one) =>
    ref.startsWith(one),
  )
  if (prefix) found.push(evidence('branch', `its branch ${code(pull.head.ref)} begins with ${code(prefix)}`))
  const marked = ['agent', 'ai-generated', ...agents.labels.map((text) => text.toLowerCase())]
  const label = pull.labels.find((one) => marked.includes(one.toLowerCase()))
  if (label) found.push(evidence('label', `it carries the label ${code(label)}`))
  return found
}

const isNeutral = (account: Account) => neutralCommitters.has(account.id)

/** People who could not be looked up (unclear) and people who lack write access. */
function unresolvedPeople(input: OriginInput): { unclear: string | null; lacking: string[] } {
  const { commits, gitCommits, pushers, pull } = input
  if (commits === 'unknown' || pushers === 'unknown')
    return {
      unclear: 'Who wrote and pushed the commits could not be read; it is asked for again.',
      lacking: [],
    }
  if (!gitCommits) return { unclear: 'The commits are being read from git; nothing to do.', lacking: [] }
  const mapped = new Set(commits.map((commit) => commit.sha))
  if (gitCommits.some((commit) => !mapped.has(commit.sha)))
    return { unclear: "GitHub's list of commits does not match git yet; it is asked for again.", lacking: [] }
  const lacking: string[] = []
  const everyone = new Map(
    [
      pull.author,
      ...commits.flatMap((one) => [...one.authors, one.committer]),
      ...pushers.map(({ by }) => by),
    ]
      .filter((account): account is Account => account !== null && !isNeutral(account))
      .map((account) => [account.id, account]),
  )
  if (commits.some((one) => one.committer === null)) lacking.push('a committer belongs to no account')
  // Without a known push of this very head, somebody pushed it whom nobody saw.
  if (!pushers.some(({ sha }) => sha === pull.head.sha))
    lacking.push('who pushed the head commit is not known')
  for (const account of everyone.values()) {
    const standing = input.people.get(account.id)
    if (!standing || standing.role === 'unknown')
      return {
        unclear: `The access of ${person(account)} could not be read; it is asked for again.`,
        lacking,
      }
    if (!hasRole(standing, 'write')) lacking.push(`${person(account)} has no write access`)
  }
  return { unclear: null, lacking }
}
