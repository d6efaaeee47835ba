/** Rulesets: which rules hold for a ref, who may bypass them, and whether an update satisfies them. */
import { roleAtLeast, roleOn, teamMembership } from '../access.ts'
import { ZERO_SHA } from '../git.ts'
import type { Actor, Site } from '../site.ts'
import { authorOf } from '../site.ts'
import type { Pull, Repo, Rule, RuleEvaluation, Ruleset } from '../state.ts'

import { missingChecks, missingReviews } from './requirements.ts'

export type RefUpdate = {
  ref: string
  before: string
  after: string
  actor: Actor
  /** `queue`: put into the merge queue, which nobody's right to bypass helps with. */
  via: 'push' | 'merge' | 'queue'
  pull?: Pull
  /** Whether `after` does not contain `before`. */
  forced: boolean
  mergeMethod?: 'merge' | 'squash' | 'rebase'
}
export type Judgement = {
  allowed: boolean
  bypassed: boolean
  messages: string[]
  evaluations: RuleEvaluation[]
}

/** fnmatch as rulesets use it: `*` stays within a path segment, `**` crosses, plus ~ALL and ~DEFAULT_BRANCH. */
export function refMatches(repo: Repo, ref: string, pattern: string): boolean {
  if (pattern === '~ALL') return true
  if (pattern === '~DEFAULT_BRANCH') return ref === `refs/heads/${repo.defaultBranch}`
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*\*\/?|\*|\?/g, (t) => (t.startsWith('**') ? '.*' : t === '*' ? '[^/]*' : '[^/]'))
  return new RegExp(`^${source}$`).test(ref) || new RegExp(`^refs/heads/${source}$`).test(ref)
}

export function rulesetsFor(site: Site, repo: Repo, ref: string): Ruleset[] {
  return [...site.state.rulesets.values()].filter(
    (r) =>
      r.repoId === repo.id &&
      r.enforcement === 'active' &&
      r.include.some((p) => refMatches(repo, ref, p)) &&
      !r.exclude.some((p) => refMatches(repo, ref, p)),
  )
}

// Ids GitHub uses for the built-in repository roles in bypass lists.
const ROLE_BY_ID: Record<number, 'write' | 'maintain' | 'admin'> = { 2: 'maintain', 4: 'write', 5: 'admin' }

/** How an actor may get around a ruleset: always, only by a pull request, without a trace, or not at all. */
export function bypassMode(
  site: Site,
  repo: Repo,
  ruleset: Ruleset,
  actor: Actor,
): 'always' | 'pull_request' | 'exempt' | null {
  const account = authorOf(actor)
  if (account === null) return null
  const found = ruleset.bypassActors.find((b) => {
    switch (b.actor_type) {
      case 'Integration':
        return actor.kind === 'installation' && b.actor_id === actor.app.id
      case 'OrganizationAdmin': {
        const member = site.state.orgMembers.get(repo.ownerId)?.get(account.id)
        return actor.kind === 'user' && member?.role === 'admin' && member.state === 'active'
      }
      case 'RepositoryRole': {
        const least = ROLE_BY_ID[b.actor_id ?? 0]
        return (
          actor.kind === 'user' &&
          least !== undefined &&
          roleAtLeast(roleOn(site.state, repo, account), least)
        )
      }
      case 'Team': {
        const team = site.state.teams.get(b.actor_id ?? 0)
        return team !== undefined && teamMembership(site.state, team, account.id)?.state === 'active'
      }
      case 'User':
        return b.actor_id === account.id
      case 'DeployKey':
        return false
      default:
        return b.actor_type satisfies never
    }
  })
  return found?.bypass_mode ?? null
}

