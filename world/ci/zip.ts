/** A store-only zip archive: small, without dependencies, readable by every unzip program. */
import { crc32 } from 'node:zlib'

export type ZipEntry = { name: string; bytes: Buffer }

const MAX_ENTRIES = 1_000
const MAX_BYTES = 64 * 1024 * 1024
const VERSION = 20
const UTF8_NAMES = 0x0800
/** 1980-01-01 00:00 in the format of MS-DOS: artifacts carry no times of their own, so equal files give equal bytes. */
const DOS_DATE = 0x0021

/**
 * Packs files into one archive without compression.
 * @throws RangeError over 1,000 files or 64 MB, where the plain zip format would need its 64-bit extension anyway soon.
 */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const total = entries.reduce((sum, entry) => sum + entry.bytes.length, 0)
  if (entries.length > MAX_ENTRIES || total > MAX_BYTES) {
    throw new RangeError(
      `an artifact holds at most ${MAX_ENTRIES} files and ${MAX_BYTES} bytes; this one has ${entries.length} files and ${total} bytes`,
    )
  }
  const parts: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, bytes } of entries) {
    const path = Buffer.from(name, 'utf8')
    const common = commonHeader(bytes, path.length)
    const local = Buffer.concat([signature(0x04034b50), common, path])
    directory.push(Buffer.concat([signature(0x02014b50), u16(VERSION), common, centralTail(offset), path]))
    parts.push(local, bytes)
    offset += local.length + bytes.length
  }
  const central = Buffer.concat(directory)
  const end = Buffer.concat([
    signature(0x06054b50),
    u16(0),
    u16(0),
    u16(entries.length),
    u16(entries.length),
    u32(central.length),
    u32(offset),
    u16(0),
  ])
  return Buffer.concat([...parts, central, end])
}

/** The fields that the local header and the central directory share. */
function commonHeader(bytes: Buffer, nameLength: number): Buffer {
  const stored = 0
  return Buffer.concat([
    u16(VERSION),
    u16(UTF8_NAMES),
    u16(stored),
    u16(0),
    u16(DOS_DATE),
    u32(crc32(bytes)),
    u32(bytes.length),
    u32(bytes.length),
    u16(nameLength),
    u16(0),
  ])
}

/** Comment length, disk, attributes and where the local header stands. */
const centralTail = (offset: number) => Buffer.concat([u16(0), u16(0), u16(0), u32(0), u32(offset)])

const signature = (value: number) => u32(value)

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
