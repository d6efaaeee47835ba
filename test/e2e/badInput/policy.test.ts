/** Bad policy files: nothing passes, and each check says which line must change to what (S9, S14, T44). */
import { beforeAll, describe, expect, jest, test } from '@jest/globals'
import { repository, type Town, townPolicy } from '../town.ts'
import { openForSuite } from './setUp.ts'

jest.setTimeout(180_000)

let town: Town
openForSuite((opened) => {
  town = opened
})

describe('bad policy files', () => {
  const good = townPolicy
  let head = ''
  beforeAll(async () => {
    head = (await town.openPull(town.dev, 'policy-witness')).headSha
    await town.runIs('countersign/gates', head, 'success')
  }, 180_000)
  const write = (text: string | Buffer) =>
    town.owner.push(repository, 'main', { files: { '.github/countersign.yml': text } })
  /** What the check shows now: its summary, and the annotations of its last writing. */
  const shown = () => {
    const run = town.run('countersign/gates', head)
    return `${run?.output.summary} ${run?.annotations.map((one) => `${one.start_line}: ${one.message}`).join('\n')}`
  }
  const shows = (sentence: RegExp) =>
    town.stage
      .until(`the sentence ${sentence}`, () => sentence.exec(shown()) ?? undefined)
      .catch((error: Error) => {
        throw new Error(`${error.message}; it shows ${shown().slice(-3000)}`, { cause: error })
      })

  const multiplied = `a: &a [${'x, '.repeat(9)}x]\nb: &b [${'*a, '.repeat(9)}*a]\nc: [${'*b, '.repeat(9)}*b]\n`
  /** The line that is annotated, and the sentence there. */
  const rows: [string, string | Buffer, number, RegExp][] = [
    ['an unknown key', 'version: 1\nmerge:\n  mood: merge\n', 3, /3:3: .*`mood`.* Did you mean `mode`\?/],
    [
      'an unknown gate',
      'version: 1\ngates:\n  coverige: { minimum: 9 }\n',
      3,
      /`coverige` is not a key under `gates`\. Did you mean `coverage`\?/,
    ],
    ['what is not YAML', 'version: 1\ngates: [ci\nmerge: {}\n', 3, /not valid YAML: Flow sequence/],
    ['tabs', 'version: 1\ngates:\n\tci: {}\n', 3, /3:1: not valid YAML: Tabs are not allowed as indentation/],
    [
      'a key twice',
      'seniors: []\nversion: 1\nseniors: [eve]\n',
      3,
      /3:1: not valid YAML: Map keys must be unique/,
    ],
    ['two documents', 'version: 1\n---\nmerge: { auto: true }\n', 2, /2:1: .*a second document begins here/],
    ['a list at the top', '- version: 1\n', 1, /the file is a list; expected a mapping/],
    ['a word at the top', 'yes\n', 1, /the file is `"yes"`; expected a mapping/],
    ['aliases that multiply', multiplied, 1, /aliases cannot be expanded: .*Write the values out/],
    [
      'text for a switch',
      'version: 1\nmerge:\n  auto: "yes"\n',
      3,
      /`merge\.auto` is `"yes"`; expected `true` or `false`/,
    ],
    [
      'text for a list',
      'version: 1\nseniors: acme/seniors\n',
      2,
      /`seniors` is `"acme\/seniors"`; expected a list/,
    ],
    [
      'a number out of bounds',
      'gates:\n  coverage: { minimum: 101 }\n',
      2,
      /`gates\.coverage\.minimum` is `101`; expected at most 100/,
    ],
    [
      'a pattern that matches nothing',
      'gates:\n  paths:\n    test: [""]\n',
      3,
      /`gates\.paths\.test\.0` is `""`; expected at least 1 character/,
    ],
    [
      'a workflow that is no path',
      'gates:\n  ci:\n    workflows:\n      - { path: "*" }\n',
      4,
      /a workflow file such as \.github\/workflows\/ci\.yml/,
    ],
    ['another version', 'seniors: []\nversion: 2\n', 2, /`version` is `2`; allowed: `1`/],
    [
      'bytes that are not UTF-8',
      Buffer.from('version: 1\nseniors: [jos\xe9]\n', 'latin1'),
      2,
      /2: not UTF-8 text: .* Save the file as UTF-8/,
    ],
    ['a long file', `version: 1\n# ${'x'.repeat(120_000)}\n`, 1, /characters; at most 100000 are read/],
  ]
  test.each(rows)('S9/S14: %s fails every check, with the line', async (...row) => {
    const [, text, line, sentence] = row
    await write(text)
    await shows(sentence)
    const run = await town.runIs('countersign/gates', head, 'failure')
    expect(run.output.summary).toMatch(
      /The policy file \.github\/countersign\.yml is broken: .* Nothing passes until it is corrected on the base branch\./s,
    )
    // GitHub keeps a run's earlier annotations when it is written again.
    const annotated = run.annotations.filter(({ message }) => sentence.test(message))
    expect(annotated).toContainEqual(
      expect.objectContaining({ path: '.github/countersign.yml', start_line: line }),
    )
    for (const name of ['countersign/plan', 'countersign/review'] as const)
      await town.runIs(name, head, 'failure')
  })

  test('S9: a file over 1 MB is not read at all, and says so', async () => {
    await write(`# ${'x'.repeat(1_100_000)}\n`)
    await shows(
      /countersign\.yml has 1100003 bytes at .*; Countersign reads at most 1 MB\. Make it smaller\. Nothing passes until/,
    )
    await town.runIs('countersign/review', head, 'failure')
  })

  test('T44: the policy of the organisation: broken, and then out of sight', async () => {
    await write(good)
    await town.runIs('countersign/gates', head, 'success')
    const { github } = town.stage
    const shared = await github.createRepo('acme', '.github', {
      files: { '.github/countersign.yml': 'version: 1\nmerge: { mood: x }\n' },
    })
    // That there was none is believed for a minute; a restart forgets it.
    await town.stage.restart()
    await shows(
      /The policy file acme\/\.github:\.github\/countersign\.yml is broken: 2:\d+: `mood` is not a key/,
    )
    await town.owner.push('acme/.github', 'main', { files: { '.github/countersign.yml': 'version: 1\n' } })
    await town.stage.restart()
    await town.runIs('countersign/gates', head, 'success')
    const [installation] = github.state.installations.values()
    if (!installation) throw new Error('no installation')
    github.changeInstallation(installation, { add: [github.repo(repository).id], remove: [shared.id] })
    await town.stage.restart()
    await shows(
      /organisation's policy in acme\/\.github was in force and can no longer be read\. An owner must give the App access/,
    )
    await town.runIs('countersign/review', head, 'failure')
    github.changeInstallation(installation, { add: [shared.id] })
    await town.stage.restart()
    await town.runIs('countersign/gates', head, 'success')
  })

  test('a delegation under a broken policy says so on the issue, and is taken up once it is mended', async () => {
    await town.owner.push(repository, 'main', { files: { '.github/countersign.yml': 'version: [\n' } })
    const issue = await town.ana.openIssue(repository, { title: 'Broken', body: '' })
    await town.ana.label(repository, issue.number, 'agent')
    await town.commentWith(issue.number, /The policy file .* is broken: .*not valid YAML/)
    await town.owner.push(repository, 'main', { files: { '.github/countersign.yml': good } })
    // No event of the issue tells that its policy was mended: the sweep does, here with a restart.
    await town.stage.restart()
    await town.commentWith(issue.number, /Before an agent may draft this/)
  })
})
