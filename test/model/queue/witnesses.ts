/** Witnesses: ways to a good end that the rules must leave open, since a guard that forbids everything would be safe too. */
import type { Setting } from './snapshots.ts'
import { type Pattern, sends, settings, ways } from './starts.ts'

export interface Witness {
  setting: Setting
  path: readonly Pattern[]
  /** Which of #34 and #35 have landed in the end. */
  landed: readonly [boolean, boolean]
}

const { approve, enqueue, asked, first, queued, ci, ciOfBoth } = ways
const { agents, headGreen, beside } = settings
const each = [true, true] as const

/** The group that #35 is alone in, on what is on main then. */
const aloneOf35: Pattern[] = [...asked, /^CI of \(.* b\d \d+\) is green$/, 'settle', /^#35 landed/, 'settle']
const lands = (number: number): Pattern[] => [new RegExp(`^#${number} landed`), 'settle']

export const witnesses: Readonly<Record<string, Witness>> = {
  'two at once, as one commit that holds both merges': {
    setting: agents,
    path: [...queued, ...ciOfBoth, /^#34 and #35 landed/, 'settle'],
    landed: each,
  },
  'two at once by the green of the last alone': {
    setting: headGreen,
    path: [...queued, /^CI of \(\(m0 a0 \d\) b0 \d\) is green$/, 'settle', /^#34 and #35 landed/, 'settle'],
    landed: each,
  },
  'one after the other': {
    setting: agents,
    path: [...queued, ...ci, ...lands(34), /^CI of \(\(m0 a0 \d\) b0 \d\) is green$/, 'settle', ...lands(35)],
    landed: each,
  },
  "a person's beside an agent's": {
    setting: beside,
    path: [
      'settle',
      ...approve('a0'),
      ...enqueue(34),
      ...asked,
      ...enqueue(35),
      ...asked,
      ...ciOfBoth,
      /^#34 and #35 landed/,
      'settle',
    ],
    landed: each,
  },
  "a person's, which nobody approved": {
    setting: beside,
    path: ['settle', ...enqueue(35), ...aloneOf35],
    landed: [false, true],
  },
  'the second, when the first is thrown out because somebody asks for changes': {
    setting: agents,
    path: [
      ...queued,
      ...sends('erik', 'Request changes on countersign/review', 'a0'),
      /^#34 is thrown out/,
      'settle',
      ...aloneOf35,
    ],
    landed: [false, true],
  },
  'the second, when CI of the first failed': {
    setting: agents,
    path: [...queued, /^CI of \(m0 a0 \d\) is red$/, 'settle', /^#34 is thrown out/, 'settle', ...aloneOf35],
    landed: [false, true],
  },
  'the first, when the second is pushed to; and that one, when it is approved again': {
    setting: agents,
    path: [
      ...queued,
      /^the agent pushes b1 to #35$/,
      'settle',
      /^#35 leaves the queue/,
      ...ci,
      ...lands(34),
      ...approve('b1'),
      ...enqueue(35),
      ...aloneOf35,
    ],
    landed: each,
  },
  'what was thrown out, when its person lifts the request for changes': {
    setting: agents,
    path: [
      ...first,
      ...enqueue(34),
      ...asked,
      ...sends('erik', 'Request changes on countersign/review', 'a0'),
      /^#34 is thrown out/,
      'settle',
      ...sends('erik', 'Approve on countersign/review', 'a0'),
      ...enqueue(34),
      ...asked,
      ...ci,
      ...lands(34),
    ],
    landed: [true, false],
  },
  'both, built anew when main moves': {
    setting: agents,
    path: [
      ...queued,
      /^somebody pushes to main$/,
      'settle',
      ...asked,
      ...asked,
      /^CI of \(m0\+ a0 \d\) is green$/,
      'settle',
      /^CI of \(\(m0\+ a0 \d\) b0 \d\) is green$/,
      'settle',
      /^#34 and #35 landed/,
      'settle',
    ],
    landed: each,
  },
  'with the approvals of the senior whom a new policy names': {
    setting: agents,
    path: [
      ...first,
      ...enqueue(34),
      ...asked,
      /^a push to main makes erik the senior$/,
      'settle',
      ...asked,
      /^#34 is thrown out/,
      'settle',
      ...sends('erik', 'Approve on countersign/plan', 'a0'),
      ...enqueue(34),
      ...asked,
      /^CI of \(m0\+ a0 \d\) is green$/,
      'settle',
      ...lands(34),
    ],
    landed: [true, false],
  },
  'although the request was lost, when it is put in again': {
    setting: agents,
    path: [
      ...first,
      ...enqueue(34),
      /^the request of .* is lost$/,
      /^#34 is taken out/,
      ...enqueue(34),
      ...asked,
      ...ci,
      ...lands(34),
    ],
    landed: [true, false],
  },
  'although the request came twice': {
    setting: agents,
    path: [
      ...first,
      ...enqueue(34),
      /^the request of .* arrives and will come again$/,
      'settle',
      ...asked,
      ...ci,
      ...lands(34),
    ],
    landed: [true, false],
  },
  'although the process died in the middle of a round': {
    setting: agents,
    path: [
      ...queued,
      /^CI of \(m0 a0 \d\) is green$/,
      /^a round of \(m0 a0 \d\) observes$/,
      /^the process dies$/,
      'settle',
      ...lands(34),
    ],
    landed: [true, false],
  },
}
