/** What each figure means, in the words that stand beside it: the page and docs/figures.md say the same. */

export const figureNames = [
  'features',
  'rework',
  'changeFailure',
  'reviewTime',
  'caught',
  'odds',
  'cost',
] as const
export type FigureName = (typeof figureNames)[number]

export interface Definition {
  title: string
  /** Beside the number. */
  short: string
  counted: string
  /** What somebody might expect in it, and why it is not. */
  leftOut: string
}

export const definitions: Readonly<Record<FigureName, Definition>> = {
  features: {
    title: 'Features per engineer per week',
    short: 'Delegated features merged in the period, over engineers times weeks.',
    counted:
      'A feature is a delegated issue whose pull request was merged in the period. It counts in the week of its merge, for the person whose delegation was the last before it. The children of an epic count one by one. Engineers are the people who had a bundle accepted, or a delegated change merged, in the period.',
    leftOut:
      "Hotfixes, which stand beside it. Other agents' and people's own pull requests, which nobody delegated here. People who delegated nothing, however much they reviewed.",
  },
  rework: {
    title: 'Rework',
    short:
      "Agents' pull requests that had to be changed after people looked, of all that came before people in the period.",
    counted:
      'A pull request belongs to the period in which `countersign/review` first asked for people, or somebody answered unasked. It was reworked when from then on a fix request ended, somebody asked for changes to it or to its plan, a repair of CI was pushed, or a person said so with `/agent rework <cause>`. Each has one cause: the last that a person named, else the last that a fixing session named.',
    leftOut:
      "What checks, validators and the review session sent back before people looked; that is in what each gate caught. People's own pull requests. Commits that people pushed by hand, unless they say `/agent rework`. One that is still open can yet become rework.",
  },
  changeFailure: {
    title: 'Change failure rate',
    short: 'Deployments that failed where they stood, of those whose fate was decided in the period.',
    counted:
      'Over the environments that ask a person before something is deployed; where none does and there is only one, over that one. Healthy: its window passed, or a person counted it as healthy. Failed: its canary or a monitor said so, or a person rolled it back.',
    leftOut:
      'Rollbacks themselves. Deployments that never came up, whose place another one took, that are still watched, or that wait for a person: they stand beside it. What was deployed before Countersign looked.',
  },
  reviewTime: {
    title: 'Review time',
    short:
      "From the first question to people until the yes, and until the merge; agents' pull requests merged in the period.",
    counted:
      'The clock starts when `countersign/review` first waits for a person on a pull request that is no draft. The yes is the moment at which it turned green for the commit that was merged. Nights, rework and new commits are in it. Half are at most the median, three in four at most the upper quartile.',
    leftOut:
      'Pull requests merged without a question on record: in shadow mode, and from before the question was recorded. How many were measured stands beside it.',
  },
  caught: {
    title: 'What each gate caught',
    short:
      "Attempts sent back before anything was pushed, and agents' pull requests on which a gate failed or flagged.",
    counted:
      'Before the push, every attempt that was judged in the period, by the check, the command of policy, the validator, the review session or the person that objected. On pull requests, each gate once a commit, whether or not somebody accepted what it flagged; in shadow mode too.',
    leftOut:
      'Gates that only waited. What a later check would have found: code stops at the first that objects. What the checks of the fix loop sent back. Whether the objection was right.',
  },
  odds: {
    title: 'Odds of success by attempt',
    short: 'Attempts that were accepted and stand, of those that were settled, by the number of the attempt.',
    counted:
      'Attempts started in the period. One succeeded when everything that judges it passed and nobody has sent it back since. It failed when something objected, or when its session ended without a deliverable: an error, a question, a limit or a stop. Numbers go on through a task, so the first repair of a second red CI is not attempt 1.',
    leftOut: 'Attempts that are still at work or being judged. Sessions of validators, and of the fix loop.',
  },
  cost: {
    title: 'Cost per phase',
    short:
      'Sessions that ended in the period, with what their endpoint reported and what the policy says it costs.',
    counted:
      "Every session, whatever came of it. Dollars are those of the policy's prices when it ran. The median and the upper quartile are over the tasks that had such a session, fixes on their pull requests included, with what they cost within the period; another agent's pull request counts like a task.",
    leftOut:
      'Sessions at work, and those that a crash ended without a word. Machine time, and prices that the policy does not name.',
  },
}
