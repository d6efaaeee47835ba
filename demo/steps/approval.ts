/** Steps 6 and 7: approvals bind to bytes, a push takes them away, and the App merges exactly what was approved. */
import { lateCommit } from '../scripts/commits.ts'
import { commentWith, firstLine, hasDecided, must, runIs, type Step } from '../story.ts'
import { repository } from '../theatre.ts'
import { agentPull } from './planning.ts'

export const review: Step = {
  id: '6',
  title: 'Approved, changed, and approved again',
  requirement: 'A1 A2 A3',
  async play(theatre, { say, decide }) {
    const { ana, ben, cleo, dev, stage } = theatre
    const pull = agentPull(theatre)
    must(pull, 'there is no pull request')
    const first = pull.headSha
    const waiting = await runIs(theatre, 'countersign/review', first, 'action_required')
    say(`countersign/review: ${waiting.output.title}`)
    const old = { run: waiting.id, identifier: theatre.identifier(waiting, 'Approve') }
    await decide(
      'Approve the change as ben',
      theatre.page(pull.number, 'ben'),
      () => ben.press(old.run, old.identifier),
      () => hasDecided(theatre, pull.number, 'ben', first),
    )
    say('ben approves')

    await stage.settle()
    await theatre.commit(dev, pull.headRef, lateCommit)
    say(`dev pushes one more commit: "${lateCommit.message}"`)
    const second = await stage.until('the new head', () =>
      pull.headSha !== first ? pull.headSha : undefined,
    )
    const again = await runIs(theatre, 'countersign/review', second, 'action_required')
    must(/ben/.test(again.output.summary ?? ''), "the new check does not say what became of ben's approval")
    say(`the approval is gone: ${again.output.title}`)
    await ben.pressStale(old.run, old.identifier)
    say(`ben presses on the old page: ${firstLine(await commentWith(theatre, pull.number, /older state/))}`)
    await stage.settle()
    must(
      theatre.run('countersign/review', second)?.conclusion === 'action_required',
      'a press on an old page counted',
    )

    for (const [person, name] of [
      [ben, 'ben'],
      [cleo, 'cleo'],
      [ana, 'ana'],
    ] as const) {
      const now = await runIs(theatre, 'countersign/review', second, 'action_required')
      await decide(
        `Approve the change as ${name}`,
        theatre.page(pull.number, name),
        () => person.press(now.id, theatre.identifier(now, 'Approve')),
        () => hasDecided(theatre, pull.number, name, second),
      )
      await stage.settle()
      say(`${name} approves: ${theatre.run('countersign/review', second)?.output.title}`)
    }
    await runIs(theatre, 'countersign/review', second, 'success')
    return 'the push took the approval away, the old page did not count, and two engineers beside the delegator approved the new head'
  },
}

export const merge: Step = {
  id: '7',
  title: 'Countersign merges',
  requirement: 'A5 S1',
  async play(theatre, { say, decide }) {
    const { ana } = theatre
    const pull = agentPull(theatre)
    must(pull, 'there is no pull request')
    await runIs(theatre, 'countersign/gates', pull.headSha, 'success')
    let refusal = ''
    await ana.merge(repository, pull.number).catch((error: Error) => {
      refusal = error.message
    })
    must(refusal !== '' && !pull.merged, 'a person could merge past the App')
    say(`ana tries GitHub's own merge button: ${refusal.replace(/\s+/g, ' ').trim()}`)
    const run = await runIs(theatre, 'countersign/review', pull.headSha, 'success')
    await decide(
      'Press Merge as ana',
      theatre.page(pull.number, 'ana'),
      () => ana.press(run.id, theatre.identifier(run, 'Merge')),
      () => pull.merged,
    )
    const tip = (await theatre.git('rev-parse', 'main')).trim()
    const parents = (await theatre.git('log', '-1', '--format=%P', tip)).trim().split(' ')
    must(
      parents.length === 2 && parents[1] === pull.headSha,
      'main does not end in a merge of the approved head',
    )
    const trailers = await theatre.git('log', '-1', '--format=%(trailers:key=Countersigned-by)', tip)
    for (const name of ['Ana', 'Ben', 'Cleo'])
      must(new RegExp(name, 'i').test(trailers), `the merge does not name ${name}`)
    say(`main is ${tip.slice(0, 8)}, a merge of exactly ${pull.headSha.slice(0, 8)}`)
    const graph = await theatre.git('log', '--graph', '--format=%h %s', '-8', 'main')
    for (const line of graph.trimEnd().split('\n')) say(line)
    for (const line of trailers.trim().split('\n')) say(line)
    return 'read again and merged with the expected commit; main holds plan, change and who countersigned'
  },
}
