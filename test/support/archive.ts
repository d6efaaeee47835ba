/** Zip archives as they should not be: each field of an entry can be set apart from what it should say. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ArchiveEntry {
  name: string | Buffer
  text?: string | Buffer
  /** 0 stored, 8 deflated (default). */
  method?: number
  /** 0x1 encrypted, 0x800 the name is UTF-8 (default). */
  flags?: number
  /** Unix mode; a regular file unless told. */
  mode?: number
  /** What the headers say, where it is not the truth. */
  size?: number
  checksum?: number
  extra?: Buffer
}

const number = (value: number, bytes: 2 | 4): Buffer => {
  const buffer = Buffer.alloc(bytes)
  if (bytes === 2) buffer.writeUInt16LE(value)
  else buffer.writeUInt32LE(value >>> 0)
  return buffer
}
const fields = (...pairs: [number, 2 | 4][]) =>
  Buffer.concat(pairs.map(([value, bytes]) => number(value, bytes)))

/** @param before put between the directory and its end, where zip64 has records of its own. */
export function archive(entries: readonly ArchiveEntry[], before = Buffer.alloc(0)): Buffer {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const entry of entries) {
    const { text = '', method = 8, flags = 0x800, mode = 0o100644, extra = Buffer.alloc(0) } = entry
    const bytes = Buffer.from(text)
    const packed = method === 8 ? deflateRawSync(bytes) : bytes
    const name = Buffer.from(entry.name)
    const common = fields(
      [20, 2],
      [flags, 2],
      [method, 2],
      [0, 2],
      [0x21, 2],
      [entry.checksum ?? crc32(bytes), 4],
      [packed.length, 4],
      [entry.size ?? bytes.length, 4],
      [name.length, 2],
      [extra.length, 2],
    )
    const local = Buffer.concat([number(0x04034b50, 4), common, name, extra, packed])
    const made = 3 << 8
    const tail = fields([0, 2], [0, 2], [0, 2], [mode << 16, 4], [offset, 4])
    directory.push(Buffer.concat([fields([0x02014b50, 4], [made | 20, 2]), common, tail, name, extra]))
    locals.push(local)
    offset += local.length
  }
  const central = Buffer.concat(directory)
  const end = fields([0x06054b50, 4], [0, 2], [0, 2], [entries.length, 2], [entries.length, 2])
  return Buffer.concat([...locals, central, before, end, fields([central.length, 4], [offset, 4], [0, 2])])
}

/** Where a zip64 archive says that its real directory is described elsewhere. */
export const zip64Locator = fields([0x07064b50, 4], [0, 4], [0, 4], [0, 4], [1, 4])
export const zip64Field = fields([1, 2], [0, 2])
