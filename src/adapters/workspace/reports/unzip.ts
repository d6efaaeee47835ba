/** Takes a few files out of a zip archive that others made: bounds on everything, and nothing that plays tricks (T16, T26). */
import { buffer } from 'node:stream/consumers'
import { crc32 } from 'node:zlib'
import { type Entry, fromBufferPromise, type ZipFile } from 'yauzl'
import { code } from '../../../core/sentences.ts'
import { maximumReportBytes, type Parsed } from './read.ts'

const maximumEntries = 20_000
/** What the whole archive says it unpacks to. */
const maximumUnpackedBytes = 1024 * 1024 * 1024
/** Text packs to a twentieth or a fiftieth; bombs pack to a thousandth. */
const maximumRatio = 200
/** Small files of one repeated letter are no bomb. */
const ratioFromBytes = 1024 * 1024

const endOfDirectory = Buffer.from('PK\x05\x06', 'latin1')
const zip64Locator = Buffer.from('PK\x06\x07', 'latin1')
const zip64Field = 1
const fileType = 0o170000
const [regular, folder, link] = [0o100000, 0o040000, 0o120000]

/**
 * Unpack the wanted files into memory; all names of the archive are looked at, whoever they belong to.
 *
 * @param wanted paths inside the archive.
 * @returns each wanted path with its text or why it has none; a problem of the archive itself refuses all of it.
 */
export async function unzip(
  bytes: Uint8Array,
  wanted: readonly string[],
): Promise<Parsed<ReadonlyMap<string, Parsed<string>>>> {
  const archive = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = archive.lastIndexOf(endOfDirectory)
  if (end >= 20 && archive.subarray(end - 20, end - 16).equals(zip64Locator))
    return no('it uses the zip64 form, which no archive within the bounds needs')
  try {
    const zip = await fromBufferPromise(archive, { lazyEntries: true, strictFileNames: true })
    const entries = await entriesOf(zip)
    if (!entries.ok) return entries
    const found = new Map<string, Parsed<string>>()
    for (const path of wanted) {
      const entry = entries.value.get(path.normalize('NFC'))
      found.set(path, entry ? await textOf(zip, entry) : no(`missing: the artifact holds no ${path}.`))
    }
    return { ok: true, value: found }
  } catch (error) {
    // The library's own refusals: paths out of the archive, sizes that do not hold, a broken structure.
    return no(`it is refused (${code((error as Error).message, 200)})`)
  }
}

const no = (problem: string): { ok: false; problem: string } => ({ ok: false, problem })

async function entriesOf(zip: ZipFile): Promise<Parsed<Map<string, Entry>>> {
  if (zip.entryCount > maximumEntries)
    return no(`it holds ${zip.entryCount} files, more than ${maximumEntries}`)
  const entries = new Map<string, Entry>()
  let unpacked = 0
  for await (const entry of zip.eachEntry()) {
    const refusal = refusalOf(entry)
    if (refusal) return no(`its file ${code(entry.fileName)} ${refusal}`)
    const name = entry.fileName.normalize('NFC')
    if (entries.has(name)) return no(`it holds two files named ${code(name)}`)
    entries.set(name, entry)
    unpacked += entry.uncompressedSize
    if (entries.size > maximumEntries) return no(`it holds more than ${maximumEntries} files`)
    if (unpacked > maximumUnpackedBytes)
      return no(`it unpacks to more than ${maximumUnpackedBytes / 1024 / 1024} MB`)
  }
  return { ok: true, value: entries }
}

/** Why an archive with this entry is refused, to complete a sentence that begins with its name; null when it is fine. */
function refusalOf(entry: Entry): string | null {
  const type = (entry.externalFileAttributes >>> 16) & fileType
  if (type === link) return 'is a symbolic link'
  if (type !== 0 && type !== regular && type !== folder) return 'is not a regular file'
  if (/\p{Cc}/u.test(entry.fileName)) return 'has a control character in its name'
  if (entry.isEncrypted()) return 'is encrypted'
  if (entry.extraFields.some(({ id }) => id === zip64Field)) return 'uses the zip64 form'
  const { uncompressedSize: size, compressedSize: packed } = entry
  if (size > ratioFromBytes && size > packed * maximumRatio)
    return `would unpack to ${Math.floor(size / Math.max(packed, 1))} times its size, which is a zip bomb's way`
  return null
}

async function textOf(zip: ZipFile, entry: Entry): Promise<Parsed<string>> {
  const path = entry.fileName
  if (entry.uncompressedSize > maximumReportBytes) return no(`invalid: ${path} is larger than 20 MB.`)
  if (!entry.canDecodeFileData()) return no(`invalid: ${path} is packed in a way that cannot be read.`)
  // The library ends the stream with an error as soon as it gives more bytes than the entry announced.
  const bytes = await buffer(await zip.openReadStreamPromise(entry))
  if (crc32(bytes) !== entry.crc32) return no(`invalid: ${path} does not match its checksum.`)
  return { ok: true, value: bytes.toString('utf8') }
}
