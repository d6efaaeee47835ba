/** Objects read by `cat-file`: blobs by id or by `commit:path`, each bounded. */
import { Mutex } from 'async-mutex'
import { openGitTalk } from './gitTalk.ts'

const maximumNames = 20_000
/** Of what one question brings into memory. */
const maximumBytesAtOnce = 256 * 1024 * 1024

/**
 * Read blobs.
 *
 * @param names object ids or `commit:path`; a name may hold anything but a newline. Equal names are read once.
 * @param maximumBytes larger blobs come back as `large`. At most 20,000 names; more would be a bug upstream.
 * @returns by name; absent where nothing, or no blob, has that name.
 */
export type ReadBlobs = (
  names: readonly string[],
  maximumBytes: number,
) => Promise<Map<string, Buffer | 'large'>>

/** Read once: the processes end with the answer. */
export async function readBlobs(
  directory: string,
  ...question: Parameters<ReadBlobs>
): ReturnType<ReadBlobs> {
  const objects = openObjects(directory)
  try {
    return await objects.read(...question)
  } finally {
    objects.close()
  }
}

/** A reader whose two git processes stay, for who asks often; questions are answered one after another. */
export function openObjects(directory: string): { read: ReadBlobs; close(): void } {
  const turn = new Mutex()
  const looking = openGitTalk({
    directory,
    args: ['cat-file', '--batch-check=%(objectname) %(objecttype) %(objectsize)'],
  })
  const reading = openGitTalk({ directory, args: ['cat-file', '--batch=%(objectsize)'] })

  async function ask(names: readonly string[], maximumBytes: number) {
    const found = new Map<string, Buffer | 'large'>()
    const wanted = [...new Set(names)]
      .filter((name) => name !== '' && !name.includes('\n'))
      .slice(0, maximumNames)
    const small: { name: string; id: string; size: number }[] = []
    const lines = await looking.ask(wanted, async (take) => {
      const answers: string[] = []
      for (const _ of wanted) answers.push((await take.line()).toString('latin1'))
      return answers
    })
    for (const [index, line] of lines.entries()) {
      const match = /^([0-9a-f]{40,64}) blob (\d+)$/.exec(line)
      const name = wanted[index] as string
      if (!match) continue
      const size = Number(match[2])
      if (size > maximumBytes) found.set(name, 'large')
      else small.push({ name, id: match[1] as string, size })
    }
    const total = small.reduce((sum, one) => sum + one.size, 0)
    if (total > maximumBytesAtOnce) throw reading.failure(`more than ${maximumBytesAtOnce} bytes of output`)
    await reading.ask(
      small.map(({ id }) => id),
      async (take) => {
        for (const { name } of small) {
          const size = Number((await take.line()).toString('latin1'))
          found.set(name, await take.bytes(size))
          await take.line()
        }
      },
    )
    return found
  }

  return {
    read: (names, maximumBytes) => turn.runExclusive(() => ask(names, maximumBytes)),
    close() {
      looking.close()
      reading.close()
    },
  }
}
