/** Commits that people and another agent make in the demo; each file is edited by replacing one text by another. */
export interface ScriptedCommit {
  message: string
  edits: { path: string; oldText: string; newText: string }[]
}

/** After the first approval somebody pushes one more commit: the approval is gone (A2). */
export const lateCommit: ScriptedCommit = {
  message: 'Say in the rounding page where the rule is applied',
  edits: [
    {
      path: 'docs/rounding.md',
      oldText: '- **Tax** is computed once per rate and rounded half up.\n',
      newText:
        '- **Tax** is computed once per rate and rounded half up.\n\nAll of this happens in `totals`.\n',
    },
  ],
}

/** A person's own pull request, which passes untouched (A6). */
export const personsCommit: ScriptedCommit = {
  message: 'Say which Node the examples need',
  edits: [
    {
      path: 'README.md',
      oldText: '`npm test` runs the tests',
      newText: 'The examples need Node 24. `npm test` runs the tests',
    },
  ],
}

/** Another agent's pull request: code with its test and document, so that only the missing approvals hold it (A6). */
export const otherAgentsCommit: ScriptedCommit = {
  message: 'Trim customer names',
  edits: [
    {
      path: 'src/parse.ts',
      oldText: '  return value\n}\n\nfunction whole',
      newText: '  return value.trim()\n}\n\nfunction whole',
    },
    {
      path: 'test/parse.test.ts',
      oldText: "  test('names the place of every problem', () => {",
      newText:
        "  test('trims texts', () => {\n    assert.equal(parse({ customer: ' Acme ' }).customer, 'Acme')\n  })\n\n  test('names the place of every problem', () => {",
    },
    {
      path: 'docs/format.md',
      oldText: 'At most 1,000 lines.\n',
      newText: 'At most 1,000 lines. Texts are trimmed.\n',
    },
  ],
}
