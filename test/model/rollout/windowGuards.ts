/** The guards of a window after a deployment (R3): none ends well that should not, and none never ends. */
import { requestsName } from '../../../src/core/watch.ts'
import { evidenceAs, type Guard, mapFacts, plain, samplesAs } from './mutants.ts'
import { ways } from './starts.ts'

const { first, running, arrives, approved, sample } = ways

export const windowGuards: Readonly<Record<string, Guard>> = {
  breachRollsBack: {
    what: 'a breach ends a window, and not well',
    breaks: 'S9',
    setting: plain,
    from: running,
    left: { tick: 3, bad: 1 },
    decorate: samplesAs((name, value) => (name === requestsName ? (value ?? 0) : 0)),
  },
  unknownHolds: {
    what: 'samples that said nothing are no pass',
    breaks: 'S9',
    setting: plain,
    from: running,
    left: { tick: 3, none: 2 },
    decorate: samplesAs((_, value) => value ?? 0),
  },
  wholeWindow: {
    what: 'a window lasts as long as it was opened for',
    breaks: 'S9',
    setting: plain,
    from: running,
    left: { tick: 2 },
    decorate: (snapshot) =>
      mapFacts(snapshot, (body) =>
        body.kind === 'window.opened' ? { ...body, rules: { ...body.rules, samples: 1 } } : body,
      ),
  },
  bounded: {
    what: 'a window that never comes to rest is held in the end',
    breaks: 'L3',
    setting: plain,
    from: [
      ...running,
      ...sample('good'),
      ...Array.from({ length: 6 }, (_, at) =>
        sample(at % 2 === 0 ? 'over the limit' : 'over the other limit'),
      ).flat(),
    ],
    left: { tick: 2, over: 1 },
    // Its last place is never looked at.
    decorate: (snapshot) => {
      const opened = snapshot.facts.findLast(({ body }) => body.kind === 'window.opened')?.body
      const lastMs = opened?.kind === 'window.opened' ? opened.atMs + 8 * opened.rules.intervalMs : 0
      return evidenceAs((request, result) =>
        request.kind === 'sample' && request.atMs >= lastMs ? undefined : result,
      )(snapshot)
    },
  },
  enoughRequests: {
    what: 'rates over few requests say nothing',
    breaks: 'S9',
    setting: plain,
    from: running,
    left: { tick: 3, none: 2 },
    decorate: samplesAs((name, value) => (name === requestsName ? 1000 : (value ?? -1))),
  },
  realNumbers: {
    what: 'less than nothing is no amount',
    breaks: 'S9',
    setting: plain,
    from: running,
    left: { tick: 3, none: 2 },
    decorate: (snapshot) =>
      evidenceAs((request, result) =>
        request.kind === 'sample' && result?.ok && 'readings' in result.body
          ? {
              ok: true,
              body: {
                readings: result.body.readings.map(({ name, reading }) => ({
                  name,
                  reading: reading.ok ? { ok: true as const, value: Math.max(0, reading.value) } : reading,
                })),
              },
            }
          : result,
      )(snapshot),
  },
  baselineFirst: {
    what: 'a window is judged against what was there before',
    breaks: 'S9',
    setting: plain,
    from: [
      ...first,
      /^b is merged/,
      ...arrives,
      ...approved('b'),
      'settle',
      /^deployment .* of b .* succeeds/,
      'settle',
      /^the high baseline/,
      'settle',
    ],
    left: { tick: 1, high: 1 },
    decorate: evidenceAs((request, result) =>
      request.kind === 'baseline' ? { ok: false, reason: 'not collected yet' } : result,
    ),
  },
}
