/** The network's steps: messages arrive in any order, once, twice or never. */
import { arrive } from '../arrive.ts'
import { bases, heads, type Message, numberOf, type State, tables } from '../world.ts'
import { may, type Step, spend, step } from './step.ts'

export function networkSteps(state: State): Step[] {
  return [...new Set(state.flying)].flatMap((id) => {
    const message = tables.message.get(id)
    const rest = state.flying.filter((_, index) => index !== state.flying.indexOf(id))
    const words = messageWords(message)
    const arrived = arrive(state, id, message)
    return [
      step(`${words} arrives`, { ...arrived, flying: rest }),
      ...(may(state, 'lose') ? [step(`${words} is lost`, { ...spend(state, 'lose'), flying: rest })] : []),
      ...(may(state, 'double')
        ? [step(`${words} arrives and will come again`, spend(arrived, 'double'))]
        : []),
    ]
  })
}

const acts: Record<Message['letter'], (check: string) => string> = {
  a: (check) => `Approve on ${check}`,
  r: (check) => `Request changes on ${check}`,
  c: (check) => `approving comment on ${check}`,
  v: (check) => `approving comment by another App on ${check}`,
  e: () => 'edit of an approving comment',
  m: () => '/agent merge',
}

export function messageWords({ who, pull, check, letter, seen }: Message): string {
  const what = acts[letter](`countersign/${check}`)
  return `${who}'s ${what} for #${numberOf(pull)}${seen ? ` (seen: ${heads[seen.head]} on ${bases[seen.base]})` : ''}`
}
