/** Steps 2 and 3: the plan is made, sent back once for an invented interface, becomes a commit, and is countersigned. */
import { parsePlanMessage } from '../../src/core/planMessage.ts'
import { routing } from '../scripts/planning.ts'
import { commentWith, firstLine, must, runIs, type Step } from '../story.ts'
import { deliveredIssue, type Theatre } from '../theatre.ts'

/** The pull request that Countersign opened for the delivered issue. */
export function agentPull(theatre: Theatre) {
  return [...theatre.stage.github.state.pulls.values()].find((one) =>
    one.headRef.startsWith(`agent/${deliveredIssue}-`),
  )
}

const phaseOf = (theatre: Theatre, phase: string) =>
  theatre.stage.model.requests.filter(
    (one) => one.phase === phase && one.subject?.endsWith(`#${deliveredIssue}`),
  )

export const planning: Step = {
  id: '2',
  title: 'Route, discovery, spec and plan',
  requirement: 'D5 P1 P3 P4',
  async play(theatre, { say }) {
    const { stage } = theatre
    const routed = await commentWith(theatre, deliveredIssue, /^Route (\w+), because .*chose it/m)
    const [shown] = /^Route \w+, because [^.]*\./m.exec(routed) ?? []
    must(shown?.startsWith(`Route ${routing.route}, `), 'the route of the cheapest model is not shown')
    say(`the cheapest model chose the route: ${shown}`)
    for (const phase of ['discovery', 'spec', 'plan']) {
      await stage.until(`the ${phase} session`, () => phaseOf(theatre, phase)[0])
      say(`session: ${phase}`)
    }
    const second = await stage.until('the second plan', () =>
      phaseOf(theatre, 'plan').find((one) => one.attempt === 2),
    )
    const objection = JSON.stringify(second.body).match(/The citation (\S+) .{0,200}?does not resolve[^)]*\)/)
    must(objection, 'the second attempt was not told which citation does not resolve')
    say(`the first plan cites ${objection[1]}, which does not exist, and goes back to its session with that`)
    await stage.until('the draft pull request', () => agentPull(theatre))
    const sessions = new Set(stage.model.requests.map((one) => `${one.phase}`))
    must(
      !sessions.has('tests') && !sessions.has('implementation'),
      'code was written before the plan was approved (S2)',
    )
    return 'the citation that does not resolve was caught by code and the second plan resolves; nothing after the plan has started'
  },
}

export const countersignPlan: Step = {
  id: '3',
  title: 'The plan is a commit and waits for a person',
  requirement: 'A1 A2 A3',
  async play(theatre, { say, decide }) {
    const { ana, stage, eve } = theatre
    const pull = await stage.until('the draft pull request', () => agentPull(theatre))
    must(pull.draft, 'the pull request is not a draft')
    const commit = await theatre.git('cat-file', 'commit', pull.headSha)
    const message = commit.slice(commit.indexOf('\n\n') + 2)
    const parsed = parsePlanMessage(message)
    must(parsed.ok, `the head is no plan commit: ${parsed.ok ? '' : parsed.reason}`)
    const changed = await theatre.git('diff', '--name-only', `${pull.headSha}~1`, pull.headSha)
    must(changed.trim() === '', 'the plan commit changes files')
    say(
      `pull request #${pull.number} opens on the plan commit ${pull.headSha.slice(0, 8)} "${message.split('\n')[0]}"`,
    )
    const run = await runIs(theatre, 'countersign/plan', pull.headSha, 'action_required')
    say(`countersign/plan waits: ${run.output.title} [${run.actions.map((one) => one.label).join('] [')}]`)

    await stage.settle()
    const identifier = theatre.identifier(run, 'Approve')
    await stage.github.as(`${stage.github.app.slug}[bot]`).press(run.id, identifier)
    say(`the bot presses Approve: ${firstLine(await commentWith(theatre, pull.number, /\[bot\]|bot/i))}`)
    await eve.press(run.id, identifier)
    say(`a stranger presses Approve: ${firstLine(await commentWith(theatre, pull.number, /eve/))}`)
    await stage.settle()
    must(
      theatre.run('countersign/plan', pull.headSha)?.conclusion === 'action_required',
      'a press that may not count changed the check',
    )

    await decide(
      'Approve the plan as ana',
      theatre.page(pull.number, 'ana'),
      () => ana.press(run.id, identifier),
      () => theatre.run('countersign/plan', pull.headSha)?.conclusion === 'success',
    )
    const approved = await runIs(theatre, 'countersign/plan', pull.headSha, 'success')
    say(`ana approves: ${approved.output.title}`)
    return "the bot's and the stranger's presses changed nothing and were answered; the engineer's press on the shown digest counts"
  },
}
