/** Step 11: the board shows it all, to those whom GitHub shows the repository, and to nobody else. */
import { createReader, type Reader } from '../reader.ts'
import { must, type Step } from '../story.ts'
import { deliveredIssue, repository } from '../theatre.ts'

const home = `/board/${repository}`

/** A page that must be there, and say these things. */
async function read(reader: Reader, path: string, said: readonly (string | RegExp)[]): Promise<string> {
  const { status, text } = await reader.open(path)
  must(status === 200, `${path} answers ${status}`)
  for (const one of said)
    must(typeof one === 'string' ? text.includes(one) : one.test(text), `${path} does not say ${one}`)
  return text
}

export const board: Step = {
  id: '11',
  title: 'The board shows it, to those who may see it',
  requirement: 'O2 T36',
  async play({ stage, ana, eve }, { say }) {
    const lead = createReader(stage, ana)
    await lead.signIn(home)
    await read(lead, home, ['merged', 'production', 'staging'])
    const task = await read(lead, `${home}/issues/${deliveredIssue}`, [
      /plan 1\b/,
      /plan 2\b/,
      'went back',
      'accepted',
    ])
    const spent = /(\$\d+\.\d\d of \$\d+\.\d\d in \d+ sessions)/.exec(task)?.[1]
    must(spent, 'the task does not say what it cost')
    say(`ana signs in with GitHub and reads of #${deliveredIssue}: ${spent}`)
    await read(lead, `${home}/environments/production`, ['errors', 'Samples'])
    say('production: the windows stand with their samples as plots')
    await read(lead, `${home}/enforcement`, ['main', 'countersign -- doctor'])
    await read(lead, `${home}/figures`, ['Change failure rate'])
    const stranger = createReader(stage, eve)
    await stranger.signIn(home)
    const [shown, made] = [await stranger.open(home), await stranger.open('/board/acme/made-up')]
    must(shown.status === 404 && shown.text === made.text, 'eve is shown that the repository exists')
    say('eve is shown the page of what does not exist')
    return 'phases, sessions, gates, plots and figures are there for those whom GitHub shows the repository'
  },
}
