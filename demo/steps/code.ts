/** Steps 4 and 5: tests first, an implementation that is sent back once, gates before the push, and the repository's CI. */
import { must, runIs, type Step } from '../story.ts'
import { deliveredIssue, type Theatre } from '../theatre.ts'
import { agentPull } from './planning.ts'

export const code: Step = {
  id: '4',
  title: 'Tests, implementation and documentation',
  requirement: 'P5 P6 P7 P9 P10',
  async play(theatre, { say }) {
    const { stage } = theatre
    const request = (phase: string, attempt: number) =>
      stage.until(`attempt ${attempt} at ${phase}`, () =>
        stage.model.requests.find(
          (one) =>
            one.phase === phase && one.attempt === attempt && one.subject?.endsWith(`#${deliveredIssue}`),
        ),
      )
    await request('tests', 1)
    say('session: tests, which must be red on the base')
    await request('implementation', 1)
    say('the new tests ran and failed on the base; session: implementation')
    const second = await request('implementation', 2)
    must(/TS\d{4}/.test(JSON.stringify(second.body)), 'the objection does not carry the type error')
    say('the first implementation breaks the type check and goes back with the compiler error')
    await request('documentation', 1)
    say('the second one passes types, tests and coverage in the sandbox; session: documentation')
    const pull = await stage.until('the pushed change', () => {
      const found = agentPull(theatre)
      return found && !found.draft ? found : undefined
    })
    const log = await theatre.git('log', '--format=%h %an: %s', `main..${pull.headSha}`)
    for (const line of log.trim().split('\n').reverse()) say(line)
    // Over git, or by the API where rules want signed commits.
    const pushes = stage.github.requests.filter(
      ({ path, body, status }) =>
        status === 200 &&
        (path.endsWith('/git-receive-pack') || /updateRefs/.test(JSON.stringify(body) ?? '')),
    )
    must(pushes.length >= 2, 'the host has pushed nothing')
    const people = await theatre.git('log', '--format=%ae', `main..${pull.headSha}`)
    must(!/ana|ben|cleo/.test(people), 'an agent commit carries the name of a person')
    return 'red on the base, sent back once by the type check, green in the sandbox, then pushed by the host with a token for one repository'
  },
}

export const checks: Step = {
  id: '5',
  title: "The repository's CI and the gates",
  requirement: 'G1 G2 G5 G6 G10 G11 G17',
  async play(theatre: Theatre, { say }) {
    const pull = agentPull(theatre)
    must(pull, 'there is no pull request')
    const runs = theatre.ci.runs(pull.headSha)
    must(runs.length === 1, `CI ran ${runs.length} times on the head`)
    const gates = await runIs(theatre, 'countersign/gates', pull.headSha, 'success')
    say(`countersign/gates: ${gates.output.title}`)
    const summary = gates.output.summary ?? ''
    for (const gate of ['G1', 'G2', 'G5', 'G6', 'G10', 'G11', 'G17']) {
      const line = summary.split('\n').find((one) => new RegExp(`\\b${gate}\\b`).test(one))
      must(line, `the gates check says nothing on ${gate}`)
      say(line.replace(/^[|\s]+|[|\s]+$/g, '').replace(/\s*\|\s*/g, '  '))
    }
    return 'each gate says in a sentence what it found, and CI was identified by workflow, event and commit'
  },
}
