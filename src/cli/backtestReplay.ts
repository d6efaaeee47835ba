/** Replaying one past pull request under one or two policies: the same evidence, judged by what judges in production. */
import { GitHubRefusal } from '../adapters/github/failures.ts'
import { RetryLater, Terminal } from '../core/errors.ts'
import { type EvidenceRequest, type EvidenceResult, evidenceKey } from '../core/evidence.ts'
import type { Digest, RepositoryName } from '../core/ids.ts'
import type { Git, MergedPull, ReportsRequest } from '../core/ports.ts'
import { observeMerged } from '../observe/merged.ts'
import type { PastPorts } from '../observe/mergedView.ts'
import type { Policy } from '../policy/schema.ts'
import { judge, needs } from '../subjects/pull.ts'
import { commitsOf } from '../work/collect.ts'
import { isMeasure } from '../work/measure.ts'
import { finding, findingsOf, originOf, outcomeOf } from './backtestOutcome.ts'
import type { BacktestPull, Finding } from './backtestReport.ts'

export interface ReplayPorts {
  forge: PastPorts['forge'] & {
    artifact(name: RepositoryName, request: ReportsRequest): Promise<Artifact>
  }
  git: Pick<Git, 'ensure' | 'collect'>
  /** The reports in an artifact's archive. */
  unpack(request: ReportsRequest, zip: Uint8Array): Promise<EvidenceResult<'reports'>>
}
type Artifact = { ok: true; zip: Uint8Array } | { ok: false; reason: string }

type Judgement = Pick<
  BacktestPull,
  'origin' | 'treatment' | 'profile' | 'withoutPlan' | 'findings' | 'outcome'
>

/**
 * Judge a merged pull request by the policy that is asked about, and by the one in force where that is another.
 */
export async function replay(
  name: RepositoryName,
  merged: MergedPull,
  { asked, inForce }: { asked: Policy; inForce: Policy | null },
  ports: ReplayPorts,
): Promise<BacktestPull> {
  const collected = createCollector(name, ports)
  const judged = await judgeBy(name, merged, asked, ports, collected)
  const other = inForce ? await judgeBy(name, merged, inForce, ports, collected) : null
  return {
    number: merged.number,
    title: merged.title,
    url: merged.url,
    mergedAt: new Date(merged.mergedAtMs).toISOString(),
    ...judged,
    inForce: other && { outcome: other.outcome, findings: other.findings },
  }
}

async function judgeBy(
  name: RepositoryName,
  merged: MergedPull,
  policy: Policy,
  { forge }: ReplayPorts,
  { collect, gone }: Collector,
): Promise<Judgement> {
  try {
    const past = await observeMerged(name, merged, policy, { forge, needs: { pull: needs }, collect })
    if (!past.known) return unjudged(finding('history', 'unknown', [past.sentence, ...gone()].join(' ')))
    const verdicts = judge(past.snapshot)
    const findings = findingsOf(verdicts, past.doubts, gone())
    return {
      origin: originOf(verdicts, past.pusherKnown),
      treatment: verdicts.treatment,
      profile: verdicts.profile,
      withoutPlan: verdicts.treatment === 'full' && verdicts.origin?.kind !== 'unclear',
      findings,
      outcome: outcomeOf(findings),
    }
  } catch (error) {
    // What GitHub refuses to show is not known; what the App itself refuses to look at, it blocks (T18).
    if (error instanceof GitHubRefusal) return unjudged(finding('history', 'unknown', error.forUser))
    if (error instanceof RetryLater) return unjudged(finding('history', 'unknown', error.message))
    if (error instanceof Terminal) return unjudged(finding('limits', 'blocked', error.forUser))
    throw error
  }
}

function unjudged(only: Finding): Judgement {
  const origin = { kind: 'unclear', sentence: 'It was not looked at.' } as const
  return {
    origin,
    treatment: null,
    profile: null,
    withoutPlan: false,
    findings: [only],
    outcome: outcomeOf([only]),
  }
}

interface Collector {
  collect: PastPorts['collect']
  /** Why something could not be collected any more, a sentence without its full stop each. */
  gone(): string[]
}

/** Evidence of one pull request, each piece collected once; nothing of the repository is run. */
function createCollector(name: RepositoryName, { forge, git, unpack }: ReplayPorts): Collector {
  const results = new Map<Digest, Promise<EvidenceResult | undefined>>()
  const gone = new Set<string>()

  async function gather(request: EvidenceRequest): Promise<EvidenceResult | undefined> {
    if (request.kind === 'command' || isMeasure(request)) return undefined
    if (request.kind === 'reports') {
      const artifact = await forge.artifact(name, request)
      if (artifact.ok) return unpack(request, artifact.zip)
      gone.add(artifact.reason)
      return undefined
    }
    await git.ensure(name, commitsOf(request))
    return git.collect(name, request)
  }

  return {
    gone: () => [...gone],
    collect(request) {
      const key = evidenceKey(name, request)
      const known = results.get(key)
      if (known !== undefined) return known
      const result = gather(request).catch((error: unknown) => {
        if (!(error instanceof Terminal)) throw error
        gone.add(error.message)
        return undefined
      })
      results.set(key, result)
      return result
    },
  }
}