function ruleMessages(
  site: Site,
  repo: Repo,
  rule: Rule,
  update: RefUpdate,
  { behind, unsigned }: { behind: boolean; unsigned: boolean },
): string[] {
  const creates = update.before === ZERO_SHA
  const deletes = update.after === ZERO_SHA
  switch (rule.type) {
    case 'creation':
      return creates ? ['Cannot create this protected ref.'] : []
    case 'update':
      return !creates && !deletes ? ['Cannot update this protected ref.'] : []
    case 'deletion':
      return deletes ? ['Cannot delete this protected ref.'] : []
    case 'non_fast_forward':
      return update.forced && !creates && !deletes ? ['Cannot force-push to this branch.'] : []
    case 'pull_request':
      if (deletes || creates) return []
      if (update.pull === undefined) return ['Changes must be made through a pull request.']
      return missingReviews(site, rule.parameters, update.pull, update.mergeMethod)
    case 'required_status_checks': {
      if (deletes || (creates && rule.parameters.do_not_enforce_on_create === true)) return []
      const messages = missingChecks(site, repo, rule.parameters, update.pull?.headSha ?? update.after)
      if (rule.parameters.strict_required_status_checks_policy && behind)
        messages.push('This branch is out-of-date with the base branch.')
      return messages
    }
    case 'required_linear_history':
      return update.mergeMethod === 'merge' ? ['Merge commits are not allowed here.'] : []
    case 'required_signatures':
      return unsigned && !deletes ? ['Commits must have verified signatures.'] : []
    case 'merge_queue':
      return update.via === 'queue' || creates ? [] : ['Changes must be made through the merge queue.']
    default:
      return rule satisfies never
  }
}

/** Whether a commit that the update brings in is not one that GitHub signed. */
async function bringsUnsigned(site: Site, repo: Repo, { before, after }: RefUpdate): Promise<boolean> {
  if (after === ZERO_SHA) return false
  // A branch that is made brings what no branch has held so far.
  const known = before === ZERO_SHA ? ['--not', '--branches'] : [`^${before}`]
  const brought = await site.git.run(repo.dir, ['rev-list', after, ...known], { allowFailure: true })
  // Judged before they are received, pushed objects are not here yet: new ones, which GitHub has not made.
  if (brought.code !== 0) return true
  const shas = brought.stdout.toString('utf8').split('\n').filter(Boolean)
  return shas.some((sha) => !site.state.signed.has(sha))
}

/** Judges one ref update against every active ruleset; a ruleset the actor may bypass does not stop it. */
export async function judgeUpdate(site: Site, repo: Repo, update: RefUpdate): Promise<Judgement> {
  const { pull } = update
  const behind =
    pull === undefined ? false : !(await site.git.isAncestor(repo.dir, update.before, pull.headSha))
  const rulesets = rulesetsFor(site, repo, update.ref)
  const asksSigned = rulesets.some(({ rules }) => rules.some(({ type }) => type === 'required_signatures'))
  const state = { behind, unsigned: asksSigned && (await bringsUnsigned(site, repo, update)) }
  const result: Judgement = { allowed: true, bypassed: false, messages: [], evaluations: [] }
  for (const ruleset of rulesets) {
    const mode = bypassMode(site, repo, ruleset, update.actor)
    if (mode === 'exempt') continue
    const bypasses =
      update.via !== 'queue' && (mode === 'always' || (mode === 'pull_request' && update.via === 'merge'))
    for (const rule of ruleset.rules) {
      const messages = ruleMessages(site, repo, rule, update, state)
      const passed = messages.length === 0
      result.evaluations.push({
        rulesetId: ruleset.id,
        rulesetName: ruleset.name,
        rule: rule.type,
        passed,
        details: passed ? null : messages.join(' '),
      })
      if (passed) continue
      if (bypasses) result.bypassed = true
      else {
        result.allowed = false
        result.messages.push(...messages)
      }
    }
  }
  return result
}

/** Writes the rule suite that administrators can read afterwards; a ref without rules leaves none. */
export function recordSuite(site: Site, repo: Repo, update: RefUpdate, judgement: Judgement): void {
  const account = authorOf(update.actor)
  if (account === null || judgement.evaluations.length === 0) return
  const id = site.nextId()
  site.state.ruleSuites.set(id, {
    id,
    repoId: repo.id,
    actorId: account.id,
    ref: update.ref,
    before: update.before,
    after: update.after,
    pushedAt: site.now(),
    result: judgement.allowed ? (judgement.bypassed ? 'bypass' : 'pass') : 'fail',
    evaluations: judgement.evaluations,
  })
}
