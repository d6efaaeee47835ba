/** G9: the slow tail of each load test against the merge base, read from k6's or autocannon's report of CI at both. */
import type { LatencyReport } from '../core/reports.ts'
import { code, count } from '../core/sentences.ts'
import { fail, flag, pass, type Verdict } from '../core/verdict.ts'
import { type Gate, type GateInput, worst } from './gate.ts'
import { notConfigured, readsUploads, uploadAtBase, uploadAtHead, uploadNeeds } from './reports.ts'

const accepts = 'A person who may approve accepts it with the Accept button.'

export const performance: Gate = {
  id: 'performance',
  requirement: 'G9',
  title: 'Performance',
  about:
    "The 95th percentile of a load test (autocannon's 97.5th) grows by no more than 20 % against the merge base, over at least 100 requests of which at most 1 % failed; more is for a person to look at.",
  reads: 'report',
  acceptedBy: 'approver',
  off: (input) => (readsUploads(input, 'latency') ? null : notConfigured('format `k6` or `autocannon`')),
  needs: (input) => uploadNeeds(input, 'latency'),
  evaluate: (input) => {
    const head = uploadAtHead(input, 'latency')
    if ('verdict' in head) return head.verdict
    if (head.found.length === 0) return fail('The load test report at this commit holds no load test.')
    const alone = head.found.map((test) => provesSomething(input, test))
    const broken = worst(alone)
    if (broken.state === 'fail') return broken
    const base = uploadAtBase(input, 'latency')
    if ('verdict' in base) return base.verdict
    if ('missing' in base)
      return flag(`${base.missing} So nobody knows whether this change is slower. ${accepts}`)
    return worst([...alone, ...head.found.map((test) => compare(input, test, base.found))])
  },
}

const shown = (ms: number) => `${Number(ms.toPrecision(4))} ms`

/** Whether a load test says anything: enough requests, and few that failed. */
function provesSomething(input: GateInput, test: LatencyReport): Verdict {
  const { min_samples: least, max_failed_percent: most } = input.settings.performance
  if (test.samples < least)
    return fail(
      `${code(test.name)} measured ${count(test.samples, 'request')}; policy asks for ${least} (\`gates.performance.min_samples\`). Let the load test run longer and push.`,
    )
  if (test.failed * 100 > most * (test.samples + test.failed))
    return flag(
      `In ${code(test.name)} ${count(test.failed, 'request')} failed beside ${test.samples} that were measured, and failing fast is not being fast; policy allows ${most} % (\`gates.performance.max_failed_percent\`). Mend it and push. ${accepts}`,
    )
  return pass(`${code(test.name)} measured ${count(test.samples, 'request')}.`)
}

function compare(input: GateInput, head: LatencyReport, before: readonly LatencyReport[]): Verdict {
  const { min_samples: least, max_growth_percent: percent } = input.settings.performance
  const name = code(head.name)
  const base = before.find((one) => one.name === head.name && one.quantile === head.quantile)
  if (!base) return flag(`The merge base has no load test ${name} to compare with. ${accepts}`)
  if (base.samples < least)
    return flag(
      `At the merge base ${name} measured ${count(base.samples, 'request')}, fewer than ${least}, so there is nothing to compare with. ${accepts}`,
    )
  const numbers = `The ${head.quantile} of ${name} is ${shown(head.tailMs)}; the merge base had ${shown(base.tailMs)}`
  if (head.tailMs * 100 <= base.tailMs * (100 + percent)) return pass(`${numbers}.`)
  return flag(
    `${numbers}, and policy allows ${percent} % more (\`gates.performance.max_growth_percent\`). Make it faster and push. ${accepts}`,
  )
}
