/** Objects read in one `cat-file --batch`: blobs by id or by `commit:path`, each bounded. */
import { runGit } from './gitProcess.ts'

/**
 * Read blobs.
 *
 * @param names object ids or `commit:path`; a name may hold anything but a newline. Equal names are read once.
 * @param maximumBytes larger blobs come back as `large`. At most 20,000 names; more would be a bug upstream.
 * @returns by name; absent where nothing, or no blob, has that name.
 */
export async function readBlobs(
  directory: string,
  names: readonly string[],
  maximumBytes: number,
): Promise<Map<string, Buffer | 'large'>> {
  const found = new Map<string, Buffer | 'large'>()
  const wanted = [...new Set(names)].filter((name) => name !== '' && !name.includes('\n')).slice(0, 20_000)
  if (wanted.length === 0) return found
  const checked = await runGit({
    directory,
    args: ['cat-file', '--batch-check=%(objectname) %(objecttype) %(objectsize)'],
    input: wanted.map((name) => `${name}\n`).join(''),
  })
  const small: { name: string; id: string }[] = []
  for (const [index, line] of checked.stdout.toString('utf8').split('\n').entries()) {
    const name = wanted[index]
    const match = /^([0-9a-f]{40,64}) blob (\d+)$/.exec(line)
    if (name === undefined || !match) continue
    if (Number(match[2]) > maximumBytes) found.set(name, 'large')
    else small.push({ name, id: match[1] as string })
  }
  if (small.length === 0) return found
  const { stdout } = await runGit({
    directory,
    args: ['cat-file', '--batch=%(objectsize)'],
    input: small.map(({ id }) => `${id}\n`).join(''),
    maxBytes: 256 * 1024 * 1024,
  })
  let at = 0
  for (const { name } of small) {
    const end = stdout.indexOf(10, at)
    const size = Number(stdout.subarray(at, end).toString('latin1'))
    found.set(name, stdout.subarray(end + 1, end + 1 + size))
    at = end + 1 + size + 1
  }
  return found
}
